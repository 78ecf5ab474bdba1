package storetest

import (
	"slices"
	"strconv"
	"time"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/usage"
)

// model is what a store must look like from outside. It keeps no counters:
// every sum is added up anew from rows and open holds, which is slow and hard
// to get wrong.
type model struct {
	jobs    []*mJob // every job ever accepted, in that order
	tickets []job.Ticket
	marks   map[string]time.Time // by workspace and mark
	holds   map[string]*mHold    // by workspace and id
	made    []*mHold             // the same holds, in the order they were made
	rows    []usage.Entry
	limits  map[string]map[string]usage.Limit // by workspace and key
	posts   []*mPost
	given   []job.PostTicket
}

type mJob struct {
	job.Job
	delivery int
	running  bool // given and not given back; its lease may be over
	until    time.Time
	cause    string
	note     string
	stop     bool
	told     bool // that it waits in its thread
	finished bool
}

type mHold struct {
	usage.HoldRequest
	booked  usage.Booked
	steps   map[int]*mStep
	expires time.Time
	closed  bool
}

type mStep struct {
	amount        money.Nano
	sent, settled bool
	provisional   usage.Entry
}

type mPost struct {
	job.Outgoing
	try       int
	out, sent bool
	until     time.Time
	gone      bool
}

func newModel() *model {
	return &model{marks: map[string]time.Time{}, holds: map[string]*mHold{}, limits: map[string]map[string]usage.Limit{}}
}

// job finds a job that is not finished.
func (m *model) job(tenant, id string) *mJob {
	for _, j := range m.jobs {
		if j.Tenant == tenant && j.ID == id && !j.finished {
			return j
		}
	}
	return nil
}

// valid returns the job a ticket is good for, or nil.
func (m *model) valid(t job.Ticket) *mJob {
	if j := m.job(t.Job.Tenant, t.Job.ID); j != nil && j.running && j.delivery == t.Delivery {
		return j
	}
	return nil
}

// due reports whether nothing but lanes keeps the job from being given.
func (j *mJob) due(now time.Time) bool { return !j.finished && !now.Before(j.until) }

// blocked reports whether some lane keeps the job from running: it is full, or
// of cap 1 and an earlier job of it is not finished. A job that ran once has
// its lanes for good.
func (m *model) blocked(j *mJob) bool {
	if j.delivery > 0 {
		return false
	}
	return slices.ContainsFunc(j.Lanes, func(l job.Lane) bool {
		if l.Cap == 1 {
			return m.behind(j, l.Key)
		}
		return m.inside(j.Tenant, l.Key) >= l.Cap
	})
}

// behind reports whether an earlier job of the lane is not finished.
func (m *model) behind(j *mJob, lane string) bool {
	for _, e := range m.jobs {
		if e == j {
			return false
		}
		if e.Tenant == j.Tenant && !e.finished && e.wants(lane) {
			return true
		}
	}
	return false
}

// ahead counts the earlier jobs of the job's thread that are not finished.
func (m *model) ahead(j *mJob) (n int) {
	for _, e := range m.jobs {
		if e == j {
			break
		}
		if len(j.Lanes) > 0 && j.Lanes[0].Cap == 1 && e.Tenant == j.Tenant && !e.finished && e.wants(j.Lanes[0].Key) {
			n++
		}
	}
	return n
}

// inside counts the jobs that ran and are not finished.
func (m *model) inside(tenant, lane string) (n int) {
	for _, j := range m.jobs {
		if j.Tenant == tenant && !j.finished && j.delivery > 0 && j.wants(lane) {
			n++
		}
	}
	return n
}

func (j *mJob) wants(lane string) bool {
	return slices.ContainsFunc(j.Lanes, func(l job.Lane) bool { return l.Key == lane })
}

// row finds a booked row, or nil.
func (m *model) row(tenant, id string) *usage.Entry {
	for i := range m.rows {
		if m.rows[i].Tenant == tenant && m.rows[i].ID == id {
			return &m.rows[i]
		}
	}
	return nil
}

// closeHold ends a hold, if there is one, and returns the rows it cost.
func (m *model) closeHold(tenant, id string) (uncertain int) {
	h := m.holds[tenant+"/"+id]
	if h == nil || h.closed {
		return 0
	}
	h.closed = true
	for _, s := range h.steps {
		if s.sent && !s.settled && m.row(tenant, s.provisional.ID) == nil {
			e := s.provisional
			e.Windows = h.booked
			m.rows = append(m.rows, e)
			uncertain++
		}
	}
	return uncertain
}

// level adds up where a scope stands in a window.
func (m *model) level(tenant string, s usage.Scope, k usage.WindowKind, id string, now time.Time) usage.Level {
	l := usage.Level{Scope: s, Window: k, ID: id}
	for _, e := range m.rows {
		if e.Tenant == tenant && e.Windows.Of(k) == id && slices.ContainsFunc(e.Scopes(), func(o usage.Scope) bool { return o.Key() == s.Key() }) {
			l.Settled += e.Cost
		}
	}
	for _, h := range m.holds {
		if h.Tenant == tenant && !h.closed && h.booked.Of(k) == id && slices.ContainsFunc(h.Scopes, func(o usage.Scope) bool { return o.Key() == s.Key() }) {
			l.Held += h.open()
		}
	}
	for _, tid := range append([]string{s.ID}, s.Templates...) {
		if limit, ok := m.limits[tenant][string(s.Kind)+":"+tid+":"+string(k)]; ok {
			l.Limit, l.Limited, l.Then = limit.Amount, true, limit.Then
			m.addExtras(tenant, &l, limit, now)
			break
		}
	}
	return l
}

// addExtras adds what is added now to a level's limit: what the limit carries
// itself, and every extra of the very scope.
func (m *model) addExtras(tenant string, l *usage.Level, limit usage.Limit, now time.Time) {
	for _, x := range m.limits[tenant] {
		if x.Key() != limit.Key() && !(x.Approval != "" && x.Scope == l.Scope.Kind && x.ID == l.Scope.ID && x.Window == l.Window) {
			continue
		}
		if x.Extra > 0 && now.Before(x.ExtraUntil) {
			l.Limit += x.Extra
			l.Extra += x.Extra
			if l.ExtraUntil.IsZero() || x.ExtraUntil.Before(l.ExtraUntil) {
				l.ExtraUntil = x.ExtraUntil
			}
		}
	}
}

// open is what a hold reserves still.
func (h *mHold) open() (sum money.Nano) {
	for _, s := range h.steps {
		if !s.settled {
			sum += s.amount
		}
	}
	return sum
}

// fits returns the first level the request would pass, or nil.
func (m *model) fits(r usage.HoldRequest, in usage.Booked, now time.Time) *usage.Level {
	var sum money.Nano
	for _, s := range r.Steps {
		sum += s.Amount
	}
	for _, s := range r.Scopes {
		for _, w := range r.Windows {
			l := m.level(r.Tenant, s, w.Kind, in.Of(w.Kind), now)
			if sum > 0 && l.Limited && l.Then != usage.Warn && l.Settled+l.Held+sum > l.Limit {
				return &l
			}
		}
	}
	return nil
}

// inForce are the windows of an instant.
func inForce(ws []usage.Window, now time.Time) (b usage.Booked) {
	for _, w := range ws {
		id := w.Next
		if now.Before(w.Boundary) {
			id = w.ID
		}
		switch w.Kind {
		case usage.Day:
			b.Day = id
		case usage.Week:
			b.Week = id
		default:
			b.Month = id
		}
	}
	return b
}

// head returns the first post of a lane that is not confirmed.
func (m *model) head(p *mPost) *mPost {
	for i, o := range m.posts {
		if !o.gone && (o == p || p.Lane != "" && o.Tenant == p.Tenant && o.Lane == p.Lane) {
			return m.posts[i]
		}
	}
	return nil
}

func name(prefix string, n int) string { return prefix + strconv.Itoa(n) }

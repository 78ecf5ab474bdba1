package storetest

import (
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/usage"
)

// runMachine drives a store and the model with the same random operations:
// duplicates, stale tickets, expired leases, jumps of the clock over the ends
// of days, weeks and months. Everything that can be seen is compared.
func runMachine(t *testing.T, open Open) {
	rapid.Check(t, func(rt *rapid.T) {
		h := open(t)
		if h.Close != nil {
			defer h.Close()
		}
		m := &machine{newKit(rt, h), newModel(), rt, map[string]usage.Booked{}, 0}
		rt.Repeat(map[string]func(*rapid.T){
			"":         m.check,
			"enqueue":  m.enqueue,
			"claim":    m.claimSome,
			"beat":     m.beat,
			"return":   m.giveBack,
			"stop":     m.stop,
			"finish":   m.finish,
			"hold":     m.holdSome,
			"dispatch": m.dispatchStep,
			"settle":   m.settleStep,
			"sweep":    m.sweep,
			"limits":   m.setLimits,
			"posts":    m.posts,
			"confirm":  m.confirm,
			"advance":  m.advance,
		})
		m.checkBooks(m.allWindows())
	})
}

// machine is one run: the store (by kit), the model and the source of chance.
type machine struct {
	kit
	m    *model
	rt   *rapid.T
	seen map[string]usage.Booked // windows that were current at some time
	n    int                     // names made so far
}

var workspaces = []string{"W1", "W2"}

// pick draws one of some values.
func pick[T any](t *rapid.T, what string, of ...T) T { return rapid.SampledFrom(of).Draw(t, what) }

func (m *machine) next(prefix string) string {
	m.n++
	return name(prefix, m.n)
}

func (m *machine) enqueue(t *rapid.T) {
	for range rapid.IntRange(1, 3).Draw(t, "jobs") {
		m.enqueueOne(t)
	}
}

func (m *machine) enqueueOne(t *rapid.T) {
	j := job.Job{ID: m.next("j"), Tenant: pick(t, "workspace", workspaces...), Event: []byte{byte(m.n)}}
	for range rapid.IntRange(1, 2).Draw(t, "marks") {
		j.Marks = append(j.Marks, name("mark", rapid.IntRange(1, 40).Draw(t, "mark")))
	}
	if rapid.Bool().Draw(t, "in a thread") {
		j.Lanes = append(j.Lanes, job.Lane{Key: name("thread", rapid.IntRange(1, 2).Draw(t, "thread")), Cap: 1})
	}
	if rapid.IntRange(0, 3).Draw(t, "in a channel") > 0 {
		j.Lanes = append(j.Lanes, job.Lane{Key: "channel", Cap: 3}, job.Lane{Key: name("person", rapid.IntRange(1, 2).Draw(t, "person")), Cap: 2})
	}
	now, fresh := m.h.Now(), true
	for _, mark := range j.Marks {
		fresh = fresh && !now.Before(m.m.marks[j.Tenant+mark])
	}
	first, err := m.s.Enqueue(m.ctx, j)
	m.must(err)
	same(m.kit, "accepted "+j.ID, first, fresh)
	if !fresh {
		return
	}
	for _, mark := range j.Marks {
		m.m.marks[j.Tenant+mark] = now.Add(25 * time.Hour)
	}
	m.m.jobs = append(m.m.jobs, &mJob{Job: j})
}

func (m *machine) claimSome(t *rapid.T) {
	most := rapid.IntRange(1, 6).Draw(t, "max")
	length := time.Duration(rapid.IntRange(1, 20).Draw(t, "lease minutes")) * time.Minute
	now := m.h.Now()
	claim, err := m.s.Claim(m.ctx, "w", most, length, 0)
	m.must(err)
	tickets := claim.Given
	if len(tickets) > most {
		m.Fatalf("claimed %d jobs, asked for %d", len(tickets), most)
	}
	given := map[*mJob]bool{}
	for _, k := range tickets {
		m.take(k, given, now)
	}
	for _, p := range claim.Parked {
		m.hear(p)
	}
	for _, j := range m.m.jobs {
		if len(tickets) < most && j.due(now) && !given[j] && !m.m.blocked(j) {
			m.Fatalf("job %s could run and was not given", j.ID)
		}
		if len(tickets) < most && !j.finished && !j.told && !j.stop && j.delivery == 0 && m.m.ahead(j) > 0 {
			m.Fatalf("job %s waits in its thread and nobody was told", j.ID)
		}
	}
	for j := range given {
		j.until = now.Add(length)
	}
}

// take checks one ticket against the model and runs the job there.
func (m *machine) take(k job.Ticket, given map[*mJob]bool, now time.Time) {
	j := m.m.job(k.Job.Tenant, k.Job.ID)
	switch {
	case j == nil || given[j] || !j.due(now):
		m.Fatalf("job %s was given and must not be", k.Job.ID)
	case m.m.blocked(j):
		m.Fatalf("job %s was given although a lane is full or an earlier job of its thread is open", j.ID)
	case string(k.Job.Event) != string(j.Event):
		m.Fatalf("job %s came with another event", j.ID)
	}
	for _, e := range m.m.jobs {
		if e == j {
			break
		}
		if e.Tenant == j.Tenant && e.due(now) && !given[e] && !m.m.blocked(e) {
			m.Fatalf("job %s was given before %s, which was accepted earlier and could run", j.ID, e.ID)
		}
	}
	if j.running {
		m.m.closeHold(j.Tenant, holdOf(k, -1))
		j.cause = ""
	}
	j.delivery++
	j.running, given[j] = true, true
	same(m.kit, "delivery of "+j.ID, k.Delivery, j.delivery)
	same(m.kit, "cause of "+j.ID, k.Cause, j.cause)
	same(m.kit, "note of "+j.ID, string(k.Note), j.note)
	m.m.tickets = append(m.m.tickets, k)
}

// hear checks what was told of a parked job: once, and in its thread, the first
// of which has the place.
func (m *machine) hear(p job.Parked) {
	j := m.m.job(p.Job.Tenant, p.Job.ID)
	if j == nil || j.told || j.delivery > 0 || j.stop {
		m.Fatalf("job %s was told to wait and must not be", p.Job.ID)
	}
	j.told = true
	same(m.kit, "jobs before "+j.ID, p.Ahead, m.m.ahead(j))
	for _, e := range m.m.jobs {
		if e.Tenant == j.Tenant && !e.finished && e.wants(j.Lanes[0].Key) {
			same(m.kit, "job before "+j.ID, p.Behind.ID, e.ID)
			break
		}
	}
	same(m.kit, "event of "+j.ID, string(p.Job.Event), string(j.Event))
}

// ticket draws any ticket ever given, the latest more often.
func (m *machine) ticket(t *rapid.T) (job.Ticket, *mJob) {
	if len(m.m.tickets) == 0 {
		t.Skip("no ticket yet")
	}
	back := rapid.IntRange(0, min(len(m.m.tickets)-1, 5)).Draw(t, "ticket back")
	k := m.m.tickets[len(m.m.tickets)-1-back]
	return k, m.m.valid(k)
}

func (m *machine) beat(t *rapid.T) {
	k, j := m.ticket(t)
	var note []byte
	if rapid.Bool().Draw(t, "note") {
		note = []byte(m.next("note"))
	}
	now := m.h.Now()
	got, err := m.s.Beat(m.ctx, k, 3*time.Minute, note)
	if j == nil {
		m.is(err, job.ErrLost, "beat with a worthless ticket")
		return
	}
	m.must(err)
	same(m.kit, "stop of "+j.ID, got.Stop, j.stop)
	j.until = now.Add(3 * time.Minute)
	if note != nil {
		j.note = string(note)
	}
}

func (m *machine) giveBack(t *rapid.T) {
	k, j := m.ticket(t)
	after := time.Duration(rapid.IntRange(0, 5).Draw(t, "after minutes")) * time.Minute
	now := m.h.Now()
	err := m.s.Return(m.ctx, k, after, "why")
	if j == nil {
		m.is(err, job.ErrLost, "return with a worthless ticket")
		return
	}
	m.must(err)
	m.m.closeHold(j.Tenant, k.Hold())
	j.running, j.until, j.cause = false, now.Add(after), "why"
}

func (m *machine) stop(t *rapid.T) {
	k, _ := m.ticket(t)
	m.must(m.s.Stop(m.ctx, k.Job.Tenant, k.Job.ID))
	if j := m.m.job(k.Job.Tenant, k.Job.ID); j != nil {
		j.stop = true
	}
}

func (m *machine) finish(t *rapid.T) {
	k, j := m.ticket(t)
	st := usage.Settlement{Tenant: k.Job.Tenant, Hold: k.Hold(), Step: 1, Fallback: m.windows(), Finish: &job.Finish{Ticket: k}}
	for range rapid.IntRange(0, 2).Draw(t, "posts") {
		st.Finish.Posts = append(st.Finish.Posts, job.Outgoing{
			ID: m.next("p"), Tenant: k.Job.Tenant, Lane: pick(t, "post lane", "", "a", "b"), Body: []byte("body"),
		})
	}
	if rapid.Bool().Draw(t, "with an entry") {
		st.Entry = m.attempt(t, k.Job.Tenant, k.Hold(), 1)
	}
	m.book(st, j)
	if j == nil {
		return
	}
	m.m.closeHold(j.Tenant, k.Hold())
	j.finished = true
	for _, p := range st.Finish.Posts {
		m.m.posts = append(m.m.posts, &mPost{Outgoing: p})
	}
}

// drawLimit draws a limit, own or of a template, or an extra of one of a few
// approvals.
func (m *machine) drawLimit(t *rapid.T) usage.Limit {
	sc := pick(t, "scope", people()...)
	l := usage.Limit{Scope: sc.Kind, ID: sc.ID, Window: pick(t, "window", usage.WindowKinds()...)}
	until := m.h.Now().Add(pick(t, "extra lasts", time.Minute, time.Hour, 30*time.Hour)).Truncate(time.Millisecond)
	if rapid.IntRange(0, 2).Draw(t, "an extra") == 0 {
		l.Approval, l.Extra, l.ExtraUntil = name("a", rapid.IntRange(1, 3).Draw(t, "approval")), money.Nano(rapid.IntRange(1, 200).Draw(t, "extra")), until
		l.Reason = pick(t, "reason", "", "the release; 50 % more, \"now\"|+ä")
		return l
	}
	l.ID = pick(t, "limit id", append([]string{sc.ID}, sc.Templates...)...)
	l.Amount, l.Then = money.Nano(rapid.IntRange(0, 300).Draw(t, "amount")), pick(t, "then", usage.Refuse, usage.Refuse, usage.LowerTier, usage.Warn)
	if rapid.Bool().Draw(t, "with an extra of its own") {
		l.Extra, l.ExtraUntil = 100, until
	}
	return l
}

func (m *machine) setLimits(t *rapid.T) {
	tenant := pick(t, "workspace", workspaces...)
	l := m.drawLimit(t)
	if m.m.limits[tenant] == nil {
		m.m.limits[tenant] = map[string]usage.Limit{}
	}
	if rapid.IntRange(0, 4).Draw(t, "remove") == 0 {
		m.must(m.s.SetLimits(m.ctx, tenant, nil, []string{l.Key()}))
		delete(m.m.limits[tenant], l.Key())
		return
	}
	m.must(m.s.SetLimits(m.ctx, tenant, []usage.Limit{l}, nil))
	m.m.limits[tenant][l.Key()] = l
	m.sameLimits(tenant)
}

// sameLimits compares what is listed: everything but extras whose time is over.
func (m *machine) sameLimits(tenant string) {
	now := m.h.Now()
	maps.DeleteFunc(m.m.limits[tenant], func(_ string, l usage.Limit) bool { return l.Approval != "" && !now.Before(l.ExtraUntil) })
	got, err := m.s.Limits(m.ctx, tenant)
	m.must(err)
	keys := slices.Sorted(maps.Keys(m.m.limits[tenant]))
	same(m.kit, "number of limits", len(got), len(keys))
	for i, key := range keys {
		want := m.m.limits[tenant][key]
		same(m.kit, "until of "+key, got[i].ExtraUntil.Equal(want.ExtraUntil), true)
		got[i].ExtraUntil = want.ExtraUntil
		same(m.kit, "limit "+key, got[i], want)
	}
}

func (m *machine) advance(t *rapid.T) {
	m.h.Advance(pick(t, "jump", time.Minute, time.Minute, 2*time.Minute, 7*time.Minute, time.Hour, 9*time.Hour, 26*time.Hour, 8*24*time.Hour))
}

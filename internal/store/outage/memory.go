package outage

import (
	"cmp"
	"container/list"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/usage"
)

const (
	// again is how long something is remembered: longer than an asynchronous
	// replica lags behind its master.
	again = 10 * time.Minute
	// remembered bounds how many jobs and bookings there are, and bytes the sealed
	// bodies among them.
	remembered = 20_000
	bytes      = 64 << 20
)

// memory is what this process did in the last minutes: the jobs it accepted, ran
// and ended, the posts it sent, and what it booked. Bodies are kept sealed, as they
// are in the store, and no longer than they could be needed: an event until its
// job has ended, a post until it was sent.
type memory struct {
	mu    sync.Mutex
	seq   int64
	jobs  map[jobKey]*item
	order list.List // of *item, the one that changed last at the end
	size  int
}

type jobKey struct{ tenant, id string }

// item is a job or a booking.
type item struct {
	at     time.Time
	seq    int64
	size   int
	place  *list.Element
	past   *job.Past         // a job
	doubts map[string]int64  // by post: how often the store was doubted when it was given
	booked *usage.Settlement // or a booking
}

func newMemory() *memory {
	return &memory{jobs: map[jobKey]*item{}}
}

// of finds what is remembered of a job, or begins it. mu is held.
func (m *memory) of(tenant, id string) *item {
	k := jobKey{tenant, id}
	it := m.jobs[k]
	if it == nil {
		it = &item{past: &job.Past{Ticket: job.Ticket{Job: job.Job{ID: id, Tenant: tenant}}}}
		m.jobs[k] = it
	}
	return it
}

// changed notes that something happened to an item, and forgets what is old. mu
// is held.
func (m *memory) changed(it *item, now time.Time) {
	m.seq++
	it.seq = m.seq
	m.touch(it, now)
	m.size -= it.size
	it.size = weight(it)
	m.size += it.size
	for f := m.order.Front(); f != nil; f = m.order.Front() {
		old := f.Value.(*item)
		if now.Sub(old.at) <= again && m.order.Len() <= remembered && m.size <= bytes {
			return
		}
		m.forget(old)
	}
}

func (m *memory) touch(it *item, now time.Time) {
	it.at = now
	if it.place == nil {
		it.place = m.order.PushBack(it)
	} else {
		m.order.MoveToBack(it.place)
	}
}

func (m *memory) forget(it *item) {
	m.order.Remove(it.place)
	if it.past != nil {
		delete(m.jobs, jobKey{it.past.Ticket.Job.Tenant, it.past.Ticket.Job.ID})
	}
	m.size -= it.size
}

func weight(it *item) int {
	if it.past == nil {
		return 0
	}
	n := len(it.past.Ticket.Job.Event) + len(it.past.Ticket.Note)
	for _, p := range it.past.Posts {
		n += len(p.Body)
	}
	for _, w := range it.past.Writes {
		n += len(w.Body)
	}
	return n
}

// accepted remembers a job that the store took.
func (m *memory) accepted(j job.Job, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	it := m.of(j.Tenant, j.ID)
	if !it.past.Ended && it.past.Ticket.Delivery == 0 {
		j.At = now
		it.past.Ticket.Job = j
	}
	m.changed(it, now)
}

// claimed remembers a job that this process runs from now on.
func (m *memory) claimed(t job.Ticket, lease time.Duration, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	it := m.of(t.Job.Tenant, t.Job.ID)
	it.past.Ticket, it.past.Lease = t, lease
	m.changed(it, now)
}

// beaten remembers that a job is still run, and what was noted of it.
func (m *memory) beaten(t job.Ticket, note []byte, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	it := m.jobs[jobKey{t.Job.Tenant, t.Job.ID}]
	if it == nil || it.past.Ended {
		return
	}
	if note == nil {
		m.touch(it, now)
		return
	}
	it.past.Ticket.Note = note
	m.changed(it, now)
}

// left remembers that this process does not run a delivery any more.
func (m *memory) left(t job.Ticket, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	it := m.jobs[jobKey{t.Job.Tenant, t.Job.ID}]
	if it != nil && it.past.Ticket.Delivery == t.Delivery && it.past.Lease > 0 {
		it.past.Lease = 0
		m.changed(it, now)
	}
}

// ended remembers that the store took the end of a job.
func (m *memory) ended(f job.Finish, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	it := m.of(f.Ticket.Job.Tenant, f.Ticket.Job.ID)
	p := it.past
	p.Ticket, p.Lease, p.Ended = f.Ticket, 0, true
	p.Ticket.Job.Event, p.Ticket.Note = nil, nil
	p.Writes, p.Posts = f.Writes, nil
	for _, post := range f.Posts {
		if !slices.ContainsFunc(p.Tries, func(k job.PastTry) bool { return k.Post == post.ID && k.Sent }) {
			p.Posts = append(p.Posts, post)
		}
	}
	m.changed(it, now)
}

// given remembers a post that this process sends from now on, lease 0 that it gave
// it back with an unknown result.
func (m *memory) given(t job.PostTicket, lease time.Duration, doubts int64, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	it := m.of(t.Post.Tenant, jobOf(t.Post.ID))
	if it.doubts == nil {
		it.doubts = map[string]int64{}
	}
	it.doubts[t.Post.ID] = doubts
	it.tried(job.PastTry{Post: t.Post.ID, Try: t.Try, Lease: lease})
	m.changed(it, now)
}

// unsent remembers that a post was given back and is certainly not sent.
func (m *memory) unsent(t job.PostTicket, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	it := m.jobs[jobKey{t.Post.Tenant, jobOf(t.Post.ID)}]
	if it == nil {
		return
	}
	delete(it.doubts, t.Post.ID)
	it.past.Tries = slices.DeleteFunc(slices.Clone(it.past.Tries), func(k job.PastTry) bool { return k.Post == t.Post.ID })
	m.changed(it, now)
}

// sent remembers that a post was sent, and returns what says so to a store, and
// how often the store had been doubted when it was given.
func (m *memory) sent(t job.PostTicket, now time.Time) (job.Past, int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	id := jobOf(t.Post.ID)
	it := m.of(t.Post.Tenant, id)
	given := it.doubts[t.Post.ID]
	delete(it.doubts, t.Post.ID)
	k := job.PastTry{Post: t.Post.ID, Try: t.Try, Sent: true}
	it.tried(k)
	it.past.Posts = slices.DeleteFunc(slices.Clone(it.past.Posts), func(p job.Outgoing) bool { return p.ID == t.Post.ID })
	m.changed(it, now)
	return job.Past{Ticket: job.Ticket{Job: job.Job{ID: id, Tenant: t.Post.Tenant}}, Tries: []job.PastTry{k}}, given
}

// booking remembers a booking, fixed to the windows it went into.
func (m *memory) booking(now time.Time, s usage.Settlement, out usage.Settled) {
	s.Finish = nil
	s.Fallback = pinned(s.Fallback, now)
	if in := out.Entry.Windows; in.Month != "" {
		s.Fallback = s.Fallback[:0]
		for _, k := range usage.WindowKinds() {
			s.Fallback = append(s.Fallback, usage.Window{Kind: k, ID: in.Of(k), Next: in.Of(k)})
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.changed(&item{booked: &s}, now)
}

// drop forgets a workspace.
func (m *memory) drop(tenant string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for e := m.order.Front(); e != nil; {
		it := e.Value.(*item)
		e = e.Next()
		if it.past != nil && it.past.Ticket.Job.Tenant == tenant || it.booked != nil && it.booked.Tenant == tenant {
			m.forget(it)
		}
	}
}

// last is the number of the last change.
func (m *memory) last() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.seq
}

// since lists what has changed after a number, bookings as they came and jobs in
// the order they were accepted, and the number of the last change.
func (m *memory) since(seq int64, now time.Time) (booked []usage.Settlement, pasts []job.Past, last int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for e := m.order.Front(); e != nil; e = e.Next() {
		it := e.Value.(*item)
		switch {
		case it.seq <= seq || now.Sub(it.at) > again:
		case it.booked != nil:
			booked = append(booked, *it.booked)
		default:
			pasts = append(pasts, *it.past)
		}
	}
	slices.SortStableFunc(pasts, func(a, b job.Past) int { return cmp.Compare(a.Ticket.Job.ID, b.Ticket.Job.ID) })
	return booked, pasts, m.seq
}

// tried puts what is known of a post in the place of what was. The slice is made
// anew: others may read the old one.
func (it *item) tried(k job.PastTry) {
	tries := slices.DeleteFunc(slices.Clone(it.past.Tries), func(o job.PastTry) bool { return o.Post == k.Post })
	it.past.Tries = append(tries, k)
}

// jobOf is the job that a post belongs to.
func jobOf(post string) string {
	if i := strings.LastIndexByte(post, '/'); i > 0 {
		return post[:i]
	}
	return post
}

// pinned fixes windows to those in force now: what is booked later belongs to
// the day on which it was spent. The windows of an open hold still go before.
func pinned(ws []usage.Window, now time.Time) []usage.Window {
	if len(ws) == 0 {
		ws = usage.Calendar{}.Windows(now)
	}
	out := make([]usage.Window, len(ws))
	for i, w := range ws {
		id := w.At(now)
		out[i] = usage.Window{Kind: w.Kind, ID: id, Next: id}
	}
	return out
}

package storetest

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/usage"
)

func queueTests() []scenario {
	return []scenario{
		{"a second copy is known by any mark", copies},
		{"a mark counts for 25 hours", oldMarks},
		{"a job keeps what it was accepted with", carries},
		{"all that can run comes in the order it was accepted", acceptOrder},
		{"a dead worker's job is given again", redelivery},
		{"a job given back comes again after a while", comesBack},
		{"a worthless ticket is lost", worthless},
		{"a lease that merely ran out is still good", lapsed},
		{"a note outlives its delivery", notes},
		{"stop reaches a job whenever it runs", stops},
		{"backlog counts jobs by state", backlog},
		{"wiping a workspace ends its jobs and posts", wipes},
	}
}

func copies(t *testing.T, h Harness) {
	k := newKit(t, h)
	put := func(id, tenant string, marks ...string) bool {
		first, err := k.s.Enqueue(k.ctx, job.Job{ID: id, Tenant: tenant, Marks: marks})
		k.must(err)
		return first
	}
	same(k, "new", put("j1", lab, "id:1", "msg:1"), true)
	same(k, "copy by first mark", put("j2", lab, "id:1", "msg:other"), false)
	same(k, "copy by second mark", put("j3", lab, "id:3", "msg:1"), false)
	same(k, "the copies left no marks", put("j4", lab, "msg:other", "id:3"), true)
	same(k, "another workspace", put("j1", "other", "id:1", "msg:1"), true)
	same(k, "jobs", len(k.claim(10)), 3)
	same(k, "copy of a running job", put("j5", lab, "id:1"), false)
}

func oldMarks(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.done(k.one("j1"))
	put := func() bool {
		first, err := k.s.Enqueue(k.ctx, job.Job{ID: "j2", Tenant: lab, Marks: []string{"id:j1"}})
		k.must(err)
		return first
	}
	h.Advance(25*time.Hour - time.Minute)
	same(k, "just before 25 hours", put(), false)
	h.Advance(time.Minute)
	same(k, "after 25 hours", put(), true)
}

func carries(t *testing.T, h Harness) {
	k := newKit(t, h)
	before := h.Now()
	k.accept("j1", job.Lane{Key: "thread", Cap: 1})
	got := k.claim(1)[0]
	same(k, "event", string(got.Job.Event), "event j1")
	same(k, "workspace", got.Job.Tenant, lab)
	same(k, "delivery", got.Delivery, 1)
	same(k, "worker", got.Worker, "worker")
	same(k, "lanes", len(got.Job.Lanes), 1)
	same(k, "cause", got.Cause, "")
	near(k, "accepted", got.Job.At, before)
	near(k, "until", got.Until, before.Add(lease))
}

// near allows a real clock to run on during a test.
func near(k kit, what string, got, want time.Time) {
	k.Helper()
	if d := got.Sub(want); d < -time.Second || d > 30*time.Second {
		k.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

func acceptOrder(t *testing.T, h Harness) {
	k := newKit(t, h)
	for _, id := range []string{"j1", "j2", "j3", "j4"} {
		k.accept(id)
	}
	ts := k.gives(2, "j1", "j2")
	k.must(k.s.Return(k.ctx, ts[1], time.Minute, "later")) // j1's worker dies, j2 is given back
	k.gives(1, "j3")
	h.Advance(lease)
	k.accept("j5")
	k.gives(10, "j1", "j2", "j3", "j4", "j5")
	k.gives(10)
}

func redelivery(t *testing.T, h Harness) {
	k := newKit(t, h)
	first := k.one("j1")
	h.Advance(lease - time.Minute)
	k.gives(1)
	h.Advance(time.Minute)
	second := k.gives(1, "j1")[0]
	same(k, "delivery", second.Delivery, first.Delivery+1)
	same(k, "cause", second.Cause, "")
	k.gives(1)
}

func comesBack(t *testing.T, h Harness) {
	k := newKit(t, h)
	first := k.one("j1")
	k.must(k.s.Return(k.ctx, first, 3*time.Minute, "provider down"))
	h.Advance(2 * time.Minute)
	k.gives(1)
	h.Advance(time.Minute)
	second := k.gives(1, "j1")[0]
	same(k, "delivery", second.Delivery, 2)
	same(k, "cause", second.Cause, "provider down")
	h.Advance(lease)
	third := k.gives(1, "j1")[0]
	same(k, "cause after a dead worker", third.Cause, "")
	k.must(k.s.Return(k.ctx, third, 0, "at once"))
	same(k, "given back for at once", k.gives(1, "j1")[0].Delivery, 4)
}

func worthless(t *testing.T, h Harness) {
	k := newKit(t, h)
	stale := k.one("j1")
	h.Advance(lease)
	current := k.gives(1, "j1")[0]
	lost := func(t job.Ticket, when string) {
		_, err := k.s.Beat(k.ctx, t, lease, []byte("late"))
		k.is(err, job.ErrLost, "beat "+when)
		k.is(k.s.Return(k.ctx, t, 0, "late"), job.ErrLost, "return "+when)
		_, err = k.s.Settle(k.ctx, usage.Settlement{Tenant: lab, Finish: &job.Finish{
			Ticket: t, Posts: []job.Outgoing{{ID: "late", Tenant: lab}}, Writes: []record.Write{record.Put(record.Draft, "late", nil, 0)},
		}})
		k.is(err, job.ErrLost, "finish "+when)
	}
	lost(stale, "after the job was given again")
	k.must(k.s.Return(k.ctx, current, time.Minute, "x"))
	lost(current, "after it was given back")
	h.Advance(time.Minute)
	last := k.gives(1, "j1")[0]
	same(k, "no late note", string(last.Note), "")
	k.done(last)
	lost(last, "after the job was finished")
	h.Advance(lease)
	k.gives(1)
	_, err := k.s.Get(k.ctx, lab, record.Draft, "late")
	k.is(err, record.ErrNotFound, "a lost finish writes nothing")
	same(k, "a lost finish posts nothing", len(k.posts(10)), 0)
}

func lapsed(t *testing.T, h Harness) {
	k := newKit(t, h)
	a, b, c := k.one("a"), k.one("b"), k.one("c")
	h.Advance(lease + time.Minute)
	_, err := k.s.Beat(k.ctx, a, lease, nil)
	k.must(err)
	k.must(k.s.Return(k.ctx, b, time.Hour, "late"))
	k.done(c)
	k.gives(10)
	h.Advance(lease)
	k.gives(10, "a")
}

func notes(t *testing.T, h Harness) {
	k := newKit(t, h)
	first := k.one("j1")
	beat := func(t job.Ticket, note []byte) {
		_, err := k.s.Beat(k.ctx, t, lease, note)
		k.must(err)
	}
	beat(first, []byte("placeholder 1"))
	beat(first, []byte("placeholder 2"))
	beat(first, nil)
	h.Advance(lease)
	second := k.gives(1, "j1")[0]
	same(k, "note after a dead worker", string(second.Note), "placeholder 2")
	k.must(k.s.Return(k.ctx, second, 0, "x"))
	same(k, "note after a return", string(k.gives(1, "j1")[0].Note), "placeholder 2")
}

func stops(t *testing.T, h Harness) {
	k := newKit(t, h)
	stopped := func(t job.Ticket) bool {
		b, err := k.s.Beat(k.ctx, t, lease, nil)
		k.must(err)
		return b.Stop
	}
	k.must(k.s.Stop(k.ctx, lab, "nobody"))
	running := k.one("j1")
	same(k, "not asked to stop", stopped(running), false)
	k.must(k.s.Stop(k.ctx, lab, "j1"))
	same(k, "asked to stop", stopped(running), true)
	k.accept("j2")
	k.must(k.s.Stop(k.ctx, lab, "j2"))
	k.must(k.s.Stop(k.ctx, "other", "j1"))
	same(k, "asked before it ran", stopped(k.gives(1, "j2")[0]), true)
	k.must(k.s.Return(k.ctx, running, 0, "x"))
	same(k, "asked in an earlier delivery", stopped(k.gives(1, "j1")[0]), true)
}

func backlog(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.done(k.one("done"), job.Outgoing{ID: "p1", Tenant: lab})
	h.Advance(time.Minute)
	oldest := h.Now()
	thread := job.Lane{Key: "thread", Cap: 1}
	k.accept("running", thread)
	h.Advance(time.Minute)
	k.accept("parked", thread)
	k.accept("waiting")
	ts := k.gives(10, "running", "waiting")
	k.must(k.s.Return(k.ctx, ts[1], time.Hour, "x"))
	k.accept("ready")
	got, err := k.s.Backlog(k.ctx)
	k.must(err)
	near(k, "oldest", got.Oldest, oldest)
	got.Oldest = time.Time{}
	same(k, "backlog", got, job.Backlog{Ready: 1, Parked: 1, Running: 1, Waiting: 1, Outbox: 1})
}

func wipes(t *testing.T, h Harness) {
	k := newKit(t, h)
	thread := job.Lane{Key: "thread", Cap: 1}
	k.accept("j1", thread)
	k.accept("j2", thread)
	running := k.gives(10, "j1")[0]
	k.done(k.one("j3"), job.Outgoing{ID: "p1", Tenant: lab})
	k.must(k.s.Wipe(k.ctx, lab, true))
	_, err := k.s.Beat(k.ctx, running, lease, nil)
	k.is(err, job.ErrLost, "beat of a wiped job")
	got, err := k.s.Backlog(k.ctx)
	k.must(err)
	same(k, "backlog", got, job.Backlog{})
	k.accept("j4", thread)
	k.gives(10, "j4")
}

// RunSimulated proves that a store waits in simulated time: open is called in
// a testing/synctest bubble and must return a store on the bubble's clock.
func RunSimulated(t *testing.T, open func() Store) {
	synctest.Test(t, func(t *testing.T) {
		s := open()
		k := newKit(t, Harness{Store: s, Advance: time.Sleep, Now: time.Now})
		start := time.Now()
		wait := func(d time.Duration) []job.Ticket {
			c, err := s.Claim(k.ctx, "worker", 1, lease, d)
			k.must(err)
			return c.Given
		}
		same(k, "nothing to do", len(wait(time.Hour)), 0)
		same(k, "waited", time.Since(start), time.Hour)
		go func() {
			time.Sleep(10 * time.Minute)
			k.accept("j1")
		}()
		same(k, "woken by a new job", len(wait(time.Hour)), 1)
		same(k, "waited", time.Since(start), 70*time.Minute)
		again := wait(time.Hour)
		same(k, "woken by the end of a lease", len(again), 1)
		same(k, "waited", time.Since(start), 70*time.Minute+lease)
		k.must(s.Return(k.ctx, again[0], 5*time.Minute, "x"))
		last := wait(time.Hour)
		same(k, "woken when due", len(last), 1)
		same(k, "waited", time.Since(start), 75*time.Minute+lease)
		go func() {
			time.Sleep(time.Minute)
			k.done(last[0], job.Outgoing{ID: "p1", Tenant: lab})
		}()
		ps, err := s.Posts(k.ctx, "sender", 1, lease, time.Hour)
		k.must(err)
		same(k, "woken by a post", len(ps), 1)
		same(k, "waited", time.Since(start), 76*time.Minute+lease)
	})
}

package redis

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/store/redis/redistest"
	"github.com/tierwise/tierwise/usage"
)

// story does things to a store and fails the test on an error that was not
// foreseen. at moves its clock.
type story struct {
	*testing.T
	*Store
	ctx     context.Context
	at      func(time.Duration)
	scopes  []usage.Scope
	windows []usage.Window
}

// everything does each operation of the store at least once, with good and bad
// outcomes.
func everything(t *testing.T, s *Store, at func(time.Duration)) {
	st := story{
		t, s, context.Background(), at,
		[]usage.Scope{usage.WholeWorkspace(), {Kind: usage.User, ID: "p", Templates: []string{usage.AnyID}}},
		usage.Calendar{}.Windows(s.now()),
	}
	st.begin()
	st.turns()
	st.mail()
	st.past()
	st.small()
	st.read()
	st.end()
}

func (s story) must(err error, allowed ...error) {
	s.Helper()
	if err != nil && !slices.ContainsFunc(allowed, func(a error) bool { return errors.Is(err, a) }) {
		s.Fatal(err)
	}
}

// begin sets limits and accepts four jobs of one thread, and a copy.
func (s story) begin() {
	s.must(s.SetLimits(s.ctx, "W", []usage.Limit{
		{Scope: usage.User, ID: usage.AnyID, Window: usage.Day, Amount: 1000, Then: usage.Refuse},
		{Scope: usage.Workspace, ID: "all", Window: usage.Month, Amount: 500, Extra: 500, ExtraUntil: s.now().Add(time.Hour), Then: usage.Warn},
	}, []string{"team:T:week"}))
	for _, id := range []string{"a", "b", "c", "d"} {
		_, err := s.Enqueue(s.ctx, job.Job{ID: id, Tenant: "W", Marks: []string{id, "m" + id}, Event: []byte("x"), Lanes: []job.Lane{{Key: "thread:1", Cap: 1}, {Key: "channel:C", Cap: 2}}})
		s.must(err)
	}
	_, err := s.Enqueue(s.ctx, job.Job{ID: "e", Tenant: "W", Marks: []string{"a"}})
	s.must(err)
}

// claim takes the one job of the thread that can run.
func (s story) claim() job.Ticket {
	s.Helper()
	claim, err := s.Claim(s.ctx, "w", 2, time.Minute, 0)
	got := claim.Given
	s.must(err)
	if len(got) != 1 {
		s.Fatalf("claimed %d jobs, want the one of the thread", len(got))
	}
	return got[0]
}

func (s story) hold(k job.Ticket, amount money.Nano) {
	s.Helper()
	_, err := s.Hold(s.ctx, usage.HoldRequest{Tenant: "W", Hold: k.Hold(), Scopes: s.scopes, Windows: s.windows, TTL: time.Hour, Steps: []usage.StepHold{{N: 1, Amount: amount}, {N: 2, Amount: 5}}})
	s.must(err)
}

func (s story) dispatch(k job.Ticket, n int, allowed ...error) {
	s.Helper()
	s.must(s.Dispatch(s.ctx, usage.DispatchRequest{Tenant: "W", Hold: k.Hold(), Step: n, Provisional: uncertain(entryOf(k, n))}), allowed...)
}

func (s story) settle(k job.Ticket, f *job.Finish, allowed ...error) {
	s.Helper()
	e := entryOf(k, 1)
	_, err := s.Settle(s.ctx, usage.Settlement{Tenant: "W", Hold: k.Hold(), Step: 1, Entry: &e, Fallback: s.windows, Finish: f})
	s.must(err, allowed...)
}

func entryOf(k job.Ticket, n int) usage.Entry {
	return usage.Entry{ID: k.Attempt(n), Tenant: "W", Channel: "C", Actor: "p", Cost: 7, Estimate: 9, Status: usage.OK, Purpose: "answer", Tier: "economy"}
}

// turns runs a job whose worker dies, is given back, and finishes; and the next
// one to a conflict and an open hold.
func (s story) turns() {
	k := s.claim()
	s.hold(k, 5000) // refused
	s.hold(k, 9)
	s.dispatch(k, 1)
	s.dispatch(k, 7, usage.ErrNoHold)
	s.must(s.Stop(s.ctx, "W", k.Job.ID))
	_, err := s.Beat(s.ctx, k, time.Minute, []byte("note"))
	s.must(err)
	s.at(2 * time.Minute)
	again := s.claim() // redelivered; step 1 is uncertain now
	s.settle(k, &job.Finish{Ticket: k}, job.ErrLost)
	s.hold(again, 9)
	s.must(s.Return(s.ctx, again, time.Second, "later"))
	s.must(s.Return(s.ctx, again, time.Second, "later"), job.ErrLost)
	s.at(time.Minute)
	last := s.claim()
	s.settle(last, &job.Finish{
		Ticket: last, Writes: []record.Write{record.Put(record.Draft, "d1", []byte("b"), time.Hour), {Kind: record.Thread, ID: "t", Expect: 0}},
		Posts: []job.Outgoing{{ID: "a/1", Tenant: "W", Lane: "C", Body: []byte("p")}, {ID: "a/2", Tenant: "W", Lane: "C"}},
	})
	next := s.claim()
	_, err = s.Settle(s.ctx, usage.Settlement{Finish: &job.Finish{Ticket: next, Writes: []record.Write{{Kind: record.Thread, ID: "t", Expect: 9}}}})
	s.must(err, record.ErrConflict)
	s.hold(next, 9)
	s.dispatch(next, 1)
}

// mail sends the head of a lane at the third try.
func (s story) mail() {
	for try := range 3 {
		posts, err := s.Posts(s.ctx, "p", 5, time.Minute, 0)
		s.must(err)
		if len(posts) != 1 {
			s.Fatalf("got %d posts, want the head of the lane", len(posts))
		}
		if try == 2 {
			s.must(s.Confirm(s.ctx, posts[0]))
			return
		}
		s.must(s.Postpone(s.ctx, posts[0], time.Second, try == 0))
		s.at(time.Minute)
	}
}

// past tells of a job that ended, one that runs, and posts that were sent, are
// with their sender, and are unknown.
func (s story) past() {
	lanes := []job.Lane{{Key: "thread:2", Cap: 1}}
	tell := func(p job.Past) {
		_, err := s.Restore(s.ctx, p)
		s.must(err)
	}
	of := func(id string, delivery int) job.Ticket {
		return job.Ticket{Job: job.Job{ID: id, Tenant: "W", Marks: []string{id, "m" + id}, Event: []byte("x"), Lanes: lanes}, Delivery: delivery, Note: []byte("n")}
	}
	tell(job.Past{Ticket: of("ran", 1), Lease: time.Minute, Tries: []job.PastTry{{Post: "f/1", Try: 1, Lease: time.Minute}, {Post: "f/2", Try: 1, Sent: true}}})
	tell(job.Past{Ticket: of("back", 2)})
	again := of("back2", 1)
	again.Job.Marks = []string{"back"}
	tell(job.Past{Ticket: again, Ended: true})
	tell(job.Past{Ticket: of("f", 1), Ended: true, Writes: []record.Write{record.Put(record.Draft, "f", nil, time.Hour)},
		Posts: []job.Outgoing{{ID: "f/1", Tenant: "W", Lane: "L"}, {ID: "f/2", Tenant: "W", Lane: "L"}, {ID: "f/3", Tenant: "W", Lane: "L"}}})
	tell(job.Past{Ticket: of("f", 1), Tries: []job.PastTry{{Post: "f/3", Try: 2, Lease: time.Minute}, {Post: "f/1", Sent: true}}})
	tell(job.Past{Ticket: of("ran", 1), Ended: true})
}

// small writes records, marks, leases and rates, each twice.
func (s story) small() {
	s.must(s.Write(s.ctx, "W", record.Remove(record.Thread, "t"), record.Put(record.Setting, "s", []byte("1"), 0)))
	s.must(s.Write(s.ctx, "W", record.Write{Kind: record.Setting, ID: "s", Expect: 0}), record.ErrConflict)
	for range 2 {
		_, err := s.Mark(s.ctx, "W", "once", time.Hour)
		s.must(err)
		_, err = s.Lease(s.ctx, "sweep", "me", time.Hour)
		s.must(err)
		for _, id := range []string{"id", "id2"} {
			_, _, _, err = s.Take(s.ctx, "W", "asks", id, 1, time.Hour)
			s.must(err)
		}
	}
	_, err := s.Lease(s.ctx, "sweep", "me", 0)
	s.must(err)
}

func (s story) read() {
	_, err := s.Backlog(s.ctx)
	s.must(err)
	_, err = s.Levels(s.ctx, "W", s.scopes, s.windows)
	s.must(err)
	_, err = s.Limits(s.ctx, "W")
	s.must(err)
	_, err = s.Rollup(s.ctx, "W", usage.Day, s.windows[0].ID, usage.ByTier)
	s.must(err)
	_, _, err = s.Entries(s.ctx, "W", s.windows[2].ID, "", 10)
	s.must(err)
	_, err = s.OpenHolds(s.ctx, "W")
	s.must(err)
	_, err = s.Tenants(s.ctx)
	s.must(err)
	_, err = s.List(s.ctx, "W", record.Setting, "")
	s.must(err)
}

// end lets the rest expire and clears up.
func (s story) end() {
	s.at(2 * time.Hour)
	_, err := s.Sweep(s.ctx)
	s.must(err)
	total := usage.Key{Dim: usage.ByTotal, Value: "all"}
	s.must(s.Rebuild(s.ctx, "W", usage.Day, s.windows[0].ID, map[usage.Key]usage.Cell{total: {Cost: 3, Entries: 1}}, map[string]money.Nano{"workspace:all": 3}))
	s.must(s.Drop(s.ctx, "W", s.windows[2].ID, ""))
	_, _, err = s.Unfinished(s.ctx)
	s.must(err)
	s.must(s.Wipe(s.ctx, "W", true, record.Setting, record.Draft))
	s.must(s.Purge(s.ctx, "W"))
}

func uncertain(e usage.Entry) usage.Entry {
	e.Status, e.Source, e.Cost = usage.Uncertain, usage.Estimated, e.Estimate
	return e
}

// frozen opens a store whose clock stands where the test puts it.
func frozen(t *testing.T, server *redistest.Server) (*Store, func(time.Duration)) {
	t.Helper()
	s, err := Open(context.Background(), server.URL(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	s.clock = func() string { return "@" + micros(now) }
	return s, func(d time.Duration) { now = now.Add(d) }
}

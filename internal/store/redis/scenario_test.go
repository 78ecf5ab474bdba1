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

// everything does each operation of the store at least once, with good and bad
// outcomes. at moves the clock.
func everything(t *testing.T, s *Store, at func(time.Duration)) {
	ctx := context.Background()
	must := func(err error, allowed ...error) {
		t.Helper()
		if err != nil && !slices.ContainsFunc(allowed, func(a error) bool { return errors.Is(err, a) }) {
			t.Fatal(err)
		}
	}
	windows := usage.Calendar{}.Windows(s.now())
	scopes := []usage.Scope{usage.WholeWorkspace(), {Kind: usage.User, ID: "p", Templates: []string{usage.AnyID}}}
	entry := func(k job.Ticket, n int) usage.Entry {
		return usage.Entry{ID: k.Attempt(n), Tenant: "W", Channel: "C", Actor: "p", Cost: 7, Estimate: 9, Status: usage.OK, Purpose: "answer", Tier: "economy"}
	}
	must(s.SetLimits(ctx, "W", []usage.Limit{
		{Scope: usage.User, ID: usage.AnyID, Window: usage.Day, Amount: 1000, Then: usage.Refuse},
		{Scope: usage.Workspace, ID: "all", Window: usage.Month, Amount: 500, Extra: 500, ExtraUntil: s.now().Add(time.Hour), Then: usage.Warn},
	}, []string{"team:T:week"}))
	for _, id := range []string{"a", "b", "c", "d"} {
		_, err := s.Enqueue(ctx, job.Job{ID: id, Tenant: "W", Marks: []string{id, "m" + id}, Event: []byte("x"), Lanes: []job.Lane{{Key: "thread:1", Cap: 1}, {Key: "channel:C", Cap: 2}}})
		must(err)
	}
	_, err := s.Enqueue(ctx, job.Job{ID: "e", Tenant: "W", Marks: []string{"a"}})
	must(err)
	claim := func() job.Ticket {
		t.Helper()
		got, err := s.Claim(ctx, "w", 2, time.Minute, 0)
		must(err)
		if len(got) != 1 {
			t.Fatalf("claimed %d jobs, want the one of the thread", len(got))
		}
		return got[0]
	}
	hold := func(k job.Ticket, amount money.Nano) {
		t.Helper()
		_, err := s.Hold(ctx, usage.HoldRequest{Tenant: "W", Hold: k.Hold(), Scopes: scopes, Windows: windows, TTL: time.Hour, Steps: []usage.StepHold{{N: 1, Amount: amount}, {N: 2, Amount: 5}}})
		must(err)
	}
	k := claim()
	hold(k, 5000) // refused
	hold(k, 9)
	must(s.Dispatch(ctx, usage.DispatchRequest{Tenant: "W", Hold: k.Hold(), Step: 1, Provisional: uncertain(entry(k, 1))}))
	must(s.Dispatch(ctx, usage.DispatchRequest{Tenant: "W", Hold: k.Hold(), Step: 7, Provisional: uncertain(entry(k, 7))}), usage.ErrNoHold)
	must(s.Stop(ctx, "W", k.Job.ID))
	_, err = s.Beat(ctx, k, time.Minute, []byte("note"))
	must(err)
	at(2 * time.Minute)
	again := claim() // redelivered; step 1 is uncertain now
	late := entry(k, 1)
	_, err = s.Settle(ctx, usage.Settlement{Tenant: "W", Hold: k.Hold(), Step: 1, Entry: &late, Fallback: windows, Finish: &job.Finish{Ticket: k}})
	must(err, job.ErrLost)
	hold(again, 9)
	must(s.Return(ctx, again, time.Second, "later"))
	must(s.Return(ctx, again, time.Second, "later"), job.ErrLost)
	at(time.Minute)
	last := claim()
	done := entry(last, 1)
	finish := &job.Finish{
		Ticket: last, Writes: []record.Write{record.Put(record.Draft, "d1", []byte("b"), time.Hour), {Kind: record.Thread, ID: "t", Expect: 0}},
		Posts: []job.Outgoing{{ID: "a/1", Tenant: "W", Lane: "C", Body: []byte("p")}, {ID: "a/2", Tenant: "W", Lane: "C"}},
	}
	_, err = s.Settle(ctx, usage.Settlement{Tenant: "W", Hold: last.Hold(), Step: 1, Entry: &done, Finish: finish})
	must(err)
	next := claim()
	_, err = s.Settle(ctx, usage.Settlement{Finish: &job.Finish{Ticket: next, Writes: []record.Write{{Kind: record.Thread, ID: "t", Expect: 9}}}})
	must(err, record.ErrConflict)
	hold(next, 9)
	must(s.Dispatch(ctx, usage.DispatchRequest{Tenant: "W", Hold: next.Hold(), Step: 1, Provisional: uncertain(entry(next, 1))}))
	for _, known := range []bool{true, false} {
		posts, err := s.Posts(ctx, "p", 5, time.Minute, 0)
		must(err)
		if len(posts) != 1 {
			t.Fatalf("got %d posts, want the head of the lane", len(posts))
		}
		must(s.Postpone(ctx, posts[0], time.Second, known))
		at(time.Minute)
	}
	posts, err := s.Posts(ctx, "p", 5, time.Minute, 0)
	must(err)
	must(s.Confirm(ctx, posts[0]))
	must(s.Write(ctx, "W", record.Remove(record.Thread, "t"), record.Put(record.Setting, "s", []byte("1"), 0)))
	must(s.Write(ctx, "W", record.Write{Kind: record.Setting, ID: "s", Expect: 0}), record.ErrConflict)
	for range 2 {
		_, err = s.Mark(ctx, "W", "once", time.Hour)
		must(err)
		_, err = s.Lease(ctx, "sweep", "me", time.Hour)
		must(err)
		_, _, _, err = s.Take(ctx, "W", "asks", "id", 1, time.Hour)
		must(err)
		_, _, _, err = s.Take(ctx, "W", "asks", "id2", 1, time.Hour)
		must(err)
	}
	_, err = s.Lease(ctx, "sweep", "me", 0)
	must(err)
	reads(t, s, must, scopes, windows)
	at(2 * time.Hour)
	_, err = s.Sweep(ctx)
	must(err)
	must(s.Rebuild(ctx, "W", usage.Day, windows[0].ID, map[usage.Key]usage.Cell{{Dim: usage.ByTotal, Value: "all"}: {Cost: 3, Entries: 1}}, map[string]money.Nano{"workspace:all": 3}))
	must(s.Drop(ctx, "W", windows[2].ID))
	must(s.Wipe(ctx, "W", true, record.Setting, record.Draft))
}

func reads(t *testing.T, s *Store, must func(error, ...error), scopes []usage.Scope, windows []usage.Window) {
	t.Helper()
	ctx := context.Background()
	_, err := s.Backlog(ctx)
	must(err)
	_, err = s.Levels(ctx, "W", scopes, windows)
	must(err)
	_, err = s.Limits(ctx, "W")
	must(err)
	_, err = s.Rollup(ctx, "W", usage.Day, windows[0].ID, usage.ByTier)
	must(err)
	_, _, err = s.Entries(ctx, "W", windows[2].ID, "", 10)
	must(err)
	_, err = s.OpenHolds(ctx, "W")
	must(err)
	_, err = s.Tenants(ctx)
	must(err)
	_, err = s.List(ctx, "W", record.Setting, "")
	must(err)
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

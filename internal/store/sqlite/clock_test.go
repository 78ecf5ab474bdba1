package sqlite_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/store/sqlite"
	"github.com/tierwise/tierwise/usage"
)

// The machine's clock is set back by an hour, over midnight and the end of a
// month, while money is held and a job runs. The sums stay exact: what was held
// is settled in the windows it was held in, order is that of booking, copies
// are known, and who is at work keeps his lease.
func TestClockSetBack(t *testing.T) {
	ctx := context.Background()
	clk := clock.NewManual(time.Date(2026, 12, 1, 0, 20, 0, 0, time.UTC))
	s := openStore(t, sqlite.Options{Clock: clk})
	limits(t, s)
	windows := usage.Calendar{}.Windows(clk.Now().Add(-time.Hour)) // they end at midnight
	hold := func(id string) usage.Held {
		t.Helper()
		r := request(id, 1)
		r.Windows = windows
		h, err := s.Hold(ctx, r)
		if err != nil || !h.Granted {
			t.Fatalf("hold %s: %+v, %v", id, h, err)
		}
		return h
	}
	enqueue(t, s, "j")
	k := claimOne(t, s)
	if h := hold("before"); h.Windows.Month != "2026-12" {
		t.Fatalf("held in %s", h.Windows.Month)
	}
	clk.Set(clk.Now().Add(-time.Hour))
	if h := hold("before"); h.Windows.Month != "2026-12" {
		t.Errorf("the same hold is answered with %s", h.Windows.Month)
	}
	if h := hold("after"); h.Windows.Month != "2026-11" {
		t.Errorf("held in %s, by the clock it is November", h.Windows.Month)
	}
	for _, c := range []struct{ hold, month string }{{"before", "2026-12"}, {"after", "2026-11"}} {
		e := entry(c.hold+".1", 1)
		got, err := s.Settle(ctx, usage.Settlement{Tenant: tenant, Hold: c.hold, Step: 1, Entry: &e})
		if err != nil || got.Entry.Windows.Month != c.month {
			t.Errorf("what was held in %s is booked in %s, %v", c.month, got.Entry.Windows.Month, err)
		}
	}
	books(t, s)
	if fresh, err := s.Enqueue(ctx, job.Job{ID: "copy", Tenant: tenant, Marks: []string{"j"}}); err != nil || fresh {
		t.Errorf("a copy of an accepted event is taken for new, %v", err)
	}
	if b, err := s.Beat(ctx, k, time.Minute, nil); err != nil || b.Stop {
		t.Errorf("the worker lost its job: %+v, %v", b, err)
	}
	clk.Advance(2 * time.Minute) // its next beat never comes
	if again := claimOne(t, s); again.Job.ID != "j" || again.Delivery != 2 {
		t.Errorf("given again: %+v", again)
	}
}

func claimOne(t *testing.T, s *sqlite.Store) job.Ticket {
	t.Helper()
	c, err := s.Claim(context.Background(), "w", 1, time.Minute, 0)
	if err != nil || len(c.Given) != 1 {
		t.Fatalf("claim: %+v, %v", c, err)
	}
	return c.Given[0]
}

// What a process had in hand when it died is given to the next at once, even
// when the clock was set back in between: nobody else can be working on it.
func TestWhatADeadProcessHadInHandIsFreeAtOnce(t *testing.T) {
	ctx, path := context.Background(), filepath.Join(t.TempDir(), "tierwise.db")
	clk := clock.NewManual(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	open := func() *sqlite.Store {
		t.Helper()
		s, err := sqlite.Open(ctx, path, sqlite.Options{Clock: clk})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	s := open()
	enqueue(t, s, "answered")
	k := claimOne(t, s)
	_, err := s.Settle(ctx, usage.Settlement{Tenant: tenant, Finish: &job.Finish{Ticket: k, Posts: []job.Outgoing{{ID: "answered/1", Tenant: tenant}}}})
	if err != nil {
		t.Fatal(err)
	}
	enqueue(t, s, "running")
	if k := claimOne(t, s); k.Job.ID != "running" {
		t.Fatalf("claimed %s", k.Job.ID)
	}
	if ps, err := s.Posts(ctx, "p", 1, time.Minute, 0); err != nil || len(ps) != 1 {
		t.Fatalf("%d posts, %v", len(ps), err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	clk.Set(clk.Now().Add(-time.Hour))
	s = open()
	if k := claimOne(t, s); k.Job.ID != "running" || k.Delivery != 2 {
		t.Errorf("claimed %+v", k)
	}
	ps, err := s.Posts(ctx, "p", 1, time.Minute, 0)
	if err != nil || len(ps) != 1 || !ps[0].Sent {
		t.Errorf("posts %+v, %v: the one whose result is unknown must come, marked so", ps, err)
	}
}

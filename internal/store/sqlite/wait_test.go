package sqlite_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/store/sqlite"
	"github.com/tierwise/tierwise/usage"
)

// inBubble runs a test under virtual time with a fresh store.
func inBubble(t *testing.T, run func(t *testing.T, s *sqlite.Store)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tierwise.db")
	synctest.Test(t, func(t *testing.T) {
		s, err := sqlite.Open(context.Background(), path, sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		run(t, s)
	})
}

// claimed is what a waiting Claim brought, and after how long.
type claimed struct {
	tickets []job.Ticket
	err     error
	after   time.Duration
}

func claim(ctx context.Context, s *sqlite.Store, lease, wait time.Duration) <-chan claimed {
	out := make(chan claimed, 1)
	begun := time.Now()
	go func() {
		claim, err := s.Claim(ctx, "w", 10, lease, wait)
		out <- claimed{claim.Given, err, time.Since(begun)}
	}()
	synctest.Wait()
	return out
}

func enqueue(t *testing.T, s *sqlite.Store, id string) {
	t.Helper()
	if _, err := s.Enqueue(context.Background(), job.Job{ID: id, Tenant: tenant, Marks: []string{id}}); err != nil {
		t.Fatal(err)
	}
}

func TestClaimWakes(t *testing.T) {
	t.Run("when a job arrives", func(t *testing.T) {
		inBubble(t, func(t *testing.T, s *sqlite.Store) {
			got := claim(context.Background(), s, time.Minute, time.Hour)
			time.Sleep(7 * time.Minute)
			enqueue(t, s, "j")
			if c := <-got; len(c.tickets) != 1 || c.after != 7*time.Minute {
				t.Errorf("%+v", c)
			}
		})
	})
	t.Run("when a lease ends that began while it slept", func(t *testing.T) {
		inBubble(t, func(t *testing.T, s *sqlite.Store) {
			one, other := claim(context.Background(), s, time.Minute, time.Hour), claim(context.Background(), s, time.Minute, time.Hour)
			enqueue(t, s, "j")
			for _, want := range []int{1, 2} {
				var c claimed
				select {
				case c = <-one:
				case c = <-other:
				}
				if len(c.tickets) != 1 || c.tickets[0].Delivery != want || c.after != time.Duration(want-1)*time.Minute {
					t.Errorf("delivery %d: %+v", want, c)
				}
			}
		})
	})
	t.Run("when a job that was given back is due", func(t *testing.T) {
		inBubble(t, func(t *testing.T, s *sqlite.Store) {
			enqueue(t, s, "j")
			first := <-claim(context.Background(), s, time.Hour, 0)
			if err := s.Return(context.Background(), first.tickets[0], 10*time.Minute, "busy"); err != nil {
				t.Fatal(err)
			}
			c := <-claim(context.Background(), s, time.Minute, time.Hour)
			if len(c.tickets) != 1 || c.tickets[0].Cause != "busy" || c.after != 10*time.Minute {
				t.Errorf("%+v", c)
			}
		})
	})
	t.Run("when its time is over", func(t *testing.T) {
		inBubble(t, func(t *testing.T, s *sqlite.Store) {
			if c := <-claim(context.Background(), s, time.Minute, time.Hour); c.err != nil || c.tickets != nil || c.after != time.Hour {
				t.Errorf("%+v", c)
			}
		})
	})
	t.Run("when its context ends", func(t *testing.T) {
		inBubble(t, func(t *testing.T, s *sqlite.Store) {
			ctx, cancel := context.WithCancel(context.Background())
			got := claim(ctx, s, time.Minute, time.Hour)
			cancel()
			if c := <-got; !errors.Is(c.err, context.Canceled) || c.after != 0 {
				t.Errorf("%+v", c)
			}
		})
	})
	t.Run("when the store is closed", func(t *testing.T) {
		inBubble(t, func(t *testing.T, s *sqlite.Store) {
			got := claim(context.Background(), s, time.Minute, time.Hour)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if c := <-got; !errors.Is(c.err, sqlite.ErrClosed) || c.after != 0 {
				t.Errorf("%+v", c)
			}
		})
	})
}

func TestPostsWakeForTheNextOfTheLane(t *testing.T) {
	inBubble(t, func(t *testing.T, s *sqlite.Store) {
		enqueue(t, s, "j")
		k := (<-claim(context.Background(), s, time.Hour, 0)).tickets[0]
		_, err := s.Settle(context.Background(), usage.Settlement{Tenant: tenant, Finish: &job.Finish{Ticket: k, Posts: []job.Outgoing{
			{ID: "j/1", Tenant: tenant, Lane: "thread"}, {ID: "j/2", Tenant: tenant, Lane: "thread"},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		first, err := s.Posts(context.Background(), "s", 10, 5*time.Minute, time.Hour)
		if err != nil || len(first) != 1 || first[0].Post.ID != "j/1" {
			t.Fatalf("%+v, %v", first, err)
		}
		begun := time.Now()
		again, err := s.Posts(context.Background(), "s", 10, time.Hour, time.Hour)
		if err != nil || len(again) != 1 || !again[0].Sent || again[0].Try != 2 || time.Since(begun) != 5*time.Minute {
			t.Fatalf("after the lease ran out: %+v, %v, %v", again, err, time.Since(begun))
		}
		next := make(chan []job.PostTicket, 1)
		go func() {
			ps, _ := s.Posts(context.Background(), "s", 10, time.Hour, 30*time.Minute)
			next <- ps
		}()
		synctest.Wait()
		if err := s.Confirm(context.Background(), again[0]); err != nil {
			t.Fatal(err)
		}
		if ps := <-next; len(ps) != 1 || ps[0].Post.ID != "j/2" || time.Since(begun) != 5*time.Minute {
			t.Errorf("%+v after %v", ps, time.Since(begun))
		}
	})
}

func TestClosedStoreAnswersWithAnError(t *testing.T) {
	s := openStore(t, sqlite.Options{})
	ctx := context.Background()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for name, call := range map[string]func() error{
		"enqueue": func() error { _, err := s.Enqueue(ctx, event(1)); return err },
		"claim":   func() error { _, err := s.Claim(ctx, "w", 1, time.Minute, time.Hour); return err },
		"posts":   func() error { _, err := s.Posts(ctx, "w", 1, time.Minute, 0); return err },
		"hold":    func() error { _, err := s.Hold(ctx, request("h", 1)); return err },
		"settle":  func() error { _, err := s.Settle(ctx, usage.Settlement{Tenant: tenant}); return err },
		"sweep":   func() error { _, err := s.Sweep(ctx); return err },
		"backlog": func() error { _, err := s.Backlog(ctx); return err },
		"get":     func() error { _, err := s.Get(ctx, tenant, record.Card, "x"); return err },
		"write":   func() error { return s.Write(ctx, tenant, record.Put(record.Card, "x", nil, 0)) },
		"levels":  func() error { _, err := s.Levels(ctx, tenant, scopes(1), nil); return err },
		"rollup":  func() error { _, err := s.Rollup(ctx, tenant, usage.Day, "d", usage.ByTotal); return err },
		"row":     func() error { _, err := s.Row(ctx, tenant, usage.Day, []string{"d"}, usage.Key{}); return err },
		"tenants": func() error { _, err := s.Tenants(ctx); return err },
		"lease":   func() error { _, err := s.Lease(ctx, "n", "h", time.Minute); return err },
		"check":   func() error { return s.Check(ctx) },
		"drop":    func() error { return s.Drop(ctx, tenant, "2026-11", "") },
	} {
		if err := call(); !errors.Is(err, sqlite.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}

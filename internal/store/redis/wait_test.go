package redis_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/store/redis"
	"github.com/tierwise/tierwise/internal/store/redis/redistest"
	"github.com/tierwise/tierwise/usage"
)

// claimed is what one waiting claim came back with.
type claimed struct {
	tickets []job.Ticket
	err     error
}

func claimIn(ctx context.Context, s *redis.Store, wait time.Duration) <-chan claimed {
	out := make(chan claimed, 1)
	go func() {
		claim, err := s.Claim(ctx, "w", 1, time.Minute, wait)
		out <- claimed{claim.Given, err}
	}()
	return out
}

// TestNoWakeUpIsLost lets more waiting workers than jobs, in two processes' worth
// of stores, run every job exactly once, with workers that give up in between.
func TestNoWakeUpIsLost(t *testing.T) {
	const jobs = 200
	server := redistest.Start(t, redistest.Off)
	stores := []*redis.Store{open(t, server, redis.Options{PoolSize: 16}), open(t, server, redis.Options{PoolSize: 16})}
	ctx, done := context.WithCancel(context.Background())
	defer done()
	got := make(chan string, jobs)
	var workers sync.WaitGroup
	for w := range 6 {
		workers.Go(func() {
			for ctx.Err() == nil {
				// A short wait is a worker that gives up again and again.
				wait := time.Minute
				if w%3 == 0 {
					wait = time.Millisecond
				}
				claim, err := stores[w%2].Claim(ctx, "w", 1+w%2, time.Minute, wait)
				if err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
				for _, k := range claim.Given {
					got <- k.Job.ID
				}
			}
		})
	}
	for n := range jobs {
		j := job.Job{ID: "j" + strconv.Itoa(n), Tenant: "W" + strconv.Itoa(n%40)}
		if _, err := stores[n%2].Enqueue(ctx, j); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	for range jobs {
		select {
		case id := <-got:
			if seen[id] {
				t.Errorf("%s was given twice", id)
			}
			seen[id] = true
		case <-time.After(30 * time.Second):
			t.Fatalf("%d of %d jobs were given, then nobody woke up", len(seen), jobs)
		}
	}
	done()
	workers.Wait()
}

func TestWaitingClaimSeesWhatComesDue(t *testing.T) {
	server := redistest.Start(t, redistest.Off)
	s, other := open(t, server, redis.Options{}), open(t, server, redis.Options{})
	ctx := context.Background()
	if _, err := s.Enqueue(ctx, job.Job{ID: "j", Tenant: "W"}); err != nil {
		t.Fatal(err)
	}
	claim, err := s.Claim(ctx, "w", 1, time.Minute, 0)
	first := claim.Given
	if err != nil || len(first) != 1 {
		t.Fatal(first, err)
	}
	waiting := claimIn(ctx, s, time.Minute)
	if err := other.Return(ctx, first[0], 30*time.Millisecond, "busy"); err != nil {
		t.Fatal(err)
	}
	got := <-waiting
	if got.err != nil || len(got.tickets) != 1 || got.tickets[0].Delivery != 2 || got.tickets[0].Cause != "busy" {
		t.Fatalf("got %+v, want the second delivery", got)
	}
}

func TestWaitingClaimEndsWithItsCaller(t *testing.T) {
	server := redistest.Start(t, redistest.Off)
	s := open(t, server, redis.Options{})
	ctx, cancel := context.WithCancel(context.Background())
	waiting := claimIn(ctx, s, time.Hour)
	cancel()
	if got := <-waiting; !errors.Is(got.err, context.Canceled) || len(got.tickets) != 0 {
		t.Fatalf("got %+v, want the caller's own end", got)
	}
	if got := <-claimIn(context.Background(), s, time.Millisecond); got.err != nil || len(got.tickets) != 0 {
		t.Fatalf("got %+v, want nothing and no error", got)
	}
}

// TestCluster runs a turn on a Cluster (of one node, which owns all slots):
// commands over two slots fail there, and so does waiting for all at once.
func TestCluster(t *testing.T) {
	server := redistest.Start(t, redistest.Off, "--cluster-enabled", "yes")
	server.Cluster(t)
	s := openAt(t, server.TCP()+"?addr="+server.Addr, redis.Options{PoolSize: 40})
	ctx := context.Background()
	waiting := claimIn(ctx, s, time.Minute)
	if _, err := s.Enqueue(ctx, job.Job{ID: "j", Tenant: "W", Lanes: []job.Lane{{Key: "thread:1", Cap: 1}}}); err != nil {
		t.Fatal(err)
	}
	got := <-waiting
	if got.err != nil || len(got.tickets) != 1 {
		t.Fatal(got)
	}
	k := got.tickets[0]
	e := attempt("W", k.Attempt(1), 1, 7)
	settled, err := s.Settle(ctx, usage.Settlement{Tenant: "W", Entry: &e, Finish: &job.Finish{Ticket: k, Posts: []job.Outgoing{{ID: "j/1", Tenant: "W"}}}})
	if err != nil || !settled.Booked {
		t.Fatal(settled, err)
	}
	posts, err := s.Posts(ctx, "p", 1, time.Minute, time.Minute)
	if err != nil || len(posts) != 1 {
		t.Fatal(posts, err)
	}
	if _, err := s.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	backlog, err := s.Backlog(ctx)
	if err != nil || backlog.Outbox != 1 || backlog.Running != 0 {
		t.Fatal(backlog, err)
	}
	rows, err := s.Rollup(ctx, "W", usage.Month, settled.Entry.Windows.Month, usage.ByTotal)
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
}

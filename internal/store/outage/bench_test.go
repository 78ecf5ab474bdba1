package outage_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/store/outage"
	"github.com/tierwise/tierwise/internal/store/redis"
	"github.com/tierwise/tierwise/internal/store/redis/redistest"
	"github.com/tierwise/tierwise/internal/store/sqlite/spool"
	"github.com/tierwise/tierwise/usage"
)

// turns is what a turn asks of a store.
type turns interface {
	outage.Work
	outage.Outbox
	Settle(ctx context.Context, s usage.Settlement) (usage.Settled, error)
}

// turn takes one event from acceptance to its confirmed post.
func turn(b *testing.B, s turns, id string, event []byte) {
	ctx := context.Background()
	if _, err := s.Enqueue(ctx, job.Job{ID: id, Tenant: tenant, Marks: []string{id}, Event: event}); err != nil {
		b.Fatal(err)
	}
	claimed, err := s.Claim(ctx, "w", 1, time.Minute, 0)
	if err != nil || len(claimed.Given) != 1 {
		b.Fatalf("claimed %d, %v", len(claimed.Given), err)
	}
	t := claimed.Given[0]
	e := usage.Entry{ID: t.Attempt(1), Tenant: tenant, Purpose: "answer", Channel: "C1", Actor: "p_1", Cost: 100, Status: usage.OK}
	_, err = s.Settle(ctx, usage.Settlement{Tenant: tenant, Hold: t.Hold(), Step: 1, Entry: &e, Fallback: usage.Calendar{}.Windows(time.Now()),
		Finish: &job.Finish{Ticket: t, Posts: []job.Outgoing{{ID: id + "/1", Tenant: tenant, Body: event}}}})
	if err != nil {
		b.Fatal(err)
	}
	posts, err := s.Posts(ctx, "p", 1, time.Minute, 0)
	if err != nil || len(posts) != 1 {
		b.Fatalf("%d posts, %v", len(posts), err)
	}
	if err := s.Confirm(ctx, posts[0]); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkTurn is the store's part of a turn on a real Redis, asked directly and
// through the front, in turns; ratio is what remembering costs.
func BenchmarkTurn(b *testing.B) {
	server := redistest.Start(b, redistest.EverySec)
	store, err := redis.Open(b.Context(), server.URL(), redis.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	sp, err := spool.Open(b.Context(), b.TempDir(), "a", clock.System{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = sp.Close() }()
	front := outage.New(outage.Parts{Store: reach{store}, Spool: sp, Name: "a", Says: ofRedis, Clock: clock.System{}, Log: slog.New(slog.DiscardHandler)})
	event := make([]byte, 2<<10)
	asked, took := []turns{store, front}, [2]time.Duration{}
	for n := 0; b.Loop(); n++ {
		for k, i := range []int{n % 2, 1 - n%2} { // each goes first as often
			begun := time.Now()
			turn(b, asked[i], fmt.Sprint("job", n, "-", k), event)
			took[i] += time.Since(begun)
		}
	}
	b.ReportMetric(float64(took[1])/float64(took[0]), "ratio")
	b.ReportMetric(float64(took[1].Microseconds())/float64(b.N), "µs/turn")
}

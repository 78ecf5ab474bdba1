package intake_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/intake"
	"github.com/tierwise/tierwise/internal/store/memory"
	"github.com/tierwise/tierwise/internal/store/sqlite"
	"github.com/tierwise/tierwise/internal/turn"
	"github.com/tierwise/tierwise/usage"
)

// both is what a bench needs of a store.
type both interface {
	intake.Queue
	usage.Ledger
}

func stores(b *testing.B, run func(b *testing.B, s both)) {
	b.Run("memory", func(b *testing.B) { run(b, memory.New(clock.System{})) })
	b.Run("sqlite", func(b *testing.B) {
		s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "tierwise.db"), sqlite.Options{})
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		run(b, s)
	})
}

// BenchmarkAccept is the way from a decoded event of 1 KB to durable: seal and
// enqueue, by one caller and by 64.
func BenchmarkAccept(b *testing.B) {
	text := strings.Repeat("word ", 200)
	stores(b, func(b *testing.B, s both) {
		for _, callers := range []int{1, 64} {
			b.Run(fmt.Sprint(callers, " callers"), func(b *testing.B) {
				door := intake.NewDoor(s, newWorld(b).sealer, nil, nil, intake.Caps{Person: 8, Channel: 8})
				var next counter
				b.SetParallelism(callers)
				b.ReportAllocs()
				accept := func() {
					if err := door.Accept(context.Background(), mention(fmt.Sprint(callers, ".", b.N, ".", next.take()), "7", text)); err != nil {
						b.Error(err)
					}
				}
				if callers == 1 {
					for b.Loop() {
						accept()
					}
					return
				}
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						accept()
					}
				})
			})
		}
	})
}

// BenchmarkWorker is what a job costs besides its handler: claim, open, beat,
// seal, close. 64 at once, each in a thread of its own.
func BenchmarkWorker(b *testing.B) {
	stores(b, func(b *testing.B, s both) {
		w := newWorld(b)
		door := intake.NewDoor(s, w.sealer, nil, nil, intake.Caps{})
		for i := range b.N {
			if err := door.Accept(b.Context(), mention(fmt.Sprint(b.N, ".", i), fmt.Sprint(i), "hello")); err != nil {
				b.Fatal(err)
			}
		}
		var left sync.WaitGroup
		left.Add(b.N)
		run := func(_ context.Context, d *turn.Delivery) (turn.Result, error) {
			return turn.Say(d.Event.ReplyTo, chat.Post{Text: "done"}), nil
		}
		worker := intake.NewWorker("w1", s, countdown{s, &left}, w.sealer, handler{run: run}, nil, w.pace, w.log)
		b.ReportAllocs()
		b.ResetTimer()
		begun := time.Now()
		stop := begin(worker.Run)
		left.Wait()
		b.ReportMetric(float64(b.N)/time.Since(begun).Seconds(), "jobs/s")
		stop()
	})
}

// countdown tells when the last job is closed.
type countdown struct {
	intake.Closer
	left *sync.WaitGroup
}

func (c countdown) Settle(ctx context.Context, s usage.Settlement) (usage.Settled, error) {
	out, err := c.Closer.Settle(ctx, s)
	if err == nil {
		c.left.Done()
	}
	return out, err
}

type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) take() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	return c.n
}

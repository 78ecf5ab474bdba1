package app

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tierwise/tierwise/internal/intake"
	"github.com/tierwise/tierwise/internal/store/redis/redistest"
)

// feeders is how many doors take events at once where the speed of the sender is
// not the matter.
const feeders = 32

// feed lets the door accept the questions of a run, some at once.
func (r *rig) feed(b *testing.B, first, turns int) {
	b.Helper()
	var next atomic.Int64
	var feeding sync.WaitGroup
	for range feeders {
		feeding.Go(func() {
			for n := int(next.Add(1)) - 1; n < turns; n = int(next.Add(1)) - 1 {
				e := question(n)
				e.ID, e.Message.ID = e.ID+"."+strconv.Itoa(first), e.Message.ID+"."+strconv.Itoa(first)
				if err := r.Door.Accept(b.Context(), e); err != nil {
					b.Error(err)
				}
			}
		})
	}
	feeding.Wait()
}

// BenchmarkTurns is how many turns a second one process takes from the accepted
// event to the final text, with an instant provider, an instant platform and a
// real Redis. TIERWISE_BENCH_TURNS asks for more of them.
func BenchmarkTurns(b *testing.B) {
	for _, fsync := range []string{redistest.EverySec, redistest.Always} {
		b.Run("fsync="+fsync, func(b *testing.B) {
			turns := sized("TIERWISE_BENCH_TURNS", 3000)
			r := newRig(b, redistest.Start(b, fsync).TCP(), &provider{}, intake.DefaultPace())
			r.begin()
			warm := r.watch(500)
			r.feed(b, -1, 500)
			warm.wait(b)
			done := 0
			for b.Loop() {
				m := r.watch(turns)
				r.feed(b, done, turns)
				m.wait(b)
				done += turns
			}
			report(b, float64(done)/b.Elapsed().Seconds(), "turns/s", "≥600")
			b.ReportMetric(0, "ns/op")
		})
	}
}

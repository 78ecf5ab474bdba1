package app

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

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

// warm runs some turns that nobody measures.
func (r *rig) warm(b *testing.B) {
	b.Helper()
	m := r.watch(500)
	r.feed(b, -1, 500)
	m.wait(b)
}

// BenchmarkTurns is how many turns a second one process takes from the accepted
// event to the final text, with an instant provider, an instant platform and a
// real Redis. TIERWISE_BENCH_TURNS asks for more of them.
func BenchmarkTurns(b *testing.B) {
	for _, fsync := range []string{redistest.EverySec, redistest.Always} {
		b.Run("fsync="+fsync, func(b *testing.B) {
			turns := sized("TIERWISE_BENCH_TURNS", 3000)
			server := redistest.Start(b, fsync)
			r := newRig(b, server.TCP(), &provider{}, intake.DefaultPace())
			r.begin()
			r.warm(b)
			done, ours, redis := 0, ourCPU(b), redisCPU(b, server.Addr)
			for b.Loop() {
				m := r.watch(turns)
				r.feed(b, done, turns)
				m.wait(b)
				done += turns
			}
			report(b, float64(done)/b.Elapsed().Seconds(), "turns/s", "≥600")
			report(b, micros(ourCPU(b)-ours)/float64(done), "our-cpu-µs/turn", "")
			report(b, micros(redisCPU(b, server.Addr)-redis)/float64(done), "redis-cpu-µs/turn", "")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// ourCPU is the processor time of this process so far, with that of the senders.
func ourCPU(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// redisCPU is that of a redis-server: one processor is all it can use, so that
// the turns it could take at most can be read from it.
func redisCPU(b *testing.B, addr string) time.Duration {
	b.Helper()
	l := dialRedis(b, addr)
	defer l.Close()
	info, err := l.ask("INFO cpu")
	if err != nil {
		b.Fatal(err)
	}
	var sum time.Duration
	for _, key := range []string{"used_cpu_user_main_thread", "used_cpu_sys_main_thread"} {
		_, after, _ := strings.Cut(info, key+":")
		seconds, _, _ := strings.Cut(after, "\r\n")
		d, err := time.ParseDuration(seconds + "s")
		if err != nil {
			b.Skipf("redis-server does not tell %s", key)
		}
		sum += d
	}
	return sum
}

// BenchmarkOpenTurns holds turns open at once: of every two, one waits for the
// provider's first word and one is in the middle of a stream that stands on the
// platform. It measures what that takes of memory, and lets them all end.
// TIERWISE_BENCH_OPEN asks for more or fewer than 5,000; they are run by one
// process with as many slots.
func BenchmarkOpenTurns(b *testing.B) {
	turns := sized("TIERWISE_BENCH_OPEN", 5000)
	release := make(chan struct{})
	var open sync.WaitGroup
	open.Add(turns)
	p := &provider{hold: func(_ context.Context, n int, begun bool) {
		if begun == (n%2 == 0) {
			open.Done()
			<-release
		}
	}}
	pace := intake.DefaultPace()
	pace.Slots = turns
	r := newRig(b, redistest.Start(b, redistest.EverySec).TCP(), p, pace)
	m := r.watch(turns)
	before, _ := inUse(b)
	r.begin()
	begun := time.Now()
	r.feed(b, 0, turns)
	open.Wait()
	opening := time.Since(begun)
	heap, resident := inUse(b)
	close(release)
	m.wait(b)
	report(b, float64(turns)/opening.Seconds(), "opened/s", "")
	report(b, float64(heap-before)/float64(turns)/1024, "KiB/turn", "")
	report(b, float64(heap)/(1<<20), "heap-MiB", "")
	report(b, float64(resident)/(1<<20), "resident-MiB", "≤500")
	b.ReportMetric(0, "ns/op")
}

// inUse is what the process uses after a collection: heap and stacks in use,
// and what the system counts as resident.
func inUse(b *testing.B) (used, resident int64) {
	b.Helper()
	debug.FreeOSMemory()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("resident memory is read from /proc, which is not here")
	}
	_, after, _ := strings.Cut(string(status), "VmRSS:")
	kib, err := strconv.ParseInt(strings.Fields(after)[0], 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return int64(s.HeapInuse + s.StackInuse), kib << 10
}

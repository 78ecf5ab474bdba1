package app

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The benchmarks of this package measure the whole house on a real redis-server.
// Their metrics are figures of the design; a bar stands in the unit, as in
// "ack-p99-ms(≤25)".

// load is how much the benchmarks ask for: events at a rate, of which the first
// fill the caches and are not counted.
type load struct{ rate, warm, events int }

// usualLoad is the load of the design, for some seconds. TIERWISE_BENCH_EVENTS
// asks for a longer one.
func usualLoad() load {
	return load{rate: 500, warm: 250, events: sized("TIERWISE_BENCH_EVENTS", 2500)}
}

// sized is a number of the environment, for longer runs.
func sized(name string, usual int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil && n > 0 {
		return n
	}
	return usual
}

func (l load) total() int { return l.warm + l.events }

// run sends every event when its time has come, whatever became of those before
// it: a slow answer never lowers the load. It returns when every send has
// returned, and says how late the sender was at worst for 99 of 100: a load that
// was late was not the load that was asked for.
func (l load) run(send func(n int)) (late time.Duration) {
	var sending sync.WaitGroup
	delays := make([]time.Duration, 0, l.total())
	begun := time.Now()
	for n := range l.total() {
		due := begun.Add(time.Duration(n) * time.Second / time.Duration(l.rate))
		if wait := time.Until(due); wait > 0 {
			<-time.After(wait)
		}
		delays = append(delays, time.Since(due))
		sending.Go(func() { send(n) })
	}
	sending.Wait()
	return quantile(delays, 99)
}

// A moment of a turn that is watched.
const (
	sent       = iota // the event left the platform
	acked             // the platform got its 200
	signed            // the first visible sign stands
	spoke             // the provider's first words arrived
	shown             // the first words stand on the platform
	answered          // the final text stands
	allMoments        // how many there are
)

// moments are when the moments of numbered turns first came, in nanoseconds of
// the clock that began with them.
type moments struct {
	begun time.Time
	at    [allMoments][]atomic.Int64
	left  atomic.Int64  // turns without their final text
	over  chan struct{} // closed when there are none
}

func newMoments(turns int) *moments {
	m := &moments{begun: time.Now(), over: make(chan struct{})}
	for i := range m.at {
		m.at[i] = make([]atomic.Int64, turns)
	}
	m.left.Store(int64(turns))
	return m
}

// see notes a moment of the n-th turn, if it is the first of its kind.
func (m *moments) see(moment, n int) {
	if n < 0 || n >= len(m.at[moment]) {
		return
	}
	if m.at[moment][n].CompareAndSwap(0, int64(time.Since(m.begun))) && moment == answered && m.left.Add(-1) == 0 {
		close(m.over)
	}
}

// wait returns when every turn is answered. One that never is would otherwise be
// a benchmark that hangs.
func (m *moments) wait(b *testing.B) {
	b.Helper()
	select {
	case <-m.over:
	case <-time.After(time.Minute):
		b.Fatalf("%d of %d turns were not answered within a minute", m.left.Load(), len(m.at[answered]))
	}
}

// between lists the time between two moments of the turns from the first on
// that had both.
func (m *moments) between(first, from, to int) []time.Duration {
	var out []time.Duration
	for n := first; n < len(m.at[from]); n++ {
		a, b := m.at[from][n].Load(), m.at[to][n].Load()
		if a > 0 && b > 0 {
			out = append(out, time.Duration(b-a))
		}
	}
	return out
}

// quantile is the value that p of 100 stay at or below; 0 of nothing. It sorts.
func quantile(list []time.Duration, p int) time.Duration {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return list[min(len(list)*p/100, len(list)-1)]
}

// redisLine is a bare connection to a redis-server, for the few things the
// benchmarks ask it themselves.
type redisLine struct {
	net.Conn
	in *bufio.Reader
}

func dialRedis(b *testing.B, addr string) redisLine {
	b.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	return redisLine{c, bufio.NewReader(c)}
}

// ask sends a command and returns the answer, of one line or a bulk.
func (l redisLine) ask(command string) (string, error) {
	if _, err := io.WriteString(l, command+"\r\n"); err != nil {
		return "", err
	}
	line, err := l.in.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "$") {
		return strings.TrimSpace(line), err
	}
	size, err := strconv.Atoi(strings.TrimSpace(line[1:]))
	if err != nil {
		return "", err
	}
	bulk := make([]byte, size+len("\r\n"))
	_, err = io.ReadFull(l.in, bulk)
	return string(bulk), err
}

// pinger measures the round trip of a PING while something else goes on, on a
// connection of its own, a hundred times a second.
type pinger struct {
	line redisLine
	quit chan struct{}
	took chan []time.Duration
}

func ping(b *testing.B, addr string) *pinger {
	b.Helper()
	p := &pinger{line: dialRedis(b, addr), quit: make(chan struct{}), took: make(chan []time.Duration, 1)}
	go func() {
		var took []time.Duration
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-p.quit:
				p.took <- took
				return
			case <-tick.C:
			}
			begun := time.Now()
			if _, err := p.line.ask("PING"); err == nil {
				took = append(took, time.Since(begun))
			}
		}
	}()
	return p
}

// end stops it and returns what it measured.
func (p *pinger) end() []time.Duration {
	close(p.quit)
	took := <-p.took
	_ = p.line.Close() // nothing is under way on it
	return took
}

// report prints a figure with its bar in the unit; a bar of "" is none.
func report(b *testing.B, value float64, unit, bar string) {
	if bar != "" {
		unit = fmt.Sprintf("%s(%s)", unit, bar)
	}
	b.ReportMetric(value, unit)
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }

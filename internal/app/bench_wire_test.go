package app

import (
	"cmp"
	"crypto/sha1"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/intake"
	"github.com/tierwise/tierwise/internal/store/redis/redistest"
)

// trip is one round trip: what was sent in one piece, a pipeline too, until the
// first byte of the answer.
type trip struct {
	name       string
	begun, end time.Time
}

// tap stands between the house and its Redis and notes every round trip.
type tap struct {
	net.Listener
	server string
	mu     sync.Mutex
	trips  []trip
	names  map[string]string // of scripts, by their sum
	open   map[net.Conn]bool
}

func newTap(tb testing.TB, server string) *tap {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	t := &tap{Listener: l, server: server, open: map[net.Conn]bool{}, names: map[string]string{}}
	var serving sync.WaitGroup
	serving.Go(func() { t.serve(&serving) })
	tb.Cleanup(func() {
		_ = l.Close()
		t.mu.Lock()
		for c := range t.open {
			_ = c.Close()
		}
		t.mu.Unlock()
		serving.Wait()
	})
	return t
}

func (t *tap) serve(serving *sync.WaitGroup) {
	for {
		near, err := t.Accept()
		if err != nil {
			return // closed at the end
		}
		far, err := net.Dial("tcp", t.server)
		if err != nil {
			_ = near.Close()
			continue
		}
		t.mu.Lock()
		t.open[near], t.open[far] = true, true
		t.mu.Unlock()
		l := &line{tap: t}
		serving.Go(func() { l.pass(far, near, l.asks) })
		serving.Go(func() { l.pass(near, far, l.answers) })
	}
}

// line is one connection: a client asks on it and waits for the answer.
type line struct {
	tap  *tap
	mu   sync.Mutex
	name string
	at   time.Time // zero while nothing was asked
}

// pass copies one direction and shows each piece to see before it goes on.
func (l *line) pass(to, from net.Conn, see func([]byte)) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			see(buf[:n])
			if _, failed := to.Write(buf[:n]); failed != nil {
				err = errors.Join(err, failed)
			}
		}
		if err != nil {
			_, _ = to.Close(), from.Close()
			return
		}
	}
}

func (l *line) asks(piece []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.at.IsZero() {
		l.name, l.at = l.tap.commandOf(piece), time.Now()
	}
}

func (l *line) answers([]byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.at.IsZero() {
		return
	}
	l.tap.mu.Lock()
	l.tap.trips = append(l.tap.trips, trip{l.name, l.at, time.Now()})
	l.tap.mu.Unlock()
	l.at = time.Time{}
}

// scriptName is how a script of the store is called at its head.
var scriptName = regexp.MustCompile(`(?m)^-- (\w+) [^\n]*\n(?:-- [^\n]*\n)*--@ use `)

// commandOf is the first command of a piece of the protocol: "get", or for a
// script its name, which is learnt when its text goes by for the first time.
func (t *tap) commandOf(piece []byte) string {
	parts := strings.SplitN(string(piece), "\r\n", 6)
	if len(parts) < 6 {
		return "?"
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch command := strings.ToLower(parts[2]); command {
	case "evalsha":
		return cmp.Or(t.names[parts[4]], command)
	case "eval":
		found := scriptName.FindStringSubmatch(parts[4])
		if found == nil {
			return command
		}
		t.names[fmt.Sprintf("%x", sha1.Sum([]byte(parts[4])))] = found[1]
		return found[1]
	default:
		return command
	}
}

// within lists the trips that began after one instant and ended before another,
// without the look and the wait for work (time, xread) and without beats, for
// which no turn waits.
func (t *tap) within(from, to time.Time) []trip {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []trip
	for _, p := range t.trips {
		if p.begun.After(from) && p.end.Before(to) && !slices.Contains([]string{"time", "xread", "beat"}, p.name) {
			out = append(out, p)
		}
	}
	return out
}

// inSequence is the largest number of trips of which each began after the one
// before had ended: what a person has to wait for, one after the other.
func inSequence(trips []trip) int {
	trips = slices.Clone(trips)
	slices.SortFunc(trips, func(a, b trip) int { return cmp.Compare(a.end.UnixNano(), b.end.UnixNano()) })
	var n int
	var last time.Time
	for _, p := range trips {
		if p.begun.After(last) {
			n, last = n+1, p.end
		}
	}
	return n
}

// BenchmarkTrips counts the round trips to Redis that a turn waits for between
// its delivery and the call of the provider, one turn after the other, with the
// caches of a house that has worked for a moment. What the queue asks meanwhile
// to find its next job is not the turn's and is not counted. On a busy machine
// two trips that are made side by side sometimes fall one after the other, so
// the figure is the median.
func BenchmarkTrips(b *testing.B) {
	server := redistest.Start(b, redistest.EverySec)
	t := newTap(b, server.Addr)
	r := newRig(b, "redis://"+t.Addr().String(), &provider{}, intake.DefaultPace())
	var delivered time.Time
	r.delivered = func() { delivered = time.Now() }
	r.begin()
	r.warm(b)
	turn, made := 0, 0
	var waited []int
	var last []string
	for b.Loop() {
		m := r.watch(1)
		turn++
		r.feed(b, turn, 1)
		m.wait(b)
		trips := t.within(delivered, m.begun.Add(time.Duration(m.at[spoke][0].Load())))
		waited, made = append(waited, inSequence(trips)), made+len(trips)
		last = last[:0]
		for _, p := range trips {
			last = append(last, p.name)
		}
	}
	b.Logf("the last turn: %s", strings.Join(last, ", "))
	slices.Sort(waited)
	report(b, float64(waited[turn/2]), "trips-in-sequence", "≤4")
	report(b, float64(made)/float64(turn), "trips/turn", "")
	b.ReportMetric(0, "ns/op")
}

package memory

import (
	"slices"
	"time"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/usage"
)

// books is the money of one workspace: rows, the sums kept beside them, what is
// reserved, and the limits.
type books struct {
	limits   map[string]usage.Limit
	applies  usage.LimitSet                 // limits, arranged
	counters map[window]map[string]*counter // by scope key
	sums     map[window]map[usage.Key]usage.Cell
	rows     map[string][]usage.Entry // by month, in the order they were booked
	byID     map[string]usage.Entry
	holds    map[string]*hold
}

// window names one day, week or month.
type window struct {
	kind usage.WindowKind
	id   string
}

// counter is where one scope stands in one window.
type counter struct{ settled, held money.Nano }

func newBooks() books {
	return books{
		limits: map[string]usage.Limit{}, counters: map[window]map[string]*counter{}, sums: map[window]map[usage.Key]usage.Cell{},
		rows: map[string][]usage.Entry{}, byID: map[string]usage.Entry{}, holds: map[string]*hold{},
	}
}

// counter returns the counter of a scope in a window, made when it is new.
func (b *books) counter(w window, s usage.Scope) *counter {
	m := b.counters[w]
	if m == nil {
		m = map[string]*counter{}
		b.counters[w] = m
	}
	c := m[s.Key()]
	if c == nil {
		c = &counter{}
		m[s.Key()] = c
	}
	return c
}

// book appends a row and adds it to every sum it belongs to. At and Windows
// must be set.
func (b *books) book(e usage.Entry) {
	b.rows[e.Windows.Month] = append(b.rows[e.Windows.Month], e)
	b.byID[e.ID] = e
	cell := usage.CellOf(e)
	for _, w := range windowsOf(e.Windows) {
		for _, s := range e.Scopes() {
			b.counter(w, s).settled += e.Cost
		}
		m := b.sums[w]
		if m == nil {
			m = map[usage.Key]usage.Cell{}
			b.sums[w] = m
		}
		for _, k := range e.Keys() {
			m[k] = m[k].Add(cell)
		}
	}
}

// own copies what a row shares with its caller, who may change it later.
func own(e usage.Entry) usage.Entry {
	e.Reasons = slices.Clone(e.Reasons)
	if e.Reported != nil {
		reported := *e.Reported
		e.Reported = &reported
	}
	return e
}

// windowsOf lists the windows of a row; a kind that was not asked for is left out.
func windowsOf(b usage.Booked) []window {
	out := make([]window, 0, 3)
	for _, k := range usage.WindowKinds() {
		if id := b.Of(k); id != "" {
			out = append(out, window{k, id})
		}
	}
	return out
}

// bookedAt chooses the windows in force at now.
func bookedAt(ws []usage.Window, now time.Time) usage.Booked {
	var b usage.Booked
	for _, w := range ws {
		switch w.Kind {
		case usage.Day:
			b.Day = w.At(now)
		case usage.Week:
			b.Week = w.At(now)
		case usage.Month:
			b.Month = w.At(now)
		}
	}
	return b
}

// level tells where a scope stands in the window with the given id, which is
// one of the two that w names or an earlier one.
func (b *books) level(s usage.Scope, w usage.Window, id string, now time.Time) usage.Level {
	l := usage.Level{Scope: s, Window: w.Kind, ID: id}
	if id == w.ID {
		l.Ends = w.Boundary
	}
	if c := b.counters[window{w.Kind, id}][s.Key()]; c != nil {
		l.Settled, l.Held = c.settled, c.held
	}
	return l.Under(b.applies.Of(s, w.Kind, now))
}

// limited returns the levels that have a limit, scope by scope, in the windows
// the money is booked in.
func (b *books) limited(scopes []usage.Scope, ws []usage.Window, in usage.Booked, now time.Time) []usage.Level {
	var out []usage.Level
	for _, s := range scopes {
		for _, w := range ws {
			if l := b.level(s, w, in.Of(w.Kind), now); l.Limited {
				out = append(out, l)
			}
		}
	}
	return out
}

package outage

import (
	"slices"
	"sync"
	"time"

	"github.com/tierwise/tierwise/usage"
)

const (
	// again is how long a booking is remembered: longer than an asynchronous
	// replica lags behind its master.
	again = 10 * time.Minute
	// remembered bounds them.
	remembered = 20_000
	// sample is how many bookings of a workspace a store must know in a row,
	// from the newest back, to be believed: what a rollback loses is the end,
	// give or take what was on its way at once.
	sample = 128
	// few is how many of the newest are looked at while the store seems well.
	few = 16
)

// recent is what was booked in the last minutes, without the jobs it ended.
type recent struct {
	mu   sync.Mutex
	list []booked // oldest first
}

type booked struct {
	at time.Time
	s  usage.Settlement
}

// add remembers a booking, fixed to the windows it went into.
func (r *recent) add(now time.Time, s usage.Settlement, out usage.Settled) {
	s.Finish = nil
	s.Fallback = pinned(s.Fallback, now)
	if in := out.Entry.Windows; in.Month != "" {
		s.Fallback = s.Fallback[:0]
		for _, k := range usage.WindowKinds() {
			s.Fallback = append(s.Fallback, usage.Window{Kind: k, ID: in.Of(k), Next: in.Of(k)})
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	first := 0
	for first < len(r.list) && (now.Sub(r.list[first].at) > again || len(r.list)-first >= remembered) {
		first++
	}
	clear(r.list[:first])
	r.list = append(r.list[first:], booked{now, s})
}

// newestFirst lists what is still remembered, at most so many.
func (r *recent) newestFirst(now time.Time, most int) []usage.Settlement {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]usage.Settlement, 0, min(len(r.list), most))
	for _, b := range slices.Backward(r.list) {
		if now.Sub(b.at) > again || len(out) == most {
			break
		}
		out = append(out, b.s)
	}
	return out
}

// pinned fixes windows to those in force now: what is booked later belongs to
// the day on which it was spent. The windows of an open hold still go before.
func pinned(ws []usage.Window, now time.Time) []usage.Window {
	if len(ws) == 0 {
		ws = usage.Calendar{}.Windows(now)
	}
	out := make([]usage.Window, len(ws))
	for i, w := range ws {
		id := w.At(now)
		out[i] = usage.Window{Kind: w.Kind, ID: id, Next: id}
	}
	return out
}

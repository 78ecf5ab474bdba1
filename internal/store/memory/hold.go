package memory

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/usage"
)

// hold is money reserved for a plan. A closed one is kept, so that its id is
// known for ever.
type hold struct {
	id      string
	scopes  []usage.Scope
	windows []usage.Window
	booked  usage.Booked
	steps   map[int]*stepHold
	since   time.Time
	expires time.Time
	closed  bool
}

// stepHold is the part of a hold that one call may cost.
type stepHold struct {
	amount      money.Nano
	sent        bool
	settled     bool
	provisional usage.Entry
}

// open is the money still reserved.
func (h *hold) open() money.Nano {
	var sum money.Nano
	for _, s := range h.steps {
		if !s.settled {
			sum += s.amount
		}
	}
	return sum
}

// untouched reports whether nothing was sent under the hold.
func (h *hold) untouched() bool {
	for _, s := range h.steps {
		if s.sent || s.settled {
			return false
		}
	}
	return true
}

// Hold implements usage.Ledger.
func (s *Store) Hold(_ context.Context, r usage.HoldRequest) (usage.Held, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, b := s.clk.Now(), &s.at(r.Tenant).books
	if h := b.holds[r.Hold]; h != nil {
		return usage.Held{Granted: true, Windows: h.booked, Levels: b.limited(h.scopes, h.windows, h.booked, now)}, nil
	}
	h := &hold{
		id: r.Hold, scopes: slices.Clone(r.Scopes), windows: slices.Clone(r.Windows), booked: bookedAt(r.Windows, now),
		steps: map[int]*stepHold{}, since: now, expires: now.Add(r.TTL),
	}
	for _, st := range r.Steps {
		h.steps[st.N] = &stepHold{amount: st.Amount}
	}
	answer := usage.Held{Windows: h.booked}
	answer.Refused, answer.Granted = b.fits(h, now)
	if answer.Granted {
		b.holds[h.id] = h
		b.reserve(h, h.open())
	}
	answer.Levels = b.limited(h.scopes, h.windows, h.booked, now)
	return answer, nil
}

// fits reports whether the hold passes no hard limit, and else the first level
// it would pass.
func (b *books) fits(h *hold, now time.Time) (usage.Level, bool) {
	sum := h.open()
	if sum == 0 {
		return usage.Level{}, true
	}
	for _, l := range b.limited(h.scopes, h.windows, h.booked, now) {
		if l.Then.Hard() && l.Settled+l.Held+sum > l.Limit {
			return l, false
		}
	}
	return usage.Level{}, true
}

// reserve adds an amount, negative to release, to what is held in the scopes
// and windows of the hold.
func (b *books) reserve(h *hold, amount money.Nano) {
	for _, w := range windowsOf(h.booked) {
		for _, s := range h.scopes {
			b.counter(w, s).held += amount
		}
	}
}

// settleStep releases the reservation of a step that is booked now.
func (b *books) settleStep(h *hold, n int) {
	if st := h.steps[n]; st != nil && !st.settled {
		st.settled = true
		b.reserve(h, -st.amount)
	}
}

// closeHold ends a hold and returns how many steps it booked as uncertain. A
// nil or closed hold is left alone.
func (b *books) closeHold(h *hold, now time.Time) (uncertain int) {
	if h == nil || h.closed {
		return 0
	}
	h.closed = true
	b.reserve(h, -h.open())
	for _, n := range slices.Sorted(maps.Keys(h.steps)) {
		st := h.steps[n]
		_, known := b.byID[st.provisional.ID] // settled before the hold was made
		if st.sent && !st.settled && !known {
			e := st.provisional
			e.At, e.Windows = now, h.booked
			b.book(e)
			uncertain++
		}
		st.settled = true
	}
	return uncertain
}

// Dispatch implements usage.Ledger.
func (s *Store) Dispatch(_ context.Context, r usage.DispatchRequest) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.at(r.Tenant).books.holds[r.Hold]
	if h == nil || h.closed || h.steps[r.Step] == nil {
		return usage.ErrNoHold
	}
	st := h.steps[r.Step]
	st.sent, st.provisional = true, own(r.Provisional)
	return nil
}

package memory

import (
	"context"
	"time"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/usage"
)

// Settle implements usage.Ledger.
func (s *Store) Settle(_ context.Context, st usage.Settlement) (usage.Settled, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clk.Now()
	var w *work
	var lost error
	if st.Finish != nil {
		w, lost = s.held(st.Finish.Ticket)
	}
	if w != nil && s.at(w.job.Tenant).conflicts(st.Finish.Writes, now) {
		return usage.Settled{}, record.ErrConflict
	}
	var out usage.Settled
	if st.Entry != nil {
		out = s.at(st.Tenant).books.settle(st, now)
	}
	if w != nil {
		s.finish(w, *st.Finish, now)
	}
	return out, lost
}

// finish closes a job whose ticket is good and whose writes do not conflict.
func (s *Store) finish(w *work, f job.Finish, now time.Time) {
	t := s.at(w.job.Tenant)
	t.books.closeHold(t.books.holds[f.Ticket.Hold()], now)
	t.write(f.Writes, now)
	for _, p := range f.Posts {
		s.addKnown(t, p, false, now)
	}
	s.remove(w)
}

// settle books the entry of a settlement, or the correction it amounts to, and
// releases its step.
func (b *books) settle(st usage.Settlement, now time.Time) usage.Settled {
	h := b.holds[st.Hold]
	if h != nil && h.closed {
		h = nil
	}
	row, isNew := b.row(st, h, now)
	if isNew {
		if !moved(st) {
			row.At = now
		}
		b.book(row)
		if h != nil {
			b.settleStep(h, st.Step)
		}
	}
	scopes, windows := row.Scopes(), st.Fallback
	if h != nil {
		scopes, windows = h.scopes, h.windows
	}
	return usage.Settled{Booked: isNew, Entry: row, Levels: b.limited(scopes, spanning(windows, row.Windows), row.Windows, now)}
}

// row returns what is to be booked for a settlement, or what was booked for it
// last when it is a repetition.
func (b *books) row(st usage.Settlement, h *hold, now time.Time) (row usage.Entry, isNew bool) {
	e := own(*st.Entry)
	before, seen := b.byID[e.ID]
	if !seen {
		e.Windows = windowsFor(st, h, now)
		return e, true
	}
	if c, ok := b.byID[e.ID+".c1"]; ok {
		return c, false
	}
	if before.Status != usage.Uncertain || e.Status == usage.Uncertain {
		return before, false
	}
	e.ID, e.Corrects, e.Status = e.ID+".c1", e.ID, usage.Corrected
	e.Cost, e.Tokens = e.Cost-before.Cost, e.Tokens.Sub(before.Tokens)
	e.Windows = before.Windows
	return e, true
}

// windowsFor chooses where a new entry is booked: with its hold, else by the
// store's clock.
func windowsFor(st usage.Settlement, h *hold, now time.Time) usage.Booked {
	switch {
	case h != nil:
		return h.booked
	case moved(st):
		return st.Entry.Windows
	case len(st.Fallback) > 0:
		return bookedAt(st.Fallback, now)
	default:
		return bookedAt(usage.Calendar{}.Windows(now), now)
	}
}

// moved reports an entry that was booked in another store before: no hold is
// named, and it says when and where it was booked. Both are kept.
func moved(st usage.Settlement) bool {
	w := st.Entry.Windows
	return st.Hold == "" && !st.Entry.At.IsZero() && w.Day != "" && w.Week != "" && w.Month != ""
}

// spanning returns one window of each kind that is booked in: the given one, or
// one without a known end.
func spanning(ws []usage.Window, in usage.Booked) []usage.Window {
	if len(ws) > 0 {
		return ws
	}
	out := make([]usage.Window, 0, 3)
	for _, w := range windowsOf(in) {
		out = append(out, usage.Window{Kind: w.kind, Next: w.id})
	}
	return out
}

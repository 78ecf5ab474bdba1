package sqlite

import (
	"context"
	"encoding/json"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/usage"
)

// Settle implements usage.Ledger. When the ticket of Finish is no longer valid
// the entry is booked all the same and the result comes with job.ErrLost.
func (s *Store) Settle(ctx context.Context, r usage.Settlement) (usage.Settled, error) {
	type result struct {
		settled usage.Settled
		lost    bool
	}
	out, err := write(ctx, s, "settle", func(t *tx) (out result, err error) {
		if r.Entry != nil {
			if out.settled, err = t.settle(r); err != nil {
				return result{}, err
			}
		}
		if r.Finish != nil {
			out.lost, err = t.finish(*r.Finish)
		}
		return out, err
	})
	if err == nil && out.lost {
		err = s.failed("settle", job.ErrLost)
	}
	return out.settled, err
}

// settle books the entry, or the correction it amounts to.
func (t *tx) settle(r usage.Settlement) (out usage.Settled, err error) {
	e := *r.Entry
	e.Tenant = r.Tenant
	h, err := t.findHold(r.Tenant, r.Hold)
	if err != nil {
		return out, err
	}
	open := h != nil && !h.closed
	switch {
	case open:
		out.Entry, out.Booked, err = t.append(e, booked(h.places))
	case moved(r):
		out.Entry, out.Booked, err = t.insert(e)
	default:
		out.Entry, out.Booked, err = t.append(e, booked(t.places(r.Fallback)))
	}
	if err == nil && !out.Booked {
		out, err = t.settleAgain(e)
	}
	if err == nil && open && out.Booked {
		err = t.releaseStep(h, r.Step)
	}
	if err != nil {
		return usage.Settled{}, err
	}
	scopes, places := out.Entry.Scopes(), t.standing(r.Fallback, out.Entry.Windows)
	if open {
		scopes, places = h.scopes, within(h.places, out.Entry.Windows)
	}
	out.Levels, err = t.levels(r.Tenant, scopes, places, true)
	return out, err
}

// moved reports an entry that was booked in another store before: no hold is
// named, and it says when and where it was booked. Both are kept.
func moved(r usage.Settlement) bool {
	w := r.Entry.Windows
	return r.Hold == "" && !r.Entry.At.IsZero() && w.Day != "" && w.Week != "" && w.Month != ""
}

// standing gives the windows of a row for its levels: those that were asked
// for, or else all of the row's.
func (t *tx) standing(asked []usage.Window, row usage.Booked) []place {
	if len(asked) == 0 {
		return placesOf(row)
	}
	places := make([]place, 0, len(asked))
	for _, w := range asked {
		places = append(places, place{w.Kind, w.ID, nanos(w.Boundary)})
	}
	return within(places, row)
}

// within replaces the windows by those of a row; an end is known only of a
// window that is the same.
func within(places []place, row usage.Booked) []place {
	out := make([]place, 0, len(places))
	for _, p := range places {
		id := row.Of(p.Kind)
		if id != p.ID {
			p = place{Kind: p.Kind, ID: id}
		}
		out = append(out, p)
	}
	return out
}

// settleAgain answers for an attempt that has an entry: with the row booked
// last, or, when that one is uncertain and we now know better, with the
// difference as a correction.
func (t *tx) settleAgain(e usage.Entry) (usage.Settled, error) {
	old, _, err := t.entry(e.Tenant, e.ID)
	if err != nil || old.Status != usage.Uncertain {
		return usage.Settled{Entry: old}, err
	}
	id := e.ID + ".c1"
	if done, known, err := t.entry(e.Tenant, id); err != nil || known {
		return usage.Settled{Entry: done}, err
	}
	if e.Status == usage.Uncertain {
		return usage.Settled{Entry: old}, nil
	}
	c := e
	c.ID, c.Corrects, c.Status = id, old.ID, usage.Corrected
	c.Cost, c.Tokens = e.Cost-old.Cost, e.Tokens.Sub(old.Tokens)
	c, fresh, err := t.append(c, old.Windows)
	return usage.Settled{Booked: fresh, Entry: c}, err
}

func (t *tx) releaseStep(h *hold, n int) error {
	s := h.openStep(n)
	if s == nil {
		return nil
	}
	if err := t.reserved(h.tenant, h.scopes, h.places, -s.amount); err != nil {
		return err
	}
	return t.setStep(h, s, stepSettled, nil)
}

// append books an entry now, in the given windows. The row is returned as it
// was stored.
func (t *tx) append(e usage.Entry, windows usage.Booked) (row usage.Entry, fresh bool, err error) {
	e.At, e.Windows = t.now, windows
	if windows == (usage.Booked{}) { // nobody said where it belongs; it must be somewhere
		e.Windows = booked(t.places(usage.Calendar{}.Windows(t.now)))
	}
	return t.insert(e)
}

// insert adds a row to the ledger and its cost to the counters and rollups of
// its windows, unless there is a row of its id.
func (t *tx) insert(e usage.Entry) (row usage.Entry, fresh bool, err error) {
	body, err := json.Marshal(e)
	if err != nil {
		return usage.Entry{}, false, err
	}
	fresh, err = changed(t.exec(`INSERT INTO entries (tenant, month, id, cost, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		e.Tenant, e.Windows.Month, e.ID, int64(e.Cost), string(body)))
	if err != nil || !fresh {
		return usage.Entry{}, false, err
	}
	cell, keys, scopes := usage.CellOf(e), e.Keys(), e.Scopes()
	for _, p := range placesOf(e.Windows) {
		for _, sc := range scopes {
			if err := t.count(counterKey{e.Tenant, p.Kind, p.ID, sc.Key()}, int64(e.Cost), 0); err != nil {
				return usage.Entry{}, false, err
			}
		}
		for _, row := range keys {
			t.roll(cellKey{e.Tenant, p.Kind, p.ID, row}, cell)
		}
	}
	return e, true, nil
}

// entry looks an attempt up by its id.
func (t *tx) entry(tenant, id string) (e usage.Entry, found bool, err error) {
	var body []byte
	err = t.row(`SELECT body FROM entries WHERE tenant = ? AND id = ?`, tenant, id).Scan(&body)
	if none(err) {
		return e, false, nil
	}
	if err != nil {
		return e, false, err
	}
	return e, true, json.Unmarshal(body, &e)
}

// sweepStep is how many holds one transaction of Sweep closes, so that others
// are not kept waiting.
const sweepStep = 100

// Sweep implements usage.Ledger.
func (s *Store) Sweep(ctx context.Context) (usage.Swept, error) {
	var total usage.Swept
	for {
		type result struct {
			usage.Swept
			closed int
		}
		some, err := write(ctx, s, "sweep", func(t *tx) (result, error) {
			swept, closed, err := t.sweep()
			return result{swept, closed}, err
		})
		if err != nil {
			return total, err
		}
		total.Released += some.Released
		total.Uncertain += some.Uncertain
		if some.closed < sweepStep {
			return total, nil
		}
	}
}

func (t *tx) sweep() (out usage.Swept, closed int, err error) {
	type key struct{ tenant, id string }
	rows, err := t.query(`SELECT tenant, id FROM holds WHERE closed = 0 AND expires <= ? ORDER BY expires LIMIT ?`, nanos(t.now), sweepStep)
	due, err := collect(rows, err, func(row scanner, k *key) error { return row.Scan(&k.tenant, &k.id) })
	if err != nil {
		return out, 0, err
	}
	for _, k := range due {
		h, err := t.findHold(k.tenant, k.id)
		if err != nil || h == nil {
			return out, 0, err
		}
		untouched := h.untouched()
		sent, err := t.closeHold(k.tenant, k.id)
		if err != nil {
			return out, 0, err
		}
		out.Uncertain += sent
		if untouched {
			out.Released++
		}
	}
	return out, len(due), nil
}

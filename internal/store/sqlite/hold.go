package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/usage"
)

// place is one window that money is booked in, as a hold keeps it.
type place struct {
	Kind usage.WindowKind `json:"kind"`
	ID   string           `json:"id"`
	Ends int64            `json:"ends,omitempty"` // nanoseconds; 0 when not known
}

// hold is a stored hold and its steps.
type hold struct {
	tenant, id string
	closed     bool
	scopes     []usage.Scope
	places     []place
	steps      []heldStep
}

type heldStep struct {
	n      int
	amount money.Nano
	state  int
}

// The states of a step of a hold.
const (
	stepHeld = iota
	stepSent
	stepSettled
	stepReleased
	stepUncertain
)

// open reports whether the step's money is still reserved.
func (s heldStep) open() bool { return s.state == stepHeld || s.state == stepSent }

// openStep finds a step of an open hold whose money is still reserved.
func (h *hold) openStep(n int) *heldStep {
	for i := range h.steps {
		if s := &h.steps[i]; s.n == n && s.open() {
			return s
		}
	}
	return nil
}

// untouched reports whether no step was ever sent.
func (h *hold) untouched() bool {
	return !slices.ContainsFunc(h.steps, func(s heldStep) bool { return s.state != stepHeld })
}

// Hold implements usage.Ledger.
func (s *Store) Hold(ctx context.Context, r usage.HoldRequest) (usage.Held, error) {
	scopes, err := json.Marshal(r.Scopes)
	if err != nil {
		return usage.Held{}, s.failed("hold", err)
	}
	return write(ctx, s, "hold", func(t *tx) (usage.Held, error) { return t.hold(r, string(scopes)) })
}

// hold reserves, refuses, or answers for a hold that is there. Nearly all are
// new, so that one is there is found out by the attempt to reserve; only what
// cannot be reserved is looked up first.
func (t *tx) hold(r usage.HoldRequest, scopes string) (usage.Held, error) {
	places := t.places(r.Windows)
	levels, err := t.levels(r.Tenant, r.Scopes, places, true)
	if err != nil {
		return usage.Held{}, err
	}
	held := usage.Held{Levels: levels, Windows: booked(places)}
	total, wrong := sum(r.Steps)
	if wrong == nil && !refuses(&held, total) {
		fresh, err := t.reserve(r, places, total, scopes)
		if err != nil {
			return usage.Held{}, err
		}
		if fresh {
			held.Granted = true
			return held, nil
		}
	}
	old, err := t.findHold(r.Tenant, r.Hold)
	switch {
	case err != nil:
		return usage.Held{}, err
	case old != nil:
		levels, err := t.levels(old.tenant, old.scopes, old.places, true)
		return usage.Held{Granted: true, Levels: levels, Windows: booked(old.places)}, err
	case wrong != nil:
		return usage.Held{}, wrong
	}
	return held, nil
}

// refuses finds the first hard limit that the amount would pass and says so in
// the answer. When there is none, the levels become those after the hold.
func refuses(held *usage.Held, total money.Nano) bool {
	for _, l := range held.Levels {
		if total > 0 && l.Then.Hard() && l.Settled+l.Held+total > l.Limit {
			held.Refused = l
			return true
		}
	}
	for i := range held.Levels {
		held.Levels[i].Held += total
	}
	return false
}

// sum adds the steps up and refuses what cannot be an estimate.
func sum(steps []usage.StepHold) (total money.Nano, err error) {
	for _, s := range steps {
		if s.Amount < 0 {
			return 0, fmt.Errorf("step %d: %w", s.N, money.ErrRange)
		}
		if total, err = total.Add(s.Amount); err != nil {
			return 0, fmt.Errorf("step %d: %w", s.N, err)
		}
	}
	return total, nil
}

// reserve writes a hold, unless one of its id is there.
func (t *tx) reserve(r usage.HoldRequest, places []place, total money.Nano, scopes string) (fresh bool, err error) {
	windows, err := json.Marshal(places)
	if err != nil {
		return false, err
	}
	fresh, err = changed(t.exec(`INSERT INTO holds (tenant, id, since, expires, scopes, windows) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		r.Tenant, r.Hold, nanos(t.now), nanos(t.now.Add(r.TTL)), scopes, string(windows)))
	if err != nil || !fresh {
		return false, err
	}
	h := &hold{tenant: r.Tenant, id: r.Hold, places: places}
	for _, sc := range r.Scopes {
		sc.Templates = slices.Clone(sc.Templates) // the caller's own
		h.scopes = append(h.scopes, sc)
	}
	for _, s := range r.Steps {
		_, err := t.exec(`INSERT INTO hold_steps (tenant, hold, n, amount) VALUES (?, ?, ?, ?)`, r.Tenant, r.Hold, s.N, int64(s.Amount))
		if err != nil {
			return false, err
		}
		h.steps = append(h.steps, heldStep{n: s.N, amount: s.Amount})
	}
	t.w.holds[holdKey{h.tenant, h.id}] = h
	return true, t.reserved(r.Tenant, r.Scopes, places, total)
}

// reserved adds to what scopes hold in windows; a negative amount gives back.
func (t *tx) reserved(tenant string, scopes []usage.Scope, places []place, amount money.Nano) error {
	if amount == 0 {
		return nil
	}
	for _, sc := range scopes {
		for _, p := range places {
			if err := t.count(counterKey{tenant, p.Kind, p.ID, sc.Key()}, 0, int64(amount)); err != nil {
				return err
			}
		}
	}
	return nil
}

// findHold gives a hold as it stands after all that this batch has done so far,
// nil when there is none. Open ones are kept between batches.
func (t *tx) findHold(tenant, id string) (*hold, error) {
	key := holdKey{tenant, id}
	if h := t.w.holds[key]; h != nil {
		return h, nil
	}
	h := &hold{tenant: tenant, id: id}
	var closed int64
	var scopes, windows []byte
	err := t.row(`SELECT closed, scopes, windows FROM holds WHERE tenant = ? AND id = ?`, tenant, id).Scan(&closed, &scopes, &windows)
	if none(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(scopes, &h.scopes); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(windows, &h.places); err != nil {
		return nil, err
	}
	rows, err := t.query(`SELECT n, amount, state FROM hold_steps WHERE tenant = ? AND hold = ? ORDER BY n`, tenant, id)
	h.steps, err = collect(rows, err, func(row scanner, s *heldStep) error { return row.Scan(&s.n, &s.amount, &s.state) })
	if h.closed = closed > 0; err == nil && !h.closed {
		t.w.holds[key] = h
	}
	return h, err
}

// Dispatch implements usage.Ledger.
func (s *Store) Dispatch(ctx context.Context, r usage.DispatchRequest) error {
	provisional, err := json.Marshal(r.Provisional)
	if err != nil {
		return s.failed("dispatch", err)
	}
	_, err = write(ctx, s, "dispatch", func(t *tx) (struct{}, error) {
		return struct{}{}, t.dispatch(r, string(provisional))
	})
	return err
}

func (t *tx) dispatch(r usage.DispatchRequest, provisional string) error {
	h, err := t.findHold(r.Tenant, r.Hold)
	if err != nil {
		return err
	}
	if h == nil || h.closed || !slices.ContainsFunc(h.steps, func(s heldStep) bool { return s.n == r.Step }) {
		return usage.ErrNoHold
	}
	s := h.openStep(r.Step)
	if s == nil {
		return nil
	}
	return t.setStep(h, s, stepSent, &provisional)
}

// closeHold ends a hold: what was not sent is released, what was sent and never
// settled is booked from its provisional entry. It returns how many were
// booked. Closing twice is no error.
func (t *tx) closeHold(tenant, id string) (sent int, err error) {
	h, err := t.findHold(tenant, id)
	if err != nil || h == nil || h.closed {
		return 0, err
	}
	var back money.Nano
	for i := range h.steps {
		s := &h.steps[i]
		if !s.open() {
			continue
		}
		back += s.amount
		state := stepReleased
		if s.state == stepSent {
			state = stepUncertain
			fresh, err := t.bookProvisional(h, s)
			if err != nil {
				return 0, err
			}
			if fresh {
				sent++
			}
		}
		if err := t.setStep(h, s, state, nil); err != nil {
			return 0, err
		}
	}
	if err := t.reserved(tenant, h.scopes, h.places, -back); err != nil {
		return 0, err
	}
	_, err = t.exec(`UPDATE holds SET closed = ? WHERE tenant = ? AND id = ?`, nanos(t.now), tenant, id)
	h.closed = true
	delete(t.w.holds, holdKey{tenant, id})
	return sent, err
}

// bookProvisional books a lost step. A step whose entry is there already, put
// there by a settlement that did not name the hold, is not booked again.
func (t *tx) bookProvisional(h *hold, s *heldStep) (fresh bool, err error) {
	var body []byte
	err = t.row(`SELECT provisional FROM hold_steps WHERE tenant = ? AND hold = ? AND n = ?`, h.tenant, h.id, s.n).Scan(&body)
	if err != nil {
		return false, err
	}
	var e usage.Entry
	if err := json.Unmarshal(body, &e); err != nil {
		return false, fmt.Errorf("provisional entry of step %d: %w", s.n, err)
	}
	e.Tenant = h.tenant
	_, fresh, err = t.append(e, booked(h.places))
	return fresh, err
}

// setStep brings a step into another state; only one that was sent has a
// provisional entry.
func (t *tx) setStep(h *hold, s *heldStep, state int, provisional *string) error {
	var body any
	if provisional != nil {
		body = *provisional
	}
	_, err := t.exec(`UPDATE hold_steps SET state = ?, provisional = ? WHERE tenant = ? AND hold = ? AND n = ?`, int64(state), body, h.tenant, h.id, int64(s.n))
	s.state = state
	return err
}

package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/usage"
)

// place is one window that money is booked in, as a hold keeps it.
type place struct {
	Kind usage.WindowKind `json:"kind"`
	ID   string           `json:"id"`
	Ends int64            `json:"ends,omitempty"` // nanoseconds; 0 when not known
}

// hold is a stored hold.
type hold struct {
	tenant, id     string
	since, expires int64
	closed         bool
	scopes         []usage.Scope
	places         []place
}

// The states of a step of a hold.
const (
	stepHeld = iota
	stepSent
	stepSettled
	stepReleased
	stepUncertain
)

// Hold implements usage.Ledger.
func (s *Store) Hold(ctx context.Context, r usage.HoldRequest) (usage.Held, error) {
	return write(ctx, s, "hold", func(t *tx) (usage.Held, error) { return t.hold(r) })
}

func (t *tx) hold(r usage.HoldRequest) (usage.Held, error) {
	old, found, err := t.findHold(r.Tenant, r.Hold)
	if err != nil {
		return usage.Held{}, err
	}
	if found {
		levels, err := t.levels(old.tenant, old.scopes, old.places, true)
		return usage.Held{Granted: true, Levels: levels, Windows: booked(old.places)}, err
	}
	total, err := sum(r.Steps)
	if err != nil {
		return usage.Held{}, err
	}
	places := t.places(r.Windows)
	levels, err := t.levels(r.Tenant, r.Scopes, places, true)
	if err != nil {
		return usage.Held{}, err
	}
	held := usage.Held{Levels: levels, Windows: booked(places)}
	for _, l := range levels {
		if total > 0 && l.Then.Hard() && l.Settled+l.Held+total > l.Limit {
			held.Refused = l
			return held, nil
		}
	}
	if err := t.reserve(r, places, total); err != nil {
		return usage.Held{}, err
	}
	for i := range levels {
		levels[i].Held += total
	}
	held.Granted = true
	return held, nil
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

func (t *tx) reserve(r usage.HoldRequest, places []place, total money.Nano) error {
	scopes, err := json.Marshal(r.Scopes)
	if err != nil {
		return err
	}
	windows, err := json.Marshal(places)
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO holds (tenant, id, since, expires, scopes, windows) VALUES (?, ?, ?, ?, ?, ?)`,
		r.Tenant, r.Hold, nanos(t.now), nanos(t.now.Add(r.TTL)), string(scopes), string(windows))
	if err != nil {
		return err
	}
	for _, s := range r.Steps {
		_, err := t.exec(`INSERT INTO hold_steps (tenant, hold, n, amount) VALUES (?, ?, ?, ?)`, r.Tenant, r.Hold, s.N, int64(s.Amount))
		if err != nil {
			return err
		}
	}
	return t.reserved(r.Tenant, r.Scopes, places, total)
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

func (t *tx) findHold(tenant, id string) (h hold, found bool, err error) {
	var closed int64
	var scopes, windows []byte
	h.tenant, h.id = tenant, id
	err = t.row(`SELECT since, expires, closed, scopes, windows FROM holds WHERE tenant = ? AND id = ?`, tenant, id).
		Scan(&h.since, &h.expires, &closed, &scopes, &windows)
	if none(err) {
		return hold{}, false, nil
	}
	if err != nil {
		return hold{}, false, err
	}
	h.closed = closed > 0
	if err := json.Unmarshal(scopes, &h.scopes); err != nil {
		return hold{}, false, err
	}
	if err := json.Unmarshal(windows, &h.places); err != nil {
		return hold{}, false, err
	}
	return h, true, nil
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
	var closed int64
	var state int
	err := t.row(`SELECT h.closed, s.state FROM holds h JOIN hold_steps s ON s.tenant = h.tenant AND s.hold = h.id
		WHERE h.tenant = ? AND h.id = ? AND s.n = ?`, r.Tenant, r.Hold, r.Step).Scan(&closed, &state)
	if none(err) || err == nil && closed > 0 {
		return usage.ErrNoHold
	}
	if err != nil || state != stepHeld && state != stepSent {
		return err
	}
	_, err = t.exec(`UPDATE hold_steps SET state = ?, provisional = ? WHERE tenant = ? AND hold = ? AND n = ?`,
		stepSent, provisional, r.Tenant, r.Hold, r.Step)
	return err
}

// openStep is a step whose money is still reserved.
type openStep struct {
	n           int
	amount      money.Nano
	sent        bool
	provisional []byte
}

func (t *tx) openSteps(tenant, id string) ([]openStep, error) {
	rows, err := t.query(`SELECT n, amount, state, provisional FROM hold_steps
		WHERE tenant = ? AND hold = ? AND state IN (0, 1) ORDER BY n`, tenant, id)
	return collect(rows, err, func(row scanner, s *openStep) error {
		var state int
		err := row.Scan(&s.n, &s.amount, &state, &s.provisional)
		s.sent = state == stepSent
		return err
	})
}

// closeHold ends a hold: what was not sent is released, what was sent and never
// settled is booked from its provisional entry. It returns how many were
// booked. Closing twice is no error.
func (t *tx) closeHold(tenant, id string) (sent int, err error) {
	h, found, err := t.findHold(tenant, id)
	if err != nil || !found || h.closed {
		return 0, err
	}
	steps, err := t.openSteps(tenant, id)
	if err != nil {
		return 0, err
	}
	var back money.Nano
	for _, s := range steps {
		back += s.amount
		state := stepReleased
		if s.sent {
			state = stepUncertain
			fresh, err := t.bookProvisional(h, s)
			if err != nil {
				return 0, err
			}
			if fresh {
				sent++
			}
		}
		if err := t.setStep(tenant, id, s.n, state); err != nil {
			return 0, err
		}
	}
	if err := t.reserved(tenant, h.scopes, h.places, -back); err != nil {
		return 0, err
	}
	_, err = t.exec(`UPDATE holds SET closed = ? WHERE tenant = ? AND id = ?`, nanos(t.now), tenant, id)
	return sent, err
}

// bookProvisional books a lost step. A step whose entry is there already, put
// there by a settlement that did not name the hold, is not booked again.
func (t *tx) bookProvisional(h hold, s openStep) (fresh bool, err error) {
	var e usage.Entry
	if err := json.Unmarshal(s.provisional, &e); err != nil {
		return false, fmt.Errorf("provisional entry of step %d: %w", s.n, err)
	}
	e.Tenant = h.tenant
	_, found, err := t.entry(h.tenant, e.ID)
	if err != nil || found {
		return false, err
	}
	_, err = t.append(e, booked(h.places))
	return true, err
}

func (t *tx) setStep(tenant, hold string, n, state int) error {
	_, err := t.exec(`UPDATE hold_steps SET state = ?, provisional = NULL WHERE tenant = ? AND hold = ? AND n = ?`, state, tenant, hold, n)
	return err
}

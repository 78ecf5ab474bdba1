package redis

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/usage"
)

// Hold implements usage.Ledger. money.ErrRange when an amount is negative or
// their sum is above money.Max.
func (s *Store) Hold(ctx context.Context, r usage.HoldRequest) (usage.Held, error) {
	steps, sum, err := stepsOf(r.Steps)
	if err != nil {
		return usage.Held{}, fmt.Errorf("redis: hold: %w", err)
	}
	args := append([]any{
		encode(r.Tenant), r.Hold, scopesText(r.Scopes), windowsText(r.Windows), length(r.TTL), digits(sum),
	}, steps...)
	v, err := s.run(ctx, partition(r.Tenant), holdScript, args...)
	if err != nil {
		return usage.Held{}, err
	}
	var a reply
	p := a.row(v, 4)
	st := standing{scopes: r.Scopes, windows: r.Windows}
	verdict := a.text(p[0])
	if verdict == "known" {
		full := a.row(v, 6)
		st = standing{scopes: scopesFrom(&a, a.text(full[4])), windows: windowsFrom(&a, a.text(full[5]))}
	}
	held := usage.Held{Granted: verdict != "refused", Windows: bookedFrom(&a, p[1]), Levels: st.levels(&a, p[2])}
	switch verdict {
	case "refused":
		if n := int(a.int(p[3])); n >= 1 && n <= len(held.Levels) {
			held.Refused = held.Levels[n-1]
		}
	case "held":
		// The script read the levels before it reserved.
		for i, l := range held.Levels {
			held.Levels[i].Held += sum * money.Nano(occurrences(r.Scopes, l.Scope))
		}
	}
	return held, a.err
}

// stepsOf lists numbers and amounts for the script, each step once, and adds
// the amounts up.
func stepsOf(steps []usage.StepHold) ([]any, money.Nano, error) {
	amounts := map[int]money.Nano{}
	for _, st := range steps {
		if st.Amount < 0 {
			return nil, 0, money.ErrRange
		}
		amounts[st.N] = st.Amount
	}
	var out []any
	var sum money.Nano
	for _, n := range slices.Sorted(maps.Keys(amounts)) {
		var err error
		if sum, err = sum.Add(amounts[n]); err != nil {
			return nil, 0, err
		}
		out = append(out, n, digits(amounts[n]))
	}
	return out, sum, nil
}

func occurrences(scopes []usage.Scope, of usage.Scope) (n int) {
	for _, s := range scopes {
		if s.Key() == of.Key() {
			n++
		}
	}
	return n
}

// standing reads levels, which name scopes and windows by number.
type standing struct {
	scopes  []usage.Scope
	windows []usage.Window
}

func (st standing) levels(r *reply, v any) []usage.Level {
	var out []usage.Level
	for _, one := range r.list(v) {
		p := r.row(one, 6)
		i, j := int(r.int(p[0])), int(r.int(p[1]))
		if i < 1 || i > len(st.scopes) || j < 1 || j > len(st.windows) {
			r.wrong(one, "a level")
			return out
		}
		w := st.windows[j-1]
		l := usage.Level{Scope: st.scopes[i-1], Window: w.Kind, ID: r.text(p[2]), Settled: r.nano(p[3]), Held: r.nano(p[4])}
		if l.ID == w.ID {
			l.Ends = w.Boundary
		}
		if text := r.text(p[5]); text != "" {
			l = l.Under(limitFrom(r, text), true)
		}
		out = append(out, l)
	}
	return out
}

// now is our idea of the server's clock. It only chooses whether an extra is
// still listed; what counts is decided in the scripts.
func (s *Store) now() time.Time { return time.UnixMicro(s.nowAt(time.Now())).UTC() }

// Dispatch implements usage.Ledger.
func (s *Store) Dispatch(ctx context.Context, r usage.DispatchRequest) error {
	entry, rest, err := toWire(r.Provisional)
	if err != nil {
		return fmt.Errorf("redis: dispatch: %w", err)
	}
	v, err := s.run(ctx, partition(r.Tenant), dispatchScript, encode(r.Tenant), r.Hold, r.Step, entry, rest)
	if err != nil {
		return err
	}
	if v != int64(1) {
		return fmt.Errorf("redis: dispatch: %w", usage.ErrNoHold)
	}
	return nil
}

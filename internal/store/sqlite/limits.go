package sqlite

import (
	"context"
	"slices"
	"time"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/usage"
)

const selectLimits = `SELECT key, scope, id, window, amount, at_limit, extra, extra_until, approval, reason FROM limits WHERE tenant = ? ORDER BY key`

func scanLimit(row scanner, l *usage.Limit) error {
	var key string
	var until int64
	err := row.Scan(&key, &l.Scope, &l.ID, &l.Window, &l.Amount, &l.Then, &l.Extra, &until, &l.Approval, &l.Reason)
	l.ExtraUntil = instant(until)
	return err
}

// SetLimits implements usage.Limiter.
func (s *Store) SetLimits(ctx context.Context, tenant string, put []usage.Limit, remove []string) error {
	for _, l := range put {
		if err := l.Check(); err != nil {
			return s.failed("set limits", err)
		}
	}
	_, err := write(ctx, s, "set limits", func(t *tx) (struct{}, error) {
		t.limitsChanged = true
		delete(t.w.limits, tenant)
		return struct{}{}, t.setLimits(tenant, put, remove)
	})
	return err
}

func (t *tx) setLimits(tenant string, put []usage.Limit, remove []string) error {
	if _, err := t.exec(`DELETE FROM limits WHERE tenant = ? AND approval <> '' AND extra_until <= ?`, tenant, nanos(t.now)); err != nil {
		return err
	}
	for _, key := range remove {
		if _, err := t.exec(`DELETE FROM limits WHERE tenant = ? AND key = ?`, tenant, key); err != nil {
			return err
		}
	}
	for _, l := range put {
		_, err := t.exec(`INSERT OR REPLACE INTO limits (tenant, key, scope, id, window, amount, at_limit, extra, extra_until, approval, reason)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, tenant, l.Key(), string(l.Scope), l.ID, string(l.Window),
			int64(l.Amount), string(l.Then), int64(l.Extra), nanos(l.ExtraUntil), l.Approval, l.Reason)
		if err != nil {
			return err
		}
	}
	return nil
}

// Limits implements usage.Limiter.
func (s *Store) Limits(ctx context.Context, tenant string) ([]usage.Limit, error) {
	rows, err := s.query(ctx, selectLimits, tenant)
	out, err := collect(rows, err, scanLimit)
	if err != nil {
		return nil, s.failed("limits", err)
	}
	now := s.clock.Now()
	return slices.DeleteFunc(out, func(l usage.Limit) bool { return l.Ended(now) }), nil
}

// limitsOf gives a workspace's limits inside a transaction. They are kept
// between batches: only this writer changes them, and whoever does so inside a
// batch drops what is kept.
func (t *tx) limitsOf(tenant string) (usage.LimitSet, error) {
	if set, ok := t.w.limits[tenant]; ok {
		return set, nil
	}
	rows, err := t.query(selectLimits, tenant)
	all, err := collect(rows, err, scanLimit)
	if err != nil {
		return usage.LimitSet{}, err
	}
	t.w.limits[tenant] = usage.NewLimitSet(all)
	return t.w.limits[tenant], nil
}

// levels says where scopes stand, in the order scopes × windows; with limited
// set only where a limit applies.
func (t *tx) levels(tenant string, scopes []usage.Scope, places []place, limited bool) ([]usage.Level, error) {
	set, err := t.limitsOf(tenant)
	if err != nil {
		return nil, err
	}
	return levels(set, t.now, scopes, places, limited, func(k usage.WindowKind, window, scope string) (counter, error) {
		c, err := t.counter(counterKey{tenant, k, window, scope})
		if err != nil {
			return counter{}, err
		}
		return *c, nil
	})
}

func levels(set usage.LimitSet, now time.Time, scopes []usage.Scope, places []place, limited bool,
	stand func(k usage.WindowKind, window, scope string) (counter, error)) ([]usage.Level, error) {
	var out []usage.Level
	for _, sc := range scopes {
		for _, p := range places {
			limit, ok := set.Of(sc, p.Kind, now)
			if limited && !ok {
				continue
			}
			c, err := stand(p.Kind, p.ID, sc.Key())
			if err != nil {
				return nil, err
			}
			l := usage.Level{
				Scope: sc, Window: p.Kind, ID: p.ID, Ends: instant(p.Ends),
				Settled: money.Nano(c.settled), Held: money.Nano(c.held),
			}
			out = append(out, l.Under(limit, ok))
		}
	}
	return out, nil
}

// places chooses windows by the store's clock.
func (t *tx) places(windows []usage.Window) []place { return placesAt(windows, t.now) }

func placesAt(windows []usage.Window, now time.Time) []place {
	out := make([]place, 0, len(windows))
	for _, w := range windows {
		p := place{Kind: w.Kind, ID: w.At(now)}
		if now.Before(w.Boundary) {
			p.Ends = nanos(w.Boundary)
		}
		out = append(out, p)
	}
	return out
}

// booked gives the window ids in the form an entry keeps them.
func booked(places []place) usage.Booked {
	var b usage.Booked
	for _, p := range places {
		switch p.Kind {
		case usage.Day:
			b.Day = p.ID
		case usage.Week:
			b.Week = p.ID
		case usage.Month:
			b.Month = p.ID
		}
	}
	return b
}

// placesOf is the inverse of booked, without the ends.
func placesOf(b usage.Booked) []place {
	var out []place
	for _, k := range usage.WindowKinds() {
		if id := b.Of(k); id != "" {
			out = append(out, place{Kind: k, ID: id})
		}
	}
	return out
}

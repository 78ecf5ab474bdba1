package sqlite

import (
	"context"
	"time"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/usage"
)

// limitSet are the limits of a workspace by their keys.
type limitSet map[string]usage.Limit

// of finds the limit that applies to a scope in a kind of window: its own, else
// that of the first template that has one.
func (set limitSet) of(sc usage.Scope, k usage.WindowKind) (usage.Limit, bool) {
	if l, ok := set[usage.Limit{Scope: sc.Kind, ID: sc.ID, Window: k}.Key()]; ok {
		return l, true
	}
	for _, id := range sc.Templates {
		if l, ok := set[usage.Limit{Scope: sc.Kind, ID: id, Window: k}.Key()]; ok {
			return l, true
		}
	}
	return usage.Limit{}, false
}

const selectLimits = `SELECT key, scope, id, window, amount, at_limit, extra, extra_until FROM limits WHERE tenant = ? ORDER BY key`

func scanLimit(row scanner, l *usage.Limit) error {
	var key string
	var until int64
	err := row.Scan(&key, &l.Scope, &l.ID, &l.Window, &l.Amount, &l.Then, &l.Extra, &until)
	l.ExtraUntil = instant(until)
	return err
}

// SetLimits implements usage.Limiter.
func (s *Store) SetLimits(ctx context.Context, tenant string, put []usage.Limit, remove []string) error {
	_, err := write(ctx, s, "set limits", func(t *tx) (struct{}, error) {
		t.limitsChanged = true
		delete(t.w.limits, tenant)
		return struct{}{}, t.setLimits(tenant, put, remove)
	})
	return err
}

func (t *tx) setLimits(tenant string, put []usage.Limit, remove []string) error {
	for _, key := range remove {
		if _, err := t.exec(`DELETE FROM limits WHERE tenant = ? AND key = ?`, tenant, key); err != nil {
			return err
		}
	}
	for _, l := range put {
		_, err := t.exec(`INSERT OR REPLACE INTO limits (tenant, key, scope, id, window, amount, at_limit, extra, extra_until)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, tenant, l.Key(), string(l.Scope), l.ID, string(l.Window),
			int64(l.Amount), string(l.Then), int64(l.Extra), nanos(l.ExtraUntil))
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
	return out, nil
}

// limitsOf gives a workspace's limits inside a transaction. They are kept
// between batches: only this writer changes them, and whoever does so inside a
// batch drops what is kept.
func (t *tx) limitsOf(tenant string) (limitSet, error) {
	if set, ok := t.w.limits[tenant]; ok {
		return set, nil
	}
	rows, err := t.query(selectLimits, tenant)
	set, err := index(collect(rows, err, scanLimit))
	if err != nil {
		return nil, err
	}
	t.w.limits[tenant] = set
	return set, nil
}

func index(limits []usage.Limit, err error) (limitSet, error) {
	set := make(limitSet, len(limits))
	for _, l := range limits {
		set[l.Key()] = l
	}
	return set, err
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

func levels(set limitSet, now time.Time, scopes []usage.Scope, places []place, limited bool,
	stand func(k usage.WindowKind, window, scope string) (counter, error)) ([]usage.Level, error) {
	var out []usage.Level
	for _, sc := range scopes {
		for _, p := range places {
			limit, ok := set.of(sc, p.Kind)
			if limited && !ok {
				continue
			}
			c, err := stand(p.Kind, p.ID, sc.Key())
			if err != nil {
				return nil, err
			}
			l := usage.Level{
				Scope: sc, Window: p.Kind, ID: p.ID, Ends: instant(p.Ends),
				Settled: money.Nano(c.settled), Held: money.Nano(c.held), Limited: ok,
			}
			if ok {
				l.Limit, l.Then = limit.At(now), limit.Then
			}
			out = append(out, l)
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

package sqlite

import (
	"context"
	"time"
)

// Mark implements storetest.Once.
func (s *Store) Mark(ctx context.Context, tenant, key string, ttl time.Duration) (bool, error) {
	return write(ctx, s, "mark", func(t *tx) (bool, error) {
		return changed(t.exec(`INSERT INTO marks (tenant, key, expires) VALUES (?, ?, ?)
			ON CONFLICT DO UPDATE SET expires = excluded.expires WHERE expires <= ?`,
			tenant, key, nanos(t.now.Add(ttl)), nanos(t.now)))
	})
}

// Lease implements storetest.Once.
func (s *Store) Lease(ctx context.Context, name, holder string, ttl time.Duration) (bool, error) {
	return write(ctx, s, "lease", func(t *tx) (bool, error) {
		if ttl <= 0 {
			_, err := t.exec(`DELETE FROM leases WHERE name = ? AND (holder = ? OR until <= ?)`, name, holder, nanos(t.now))
			return false, err
		}
		return changed(t.exec(`INSERT INTO leases (name, holder, until) VALUES (?, ?, ?)
			ON CONFLICT DO UPDATE SET holder = excluded.holder, until = excluded.until WHERE holder = excluded.holder OR until <= ?`,
			name, holder, nanos(t.now.Add(ttl)), nanos(t.now)))
	})
}

// allowance is the answer to Take.
type allowance struct {
	ok, told bool
	reset    time.Time
}

// Take implements storetest.Once.
func (s *Store) Take(ctx context.Context, tenant, key, id string, limit int, window time.Duration) (ok, told bool, reset time.Time, err error) {
	r, err := write(ctx, s, "take", func(t *tx) (allowance, error) { return t.take(tenant, key, id, limit, window) })
	return r.ok, r.told, r.reset, err
}

func (t *tx) take(tenant, key, id string, limit int, window time.Duration) (allowance, error) {
	ends, refused, told, err := t.rate(tenant, key, window)
	if err != nil {
		return allowance{}, err
	}
	var counted int
	var here bool
	err = t.row(`SELECT count(*), coalesce(max(id = ?), 0) FROM rate_ids WHERE tenant = ? AND key = ?`, id, tenant, key).Scan(&counted, &here)
	switch {
	case err != nil || here:
		return allowance{ok: true, reset: instant(ends)}, err
	case counted < limit:
		_, err := t.exec(`INSERT INTO rate_ids (tenant, key, id) VALUES (?, ?, ?)`, tenant, key, id)
		return allowance{ok: true, reset: instant(ends)}, err
	case !refused:
		_, err := t.exec(`UPDATE rates SET refused = 1, told = ? WHERE tenant = ? AND key = ?`, id, tenant, key)
		return allowance{told: true, reset: instant(ends)}, err
	}
	return allowance{told: told == id, reset: instant(ends)}, nil
}

// rate gives the window that runs now, a new one when none does.
func (t *tx) rate(tenant, key string, window time.Duration) (ends int64, refused bool, told string, err error) {
	err = t.row(`SELECT ends, refused, told FROM rates WHERE tenant = ? AND key = ? AND ends > ?`, tenant, key, nanos(t.now)).
		Scan(&ends, &refused, &told)
	if !none(err) {
		return ends, refused, told, err
	}
	if _, err := t.exec(`DELETE FROM rates WHERE tenant = ? AND key = ?`, tenant, key); err != nil { // and its ids
		return 0, false, "", err
	}
	ends = nanos(t.now.Add(window))
	_, err = t.exec(`INSERT INTO rates (tenant, key, ends) VALUES (?, ?, ?)`, tenant, key, ends)
	return ends, false, "", err
}

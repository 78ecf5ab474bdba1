package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/tierwise/tierwise/usage"
)

// scanner is a row.
type scanner interface{ Scan(dest ...any) error }

// failedRow is the row of a query that could not be made.
type failedRow struct{ err error }

func (f failedRow) Scan(...any) error { return f.err }

// none reports whether an error means that there was no row.
func none(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// rowset is the rows of a query, *sql.Rows or *cursor.
type rowset interface {
	scanner
	Next() bool
	Err() error
	Close() error
}

// collect reads all rows and closes them.
func collect[T any](rows rowset, err error, scan func(scanner, *T) error) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err below has what matters
	var out []T
	for rows.Next() {
		var v T
		if err := scan(rows, &v); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// nanos and instant are how instants are stored; 0 is the zero time.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func instant(ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, ns).UTC()
}

// Levels implements usage.Reader.
func (s *Store) Levels(ctx context.Context, tenant string, scopes []usage.Scope, windows []usage.Window) ([]usage.Level, error) {
	rows, err := s.query(ctx, selectLimits, tenant)
	all, err := collect(rows, err, scanLimit)
	if err != nil {
		return nil, s.failed("levels", err)
	}
	now := s.clock.Now()
	out, err := levels(usage.NewLimitSet(all), now, scopes, placesAt(windows, now), false, func(k usage.WindowKind, window, scope string) (c counter, err error) {
		err = s.row(ctx, `SELECT settled, held FROM counters WHERE tenant = ? AND kind = ? AND window = ? AND scope = ?`,
			tenant, string(k), window, scope).Scan(&c.settled, &c.held)
		if none(err) {
			err = nil
		}
		return c, err
	})
	if err != nil {
		return nil, s.failed("levels", err)
	}
	return out, nil
}

// cellColumns are the numbers of a rollup row. What a report of a thousand rows
// costs is taking columns out of the driver one by one, so those that are
// nearly always all zero come as one, NULL when they are.
const cellColumns = `cost, entries, answers, "in", out,
	CASE WHEN failed OR estimated OR unpriced OR uncertain OR over OR over_by
		THEN json_array(failed, estimated, unpriced, uncertain, over, over_by) END`

// scanCell reads cellColumns, and what stands before them into dest.
func scanCell(row scanner, dest ...any) (usage.Cell, error) {
	var v [11]int64
	var seldom []byte
	err := row.Scan(append(dest, &v[0], &v[1], &v[2], &v[3], &v[4], &seldom)...)
	if err == nil && seldom != nil {
		var rest []int64
		err = json.Unmarshal(seldom, &rest)
		copy(v[5:], rest)
	}
	return usage.CellFrom(v[:]), err
}

// Rollup implements usage.Reader. All dimensions come from one snapshot.
func (s *Store) Rollup(ctx context.Context, tenant string, k usage.WindowKind, id string, dims ...usage.Dim) (map[usage.Key]usage.Cell, error) {
	wanted, err := json.Marshal(dims)
	if err != nil {
		return nil, s.failed("rollup", err)
	}
	out := map[usage.Key]usage.Cell{}
	rows, err := s.query(ctx, `SELECT dim, value, `+cellColumns+`
		FROM rollups WHERE tenant = ? AND kind = ? AND window = ? AND dim IN (SELECT value FROM json_each(?))`,
		tenant, string(k), id, string(wanted))
	_, err = collect(rows, err, func(row scanner, key *usage.Key) error {
		cell, err := scanCell(row, &key.Dim, &key.Value)
		out[*key] = cell
		return err
	})
	if err != nil {
		return nil, s.failed("rollup", err)
	}
	return out, nil
}

// Row implements usage.RowReader. All windows come from one snapshot.
func (s *Store) Row(ctx context.Context, tenant string, k usage.WindowKind, ids []string, key usage.Key) ([]usage.Cell, error) {
	wanted, err := json.Marshal(ids)
	if err != nil {
		return nil, s.failed("row", err)
	}
	out := make([]usage.Cell, len(ids))
	rows, err := s.query(ctx, `SELECT j.key, `+cellColumns+`
		FROM json_each(?) j CROSS JOIN rollups r ON r.tenant = ? AND r.kind = ? AND r.window = j.value AND r.dim = ? AND r.value = ?`,
		string(wanted), tenant, string(k), string(key.Dim), key.Value)
	_, err = collect(rows, err, func(row scanner, i *int) error {
		cell, err := scanCell(row, i)
		out[*i] = cell
		return err
	})
	if err != nil {
		return nil, s.failed("row", err)
	}
	return out, nil
}

// Entries implements usage.Reader. The cursor is the number of the last row.
func (s *Store) Entries(ctx context.Context, tenant, month, cursor string, max int) ([]usage.Entry, string, error) {
	after := int64(0)
	if cursor != "" {
		n, err := strconv.ParseInt(cursor, 10, 64)
		if err != nil {
			return nil, "", s.failed("entries", fmt.Errorf("cursor %q is not ours", cursor))
		}
		after = n
	}
	last, more := after, false
	rows, err := s.query(ctx, `SELECT seq, body FROM entries WHERE tenant = ? AND month = ? AND seq > ? AND dropped = 0 ORDER BY seq LIMIT ?`,
		tenant, month, after, max+1) // one more, to know whether this is the end
	n := 0
	out, err := collect(rows, err, func(row scanner, e *usage.Entry) error {
		var seq int64
		var body []byte
		if err := row.Scan(&seq, &body); err != nil {
			return err
		}
		if n++; n > max {
			more = true
			return nil
		}
		last = seq
		return json.Unmarshal(body, e)
	})
	if err != nil {
		return nil, "", s.failed("entries", err)
	}
	if !more {
		return out, "", nil
	}
	return out[:max], strconv.FormatInt(last, 10), nil
}

// Months implements usage.Reader.
func (s *Store) Months(ctx context.Context, tenant string) ([]string, error) {
	out, err := s.leap(ctx, `SELECT month FROM entries WHERE tenant = ?2 AND month > ?1 AND dropped = 0 ORDER BY month LIMIT 1`, tenant)
	if err != nil {
		return nil, s.failed("months", err)
	}
	return out, nil
}

// Tenants implements usage.Reader.
func (s *Store) Tenants(ctx context.Context) ([]string, error) {
	var all []string
	for _, next := range []string{
		`SELECT tenant FROM entries WHERE tenant > ?1 AND dropped = 0 AND ?2 ORDER BY tenant LIMIT 1`,
		`SELECT tenant FROM limits WHERE tenant > ?1 AND ?2 ORDER BY tenant LIMIT 1`,
		`SELECT tenant FROM records WHERE tenant > ?1 AND (expires = 0 OR expires > ?2) ORDER BY tenant LIMIT 1`,
	} {
		some, err := s.leap(ctx, next, nanos(s.clock.Now()))
		if err != nil {
			return nil, s.failed("tenants", err)
		}
		all = append(all, some...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// leap lists distinct values by jumping from one to the next in an index, so
// that the cost is in the number of values and not of rows.
func (s *Store) leap(ctx context.Context, next string, arg any) ([]string, error) {
	var out []string
	at := ""
	for {
		err := s.row(ctx, next, at, arg).Scan(&at)
		if none(err) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		out = append(out, at)
	}
}

// OpenHolds implements usage.Reader. Holds come in the order of their ids.
func (s *Store) OpenHolds(ctx context.Context, tenant string) ([]usage.OpenHold, error) {
	rows, err := s.query(ctx, `SELECT id, since, expires, scopes, windows, (SELECT coalesce(sum(amount), 0) FROM hold_steps p
			WHERE p.tenant = h.tenant AND p.hold = h.id AND p.state IN (0, 1))
		FROM holds h INDEXED BY holds_open WHERE tenant = ? AND closed = 0 ORDER BY id`, tenant)
	out, err := collect(rows, err, func(row scanner, h *usage.OpenHold) error {
		var since, expires int64
		var scopes, windows []byte
		if err := row.Scan(&h.Hold, &since, &expires, &scopes, &windows, &h.Held); err != nil {
			return err
		}
		h.Since, h.Expires = instant(since), instant(expires)
		var places []place
		if err := json.Unmarshal(windows, &places); err != nil {
			return err
		}
		h.Windows = booked(places)
		return json.Unmarshal(scopes, &h.Scopes)
	})
	if err != nil {
		return nil, s.failed("open holds", err)
	}
	return out, nil
}

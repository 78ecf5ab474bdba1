package sqlite

import (
	"context"
	"math"
	"time"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/usage"
)

// Rebuild implements usage.Keeper. It runs in a transaction of its own.
func (s *Store) Rebuild(ctx context.Context, tenant string, k usage.WindowKind, id string, rows map[usage.Key]usage.Cell, settled map[string]money.Nano) error {
	_, err := submit(ctx, s, "rebuild", func(t *tx) (struct{}, error) {
		clear(t.w.counters) // it writes past them
		return struct{}{}, t.rebuild(tenant, k, id, rows, settled)
	}, true)
	return err
}

func (t *tx) rebuild(tenant string, k usage.WindowKind, id string, rows map[usage.Key]usage.Cell, settled map[string]money.Nano) error {
	for _, q := range []string{
		`DELETE FROM rollups WHERE tenant = ? AND kind = ? AND window = ?`,
		`UPDATE counters SET settled = 0 WHERE tenant = ? AND kind = ? AND window = ?`,
		`DELETE FROM counters WHERE tenant = ? AND kind = ? AND window = ? AND held = 0`,
	} {
		if _, err := t.exec(q, tenant, string(k), id); err != nil {
			return err
		}
	}
	for row, cell := range rows {
		if err := t.addCell(cellKey{tenant, k, id, row}, cell); err != nil {
			return err
		}
	}
	for scope, sum := range settled {
		_, err := t.exec(`INSERT INTO counters (tenant, kind, window, scope, settled) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET settled = excluded.settled`, tenant, string(k), id, scope, int64(sum))
		if err != nil {
			return err
		}
	}
	return nil
}

// dropStep is how many rows one transaction of Drop removes.
const dropStep = 1000

// Drop implements usage.Keeper. What remains of a row is what a late
// repetition or correction needs to be recognised: no scope, model or person.
// It goes in steps, oldest first, so that it never holds up the writer; after a
// failure it is simply called again.
func (s *Store) Drop(ctx context.Context, tenant, month, last string) error {
	through := int64(math.MaxInt64)
	if last != "" {
		err := s.row(ctx, `SELECT seq FROM entries WHERE tenant = ? AND id = ? AND month = ? AND dropped = 0`, tenant, last, month).Scan(&through)
		if none(err) {
			return nil
		}
		if err != nil {
			return s.failed("drop", err)
		}
	}
	for {
		more, err := write(ctx, s, "drop", func(t *tx) (bool, error) {
			return changed(t.exec(`UPDATE entries SET dropped = 1, body = json_object('id', id, 'tenant', tenant,
					'at', body ->> 'at', 'status', body ->> 'status', 'source', body ->> 'source',
					'cost', cost, 'tokens', json(body -> 'tokens'), 'windows', json(body -> 'windows'))
				WHERE seq IN (SELECT seq FROM entries WHERE tenant = ? AND month = ? AND seq <= ? AND dropped = 0 ORDER BY seq LIMIT ?)`,
				tenant, month, through, dropStep))
		})
		if err != nil || !more {
			return err
		}
	}
}

// purgeStep is how many old rows of each kind go in one transaction: little
// enough that no caller notices.
const (
	purgeStep  = 500
	purgeEvery = time.Second
	purgeSoon  = purgeEvery / 20 // while there is a backlog
)

// purge removes some of what has expired. It follows on the commits of callers,
// so that a store nobody calls stays silent. What cannot be removed now (the
// disk may be full) can be removed later: nobody sees expired rows.
func (w *writer) purge() {
	if time.Now().Before(w.purgeAt) {
		return
	}
	w.purgeAt = time.Now().Add(purgeEvery)
	w.trim()
	backlog := false
	op := &operation{run: func(t *tx) (err error) {
		backlog, err = t.purge()
		return err
	}}
	if w.commit([]*operation{op}) == nil && backlog {
		w.purgeAt = time.Now().Add(purgeSoon)
	}
}

func (t *tx) purge() (backlog bool, err error) {
	for _, query := range []string{
		`DELETE FROM seen WHERE (tenant, mark) IN (SELECT tenant, mark FROM seen WHERE expires <= ? LIMIT ?)`,
		`DELETE FROM past_posts WHERE (tenant, post) IN (SELECT tenant, post FROM past_posts WHERE expires <= ? LIMIT ?)`,
		`DELETE FROM marks WHERE (tenant, key) IN (SELECT tenant, key FROM marks WHERE expires <= ? LIMIT ?)`,
		`DELETE FROM rates WHERE (tenant, key) IN (SELECT tenant, key FROM rates WHERE ends <= ? LIMIT ?)`,
		`DELETE FROM records WHERE rowid IN (SELECT rowid FROM records WHERE expires > 0 AND expires <= ? LIMIT ?)`,
		`DELETE FROM holds WHERE (tenant, id) IN (SELECT tenant, id FROM holds WHERE closed > 0 AND expires <= ? LIMIT ?)`,
	} {
		n, err := t.exec(query, nanos(t.now), purgeStep)
		if err != nil {
			return false, err
		}
		backlog = backlog || n == purgeStep
	}
	return backlog, nil
}

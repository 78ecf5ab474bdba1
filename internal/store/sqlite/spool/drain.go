package spool

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/usage"
)

// Into takes what was kept. It is given things again after a crash, so it must
// know repetitions, as a store does.
type Into struct {
	// Job stores an accepted job. done false, without an error, means that the
	// store will never take it: it is kept, and the next one is tried.
	Job func(ctx context.Context, j job.Job) (done bool, err error)
	// Settle books a settlement, likewise.
	Settle func(ctx context.Context, s usage.Settlement) (done bool, err error)
}

// item is a kept entry as read back.
type item struct {
	row     int64
	kind    string
	payload []byte
}

// Drain hands everything kept to the store, settlements before jobs and each in
// the order they came, some at a time: settlements end jobs and free money, on
// which the jobs may wait. It stops at the first error and returns it; what was
// handed over is forgotten, the rest stays. done counts what was handed over,
// stuck what the store refuses and what cannot be read.
func (s *Spool) Drain(ctx context.Context, into Into) (done, stuck int, err error) {
	s.drain.Lock()
	defer s.drain.Unlock()
	// A file that cannot be taken over keeps nothing else waiting.
	adopted := s.adopt(ctx)
	for _, kind := range []string{kindSettle, kindJob} {
		for after, more := int64(0), true; more; {
			d, st, last, e := s.batch(ctx, kind, after, into)
			done, stuck, after, more = done+d, stuck+st, last, last > after
			if e != nil {
				return done, stuck, e
			}
		}
	}
	return done, stuck, adopted
}

// batch hands over some entries of a kind after a row, and returns the last row
// it looked at.
func (s *Spool) batch(ctx context.Context, kind string, after int64, into Into) (done, stuck int, last int64, err error) {
	items, err := s.read(ctx, kind, after)
	if err != nil {
		return 0, 0, after, err
	}
	var over []int64
	last = after
	for _, it := range items {
		ok, e := s.hand(ctx, it, into)
		if e != nil {
			err = e
			break
		}
		last = it.row
		if ok {
			over = append(over, it.row)
		} else {
			stuck++
		}
	}
	// Forgotten also when a later one failed: the store has them.
	return len(over), stuck, last, errors.Join(err, s.forget(context.WithoutCancel(ctx), kind, over))
}

func (s *Spool) read(ctx context.Context, kind string, after int64) ([]item, error) {
	select {
	case <-s.quit:
		return nil, ErrClosed
	default:
	}
	rows, err := s.db.QueryContext(ctx, `SELECT rowid, kind, payload FROM spool WHERE rowid > ? AND kind = ? ORDER BY rowid LIMIT ?`, after, kind, most)
	if err != nil {
		return nil, fmt.Errorf("spool: drain: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []item
	for rows.Next() {
		var it item
		if err := rows.Scan(&it.row, &it.kind, &it.payload); err != nil {
			return nil, fmt.Errorf("spool: drain: %w", err)
		}
		out = append(out, it)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("spool: drain: %w", err)
	}
	return out, nil
}

func (s *Spool) hand(ctx context.Context, it item, into Into) (bool, error) {
	select {
	case <-s.quit:
		return false, ErrClosed
	default:
	}
	if it.kind == kindJob {
		var j job.Job
		if json.Unmarshal(it.payload, &j) != nil {
			return false, nil // written by a newer release; kept for it
		}
		return into.Job(ctx, j)
	}
	var st usage.Settlement
	if json.Unmarshal(it.payload, &st) != nil {
		return false, nil
	}
	return into.Settle(ctx, st)
}

// forget removes rows of one kind.
func (s *Spool) forget(ctx context.Context, kind string, rows []int64) error {
	if len(rows) == 0 {
		return nil
	}
	var oldest sql.NullInt64
	err := s.change(ctx, func(tx *sql.Tx) error {
		for _, r := range rows {
			if _, err := tx.Exec(`DELETE FROM spool WHERE rowid = ?`, r); err != nil {
				return err
			}
		}
		err := tx.QueryRow(`SELECT at FROM spool ORDER BY rowid LIMIT 1`).Scan(&oldest)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("spool: forget: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[kind] -= len(rows)
	s.oldest = time.Time{}
	if oldest.Valid {
		s.oldest = time.Unix(0, oldest.Int64).UTC()
	}
	return nil
}

// adopt takes over what instances that are gone have left in the directory. A
// crash half-way leaves entries in both files, which are then handed over
// twice.
func (s *Spool) adopt(ctx context.Context) error {
	found, err := filepath.Glob(filepath.Join(s.dir, prefix+"*"+suffix))
	if err != nil {
		return fmt.Errorf("spool: adopt: %w", err)
	}
	moved := false
	var errs []error
	for _, path := range found {
		if path == s.path {
			continue
		}
		lock, err := take(path)
		if errors.Is(err, ErrInUse) {
			continue
		}
		if err == nil {
			err = errors.Join(s.move(ctx, path), lock.Unlock())
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("spool: adopt %s: %w", filepath.Base(path), err))
			continue
		}
		moved = true
	}
	if moved {
		errs = append(errs, s.count(ctx))
	}
	return errors.Join(errs...)
}

// move copies a file whose lock is held into this one and removes it.
func (s *Spool) move(ctx context.Context, path string) error {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return remove(path) // somebody else has just done it
	}
	from, err := open(ctx, path, false)
	if err != nil {
		return err
	}
	if err := s.copyFrom(ctx, from); err != nil {
		return errors.Join(err, from.Close())
	}
	if err := from.Close(); err != nil {
		return err
	}
	return remove(path)
}

func (s *Spool) copyFrom(ctx context.Context, from *sql.DB) error {
	rows, err := from.QueryContext(ctx, `SELECT id, kind, payload, at FROM spool ORDER BY rowid`)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	return s.change(ctx, func(tx *sql.Tx) error {
		for rows.Next() {
			var id, kind string
			var payload []byte
			var at int64
			if err := rows.Scan(&id, &kind, &payload, &at); err != nil {
				return err
			}
			if _, err := tx.Exec(insert, id, kind, payload, at); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

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

// Outcome is what became of something that was handed over without an error.
type Outcome int

// The outcomes.
const (
	// Refused: the store will not take it now. It is kept, and the next is tried.
	Refused Outcome = iota
	// Done: the store has it, and it is forgotten here.
	Done
	// Unconfirmed: the store has it and does not confirm it yet. It is kept, and
	// offered again by a later Drain; it holds up nothing but other unconfirmed.
	Unconfirmed
)

// Into takes what was kept. It is given things again after a crash, so it must
// know repetitions, as a store does.
type Into struct {
	// Job stores a job that was accepted at the given instant.
	Job func(ctx context.Context, j job.Job, accepted time.Time) (Outcome, error)
	// Settle books a settlement.
	Settle func(ctx context.Context, s usage.Settlement) (Outcome, error)
}

// item is a kept entry as read back.
type item struct {
	row     int64
	kind    string
	payload []byte
	at      int64
}

// Drain hands everything kept to the store, settlements before jobs and each in
// the order they came, some at a time: settlements end jobs and free money, on
// which the jobs may wait. What the store had done already comes last. It stops
// at the first error and returns it; what was handed over is forgotten, the rest
// stays. done counts what was handed over, stuck what the store refuses and what
// cannot be read.
func (s *Spool) Drain(ctx context.Context, into Into) (done, stuck int, err error) {
	s.drain.Lock()
	defer s.drain.Unlock()
	// A file that cannot be taken over keeps nothing else waiting.
	adopted := s.adopt(ctx)
	for _, kind := range []string{kindSettle, kindJob, kindSettleDone, kindJobDone} {
		for after, more := int64(0), true; more; {
			b := batch{kind: kind, last: after}
			e := s.hand(ctx, &b, into)
			done, stuck = done+len(b.done), stuck+b.refused
			if e != nil {
				return done, stuck, e
			}
			after, more = b.last, b.last > after && !b.later
		}
	}
	return done, stuck, adopted
}

// batch is some entries of a kind after a row, and what became of them.
type batch struct {
	kind    string
	last    int64   // the last row that was looked at
	done    []int64 // rows to forget
	waiting []int64 // rows that the store has done and not confirmed
	refused int
	later   bool // the store confirms nothing now
}

// hand hands a batch over and keeps account of it.
func (s *Spool) hand(ctx context.Context, b *batch, into Into) error {
	items, err := s.read(ctx, b.kind, b.last)
	if err != nil {
		return err
	}
	for _, it := range items {
		var what Outcome
		if what, err = s.handOne(ctx, it, into); err != nil {
			break
		}
		b.last = it.row
		switch {
		case what == Done:
			b.done = append(b.done, it.row)
		case what == Refused:
			b.refused++
		case unconfirmed[b.kind] == "":
			b.later = true
		default:
			b.waiting = append(b.waiting, it.row)
		}
		if b.later {
			break
		}
	}
	// Noted also when a later one failed: the store has them.
	return errors.Join(err, s.note(context.WithoutCancel(ctx), b))
}

func (s *Spool) read(ctx context.Context, kind string, after int64) ([]item, error) {
	select {
	case <-s.quit:
		return nil, ErrClosed
	default:
	}
	rows, err := s.db.QueryContext(ctx, `SELECT rowid, kind, payload, at FROM spool WHERE rowid > ? AND kind = ? ORDER BY rowid LIMIT ?`, after, kind, most)
	if err != nil {
		return nil, fmt.Errorf("spool: drain: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []item
	for rows.Next() {
		var it item
		if err := rows.Scan(&it.row, &it.kind, &it.payload, &it.at); err != nil {
			return nil, fmt.Errorf("spool: drain: %w", err)
		}
		out = append(out, it)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("spool: drain: %w", err)
	}
	return out, nil
}

func (s *Spool) handOne(ctx context.Context, it item, into Into) (Outcome, error) {
	select {
	case <-s.quit:
		return Refused, ErrClosed
	default:
	}
	if it.kind == kindJob || it.kind == kindJobDone {
		var j job.Job
		if json.Unmarshal(it.payload, &j) != nil {
			return Refused, nil // written by a newer release; kept for it
		}
		return into.Job(ctx, j, time.Unix(0, it.at).UTC())
	}
	var st usage.Settlement
	if json.Unmarshal(it.payload, &st) != nil {
		return Refused, nil
	}
	return into.Settle(ctx, st)
}

// note forgets what is done and marks what is to be confirmed.
func (s *Spool) note(ctx context.Context, b *batch) error {
	if len(b.done)+len(b.waiting) == 0 {
		return nil
	}
	var oldest sql.NullInt64
	err := s.change(ctx, func(tx *sql.Tx) error {
		for _, r := range b.done {
			if _, err := tx.Exec(`DELETE FROM spool WHERE rowid = ?`, r); err != nil {
				return err
			}
		}
		for _, r := range b.waiting {
			if _, err := tx.Exec(`UPDATE spool SET kind = ? WHERE rowid = ?`, unconfirmed[b.kind], r); err != nil {
				return err
			}
		}
		return tx.QueryRow(`SELECT min(at) FROM spool`).Scan(&oldest)
	})
	if err != nil {
		return fmt.Errorf("spool: note: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[b.kind] -= len(b.done) + len(b.waiting)
	if len(b.waiting) > 0 {
		s.counts[unconfirmed[b.kind]] += len(b.waiting)
	}
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

package spool

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// most is how many entries share one commit, and how many are handed to the
// store between two of them.
const most = 256

const insert = `INSERT OR IGNORE INTO spool (id, kind, payload, at) VALUES (?, ?, ?, ?)`

// write is the goroutine that keeps entries. While one commit waits for the
// disk the next entries gather, so the cost of a sync is shared.
func (s *Spool) write() {
	defer close(s.done)
	for {
		var first *entry
		select {
		case first = <-s.in:
		case <-s.quit:
			return
		}
		batch := []*entry{first}
		for more := true; more && len(batch) < most; {
			select {
			case e := <-s.in:
				batch = append(batch, e)
			default:
				more = false
			}
		}
		err := s.commit(batch)
		for _, e := range batch {
			e.answer <- err
		}
	}
}

// commit keeps a batch whole or not at all. What it counts is what was new.
func (s *Spool) commit(batch []*entry) error {
	now := s.clock.Now()
	added := map[string]int{}
	err := s.change(context.Background(), func(tx *sql.Tx) error {
		for _, e := range batch {
			r, err := tx.Exec(insert, e.id, e.kind, e.payload, now.UnixNano())
			if err != nil {
				return err
			}
			n, err := r.RowsAffected()
			if err != nil {
				return err
			}
			added[e.kind] += int(n)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("spool: keep: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for kind, n := range added {
		if n > 0 && s.oldest.IsZero() {
			s.oldest = now
		}
		s.counts[kind] += n
	}
	return nil
}

// change runs one transaction.
func (s *Spool) change(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// count reads the sums anew.
func (s *Spool) count(ctx context.Context) error {
	rows, err := s.db.QueryContext(ctx, `SELECT kind, count(*), min(at) FROM spool GROUP BY kind`)
	if err != nil {
		return fmt.Errorf("spool: count: %w", err)
	}
	defer func() { _ = rows.Close() }()
	counts, oldest := map[string]int{}, int64(0)
	for rows.Next() {
		var kind string
		var n int
		var at int64
		if err := rows.Scan(&kind, &n, &at); err != nil {
			return fmt.Errorf("spool: count: %w", err)
		}
		counts[kind] = n
		if oldest == 0 || at < oldest {
			oldest = at
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("spool: count: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts, s.oldest = counts, time.Time{}
	if oldest != 0 {
		s.oldest = time.Unix(0, oldest).UTC()
	}
	return nil
}

package sqlite

import (
	"context"
	"time"

	"github.com/tierwise/tierwise/internal/job"
)

// post appends a post to the outbox.
func (t *tx) post(p job.Outgoing) error {
	t.posts.now = true
	_, err := t.exec(`INSERT INTO outbox (tenant, id, lane, private, body, at) VALUES (?, ?, ?, ?, ?, ?)`,
		p.Tenant, p.ID, p.Lane, p.Private, p.Body, nanos(t.now))
	return err
}

// Posts implements intake.Outbox.
func (s *Store) Posts(ctx context.Context, _ string, max int, lease, wait time.Duration) ([]job.PostTicket, error) {
	return poll(ctx, s, &s.posts, max, wait, func() (found[[]job.PostTicket], error) {
		return write(ctx, s, "posts", func(t *tx) (f found[[]job.PostTicket], err error) {
			f.got, err = t.sendable(max, lease)
			if f.some = len(f.got) > 0; err == nil && !f.some {
				f.next, err = t.earliest(`SELECT coalesce(min(due), 0) FROM outbox o WHERE due > 0` + headOfLane)
			}
			return f, err
		})
	})
}

// headOfLane keeps the first post of each lane; a post without a lane is one of
// its own.
const headOfLane = ` AND (o.lane = '' OR NOT EXISTS (
	SELECT 1 FROM outbox e WHERE e.tenant = o.tenant AND e.lane = o.lane AND e.seq < o.seq))`

func (t *tx) sendable(most int, lease time.Duration) ([]job.PostTicket, error) {
	type row struct {
		seq    int64
		leased bool
		job.PostTicket
	}
	rows, err := t.query(`SELECT seq, tenant, id, lane, private, body, leased, try, sent FROM outbox o
		WHERE due <= ?`+headOfLane+` ORDER BY seq LIMIT ?`, nanos(t.now), most)
	due, err := collect(rows, err, func(s scanner, r *row) error {
		p := &r.Post
		return s.Scan(&r.seq, &p.Tenant, &p.ID, &p.Lane, &p.Private, &p.Body, &r.leased, &r.Try, &r.Sent)
	})
	if err != nil {
		return nil, err
	}
	var out []job.PostTicket
	for _, r := range due {
		r.Try++
		r.Until = t.now.Add(lease)
		r.Sent = r.Sent || r.leased // a try that never came back may have been seen
		_, err := t.exec(`UPDATE outbox SET due = ?, leased = 1, try = ?, sent = ? WHERE seq = ?`, nanos(r.Until), r.Try, r.Sent, r.seq)
		if err != nil {
			return nil, err
		}
		t.posts.later(r.Until)
		out = append(out, r.PostTicket)
	}
	return out, nil
}

// Confirm implements intake.Outbox.
func (s *Store) Confirm(ctx context.Context, k job.PostTicket) error {
	_, err := write(ctx, s, "confirm", func(t *tx) (none struct{}, err error) {
		seq, err := t.sender(k)
		if err != nil || seq == 0 {
			return none, err
		}
		t.posts.now = k.Post.Lane != "" || t.posts.now // the next of the lane may go
		_, err = t.exec(`DELETE FROM outbox WHERE seq = ?`, seq)
		return none, err
	})
	return err
}

// Postpone implements intake.Outbox.
func (s *Store) Postpone(ctx context.Context, k job.PostTicket, after time.Duration, known bool) error {
	_, err := write(ctx, s, "postpone", func(t *tx) (none struct{}, err error) {
		seq, err := t.sender(k)
		if err != nil || seq == 0 {
			return none, err
		}
		t.posts.later(t.now.Add(after))
		_, err = t.exec(`UPDATE outbox SET due = ?, leased = 0, sent = ? WHERE seq = ?`, nanos(t.now.Add(after)), !known, seq)
		return none, err
	})
	return err
}

// sender finds the post a ticket is good for, 0 when it is good for none.
func (t *tx) sender(k job.PostTicket) (seq int64, err error) {
	err = t.row(`SELECT coalesce(min(seq), 0) FROM outbox WHERE tenant = ? AND id = ? AND try = ? AND leased = 1`,
		k.Post.Tenant, k.Post.ID, k.Try).Scan(&seq)
	return seq, err
}

// earliest runs a query for one instant.
func (t *tx) earliest(query string) (time.Time, error) {
	var ns int64
	err := t.row(query).Scan(&ns)
	return instant(ns), err
}

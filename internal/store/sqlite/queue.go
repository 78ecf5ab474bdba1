package sqlite

import (
	"context"
	"encoding/json"
	"time"

	"github.com/tierwise/tierwise/internal/job"
)

// The states of a job. A woken one is parked still, but a place has become
// free where it is parked.
const (
	jobReady = iota
	jobParked
	jobRunning
	jobWaiting
	jobWoken
)

// markLife is how long the mark of an event makes a second one a copy.
const markLife = 25 * time.Hour

// Enqueue implements intake.Queue.
func (s *Store) Enqueue(ctx context.Context, j job.Job) (bool, error) {
	marks, err := json.Marshal(j.Marks)
	if err != nil {
		return false, s.failed("enqueue", err)
	}
	return write(ctx, s, "enqueue", func(t *tx) (bool, error) { return t.enqueue(j, string(marks)) })
}

func (t *tx) enqueue(j job.Job, marks string) (bool, error) {
	copied, err := t.copied(j)
	if err != nil || copied {
		return false, err
	}
	for _, m := range j.Marks {
		if err := t.see(j, m); err != nil {
			return false, err
		}
	}
	j.At = t.now
	_, err = t.insertJob(j, marks)
	return err == nil, err
}

// see sets a mark of the event that became a job.
func (t *tx) see(j job.Job, mark string) error {
	_, err := t.exec(`INSERT OR REPLACE INTO seen (tenant, mark, expires, job) VALUES (?, ?, ?, ?)`, j.Tenant, mark, nanos(t.now.Add(markLife)), j.ID)
	return err
}

// insertJob puts a job at the end of the queue.
func (t *tx) insertJob(j job.Job, marks string) (seq int64, err error) {
	err = t.returning(`INSERT INTO jobs (tenant, id, marks, event, at) VALUES (?, ?, ?, ?, ?) RETURNING seq`,
		j.Tenant, j.ID, marks, j.Event, nanos(j.At)).Scan(&seq)
	if err != nil {
		return 0, err
	}
	for n, l := range j.Lanes {
		_, err := t.exec(`INSERT INTO lanes (job, n, tenant, key, cap) VALUES (?, ?, ?, ?, ?)`, seq, n, j.Tenant, l.Key, l.Cap)
		if err != nil {
			return 0, err
		}
	}
	t.jobs.now = true
	return seq, nil
}

// copied reports whether the job is here or one of its marks still counts.
func (t *tx) copied(j job.Job) (bool, error) {
	var n int
	err := t.row(`SELECT 1 FROM jobs WHERE tenant = ? AND id = ?`, j.Tenant, j.ID).Scan(&n)
	for i := 0; none(err) && i < len(j.Marks); i++ {
		err = t.row(`SELECT 1 FROM seen WHERE tenant = ? AND mark = ? AND expires > ?`, j.Tenant, j.Marks[i], nanos(t.now)).Scan(&n)
	}
	if none(err) {
		return false, nil
	}
	return true, err
}

// work is a stored job on its way to a ticket.
type work struct {
	seq   int64
	state int
	quiet bool // it was told that it waits, or asked to stop
	lanes []lane
	job.Ticket
}

// Claim implements intake.Queue.
func (s *Store) Claim(ctx context.Context, worker string, max int, lease, wait time.Duration) (job.Claimed, error) {
	return poll(ctx, s, &s.jobs, max, wait, func() (found[job.Claimed], error) {
		return write(ctx, s, "claim", func(t *tx) (f found[job.Claimed], err error) {
			f.got, err = t.claim(worker, max, lease)
			if f.some = len(f.got.Given)+len(f.got.Parked) > 0; err == nil && !f.some {
				f.next, err = t.earliest(`SELECT coalesce(min(due), 0) FROM jobs WHERE state IN (2, 3)`)
			}
			return f, err
		})
	})
}

func (t *tx) claim(worker string, max int, lease time.Duration) (out job.Claimed, err error) {
	for len(out.Given) < max {
		w, found, err := t.runnable()
		if err != nil || !found {
			return out, err
		}
		full, err := t.admit(&w)
		if err != nil {
			return out, err
		}
		if full != nil {
			if out.Parked, err = t.waits(out.Parked, w, full.Lane); err != nil {
				return out, err
			}
			continue
		}
		if err := t.give(&w, worker, lease); err != nil {
			return out, err
		}
		out.Given = append(out.Given, w.Ticket)
	}
	return out, nil
}

// runnable finds the job accepted first among those that are new, woken, due
// again, or whose lease has run out.
func (t *tx) runnable() (w work, found bool, err error) {
	now := nanos(t.now)
	err = t.row(`SELECT coalesce(min(seq), 0) FROM (
			SELECT min(seq) AS seq FROM jobs WHERE state = 0 AND due = 0
			UNION ALL SELECT min(seq) FROM jobs WHERE state = 4 AND due = 0
			UNION ALL SELECT min(seq) FROM jobs WHERE state = 2 AND due <= ?
			UNION ALL SELECT min(seq) FROM jobs WHERE state = 3 AND due <= ?)`, now, now).Scan(&w.seq)
	if err != nil || w.seq == 0 {
		return w, false, err
	}
	err = t.loadWork(&w)
	return w, err == nil, err
}

// loadWork reads the job whose seq is set.
func (t *tx) loadWork(w *work) error {
	var marks []byte
	var at int64
	err := t.row(`SELECT tenant, id, marks, event, at, state, delivery, note, cause, told OR stop FROM jobs WHERE seq = ?`, w.seq).
		Scan(&w.Job.Tenant, &w.Job.ID, &marks, &w.Job.Event, &at, &w.state, &w.Delivery, &w.Note, &w.Cause, &w.quiet)
	if err != nil {
		return err
	}
	w.Job.At = instant(at)
	if err := json.Unmarshal(marks, &w.Job.Marks); err != nil {
		return err
	}
	if w.lanes, err = t.lanesOf(w.seq); err != nil {
		return err
	}
	for _, l := range w.lanes {
		w.Job.Lanes = append(w.Job.Lanes, l.Lane)
	}
	return nil
}

// give starts the next delivery. When the worker of the one before died, its
// hold is closed here; after a Return it is closed already.
func (t *tx) give(w *work, worker string, lease time.Duration) error {
	if w.state == jobRunning {
		if _, err := t.closeHold(w.Job.Tenant, w.Hold()); err != nil {
			return err
		}
		w.Cause = ""
	}
	w.Delivery++
	w.Worker, w.Until = worker, t.now.Add(lease)
	t.jobs.later(w.Until)
	_, err := t.exec(`UPDATE jobs SET state = 2, due = ?, delivery = ?, worker = ?, cause = ? WHERE seq = ?`,
		nanos(w.Until), w.Delivery, worker, w.Cause, w.seq)
	return err
}

// holder finds the job that a ticket is good for. A lease that merely ran out
// still counts, until the job is given again.
func (t *tx) holder(k job.Ticket) (seq int64, err error) {
	err = t.row(`SELECT seq FROM jobs WHERE tenant = ? AND id = ? AND delivery = ? AND state = 2`, k.Job.Tenant, k.Job.ID, k.Delivery).Scan(&seq)
	if none(err) {
		return 0, job.ErrLost
	}
	return seq, err
}

// Beat implements intake.Queue.
func (s *Store) Beat(ctx context.Context, k job.Ticket, lease time.Duration, note []byte) (job.Beat, error) {
	return write(ctx, s, "beat", func(t *tx) (b job.Beat, err error) {
		seq, err := t.holder(k)
		if err != nil {
			return b, err
		}
		err = t.returning(`UPDATE jobs SET due = ?, note = coalesce(?, note) WHERE seq = ? RETURNING stop`,
			nanos(t.now.Add(lease)), note, seq).Scan(&b.Stop)
		return b, err
	})
}

// Return implements intake.Queue.
func (s *Store) Return(ctx context.Context, k job.Ticket, after time.Duration, cause string) error {
	_, err := write(ctx, s, "return", func(t *tx) (none struct{}, err error) {
		seq, err := t.holder(k)
		if err != nil {
			return none, err
		}
		if _, err := t.closeHold(k.Job.Tenant, k.Hold()); err != nil {
			return none, err
		}
		t.jobs.later(t.now.Add(after))
		_, err = t.exec(`UPDATE jobs SET state = 3, due = ?, cause = ? WHERE seq = ?`, nanos(t.now.Add(after)), cause, seq)
		return none, err
	})
	return err
}

// Pending implements intake.Queue.
func (s *Store) Pending(ctx context.Context, tenant, jobID string) (is bool, err error) {
	err = s.row(ctx, `SELECT EXISTS (SELECT 1 FROM jobs WHERE tenant = ? AND id = ?)`, tenant, jobID).Scan(&is)
	if err != nil {
		return false, s.failed("pending", err)
	}
	return is, nil
}

// Stop implements intake.Queue.
func (s *Store) Stop(ctx context.Context, tenant, jobID string) error {
	_, err := write(ctx, s, "stop", func(t *tx) (struct{}, error) {
		_, err := t.exec(`UPDATE jobs SET stop = 1 WHERE tenant = ? AND id = ?`, tenant, jobID)
		return struct{}{}, err
	})
	return err
}

// Backlog implements intake.Queue.
func (s *Store) Backlog(ctx context.Context) (job.Backlog, error) {
	var b job.Backlog
	var oldest int64
	err := s.row(ctx, `SELECT count(*) FILTER (WHERE state = 0), count(*) FILTER (WHERE state IN (1, 4)),
		count(*) FILTER (WHERE state = 2), count(*) FILTER (WHERE state = 3),
		(SELECT count(*) FROM outbox), coalesce((SELECT at FROM jobs ORDER BY seq LIMIT 1), 0) FROM jobs`).
		Scan(&b.Ready, &b.Parked, &b.Running, &b.Waiting, &b.Outbox, &oldest)
	if err != nil {
		return job.Backlog{}, s.failed("backlog", err)
	}
	b.Oldest = instant(oldest)
	return b, nil
}

// finish closes a job: its hold, its posts, its records, its lanes. lost says
// that the ticket was worthless and nothing was done.
func (t *tx) finish(f job.Finish) (lost bool, err error) {
	seq, err := t.holder(f.Ticket)
	if err == job.ErrLost {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	tenant := f.Ticket.Job.Tenant
	if err := t.writeRecords(tenant, f.Writes); err != nil {
		return false, err
	}
	if _, err := t.closeHold(tenant, f.Ticket.Hold()); err != nil {
		return false, err
	}
	for _, p := range f.Posts {
		if err := t.addKnown(p, false); err != nil {
			return false, err
		}
	}
	return false, t.remove(seq)
}

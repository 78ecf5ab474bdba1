package sqlite

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/record"
)

// Restore takes in what a process remembers of a job; see job.Past. lost reports
// whether the store lacked any of it. Told again, it changes nothing.
func (s *Store) Restore(ctx context.Context, p job.Past) (lost bool, err error) {
	marks, err := json.Marshal(p.Ticket.Job.Marks)
	if err != nil {
		return false, s.failed("restore", err)
	}
	return write(ctx, s, "restore", func(t *tx) (bool, error) { return t.restore(p, string(marks)) })
}

func (t *tx) restore(p job.Past, marks string) (lost bool, err error) {
	j := p.Ticket.Job
	for _, k := range p.Tries {
		lacking, err := t.tellPost(j.Tenant, k)
		if err != nil {
			return false, err
		}
		lost = lost || lacking
	}
	w, here, err := t.find(j.Tenant, j.ID)
	if err != nil {
		return false, err
	}
	fresh := false
	if p.Ended || len(j.Event) > 0 {
		if fresh, err = t.recognise(p, here); err != nil {
			return false, err
		}
	}
	if p.Ended {
		ended, err := t.endAgain(p, w, here, fresh)
		return lost || ended, err
	}
	if !here && fresh && len(j.Event) > 0 {
		if j.At.IsZero() {
			j.At = t.now
		}
		if w.seq, err = t.insertJob(j, marks); err != nil {
			return false, err
		}
		lost, here = true, true
		if err := t.loadWork(&w); err != nil {
			return false, err
		}
	}
	if here && (p.Ticket.Delivery > w.Delivery || p.Ticket.Delivery == w.Delivery && p.Lease > 0 && w.state != jobRunning) {
		return true, t.carryOn(w, p)
	}
	return lost, nil
}

// find loads a job that is not finished.
func (t *tx) find(tenant, id string) (w work, found bool, err error) {
	err = t.row(`SELECT seq FROM jobs WHERE tenant = ? AND id = ?`, tenant, id).Scan(&w.seq)
	if none(err) {
		return work{}, false, nil
	}
	if err != nil {
		return work{}, false, err
	}
	err = t.loadWork(&w)
	return w, err == nil, err
}

// recognise marks the event and reports whether it was not known. A second
// delivery of it that was accepted meanwhile is this job, unless this one has
// stopped and the other shows something already.
func (t *tx) recognise(p job.Past, here bool) (fresh bool, err error) {
	j := p.Ticket.Job
	fresh = len(j.Marks) > 0
	by := ""
	for _, m := range j.Marks {
		var of string
		err := t.row(`SELECT job FROM seen WHERE tenant = ? AND mark = ? AND expires > ?`, j.Tenant, m, nanos(t.now)).Scan(&of)
		switch {
		case err == nil && by == "":
			by, fresh = of, false
		case err == nil:
			fresh = false
		case !none(err):
			return false, err
		default:
			if err := t.see(j, m); err != nil {
				return false, err
			}
		}
	}
	if here || by == "" || by == j.ID {
		return fresh, nil
	}
	other, found, err := t.find(j.Tenant, by)
	if err != nil || !found || !p.Ended && p.Lease == 0 && (p.Ticket.Delivery == 0 || len(other.Note) > 0) {
		return fresh, err
	}
	return true, t.end(other)
}

// end takes a job out, wherever it is, and closes what it holds.
func (t *tx) end(w work) error {
	if w.state == jobRunning {
		if _, err := t.closeHold(w.Job.Tenant, w.Hold()); err != nil {
			return err
		}
	}
	return t.remove(w.seq)
}

// endAgain ends a job that had ended.
func (t *tx) endAgain(p job.Past, w work, here, fresh bool) (lost bool, err error) {
	if here {
		if err := t.end(w); err != nil {
			return false, err
		}
	}
	tenant := p.Ticket.Job.Tenant
	if _, err := t.closeHold(tenant, p.Ticket.Hold()); err != nil {
		return false, err
	}
	if !here && !fresh {
		return false, nil
	}
	for _, write := range p.Writes {
		if err := t.writeRecords(tenant, []record.Write{write}); err != nil && !errors.Is(err, record.ErrConflict) {
			return false, err
		}
	}
	for _, post := range p.Posts {
		if err := t.addKnown(post, true); err != nil {
			return false, err
		}
	}
	return true, nil
}

// carryOn gives a job the delivery that is remembered, to the worker that runs
// it, else back to the queue. A running job has a place in each of its lanes,
// also where they are full meanwhile.
func (t *tx) carryOn(w work, p job.Past) error {
	if w.state == jobRunning {
		if _, err := t.closeHold(w.Job.Tenant, w.Hold()); err != nil {
			return err
		}
	}
	var note any // of no type, so that none is NULL
	if len(p.Ticket.Note) > 0 {
		note = p.Ticket.Note
	}
	state, due := jobReady, int64(0)
	if p.Lease > 0 {
		state, due = jobRunning, nanos(t.now.Add(p.Lease))
		t.jobs.later(t.now.Add(p.Lease))
		for _, l := range w.lanes {
			if err := t.setLane(w.seq, l.n, laneHeld); err != nil {
				return err
			}
		}
	} else {
		t.jobs.now = true
	}
	_, err := t.exec(`UPDATE jobs SET state = ?, due = ?, delivery = ?, worker = ?, note = coalesce(?, note), cause = '' WHERE seq = ?`,
		state, due, p.Ticket.Delivery, p.Ticket.Worker, note, w.seq)
	return err
}

// tellPost takes in what a sender remembers and reports whether that was lost.
func (t *tx) tellPost(tenant string, k job.PastTry) (lost bool, err error) {
	until := int64(0)
	if k.Lease > 0 {
		until = nanos(t.now.Add(k.Lease))
	}
	var seq int64
	var leased, sent bool
	err = t.row(`SELECT seq, leased, sent FROM outbox WHERE tenant = ? AND id = ?`, tenant, k.Post).Scan(&seq, &leased, &sent)
	here := err == nil
	if err != nil && !none(err) {
		return false, err
	}
	switch {
	case k.Sent, !here:
		_, err := t.exec(`INSERT INTO past_posts (tenant, post, sent, try, until, expires) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET sent = excluded.sent, try = excluded.try, until = excluded.until, expires = excluded.expires
			WHERE NOT past_posts.sent OR excluded.sent`, tenant, k.Post, k.Sent, k.Try, until, nanos(t.now.Add(markLife)))
		if err != nil || !here {
			return false, err
		}
		t.posts.now = true // the next of its lane may go
		_, err = t.exec(`DELETE FROM outbox WHERE seq = ?`, seq)
		return true, err
	case leased, k.Lease == 0 && sent:
		return false, nil
	}
	if k.Lease > 0 {
		t.posts.later(t.now.Add(k.Lease))
	}
	_, err = t.exec(`UPDATE outbox SET sent = 1, try = max(try, ?), leased = ?, due = CASE WHEN ? THEN ? ELSE due END WHERE seq = ?`,
		k.Try, k.Lease > 0, k.Lease > 0, until, seq)
	return true, err
}

// addKnown appends a post of a job that ends, unless it is known to be sent. When
// somebody had it, or again says that the job had ended before, it may have been:
// whoever sends it looks first.
func (t *tx) addKnown(p job.Outgoing, again bool) error {
	var sent bool
	var try int
	var until int64
	err := t.row(`SELECT sent, try, until FROM past_posts WHERE tenant = ? AND post = ? AND expires > ?`, p.Tenant, p.ID, nanos(t.now)).Scan(&sent, &try, &until)
	if err != nil && !none(err) || sent {
		return err
	}
	told := err == nil
	if err := t.post(p); err != nil || !told && !again {
		return err
	}
	busy := until > nanos(t.now)
	if !busy {
		try, until = 0, 0
	} else {
		t.posts.later(instant(until))
	}
	_, err = t.exec(`UPDATE outbox SET sent = 1, leased = ?, try = ?, due = ? WHERE tenant = ? AND id = ?`, busy, try, until, p.Tenant, p.ID)
	return err
}

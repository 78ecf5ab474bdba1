package sqlite

import (
	"github.com/tierwise/tierwise/internal/job"
)

// The states of a lane of a job.
const (
	laneWanted = iota
	laneHeld
	laneParked // the job waits here
)

// lane is one lane of a job.
type lane struct {
	job.Lane
	n     int
	state int
}

func (t *tx) lanesOf(seq int64) ([]lane, error) {
	rows, err := t.query(`SELECT n, key, cap, state FROM lanes WHERE job = ? ORDER BY n`, seq)
	return collect(rows, err, func(row scanner, l *lane) error { return row.Scan(&l.n, &l.Key, &l.Cap, &l.state) })
}

// admit lets a job take its lanes, or parks it at the first full one and
// returns that lane. A job
// that ran before holds all of them still. A parked job keeps its places in
// lanes of cap 1, where the order of acceptance must hold, and gives up the
// others, where it would only starve jobs that could run.
//
// Parked jobs are not looked at again until a place becomes free where they
// are parked; then the first that fits is woken. Whatever a woken job then
// does, the next one there gets its turn (see passOn), so nobody is forgotten.
func (t *tx) admit(w *work) (full *lane, err error) {
	if w.state == jobRunning || w.state == jobWaiting {
		return nil, nil
	}
	tenant := w.Job.Tenant
	for i, l := range w.lanes {
		if l.state == laneHeld {
			continue
		}
		places, err := t.occupied(tenant, l.Key, w.seq)
		if err != nil {
			return nil, err
		}
		if places >= max(l.Cap, 1) {
			return &w.lanes[i], t.park(w, i)
		}
		if err := t.setLane(w.seq, l.n, laneHeld); err != nil {
			return nil, err
		}
	}
	return nil, t.passOn(w)
}

// park leaves a job at its full lane. Places in lanes that more than one can
// use are given up.
func (t *tx) park(w *work, full int) error {
	for i, l := range w.lanes {
		state := l.state
		switch {
		case i == full:
			state = laneParked
		case i < full && l.Cap > 1:
			state = laneWanted
		case i < full:
			state = laneHeld
		case l.state == laneParked:
			state = laneWanted
		}
		if err := t.setLane(w.seq, l.n, state); err != nil {
			return err
		}
	}
	if _, err := t.exec(`UPDATE jobs SET state = 1 WHERE seq = ?`, w.seq); err != nil {
		return err
	}
	return t.passOn(w)
}

// waits adds what a parked job waits for, once in its life and only where one
// job alone has the place.
func (t *tx) waits(told []job.Parked, w work, full job.Lane) ([]job.Parked, error) {
	if full.Cap > 1 || w.quiet {
		return told, nil
	}
	var first work
	var held, ahead int
	err := t.row(`SELECT coalesce(min(job) FILTER (WHERE state = 1), 0), count(DISTINCT job) FILTER (WHERE state = 1), count(DISTINCT job) FILTER (WHERE job < ?)
		FROM lanes WHERE tenant = ? AND key = ? AND job <> ?`, w.seq, w.Job.Tenant, full.Key, w.seq).Scan(&first.seq, &held, &ahead)
	if err != nil || held != 1 {
		return told, err
	}
	if err := t.loadWork(&first); err != nil {
		return told, err
	}
	_, err = t.exec(`UPDATE jobs SET told = 1 WHERE seq = ?`, w.seq)
	return append(told, job.Parked{Job: w.Job, Behind: first.Job, Ahead: ahead}), err
}

// passOn gives the turn to the next job at the lane where a woken one was
// parked. Other jobs have taken nobody's turn.
func (t *tx) passOn(w *work) error {
	if w.state != jobWoken {
		return nil
	}
	for _, l := range w.lanes {
		if l.state == laneParked {
			return t.wake(w.Job.Tenant, l.Key)
		}
	}
	return nil
}

// wake makes the first job that is parked at a lane and would find a place
// there runnable.
func (t *tx) wake(tenant, key string) error {
	places, err := t.occupied(tenant, key, 0)
	if err != nil {
		return err
	}
	woken, err := changed(t.exec(`UPDATE jobs SET state = 4 WHERE seq = (
		SELECT l.job FROM lanes l JOIN jobs j ON j.seq = l.job
		WHERE l.tenant = ? AND l.key = ? AND l.state = 2 AND j.state = 1 AND max(l.cap, 1) > ? ORDER BY l.job LIMIT 1)`,
		tenant, key, places))
	t.jobs.now = t.jobs.now || woken
	return err
}

// occupied counts the other jobs that have a place in a lane.
func (t *tx) occupied(tenant, key string, but int64) (n int, err error) {
	err = t.row(`SELECT count(DISTINCT job) FROM lanes WHERE tenant = ? AND key = ? AND state = 1 AND job <> ?`, tenant, key, but).Scan(&n)
	return n, err
}

func (t *tx) setLane(seq int64, n, state int) error {
	_, err := t.exec(`UPDATE lanes SET state = ? WHERE job = ? AND n = ?`, state, seq, n)
	return err
}

// remove takes a job out for good and lets in who waits for its lanes.
func (t *tx) remove(seq int64) error {
	var tenant string
	if err := t.row(`SELECT tenant FROM jobs WHERE seq = ?`, seq).Scan(&tenant); err != nil {
		return err
	}
	lanes, err := t.lanesOf(seq)
	if err != nil {
		return err
	}
	if _, err := t.exec(`DELETE FROM jobs WHERE seq = ?`, seq); err != nil { // and its lanes
		return err
	}
	for _, l := range lanes {
		if err := t.wake(tenant, l.Key); err != nil {
			return err
		}
	}
	return nil
}

package memory

import (
	"bytes"
	"slices"

	"github.com/tierwise/tierwise/internal/job"
)

// admit lets a job take its lanes, or parks it at the first full one and
// returns that lane. A job
// that ran before has all of them still. A parked job keeps the places it got
// in lanes of cap 1, because there the order of acceptance must hold, and gives
// up the others, because holding them would starve jobs that could run.
func (t *tenant) admit(w *work) (full *job.Lane) {
	for i, l := range w.job.Lanes {
		places := t.lanes[l.Key]
		if places[w] {
			continue
		}
		if len(places) >= max(l.Cap, 1) {
			for _, earlier := range w.job.Lanes[:i] {
				if earlier.Cap > 1 {
					t.leave(w, earlier.Key)
				}
			}
			w.state = parked
			return &l
		}
		if places == nil {
			places = map[*work]bool{}
			t.lanes[l.Key] = places
		}
		places[w] = true
	}
	return nil
}

// waits is what a parked job waits for, to be told once in its life and only
// where one job alone has the place.
func (s *Store) waits(t *tenant, w *work, full job.Lane) (p job.Parked, tell bool) {
	if full.Cap > 1 || w.told || w.stop || len(t.lanes[full.Key]) != 1 {
		return p, false
	}
	w.told = true
	p.Job = copied(w.job)
	for first := range t.lanes[full.Key] {
		p.Behind = copied(first.job)
	}
	for _, e := range s.queue {
		if e.seq < w.seq && e.job.Tenant == w.job.Tenant && slices.ContainsFunc(e.job.Lanes, func(l job.Lane) bool { return l.Key == full.Key }) {
			p.Ahead++
		}
	}
	return p, true
}

// copied is a job that its receiver may change.
func copied(j job.Job) job.Job {
	j.Event, j.Lanes, j.Marks = bytes.Clone(j.Event), slices.Clone(j.Lanes), slices.Clone(j.Marks)
	return j
}

// leave gives up a place, and forgets a lane in which nobody is left.
func (t *tenant) leave(w *work, lane string) {
	places := t.lanes[lane]
	delete(places, w)
	if len(places) == 0 {
		delete(t.lanes, lane)
	}
}

// seat gives a running job a place in each of its lanes, also where they are full.
func (t *tenant) seat(w *work) {
	for _, l := range w.job.Lanes {
		if t.lanes[l.Key] == nil {
			t.lanes[l.Key] = map[*work]bool{}
		}
		t.lanes[l.Key][w] = true
	}
}

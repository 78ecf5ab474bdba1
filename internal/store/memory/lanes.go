package memory

// admit lets a job take its lanes, or parks it at the first full one. A job
// that ran before has all of them still. A parked job keeps the places it got
// in lanes of cap 1, because there the order of acceptance must hold, and gives
// up the others, because holding them would starve jobs that could run.
func (t *tenant) admit(w *work) bool {
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
			return false
		}
		if places == nil {
			places = map[*work]bool{}
			t.lanes[l.Key] = places
		}
		places[w] = true
	}
	return true
}

// leave gives up a place, and forgets a lane in which nobody is left.
func (t *tenant) leave(w *work, lane string) {
	places := t.lanes[lane]
	delete(places, w)
	if len(places) == 0 {
		delete(t.lanes, lane)
	}
}

package memory

import (
	"bytes"
	"context"
	"slices"
	"sort"
	"time"

	"github.com/tierwise/tierwise/internal/job"
)

// state is where a job is between acceptance and its end.
type state int

const (
	ready   state = iota
	parked        // at a full lane
	running       // given to a worker, whose lease may have run out
	waiting       // given back, to be run again later
)

// work is a job that is not finished.
type work struct {
	seq      int64
	job      job.Job
	state    state
	delivery int
	worker   string
	until    time.Time // running: end of the lease; waiting: when it is due
	note     []byte
	cause    string
	stop     bool
	told     bool // that it waits in a lane of one place
}

// Enqueue implements intake.Queue.
func (s *Store) Enqueue(_ context.Context, j job.Job) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, t := s.clk.Now(), s.at(j.Tenant)
	if t.jobs[j.ID] != nil {
		return false, nil
	}
	for _, m := range j.Marks {
		if now.Before(t.seen[m].until) {
			return false, nil
		}
	}
	for _, m := range j.Marks {
		t.seen[m] = mark{now.Add(markLife), j.ID}
	}
	j.At = now
	s.enqueue(t, j)
	return true, nil
}

// enqueue puts a job at the end of the queue.
func (s *Store) enqueue(t *tenant, j job.Job) *work {
	j.Marks, j.Lanes, j.Event = slices.Clone(j.Marks), slices.Clone(j.Lanes), bytes.Clone(j.Event)
	s.seq++
	w := &work{seq: s.seq, job: j}
	t.jobs[j.ID] = w
	s.queue = append(s.queue, w)
	s.work.raise()
	return w
}

// Claim implements intake.Queue.
func (s *Store) Claim(ctx context.Context, worker string, max int, lease, wait time.Duration) (job.Claimed, error) {
	var out job.Claimed
	err := s.poll(ctx, &s.work, wait, func(now time.Time) (bool, time.Time) {
		var next time.Time
		for _, w := range s.queue {
			if len(out.Given) >= max {
				break
			}
			if due := w.due(); now.Before(due) {
				next = sooner(next, due)
				continue
			}
			t := s.at(w.job.Tenant)
			if full := t.admit(w); full == nil {
				out.Given = append(out.Given, s.give(t, w, worker, now, lease))
			} else if p, tell := s.waits(t, w, *full); tell {
				out.Parked = append(out.Parked, p)
			}
		}
		return len(out.Given)+len(out.Parked) > 0 || max <= 0, next
	})
	return out, err
}

// due is the instant before which the job cannot be given; zero is at once.
func (w *work) due() time.Time {
	if w.state == running || w.state == waiting {
		return w.until
	}
	return time.Time{}
}

// give starts the next delivery. The hold of the one before is closed here
// when its worker died; after a Return it is closed already.
func (s *Store) give(t *tenant, w *work, worker string, now time.Time, lease time.Duration) job.Ticket {
	if w.state == running {
		t.books.closeHold(t.books.holds[w.ticket().Hold()], now)
		w.cause = ""
	}
	w.state, w.worker, w.until = running, worker, now.Add(lease)
	w.delivery++
	return w.ticket()
}

// ticket is the right to the current delivery.
func (w *work) ticket() job.Ticket {
	return job.Ticket{Job: w.job, Delivery: w.delivery, Worker: w.worker, Until: w.until, Note: bytes.Clone(w.note), Cause: w.cause}
}

// held returns the job that a ticket is good for, or job.ErrLost.
func (s *Store) held(t job.Ticket) (*work, error) {
	w := s.at(t.Job.Tenant).jobs[t.Job.ID]
	if w == nil || w.state != running || w.delivery != t.Delivery {
		return nil, job.ErrLost
	}
	return w, nil
}

// Beat implements intake.Queue.
func (s *Store) Beat(_ context.Context, t job.Ticket, lease time.Duration, note []byte) (job.Beat, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, err := s.held(t)
	if err != nil {
		return job.Beat{}, err
	}
	w.until = s.clk.Now().Add(lease)
	if note != nil {
		w.note = bytes.Clone(note)
	}
	return job.Beat{Stop: w.stop}, nil
}

// Return implements intake.Queue.
func (s *Store) Return(_ context.Context, t job.Ticket, after time.Duration, cause string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, err := s.held(t)
	if err != nil {
		return err
	}
	now, b := s.clk.Now(), &s.at(t.Job.Tenant).books
	b.closeHold(b.holds[t.Hold()], now)
	w.state, w.until, w.cause = waiting, now.Add(after), cause
	s.work.raise()
	return nil
}

// Pending implements intake.Queue.
func (s *Store) Pending(_ context.Context, tenant, jobID string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at(tenant).jobs[jobID] != nil, nil
}

// Stop implements intake.Queue.
func (s *Store) Stop(_ context.Context, tenant, jobID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.at(tenant).jobs[jobID]; w != nil {
		w.stop = true
	}
	return nil
}

// Backlog implements intake.Queue.
func (s *Store) Backlog(context.Context) (job.Backlog, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := job.Backlog{Outbox: len(s.outbox)}
	if len(s.queue) > 0 {
		b.Oldest = s.queue[0].job.At
	}
	for _, w := range s.queue {
		switch w.state {
		case ready:
			b.Ready++
		case parked:
			b.Parked++
		case running:
			b.Running++
		case waiting:
			b.Waiting++
		}
	}
	return b, nil
}

// remove takes a job out for good: its lanes are free and whoever is parked
// there is looked at again.
func (s *Store) remove(w *work) {
	t := s.at(w.job.Tenant)
	for _, l := range w.job.Lanes {
		t.leave(w, l.Key)
	}
	delete(t.jobs, w.job.ID)
	if i := sort.Search(len(s.queue), func(i int) bool { return s.queue[i].seq >= w.seq }); i < len(s.queue) && s.queue[i] == w {
		s.queue = slices.Delete(s.queue, i, i+1)
	}
	s.work.raise()
}

package memory

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/record"
)

// pastPost is what was told of a post that is not there: it was sent, or a sender
// has it until an instant.
type pastPost struct {
	forgotten time.Time
	sent      bool
	try       int
	until     time.Time
}

// mark says until when an event is known, and by which job.
type mark struct {
	until time.Time
	job   string
}

// Restore takes in what a process remembers of a job; see job.Past.
func (s *Store) Restore(_ context.Context, p job.Past) (lost bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, j := s.clk.Now(), p.Ticket.Job
	t := s.at(j.Tenant)
	for _, k := range p.Tries {
		lost = s.tellPost(t, j.Tenant, k, now) || lost
	}
	w := t.jobs[j.ID]
	fresh := false
	if p.Ended || len(j.Event) > 0 {
		fresh = s.recognise(t, p, now)
	}
	switch {
	case p.Ended:
		return s.endAgain(t, p, w, fresh, now) || lost, nil
	case w == nil && fresh && len(j.Event) > 0:
		if j.At.IsZero() {
			j.At = now
		}
		w = s.enqueue(t, j)
		lost = true
	}
	if w != nil && (p.Ticket.Delivery > w.delivery || p.Ticket.Delivery == w.delivery && p.Lease > 0 && w.state != running) {
		s.carryOn(t, w, p, now)
		lost = true
	}
	return lost, nil
}

// recognise marks the event and reports whether it was not known. A second
// delivery of it that was accepted meanwhile is this job, unless this one has
// stopped and the other shows something already.
func (s *Store) recognise(t *tenant, p job.Past, now time.Time) (fresh bool) {
	j := p.Ticket.Job
	fresh = len(j.Marks) > 0
	by := ""
	for _, m := range j.Marks {
		if seen := t.seen[m]; now.Before(seen.until) {
			fresh = false
			by = cmp.Or(by, seen.job)
			continue
		}
		t.seen[m] = mark{now.Add(markLife), j.ID}
	}
	other := t.jobs[by]
	if by == j.ID || t.jobs[j.ID] != nil || other == nil {
		return fresh
	}
	if !p.Ended && p.Lease == 0 && (p.Ticket.Delivery == 0 || len(other.note) > 0) {
		return fresh
	}
	s.end(t, other, now)
	return true
}

// end takes a job out, wherever it is, and closes what it holds.
func (s *Store) end(t *tenant, w *work, now time.Time) {
	if w.state == running {
		t.books.closeHold(t.books.holds[w.ticket().Hold()], now)
	}
	s.remove(w)
}

// endAgain ends a job that had ended.
func (s *Store) endAgain(t *tenant, p job.Past, w *work, fresh bool, now time.Time) bool {
	if w != nil {
		s.end(t, w, now)
	}
	t.books.closeHold(t.books.holds[p.Ticket.Hold()], now)
	if w == nil && !fresh {
		return false
	}
	for _, write := range p.Writes {
		if one := []record.Write{write}; !t.conflicts(one, now) {
			t.write(one, now)
		}
	}
	for _, post := range p.Posts {
		s.addKnown(t, post, true, now)
	}
	return true
}

// carryOn gives a job the delivery that is remembered, to the worker that runs
// it, else back to the queue.
func (s *Store) carryOn(t *tenant, w *work, p job.Past, now time.Time) {
	if w.state == running {
		t.books.closeHold(t.books.holds[w.ticket().Hold()], now)
	}
	w.delivery, w.cause = p.Ticket.Delivery, ""
	if len(p.Ticket.Note) > 0 {
		w.note = bytes.Clone(p.Ticket.Note)
	}
	w.state, w.until = ready, time.Time{}
	if p.Lease > 0 {
		t.seat(w)
		w.state, w.worker, w.until = running, p.Ticket.Worker, now.Add(p.Lease)
	}
	s.work.raise()
}

// tellPost takes in what a sender remembers and reports whether that was lost.
func (s *Store) tellPost(t *tenant, id string, k job.PastTry, now time.Time) bool {
	i := slices.IndexFunc(s.outbox, func(p *parcel) bool { return p.post.Tenant == id && p.post.ID == k.Post })
	note := pastPost{now.Add(markLife), k.Sent, k.Try, now.Add(k.Lease)}
	if k.Sent {
		t.past[k.Post] = note
		if i >= 0 {
			s.outbox = slices.Delete(s.outbox, i, i+1)
			s.mail.raise()
		}
		return i >= 0
	}
	if i < 0 {
		if !t.past[k.Post].sent {
			t.past[k.Post] = note
		}
		return false
	}
	p := s.outbox[i]
	if p.out || k.Lease == 0 && p.sent {
		return false
	}
	p.try, p.sent = max(p.try, k.Try), true
	if k.Lease > 0 {
		p.out, p.until = true, now.Add(k.Lease)
	}
	return true
}

// addKnown appends a post of a job that ends, unless it is known to be sent. When
// somebody had it, or again says that the job had ended before, it may have been:
// whoever sends it looks first.
func (s *Store) addKnown(t *tenant, post job.Outgoing, again bool, now time.Time) {
	known, told := t.past[post.ID]
	if known.sent {
		return
	}
	p := s.enqueuePost(post)
	p.sent = told || again
	if now.Before(known.until) {
		p.out, p.try, p.until = true, known.try, known.until
	}
}

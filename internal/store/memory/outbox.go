package memory

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/tierwise/tierwise/internal/job"
)

// parcel is a post that is not confirmed.
type parcel struct {
	post  job.Outgoing
	try   int
	out   bool      // with a sender, whose lease may have run out
	until time.Time // out: end of the lease; else when it may be sent
	sent  bool      // an earlier try has an unknown result
}

// enqueuePost appends a post to the outbox.
func (s *Store) enqueuePost(p job.Outgoing) *parcel {
	p.Body = bytes.Clone(p.Body)
	added := &parcel{post: p}
	s.outbox = append(s.outbox, added)
	s.mail.raise()
	return added
}

// Posts implements intake.Outbox.
func (s *Store) Posts(ctx context.Context, _ string, max int, lease, wait time.Duration) ([]job.PostTicket, error) {
	var out []job.PostTicket
	err := s.poll(ctx, &s.mail, wait, func(now time.Time) (bool, time.Time) {
		var next time.Time
		behind := map[[2]string]bool{} // lanes whose head was seen
		for _, p := range s.outbox {
			if len(out) >= max {
				break
			}
			lane := [2]string{p.post.Tenant, p.post.Lane}
			if p.post.Lane != "" && behind[lane] {
				continue
			}
			behind[lane] = true
			if now.Before(p.until) {
				next = sooner(next, p.until)
				continue
			}
			out = append(out, p.give(now, lease))
		}
		return len(out) > 0 || max <= 0, next
	})
	return out, err
}

// give starts the next try. A try that never came back may have been seen.
func (p *parcel) give(now time.Time, lease time.Duration) job.PostTicket {
	if p.out {
		p.sent = true
	}
	p.try++
	p.out, p.until = true, now.Add(lease)
	return job.PostTicket{Post: p.post, Try: p.try, Until: p.until, Sent: p.sent}
}

// find returns the index of the post a ticket is good for, or -1.
func (s *Store) find(t job.PostTicket) int {
	return slices.IndexFunc(s.outbox, func(p *parcel) bool {
		return p.post.Tenant == t.Post.Tenant && p.post.ID == t.Post.ID && p.out && p.try == t.Try
	})
}

// Confirm implements intake.Outbox.
func (s *Store) Confirm(_ context.Context, t job.PostTicket) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.find(t); i >= 0 {
		s.outbox = slices.Delete(s.outbox, i, i+1)
		s.mail.raise()
	}
	return nil
}

// Postpone implements intake.Outbox.
func (s *Store) Postpone(_ context.Context, t job.PostTicket, after time.Duration, known bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.find(t); i >= 0 {
		p := s.outbox[i]
		p.out, p.sent, p.until = false, !known, s.clk.Now().Add(after)
		s.mail.raise()
	}
	return nil
}

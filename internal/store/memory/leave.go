package memory

import (
	"bytes"
	"context"
	"slices"

	"github.com/tierwise/tierwise/internal/job"
)

// Purge removes everything of a workspace for good: entries, sums, budgets,
// records, jobs and the marks by which repetitions are known.
func (s *Store) Purge(_ context.Context, tenant string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = slices.DeleteFunc(s.queue, func(w *work) bool { return w.job.Tenant == tenant })
	s.outbox = slices.DeleteFunc(s.outbox, func(p *parcel) bool { return p.post.Tenant == tenant })
	delete(s.tenants, tenant)
	return nil
}

// Unfinished lists what a copy of the store must take along: jobs that are not
// finished, in the order they were accepted, with the number of their last
// delivery (0 when there was none) and the note it left; and posts that are not
// confirmed, in the order they were written, with Sent set when the result of a
// try is unknown. It changes nothing; the tickets give no right to run or send.
func (s *Store) Unfinished(context.Context) ([]job.Ticket, []job.PostTicket, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var jobs []job.Ticket
	for _, w := range s.queue {
		jobs = append(jobs, job.Ticket{Job: copied(w.job), Delivery: w.delivery, Note: bytes.Clone(w.note), Cause: w.cause})
	}
	var posts []job.PostTicket
	for _, p := range s.outbox {
		posts = append(posts, job.PostTicket{Post: p.post, Try: p.try, Sent: p.sent || p.out})
	}
	return jobs, posts, nil
}

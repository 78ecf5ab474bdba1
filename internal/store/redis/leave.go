package redis

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/tierwise/tierwise/internal/job"
)

// purgeBatch is how many keys one step of Purge looks at.
const purgeBatch = 1000

// Purge removes everything of a workspace for good: entries, sums, budgets,
// records, jobs and the marks by which repetitions are known. The first step
// takes the workspace out of everything it shares with others, so that nothing
// of it is given or booked any more; its own keys follow some at a time, so that
// others are not kept waiting. A purge that failed is simply repeated.
func (s *Store) Purge(ctx context.Context, tenant string) error {
	p := partition(tenant)
	if _, err := s.run(ctx, p, purgeScript, encode(tenant)); err != nil {
		return err
	}
	node, err := s.nodeOf(ctx, p)
	if err != nil {
		return s.failed("purge", err)
	}
	for cursor := uint64(0); ; {
		keys, next, err := node.Scan(ctx, cursor, spacePattern(tenant), purgeBatch).Result()
		if err == nil && len(keys) > 0 {
			err = node.Unlink(ctx, keys...).Err()
		}
		if err != nil {
			return s.failed("purge", err)
		}
		if cursor = next; cursor == 0 {
			return nil
		}
	}
}

// Unfinished lists what a copy of the store must take along: jobs that are not
// finished, in the order they were accepted, with the number of their last
// delivery (0 when there was none) and the note it left; and posts that are not
// confirmed, in the order they were written, with Sent set when the result of a
// try is unknown. It changes nothing; the tickets give no right to run or send.
func (s *Store) Unfinished(ctx context.Context) ([]job.Ticket, []job.PostTicket, error) {
	answers, err := s.runBatch(ctx, unfinishedScript, everywhere())
	if err != nil {
		return nil, nil, err
	}
	var r reply
	var jobs []job.Ticket
	var posts []job.PostTicket
	for _, a := range answers {
		p := r.row(a, 2)
		for _, one := range r.list(p[0]) {
			jobs = append(jobs, unfinishedFrom(&r, one))
		}
		for _, one := range r.list(p[1]) {
			posts = append(posts, postFrom(&r, one))
		}
	}
	slices.SortStableFunc(jobs, func(a, b job.Ticket) int { return a.Job.At.Compare(b.Job.At) })
	return jobs, posts, r.err
}

func unfinishedFrom(r *reply, v any) job.Ticket {
	p := r.row(v, 6)
	t := job.Ticket{Delivery: int(r.int(p[3])), Cause: r.text(p[5])}
	if err := json.Unmarshal([]byte(r.text(p[0])), &t.Job); err != nil {
		r.wrong(v, "a job")
	}
	t.Job.At = r.instant(p[2])
	if event := r.text(p[1]); event != "" {
		t.Job.Event = []byte(event)
	}
	if p[4] != nil {
		t.Note = []byte(r.text(p[4]))
	}
	return t
}

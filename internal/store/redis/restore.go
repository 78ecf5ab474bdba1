package redis

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tierwise/tierwise/internal/job"
)

// Restore takes in what a process remembers of a job; see job.Past. lost reports
// whether the store lacked any of it. Told again, it changes nothing.
func (s *Store) Restore(ctx context.Context, p job.Past) (lost bool, err error) {
	args, err := s.pastArgs(p)
	if err != nil {
		return false, fmt.Errorf("redis: restore: %w", err)
	}
	v, err := s.run(ctx, partition(p.Ticket.Job.Tenant), restoreScript, args...)
	return v == int64(1), err
}

func (s *Store) pastArgs(p job.Past) ([]any, error) {
	j := p.Ticket.Job
	meta := j
	meta.Event, meta.At = nil, time.Time{}
	m, err := json.Marshal(meta)
	if err != nil {
		return nil, err
	}
	args := []any{s.nonce(), encode(j.Tenant), j.ID, m, j.Event, micros(j.At), lanesOf(j.Lanes), length(markLife), len(j.Marks)}
	for _, mark := range j.Marks {
		args = append(args, mark)
	}
	args = append(args, p.Ticket.Delivery, p.Ticket.Worker, p.Ticket.Note, length(p.Lease), flag(p.Ended))
	args = append(args, writesArgs(p.Writes)...)
	posts, err := postsArgs(p.Posts)
	if err != nil {
		return nil, err
	}
	args = append(append(args, posts...), len(p.Tries))
	for _, k := range p.Tries {
		args = append(args, k.Post, k.Try, length(k.Lease), flag(k.Sent))
	}
	return args, nil
}

package redis

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/tierwise/tierwise/internal/job"
)

// markLife is how long a mark makes a second event a copy.
const markLife = 25 * time.Hour

// Enqueue implements intake.Queue. With Replicated, ErrNotReplicated can come
// beside a valid first.
func (s *Store) Enqueue(ctx context.Context, j job.Job) (bool, error) {
	meta := j
	meta.Event, meta.At = nil, time.Time{}
	m, err := json.Marshal(meta)
	if err != nil {
		return false, fmt.Errorf("redis: enqueue: %w", err)
	}
	args := []any{s.nonce(), encode(j.Tenant), j.ID, m, j.Event, lanesOf(j.Lanes), length(markLife)}
	for _, mark := range j.Marks {
		args = append(args, mark)
	}
	v, err := s.runDurably(ctx, partition(j.Tenant), enqueueScript, args...)
	return v == int64(1), err
}

// lanesOf writes lanes for the scripts: [["<encoded key>","<cap>"],…], each
// lane once, or "" when there are none.
func lanesOf(lanes []job.Lane) string {
	if len(lanes) == 0 {
		return ""
	}
	out, seen := make([][2]string, 0, len(lanes)), map[string]bool{}
	for _, l := range lanes {
		if !seen[l.Key] {
			seen[l.Key] = true
			out = append(out, [2]string{encode(l.Key), strconv.Itoa(max(l.Cap, 1))})
		}
	}
	b, _ := json.Marshal(out) // strings always marshal
	return string(b)
}

// Claim implements intake.Queue.
func (s *Store) Claim(ctx context.Context, worker string, most int, lease, wait time.Duration) (job.Claimed, error) {
	var out job.Claimed
	err := s.gather(ctx, jobsDoor, most, wait, func(answer []any) (int, bool) {
		var r reply
		answer = r.row(answer, 3)
		given, waits := r.list(answer[1]), r.list(answer[2])
		for _, one := range given {
			out.Given = append(out.Given, ticketFrom(&r, one, worker))
		}
		for _, one := range waits {
			if p := parkedFrom(one); p.Ahead > 0 {
				out.Parked = append(out.Parked, p)
			}
		}
		return len(given), len(waits) > 0
	}, claimScript, worker, lease)
	return out, err
}

// parkedFrom reads what a parked job waits for. It is for a courtesy: what
// cannot be read, or has ended before a repeated answer, is no error and gives
// the zero value.
func parkedFrom(v any) job.Parked {
	var r reply
	p := r.row(v, 7)
	out := job.Parked{Job: jobFrom(&r, p[:3]), Behind: jobFrom(&r, p[3:6]), Ahead: int(r.int(p[6]))}
	if r.err != nil {
		return job.Parked{}
	}
	return out
}

// jobFrom reads a job from its meta, event and instant.
func jobFrom(r *reply, p []any) (j job.Job) {
	if err := json.Unmarshal([]byte(r.text(p[0])), &j); err != nil {
		r.wrong(p[0], "a job")
	}
	j.At = r.instant(p[2])
	if event := r.text(p[1]); event != "" {
		j.Event = []byte(event)
	}
	return j
}

// ticketFrom reads one job of a claim. A job that cannot be read is given all
// the same, empty but for its delivery, so that it fails visibly and is given
// up like any other.
func ticketFrom(r *reply, v any, worker string) job.Ticket {
	p := r.row(v, 7)
	t := job.Ticket{Job: jobFrom(r, p[:3]), Worker: worker, Delivery: int(r.int(p[3])), Until: r.instant(p[4]), Cause: r.text(p[6])}
	if p[5] != nil {
		t.Note = []byte(r.text(p[5]))
	}
	return t
}

// Beat implements intake.Queue.
func (s *Store) Beat(ctx context.Context, t job.Ticket, lease time.Duration, note []byte) (job.Beat, error) {
	v, err := s.run(ctx, partition(t.Job.Tenant), beatScript,
		encode(t.Job.Tenant), t.Job.ID, t.Delivery, length(lease), flag(note != nil), note)
	if err != nil {
		return job.Beat{}, err
	}
	if v == int64(-1) {
		return job.Beat{}, fmt.Errorf("redis: beat: %w", job.ErrLost)
	}
	return job.Beat{Stop: v == int64(1)}, nil
}

// Return implements intake.Queue.
func (s *Store) Return(ctx context.Context, t job.Ticket, after time.Duration, cause string) error {
	v, err := s.run(ctx, partition(t.Job.Tenant), returnScript,
		s.nonce(), encode(t.Job.Tenant), t.Job.ID, t.Delivery, length(after), cause)
	if err != nil {
		return err
	}
	if v == int64(-1) {
		return fmt.Errorf("redis: return: %w", job.ErrLost)
	}
	return nil
}

// Pending implements intake.Queue.
func (s *Store) Pending(ctx context.Context, tenant, jobID string) (bool, error) {
	n, err := s.client.Exists(ctx, jobKey(tenant, jobID)).Result()
	return n == 1, s.failed("pending", err)
}

// Stop implements intake.Queue.
func (s *Store) Stop(ctx context.Context, tenant, jobID string) error {
	_, err := s.run(ctx, partition(tenant), stopScript, encode(tenant), jobID)
	return err
}

// Backlog implements intake.Queue.
func (s *Store) Backlog(ctx context.Context) (job.Backlog, error) {
	var b job.Backlog
	answers, err := s.runBatch(ctx, backlogScript, everywhere())
	if err != nil {
		return b, err
	}
	var r reply
	for _, a := range answers {
		p := r.row(a, 6)
		b.Ready += int(r.int(p[0]))
		b.Parked += int(r.int(p[1]))
		b.Running += int(r.int(p[2]))
		b.Waiting += int(r.int(p[3]))
		b.Outbox += int(r.int(p[4]))
		if at := r.instant(p[5]); !at.IsZero() && (b.Oldest.IsZero() || at.Before(b.Oldest)) {
			b.Oldest = at
		}
	}
	return b, r.err
}

// everywhere is one call for each partition.
func everywhere(args ...any) []batched {
	out := make([]batched, partitions)
	for p := range out {
		out[p] = batched{p, args}
	}
	return out
}

package redis

import (
	"context"
	"encoding/json"
	"time"

	"github.com/tierwise/tierwise/internal/job"
)

// Posts implements intake.Outbox.
func (s *Store) Posts(ctx context.Context, _ string, most int, lease, wait time.Duration) ([]job.PostTicket, error) {
	var out []job.PostTicket
	err := s.gather(ctx, postsDoor, most, wait, func(answer []any) (int, bool) {
		var r reply
		given := r.list(answer[1])
		for _, one := range given {
			out = append(out, postFrom(&r, one))
		}
		return len(given), false
	}, postsScript, "", lease)
	return out, err
}

// postFrom reads one post. One that cannot be read is given all the same, so
// that its lease and its tries are seen.
func postFrom(r *reply, v any) job.PostTicket {
	p := r.row(v, 5)
	t := job.PostTicket{Try: int(r.int(p[2])), Until: r.instant(p[3]), Sent: r.int(p[4]) == 1}
	if err := json.Unmarshal([]byte(r.text(p[0])), &t.Post); err != nil {
		r.wrong(v, "a post")
	}
	if body := r.text(p[1]); body != "" {
		t.Post.Body = []byte(body)
	}
	return t
}

// Confirm implements intake.Outbox.
func (s *Store) Confirm(ctx context.Context, t job.PostTicket) error {
	_, err := s.run(ctx, partition(t.Post.Tenant), confirmScript, encode(t.Post.Tenant), t.Post.ID, t.Try)
	return err
}

// Postpone implements intake.Outbox.
func (s *Store) Postpone(ctx context.Context, t job.PostTicket, after time.Duration, known bool) error {
	_, err := s.run(ctx, partition(t.Post.Tenant), postponeScript,
		encode(t.Post.Tenant), t.Post.ID, t.Try, length(after), flag(known))
	return err
}

// postsArgs are posts as settle reads them.
func postsArgs(posts []job.Outgoing) ([]any, error) {
	args := []any{len(posts)}
	for _, p := range posts {
		meta := p
		meta.Body = nil
		m, err := json.Marshal(meta)
		if err != nil {
			return nil, err
		}
		lane := ""
		if p.Lane != "" {
			lane = encode(p.Lane)
		}
		args = append(args, p.ID, m, p.Body, lane)
	}
	return args, nil
}

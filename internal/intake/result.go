package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/usage"
)

// Handler says what a job means.
type Handler interface {
	// Handle runs one delivery to its end. Whatever can be said to the person
	// is in the Result, also when it is bad news; an error means that the job
	// should be tried again later. ctx ends when somebody stopped the job
	// (context.Cause is ErrStop), when the ticket was lost (job.ErrLost) or when
	// the process shuts down; Handle must then return soon.
	Handle(ctx context.Context, d Delivery) (Result, error)
	// GiveUp words the end of a job that failed too often. It calls no
	// provider.
	GiveUp(ctx context.Context, d Delivery) Result
}

// Delivery is one run of a job.
type Delivery struct {
	Ticket job.Ticket
	Event  chat.Event
	// Placeholder is where an earlier delivery already spoke; zero when it did
	// not or when that is not known.
	Placeholder chat.Ref
	// Keep stores where this delivery spoke, before more is said there. It
	// returns job.ErrLost when the ticket is worthless.
	Keep func(ctx context.Context, at chat.Ref) error
}

// Reply is a post with its address.
type Reply struct {
	To   chat.ReplyTo `json:"to"`
	At   *chat.Place  `json:"at,omitempty"` // speak at a place instead of answering
	Post chat.Post    `json:"post"`
}

// Result is how a delivery ended. The settlement of the last call, the posts
// and the records are stored in one step that also closes the job.
type Result struct {
	Last    *usage.Settlement // nil when nothing (more) is to be booked
	Replies []Reply
	Writes  []record.Write
}

// Say returns a Result with one reply.
func Say(r Reply) Result { return Result{Replies: []Reply{r}} }

// finish seals a Result's replies into the settlement that closes the job.
func finish(s Sealer, t job.Ticket, e chat.Event, r Result) (usage.Settlement, error) {
	out := usage.Settlement{Tenant: t.Job.Tenant, Hold: t.Hold()}
	if r.Last != nil {
		out = *r.Last
	}
	out.Finish = &job.Finish{Ticket: t, Writes: r.Writes}
	for i, reply := range r.Replies {
		if reply.Post.Job == "" {
			reply.Post.Job = PostID(t.Job.ID, i+1)
		}
		o, err := Pack(s, t.Job.Tenant, reply)
		if err != nil {
			return out, err
		}
		out.Finish.Posts = append(out.Finish.Posts, o)
	}
	return out, nil
}

// PostID is the id of a job's n-th post, counted from 1.
func PostID(jobID string, n int) string { return jobID + "/" + strconv.Itoa(n) }

// Pack seals a reply for the outbox.
func Pack(s Sealer, tenant string, r Reply) (job.Outgoing, error) {
	plain, err := json.Marshal(r)
	if err != nil {
		return job.Outgoing{}, fmt.Errorf("intake: pack: %w", err)
	}
	body, err := s.Seal(tenant, sealPost, plain)
	if err != nil {
		return job.Outgoing{}, fmt.Errorf("intake: pack: %w", err)
	}
	p := r.To.Place
	if r.At != nil {
		p = *r.At
	}
	return job.Outgoing{ID: r.Post.Job, Tenant: tenant, Lane: p.Channel + "/" + p.Thread + "/" + r.To.To, Private: r.To.Private, Body: body}, nil
}

func unpack(s Sealer, o job.Outgoing) (Reply, error) {
	var r Reply
	plain, err := s.Open(o.Tenant, sealPost, o.Body)
	if err != nil {
		return r, fmt.Errorf("intake: unpack: %w", err)
	}
	if err := json.Unmarshal(plain, &r); err != nil {
		return r, fmt.Errorf("intake: unpack: %w", err)
	}
	return r, nil
}

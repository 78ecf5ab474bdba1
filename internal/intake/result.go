package intake

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/turn"
	"github.com/tierwise/tierwise/usage"
)

// Handler says what a job means.
type Handler interface {
	// Handle runs one delivery to its end. Whatever can be said to the person
	// is in the Result, also when it is bad news; an error means that the job
	// should be tried again later; the Result's Last beside it is booked. ctx
	// ends when somebody stopped the job (context.Cause is turn.ErrStop), when
	// the ticket was lost (job.ErrLost) or when the process shuts down
	// (turn.ErrShutdown); Handle must then return soon.
	Handle(ctx context.Context, d *turn.Delivery) (turn.Result, error)
	// GiveUp words the end of a job that failed too often. It calls no
	// provider.
	GiveUp(ctx context.Context, d *turn.Delivery) turn.Result
}

// finish seals a Result's replies into the settlement that closes the job. What
// speaks of another post ("Posted.") goes behind it in its lane: it would not be
// true earlier.
func finish(s Sealer, d *turn.Delivery, r turn.Result) (usage.Settlement, error) {
	t := d.Ticket
	out := usage.Settlement{Tenant: t.Job.Tenant, Hold: t.Hold()}
	if r.Last != nil {
		out = *r.Last
	}
	out.Finish = &job.Finish{Ticket: t, Writes: r.Writes}
	lanes := map[string]string{}
	for i, reply := range r.Replies {
		if reply.Post.Job == "" {
			reply.Post.Job = d.PostID(i + 1)
		}
		o, err := Pack(s, t.Job.Tenant, reply)
		if err != nil {
			return out, err
		}
		if before, ok := lanes[reply.After]; ok {
			o.Lane = before
		}
		lanes[o.ID] = o.Lane
		out.Finish.Posts = append(out.Finish.Posts, o)
	}
	return out, nil
}

// Pack seals a reply for the outbox.
func Pack(s Sealer, tenant string, r turn.Reply) (job.Outgoing, error) {
	plain, err := json.Marshal(r)
	if err != nil {
		return job.Outgoing{}, fmt.Errorf("intake: pack: %w", err)
	}
	body := s.Seal(tenant, sealPost, plain)
	return job.Outgoing{ID: r.Post.Job, Tenant: tenant, Lane: lane(r), Private: r.To.Private, Body: body}, nil
}

// lane is what a post must not overtake: what is said to everybody in its
// thread, and elsewhere what is said to the same person.
func lane(r turn.Reply) string {
	p := r.To.Place
	if r.At != nil {
		p = *r.At
	}
	if p.Thread != "" && !r.To.Private {
		return p.Channel + "/" + p.Thread
	}
	return p.Channel + "/" + p.Thread + "/" + r.To.To
}

func unpack(s Sealer, o job.Outgoing) (turn.Reply, error) {
	var r turn.Reply
	plain, err := s.Open(o.Tenant, sealPost, o.Body)
	if err != nil {
		return r, fmt.Errorf("intake: unpack: %w", err)
	}
	if err := json.Unmarshal(plain, &r); err != nil {
		return r, fmt.Errorf("intake: unpack: %w", err)
	}
	return r, nil
}

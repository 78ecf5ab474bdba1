package migrate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/usage"
)

const (
	worker = "migrate"
	// lease is how long the copy holds what it works on in the target. A copy
	// that is run again waits for the leases of the one that was stopped.
	lease = time.Minute
	// rest is how long a job that was tried before waits in the target, so that
	// it is not given again while others are brought to where they were.
	rest = 30 * time.Second
	// claims is how many jobs are looked at together.
	claims = 200
)

// work copies posts and jobs. Posts go first, while the target's queue is empty.
func (c Copy) work(ctx context.Context) (jobs, posts int, err error) {
	js, ps, err := c.From.Unfinished(ctx)
	if err != nil {
		return 0, 0, err
	}
	if err := c.posts(ctx, ps); err != nil {
		return 0, 0, err
	}
	tried := map[jobKey]job.Ticket{}
	for _, t := range js {
		if t.Delivery > 0 {
			tried[keyOf(t.Job)] = t
			if _, err := c.To.Enqueue(ctx, t.Job); err != nil {
				return 0, 0, err
			}
		}
	}
	if err := c.redeliver(ctx, tried); err != nil {
		return 0, 0, err
	}
	for _, t := range js {
		if t.Delivery == 0 {
			if _, err := c.To.Enqueue(ctx, t.Job); err != nil {
				return 0, 0, err
			}
		}
	}
	return len(js), len(ps), nil
}

type jobKey struct{ tenant, id string }

func keyOf(j job.Job) jobKey { return jobKey{j.Tenant, j.ID} }

// redeliver brings jobs to the delivery they had, with the note it left: the
// attempts of a delivery have entries under its number, and a second delivery
// of that number would book nothing.
func (c Copy) redeliver(ctx context.Context, left map[jobKey]job.Ticket) error {
	for len(left) > 0 {
		claimed, err := c.To.Claim(ctx, worker, claims, lease, 2*lease)
		if err != nil {
			return err
		}
		if len(claimed.Given)+len(claimed.Parked) == 0 {
			return fmt.Errorf("%w: %d jobs do not come up in its queue", ErrInUse, len(left))
		}
		for _, t := range claimed.Given {
			after := rest
			was, mine := left[keyOf(t.Job)]
			switch {
			case mine && t.Delivery < was.Delivery:
				after = 0
			case mine:
				if _, err := c.To.Beat(ctx, t, lease, was.Note); err != nil {
					return err
				}
				delete(left, keyOf(t.Job))
			}
			if err := c.To.Return(ctx, t, after, "moved to another store"); err != nil {
				return err
			}
		}
	}
	return nil
}

// postPage is how many posts one step writes.
const postPage = 100

// posts copies the outbox: only a job that finishes can write posts, so one is
// made to carry them.
func (c Copy) posts(ctx context.Context, all []job.PostTicket) error {
	byTenant := map[string][]job.Outgoing{}
	tried := map[jobKey]bool{}
	for _, p := range all {
		byTenant[p.Post.Tenant] = append(byTenant[p.Post.Tenant], p.Post)
		if p.Sent {
			tried[jobKey{p.Post.Tenant, p.Post.ID}] = true
		}
	}
	for tenant, posts := range byTenant {
		n := 0
		for page := range slices.Chunk(posts, postPage) {
			n++
			if err := c.carry(ctx, tenant, fmt.Sprintf("posts-%d", n), page); err != nil {
				return err
			}
		}
	}
	if len(tried) == 0 {
		return nil
	}
	return c.unknown(ctx, len(all), tried)
}

// carry writes a page of posts unless an earlier run did.
func (c Copy) carry(ctx context.Context, tenant, name string, posts []job.Outgoing) error {
	_, err := c.To.Get(ctx, tenant, Moved, name)
	if !errors.Is(err, record.ErrNotFound) {
		return err // nil: they are there
	}
	if _, err := c.To.Enqueue(ctx, job.Job{ID: "moved-" + name, Tenant: tenant}); err != nil {
		return err
	}
	claimed, err := c.To.Claim(ctx, worker, 1, lease, 2*lease)
	if err != nil {
		return err
	}
	tickets := claimed.Given
	if len(tickets) != 1 || tickets[0].Job.ID != "moved-"+name {
		for _, t := range tickets {
			err = errors.Join(err, c.To.Return(ctx, t, 0, "migrate: not ours"))
		}
		return errors.Join(fmt.Errorf("%w: stop what works there", ErrInUse), err)
	}
	_, err = c.To.Settle(ctx, usage.Settlement{Tenant: tenant, Hold: tickets[0].Hold(), Finish: &job.Finish{
		Ticket: tickets[0], Posts: posts, Writes: []record.Write{record.Put(Moved, name, nil, 0)},
	}})
	return err
}

// unknown marks the posts of which a try has an unknown result: they are taken
// once and given back without a result. Only the head of a lane can have been
// tried, and only heads are given.
func (c Copy) unknown(ctx context.Context, most int, tried map[jobKey]bool) error {
	tickets, err := c.To.Posts(ctx, worker, most, lease, 0)
	if err != nil {
		return err
	}
	for _, t := range tickets {
		known := !tried[jobKey{t.Post.Tenant, t.Post.ID}]
		if err := c.To.Postpone(ctx, t, 0, known); err != nil {
			return err
		}
	}
	return nil
}

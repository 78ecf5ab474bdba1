package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/store/outage"
	"github.com/tierwise/tierwise/internal/store/redis"
	"github.com/tierwise/tierwise/internal/store/sqlite/spool"
	"github.com/tierwise/tierwise/usage"
)

// carried is Redis with what carries the house over its outages: settlements
// and accepted events wait in a spool in the data directory meanwhile.
type carried struct {
	*redis.Store
	front *outage.Front
	spool *spool.Spool
}

// openCarried opens Redis for serving. replica names this process's spool.
func openCarried(ctx context.Context, cfg config.Config, replica string, log *slog.Logger) (*carried, error) {
	doubt := outage.NewDoubt()
	opt := redisOptions(cfg, log)
	opt.Met = doubt.Met
	store, err := redis.Open(ctx, cfg.RedisURL.Reveal(), opt)
	if err != nil {
		return nil, err
	}
	sp, err := spool.Open(ctx, cfg.DataDir, replica, clock.System{})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("app: the spool needs a data directory that can be written: %w", err), store.Close())
	}
	says := outage.Errors{
		Down:        func(err error) bool { return errors.Is(err, redis.ErrDown) },
		Unconfirmed: func(err error) bool { return errors.Is(err, redis.ErrNotReplicated) },
	}
	front := outage.New(outage.Parts{Store: reached{store}, Spool: sp, Name: replica, Doubt: doubt, Says: says, Clock: clock.System{}, Log: log})
	return &carried{store, front, sp}, nil
}

// Enqueue is the front's; see package outage for all of these.
func (c *carried) Enqueue(ctx context.Context, j job.Job) (bool, error) {
	return c.front.Enqueue(ctx, j)
}

// Hold is the front's.
func (c *carried) Hold(ctx context.Context, r usage.HoldRequest) (usage.Held, error) {
	return c.front.Hold(ctx, r)
}

// Dispatch is the front's.
func (c *carried) Dispatch(ctx context.Context, r usage.DispatchRequest) error {
	return c.front.Dispatch(ctx, r)
}

// Settle is the front's.
func (c *carried) Settle(ctx context.Context, s usage.Settlement) (usage.Settled, error) {
	return c.front.Settle(ctx, s)
}

// Claim is the front's.
func (c *carried) Claim(ctx context.Context, worker string, most int, lease, wait time.Duration) (job.Claimed, error) {
	return c.front.Claim(ctx, worker, most, lease, wait)
}

// Beat is the front's.
func (c *carried) Beat(ctx context.Context, t job.Ticket, lease time.Duration, note []byte) (job.Beat, error) {
	return c.front.Beat(ctx, t, lease, note)
}

// Return is the front's.
func (c *carried) Return(ctx context.Context, t job.Ticket, after time.Duration, cause string) error {
	return c.front.Return(ctx, t, after, cause)
}

// Posts is the front's.
func (c *carried) Posts(ctx context.Context, sender string, most int, lease, wait time.Duration) ([]job.PostTicket, error) {
	return c.front.Posts(ctx, sender, most, lease, wait)
}

// Confirm is the front's.
func (c *carried) Confirm(ctx context.Context, t job.PostTicket) error {
	return c.front.Confirm(ctx, t)
}

// Postpone is the front's.
func (c *carried) Postpone(ctx context.Context, t job.PostTicket, after time.Duration, known bool) error {
	return c.front.Postpone(ctx, t, after, known)
}

// Wipe makes the front forget the jobs, too.
func (c *carried) Wipe(ctx context.Context, tenant string, jobs bool, kinds ...record.Kind) error {
	if jobs {
		c.front.Forget(tenant)
	}
	return c.Store.Wipe(ctx, tenant, jobs, kinds...)
}

// Purge makes the front forget the workspace, too.
func (c *carried) Purge(ctx context.Context, tenant string) error {
	c.front.Forget(tenant)
	return c.Store.Purge(ctx, tenant)
}

// Close says that nobody needs to wait for this process any more, and closes the
// spool, which keeps what it has, and the connections.
func (c *carried) Close() error {
	c.front.Leave()
	return errors.Join(c.spool.Close(), c.Store.Close())
}

// reached asks a Redis that came back again whether it is fit to be used.
type reached struct{ *redis.Store }

// Reach implements outage.Store.
func (r reached) Reach(ctx context.Context) error {
	findings, err := r.Check(ctx)
	if err != nil {
		return err
	}
	for _, f := range findings {
		if f.Refuse {
			err = errors.Join(err, fmt.Errorf("app: redis: %s", f.Say))
		}
	}
	return err
}

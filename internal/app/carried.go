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
	store, err := redis.Open(ctx, cfg.RedisURL.Reveal(), redisOptions(cfg, log))
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
	return &carried{store, outage.New(reached{store}, sp, says, clock.System{}, log), sp}, nil
}

// Enqueue, Hold, Dispatch and Settle go through the front; see package outage.
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

// Claim gives no jobs while bookings wait for the store: one of them may have
// ended the very job that would be claimed.
func (c *carried) Claim(ctx context.Context, worker string, most int, lease, wait time.Duration) (job.Claimed, error) {
	if !c.front.Ready(ctx, wait) {
		return job.Claimed{}, nil
	}
	return c.Store.Claim(ctx, worker, most, lease, wait)
}

// Close closes the spool, which keeps what it has, and the connections.
func (c *carried) Close() error { return errors.Join(c.spool.Close(), c.Store.Close()) }

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

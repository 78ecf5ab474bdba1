package outage

import (
	"context"
	"errors"
	"time"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/store/sqlite/spool"
	"github.com/tierwise/tierwise/usage"
)

// Drain hands over what waits on this machine, settlements first.
func (f *Front) Drain(ctx context.Context) error {
	left := stuck{retry: f.clock.Now().Add(retry)}
	done, _, err := f.spool.Drain(ctx, spool.Into{
		Job: func(ctx context.Context, j job.Job, accepted time.Time) (spool.Outcome, error) {
			what, err := f.enqueued(ctx, j, accepted)
			if what == spool.Refused && err == nil {
				left.jobs++
			}
			return what, err
		},
		Settle: func(ctx context.Context, s usage.Settlement) (spool.Outcome, error) {
			what, err := f.settled(ctx, s)
			if what == spool.Refused && err == nil {
				left.settlements++
			}
			return what, err
		},
	})
	if done > 0 {
		f.log.Info("what waited on this machine was handed to the store", "done", done, "stuck", left.jobs+left.settlements)
	}
	f.mu.Lock()
	f.stuck = left
	f.changed()
	f.mu.Unlock()
	return err
}

// stale is when an event that the store has taken is no longer offered to it for
// want of a confirmation: soon it would not know it for a copy any more.
const stale = 24 * time.Hour

func (f *Front) enqueued(ctx context.Context, j job.Job, accepted time.Time) (spool.Outcome, error) {
	trying, cancel := context.WithTimeout(ctx, try)
	defer cancel()
	first, err := f.store.Enqueue(trying, j)
	if first && (err == nil || f.says.Unconfirmed(err)) {
		f.memory.accepted(j, f.clock.Now())
	}
	what, err := f.took(ctx, err, "an accepted event")
	if what == spool.Unconfirmed && f.clock.Now().Sub(accepted) > stale {
		f.log.Error("an accepted event was never confirmed; the store has had it for a day")
		return spool.Done, nil
	}
	return what, err
}

// settled books one that waited. A lost ticket is no obstacle: the money is
// booked. A record that changed meanwhile keeps its newer state.
func (f *Front) settled(ctx context.Context, s usage.Settlement) (spool.Outcome, error) {
	_, err := f.settle(ctx, s)
	if errors.Is(err, record.ErrConflict) && s.Finish != nil {
		s.Finish.Writes = nil
		_, err = f.settle(ctx, s)
	}
	if errors.Is(err, job.ErrLost) && s.Finish != nil {
		f.memory.left(s.Finish.Ticket, f.clock.Now())
	}
	if errors.Is(err, job.ErrLost) && !f.says.Unconfirmed(err) {
		err = nil
	}
	return f.took(ctx, err, "a settlement")
}

// took reads how handing over went: done, done and not confirmed, to be tried
// later, or refused, which keeps it on this machine and holds nothing else up.
func (f *Front) took(ctx context.Context, err error, what string) (spool.Outcome, error) {
	switch {
	case err == nil:
		f.saw(nil)
		return spool.Done, nil
	case f.says.Unconfirmed(err):
		f.saw(err)
		return spool.Unconfirmed, nil
	case f.saw(err), ctx.Err() != nil:
		return spool.Refused, err
	}
	f.log.Error("the store refuses what waited; it stays on this machine", "what", what, "err", err)
	return spool.Refused, nil
}

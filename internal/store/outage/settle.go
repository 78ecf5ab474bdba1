package outage

import (
	"context"
	"errors"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/usage"
)

// Enqueue is the store's. What the store took and does not confirm is kept here
// besides, and counts as stored.
func (f *Front) Enqueue(ctx context.Context, j job.Job) (bool, error) {
	first, err := f.store.Enqueue(ctx, j)
	if err == nil || !f.says.Unconfirmed(err) {
		return first, err
	}
	return first, f.spool.KeepDone(context.WithoutCancel(ctx), j)
}

// Settle books, or keeps the booking on this machine when the store cannot be
// reached; then Settled is empty and the error nil: it will be booked. A
// settlement that ends a job ends it when it is booked; if another delivery has
// taken the job over until then, that one answers and this one's money is
// booked all the same. What the store booked and does not confirm is kept here
// besides, and answered as booked.
func (f *Front) Settle(ctx context.Context, s usage.Settlement) (usage.Settled, error) {
	if f.state() != Down {
		out, err := f.settle(ctx, s)
		switch {
		case err != nil && f.says.Unconfirmed(err):
			return out, f.keepDone(ctx, s, err)
		case err == nil, !f.says.Down(err) && ctx.Err() == nil:
			return out, err
		}
	}
	s.Fallback = pinned(s.Fallback, f.clock.Now())
	if err := f.spool.KeepSettlement(context.WithoutCancel(ctx), s); err != nil {
		return usage.Settled{}, err
	}
	return usage.Settled{}, nil
}

// settle tries once, and remembers what was booked.
func (f *Front) settle(ctx context.Context, s usage.Settlement) (usage.Settled, error) {
	ctx, cancel := context.WithTimeout(ctx, try)
	defer cancel()
	out, err := f.store.Settle(ctx, s)
	f.saw(err)
	if s.Entry != nil && (err == nil || errors.Is(err, job.ErrLost) || f.says.Unconfirmed(err)) {
		f.recent.add(f.clock.Now(), s, out)
	}
	return out, err
}

// keepDone keeps what the store has booked until it confirms that, and says
// what is left to say: whether the ticket was lost.
func (f *Front) keepDone(ctx context.Context, s usage.Settlement, err error) error {
	s.Fallback = pinned(s.Fallback, f.clock.Now())
	if err := f.spool.KeepSettlementDone(context.WithoutCancel(ctx), s); err != nil {
		return err
	}
	if errors.Is(err, job.ErrLost) {
		return err
	}
	return nil
}

package outage

import (
	"context"
	"errors"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/usage"
)

// Settle books, or keeps the booking on this machine when the store cannot be
// reached; then Settled is empty and the error nil: it will be booked. A
// settlement that ends a job ends it when it is booked; if another delivery has
// taken the job over until then, that one answers and this one's money is
// booked all the same. What the store booked and does not confirm is kept here
// besides, and answered as booked. A store that may have lost something is not
// believed that the ticket is lost; the job ends when it knows what was.
func (f *Front) Settle(ctx context.Context, s usage.Settlement) (usage.Settled, error) {
	if f.state() != Down {
		doubts, _ := f.doubt.now()
		out, err := f.settle(ctx, s)
		switch {
		case errors.Is(err, job.ErrLost) && s.Finish != nil:
			if !f.unsure(doubts) {
				return out, f.lost(ctx, s, err)
			}
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

// settle tries once, and remembers what was booked and ended.
func (f *Front) settle(ctx context.Context, s usage.Settlement) (usage.Settled, error) {
	ctx, cancel := context.WithTimeout(ctx, try)
	defer cancel()
	out, err := f.store.Settle(ctx, s)
	f.saw(err)
	lost := errors.Is(err, job.ErrLost)
	if err != nil && !lost && !f.says.Unconfirmed(err) {
		return out, err
	}
	if s.Entry != nil {
		f.memory.booking(f.clock.Now(), s, out)
	}
	if s.Finish != nil && !lost {
		f.memory.ended(*s.Finish, f.clock.Now())
	}
	return out, err
}

// lost ends the work on a job whose ticket is worthless. The money is booked.
func (f *Front) lost(ctx context.Context, s usage.Settlement, err error) error {
	f.memory.left(s.Finish.Ticket, f.clock.Now())
	if f.says.Unconfirmed(err) {
		return f.keepDone(ctx, s, err)
	}
	return err
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

package intake

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/turn"
)

// close stores the result and ends the job in one step. It does not give up on
// a passing failure of the store: the answer is made and paid for. When the
// store stays away the lease runs out and a later delivery books the step as
// uncertain, so that money is never missing.
func (w *Worker) close(ctx context.Context, log *slog.Logger, d turn.Delivery, r turn.Result) {
	s, err := finish(w.sealer, d, r)
	if err != nil {
		log.Error("result cannot be sealed", "err", err)
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.pace.Close)
	defer cancel()
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		_, err := w.closer.Settle(ctx, s)
		switch {
		case err == nil:
			return
		case errors.Is(err, job.ErrLost):
			log.Warn("ticket lost before the job was closed; what it cost is booked")
			return
		case errors.Is(err, record.ErrConflict):
			log.Warn("a record changed in between; the job is closed without its records")
			s.Finish.Writes = nil
			continue
		case ctx.Err() != nil:
			log.Error("job not closed: the store stayed away", "err", err)
			return
		}
		log.Warn("closing a job failed; trying again", "err", err)
		pause(ctx, wait)
	}
}

// book settles the last call of a delivery that lost its ticket.
func (w *Worker) book(ctx context.Context, log *slog.Logger, r turn.Result) {
	if r.Last == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.pace.Close)
	defer cancel()
	if _, err := w.closer.Settle(ctx, *r.Last); err != nil {
		log.Error("a lost delivery's call is not booked; it stays uncertain", "err", err)
	}
}

// giveBack returns the job to the queue, later at each delivery.
func (w *Worker) giveBack(ctx context.Context, log *slog.Logger, t job.Ticket, cause error) {
	after := min(time.Second<<min(t.Delivery, 6), time.Minute)
	log.Warn("job will be tried again", "err", cause, "after", after)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.pace.Close)
	defer cancel()
	if err := w.queue.Return(ctx, t, after, string(fault.KindOf(cause))); err != nil && !errors.Is(err, job.ErrLost) {
		log.Error("job not given back; its lease will run out", "err", err)
	}
}

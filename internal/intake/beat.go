package intake

import (
	"context"
	"errors"
	"time"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/turn"
)

// silentLeases is for how many leases a job runs on while the store cannot be
// reached. Nobody else can claim it while the store is down for all, and the
// first beat afterwards renews a lease that ran out unclaimed; a call that is
// paid for is not thrown away for that. When only this replica is cut off,
// another one takes the job over, and the bound keeps the double work small.
const silentLeases = 5

// beat tells the store that the job lives, until the returned function is
// called. It ends ctx when the store says that the job was stopped or lost, or
// when the store has been silent for too long.
func (w *Worker) beat(ctx context.Context, stop context.CancelCauseFunc, t job.Ticket) (end func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(w.pace.Beat)
		defer tick.Stop()
		alive := time.Now()
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
			}
			b, err := w.beatOnce(ctx, t)
			switch {
			case err == nil:
				alive = time.Now()
				if b.Stop {
					stop(turn.ErrStop)
				}
			case errors.Is(err, job.ErrLost), time.Since(alive) > silentLeases*w.pace.Lease:
				stop(job.ErrLost)
				return
			}
		}
	}()
	return func() { close(quit); <-done }
}

// beatOnce gives up before the next beat is due, so that one call that hangs
// does not cost the lease.
func (w *Worker) beatOnce(ctx context.Context, t job.Ticket) (job.Beat, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.pace.Beat)
	defer cancel()
	return w.queue.Beat(ctx, t, w.pace.Lease, nil)
}

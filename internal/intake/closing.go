package intake

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/turn"
)

// deadFor is how long an operator can look up which jobs were given up.
const deadFor = 30 * 24 * time.Hour

// Dead is the body of a record.Dead: a job that was given up, without content.
type Dead struct {
	Accepted   time.Time `json:"accepted"`
	Deliveries int       `json:"deliveries"` // how often it was tried
	Cause      string    `json:"cause"`      // a fault.Kind; empty when workers died of it
}

// buried adds the record of a given up job to a result.
func buried(t job.Ticket, r turn.Result) turn.Result {
	body, err := json.Marshal(Dead{Accepted: t.Job.At, Deliveries: t.Delivery - 1, Cause: t.Cause})
	if err == nil { // three plain fields never fail
		r.Writes = append(slices.Clone(r.Writes), record.Put(record.Dead, t.Job.ID, body, deadFor))
	}
	return r
}

// close stores the result and ends the job in one step. It does not give up on
// a passing failure of the store: the answer is made and paid for. When the
// store stays away the lease runs out and a later delivery books the step as
// uncertain, so that money is never missing.
func (w *Worker) close(ctx context.Context, log *slog.Logger, d *turn.Delivery, r turn.Result) {
	s, err := finish(w.sealer, d, r)
	if err != nil {
		log.Error("result cannot be sealed", "err", err)
		w.book(ctx, log, r)
		w.giveBack(ctx, log, d.Ticket, err)
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
		case errors.Is(err, record.ErrConflict) && len(s.Finish.Writes) > 0:
			log.Warn("a record changed in between; the job is closed without what depends on it")
			s.Finish.Writes = unconditional(s.Finish.Writes)
			continue
		case ctx.Err() != nil:
			log.Error("job not closed: the store stayed away", "err", err)
			return
		}
		log.Warn("closing a job failed; trying again", "err", err)
		pause(ctx, wait)
	}
}

// unconditional keeps the writes that cannot conflict. When all of them are
// such, and there was a conflict even so, none is left to try.
func unconditional(ws []record.Write) []record.Write {
	kept := slices.DeleteFunc(slices.Clone(ws), func(w record.Write) bool { return w.Expect != record.AnyVersion })
	if len(kept) == len(ws) {
		return nil
	}
	return kept
}

// book settles the last call of a delivery that will not be closed: it lost its
// ticket, or the job runs again.
func (w *Worker) book(ctx context.Context, log *slog.Logger, r turn.Result) {
	if r.Last == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.pace.Close)
	defer cancel()
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		_, err := w.closer.Settle(ctx, *r.Last)
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			log.Error("a call of an unfinished delivery is not booked; it stays uncertain", "err", err)
			return
		}
		pause(ctx, wait)
	}
}

// giveBack returns the job to the queue, later at each delivery and not before a
// platform that is asked too often said; at once when this process shuts down,
// because another one may be free.
func (w *Worker) giveBack(ctx context.Context, log *slog.Logger, t job.Ticket, cause error) {
	after := min(time.Second<<min(t.Delivery, 6), time.Minute)
	if limited := (*chat.RateLimited)(nil); errors.As(cause, &limited) {
		after = max(after, min(limited.After, 5*time.Minute))
	}
	if errors.Is(cause, turn.ErrShutdown) {
		after = 0
	}
	log.Warn("job will be tried again", "err", cause, "after", after)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.pace.Lease)
	defer cancel()
	if err := w.queue.Return(ctx, t, after, string(fault.KindOf(cause))); err != nil && !errors.Is(err, job.ErrLost) {
		log.Error("job not given back; its lease will run out", "err", err)
	}
}

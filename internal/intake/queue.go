// Package intake takes accepted events to an answer and posts to the platform.
// Accept is the door adapters knock at: it seals the event, stores it once and
// returns. Worker runs jobs with a heartbeat, gives them back on failure and
// gives them up after a number of deliveries, visibly and without charge.
// Poster sends what the outbox holds, one post of a lane after the other, and
// looks for a public post before it sends it again. The package knows nothing
// of intents, models or money; what a job means is its Handler's matter.
package intake

import (
	"context"
	"time"

	"github.com/tierwise/tierwise/internal/job"
)

// Queue is what a store does for jobs. All operations are atomic; times are the
// store's clock.
type Queue interface {
	// Enqueue stores a job unless one of its marks was seen in the last 25
	// hours; first reports whether it was stored. Marks and job are written in
	// one step.
	Enqueue(ctx context.Context, j job.Job) (first bool, err error)
	// Claim gives up to max runnable jobs to a worker for the length of a
	// lease: new ones, ones given back whose time has come, and ones whose
	// lease ran out (with the next delivery number, after closing the hold of
	// the delivery before: steps not sent are released, steps sent are booked
	// as uncertain). A job whose lane is full is parked in order and not given;
	// see job.Parked for which of them are told. Claim waits up to wait for
	// something to do or to tell; none is no error.
	Claim(ctx context.Context, worker string, max int, lease, wait time.Duration) (job.Claimed, error)
	// Pending reports whether a job is accepted and not finished yet.
	Pending(ctx context.Context, tenant, jobID string) (bool, error)
	// Beat extends the lease and, when note is not nil, stores it with the job.
	// job.ErrLost when the ticket is worthless.
	Beat(ctx context.Context, t job.Ticket, lease time.Duration, note []byte) (job.Beat, error)
	// Return gives a job back to be run again after a while; its lanes stay
	// taken, so that order is kept. Its hold is closed as in Claim.
	Return(ctx context.Context, t job.Ticket, after time.Duration, cause string) error
	// Stop asks a running job to stop; it is seen at the next Beat. A job that
	// is parked or waiting is told when it runs. Unknown jobs are no error.
	Stop(ctx context.Context, tenant, jobID string) error
	// Backlog counts jobs ready, parked, running and waiting, for health.
	Backlog(ctx context.Context) (job.Backlog, error)
}

// Outbox is what a store does for posts.
type Outbox interface {
	// Posts gives up to max posts to a sender for the length of a lease, the
	// head of each lane only, waiting up to wait. A post whose lease ran out is
	// given again with Sent set.
	Posts(ctx context.Context, sender string, max int, lease, wait time.Duration) ([]job.PostTicket, error)
	// Confirm removes a sent post. A ticket that is no longer valid is no error.
	Confirm(ctx context.Context, t job.PostTicket) error
	// Postpone gives a post back to be sent after a while. known says that the
	// last try certainly did nothing, so the next one is not marked Sent.
	Postpone(ctx context.Context, t job.PostTicket, after time.Duration, known bool) error
}

// Package outage stands before a store that is reached over a network and
// carries the house over the time in which it is not. A settlement that cannot
// be booked goes to a spool on this machine and is booked later, in the windows
// of its own time and once; a hold of money is refused at once with a sentence,
// because a hard limit that cannot be checked must not be passed; a hold of
// nothing is granted, because what costs nothing passes no limit. What was booked
// shortly before is offered again, which changes nothing unless the store had
// lost it. A settlement that also ends a job is kept whole, its sealed answer
// with it: when the store is back before anybody else has taken the job over,
// the job ends and the answer goes out; otherwise the other delivery answers
// and only the money is booked, as the correction of what was uncertain.
//
// What the store has done but does not confirm (no replica has it yet) is kept
// in the spool as well, and offered until it is confirmed. It holds nothing up.
//
// The package decides nothing about money and keeps no content of its own. It
// does not end a job again in a store that was rolled back: that job runs once
// more, and what it said can be said twice; only replication prevents that.
package outage

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/store/sqlite/spool"
	"github.com/tierwise/tierwise/usage"
)

// Money is what is asked of the store behind for money.
type Money interface {
	Hold(ctx context.Context, r usage.HoldRequest) (usage.Held, error)
	Dispatch(ctx context.Context, r usage.DispatchRequest) error
	Settle(ctx context.Context, s usage.Settlement) (usage.Settled, error)
}

// Store is what is asked of the store behind.
type Store interface {
	Money
	Enqueue(ctx context.Context, j job.Job) (first bool, err error)
	// Reach costs one cheap round trip and returns an error when the store
	// cannot work.
	Reach(ctx context.Context) error
}

// Errors says what an error of the store means.
type Errors struct {
	// Down: the store was not reached. Whether it did anything is unknown.
	Down func(error) bool
	// Unconfirmed: it was done, with a valid answer, and is not yet as durable
	// as was asked.
	Unconfirmed func(error) bool
}

// State is how the store has been.
type State string

// The states: failing for up to patience is degraded, longer is down.
const (
	OK       State = "ok"
	Degraded State = "degraded"
	Down     State = "down"
)

const (
	// patience is how long calls may fail before the store is called down.
	patience = 2 * time.Second
	// try bounds one call; a line that hangs is noticed in this time.
	try = 2 * time.Second
	// retry is how often the store is offered what it refused.
	retry = time.Minute
)

// Front is the store as the house sees it. It is safe for concurrent use.
type Front struct {
	store Store
	spool *spool.Spool
	says  Errors
	clock clock.Clock
	log   *slog.Logger

	recent recent
	free   free

	mu      sync.Mutex
	failing time.Time // since when calls fail; zero when they do not
	stuck   stuck
	change  chan struct{} // closed when one of the above has changed
}

// stuck is what the store refused when it was last handed what waits.
type stuck struct {
	jobs, settlements int
	retry             time.Time
}

// New returns a Front.
func New(s Store, sp *spool.Spool, says Errors, c clock.Clock, log *slog.Logger) *Front {
	return &Front{store: s, spool: sp, says: says, clock: c, log: log, change: make(chan struct{})}
}

// Status tells how the store is, since when it has been failing, and what
// waits on this machine.
type Status struct {
	State       State
	Since       time.Time // zero when it is well
	Jobs        int
	Settlements int
	Unconfirmed int       // done in the store and kept here until it confirms them
	Oldest      time.Time // of what waits; "accounting is delayed since"
}

// Status returns the status now.
func (f *Front) Status() Status {
	st := Status{State: f.state()}
	f.mu.Lock()
	st.Since = f.failing
	f.mu.Unlock()
	st.Jobs, st.Settlements, st.Oldest = f.spool.Pending()
	st.Unconfirmed = f.spool.Unconfirmed()
	return st
}

func (f *Front) state() State {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.failing.IsZero():
		return OK
	case f.clock.Now().Sub(f.failing) < patience:
		return Degraded
	}
	return Down
}

// saw notes how a call went and reports whether the store was not reached. A
// caller that gave up has learned nothing about the store.
func (f *Front) saw(err error) bool {
	lost := err != nil && f.says.Down(err)
	if !lost && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case !lost && !f.failing.IsZero():
		f.failing = time.Time{}
		f.changed()
	case lost && f.failing.IsZero():
		f.failing = f.clock.Now()
		f.changed()
	}
	return lost
}

// changed wakes who waits in Ready; mu is held.
func (f *Front) changed() {
	close(f.change)
	f.change = make(chan struct{})
}

// Ready waits, for at most the given time, until the store is well and has done
// every settlement that waited on this machine, confirmed or not. Work is claimed only then: a
// job that ended during the outage is ended in the store first, so that it is
// not taken for a dead worker's and run again.
func (f *Front) Ready(ctx context.Context, wait time.Duration) bool {
	over := time.NewTimer(wait)
	defer over.Stop()
	for {
		f.mu.Lock()
		_, settlements, _ := f.spool.Pending()
		ready, change := f.failing.IsZero() && settlements <= f.stuck.settlements, f.change
		f.mu.Unlock()
		if ready {
			return true
		}
		select {
		case <-change:
		case <-over.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

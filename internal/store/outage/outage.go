// Package outage stands before a store that is reached over a network and
// carries the house over the time in which it is not. A settlement that cannot
// be booked goes to a spool on this machine and is booked later, in the windows
// of its own time and once; a hold of money is refused at once with a sentence,
// because a hard limit that cannot be checked must not be passed; a hold of
// nothing is granted, because what costs nothing passes no limit. A settlement
// that also ends a job is kept whole, its sealed answer with it: when the store is
// back before anybody else has taken the job over, the job ends and the answer
// goes out; otherwise the other delivery answers and only the money is booked, as
// the correction of what was uncertain.
//
// A store can also come back with an older state. Each process remembers for some
// minutes what it did (see memory), and notes in the store how far it has got.
// When the servers were started again or replaced, or have less than was noted, it
// tells the store all of that again, which changes nothing where nothing was lost;
// jobs and posts are given only when the others have done so, too. What nobody
// remembers is as it always was: the job runs once more, and what it said can be
// said twice; only replication prevents that.
//
// What the store has done but does not confirm (no replica has it yet) is kept
// in the spool as well, and offered until it is confirmed. It holds nothing up.
//
// The package decides nothing about money, and the content it keeps is sealed.
package outage

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
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

// Work is what is asked of the store behind for jobs; see intake.Queue.
type Work interface {
	Enqueue(ctx context.Context, j job.Job) (first bool, err error)
	Claim(ctx context.Context, worker string, most int, lease, wait time.Duration) (job.Claimed, error)
	Beat(ctx context.Context, t job.Ticket, lease time.Duration, note []byte) (job.Beat, error)
	Return(ctx context.Context, t job.Ticket, after time.Duration, cause string) error
}

// Outbox is what is asked of the store behind for posts; see intake.Outbox.
type Outbox interface {
	Posts(ctx context.Context, sender string, most int, lease, wait time.Duration) ([]job.PostTicket, error)
	Confirm(ctx context.Context, t job.PostTicket) error
	Postpone(ctx context.Context, t job.PostTicket, after time.Duration, known bool) error
}

// Past is what is asked of a store that may have lost something.
type Past interface {
	// Tide returns what a process noted last, 0 for nothing, and which life of the
	// servers this is: another one after each restart and each failover.
	Tide(ctx context.Context, name string) (had int64, life string, err error)
	// Note notes how far a process has got; gone says that it ends.
	Note(ctx context.Context, name string, n int64, gone bool) error
	// Restore takes in what is remembered of a job; see job.Past.
	Restore(ctx context.Context, p job.Past) (lost bool, err error)
	// Meet tells that processes have told a life all they remember, and returns
	// how long others may still need.
	Meet(ctx context.Context, life string, names ...string) (time.Duration, error)
}

// Store is what is asked of the store behind.
type Store interface {
	Money
	Work
	Outbox
	Past
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

// Parts are what a Front is made of.
type Parts struct {
	Store Store
	Spool *spool.Spool
	// Name is this process's among all that use the store, and of no other one
	// before it.
	Name  string
	Doubt *Doubt // nil: nobody raises one
	Says  Errors
	Clock clock.Clock
	Log   *slog.Logger
}

// Front is the store as the house sees it. It is safe for concurrent use.
type Front struct {
	store Store
	spool *spool.Spool
	says  Errors
	clock clock.Clock
	log   *slog.Logger
	name  string
	doubt *Doubt

	memory *memory
	free   free
	owes   atomic.Bool // posts were sent that the store could not be told of

	tending sync.Mutex // what follows is for Tend
	looked  looked

	mu      sync.Mutex
	failing time.Time // since when calls fail; zero when they do not
	healing bool      // the store lacks what was, or may
	stuck   stuck
	change  chan struct{} // closed when one of the above has changed
}

// stuck is what the store refused when it was last handed what waits.
type stuck struct {
	jobs, settlements int
	retry             time.Time
}

// New returns a Front.
func New(p Parts) *Front {
	if p.Doubt == nil {
		p.Doubt = NewDoubt()
	}
	return &Front{
		store: p.Store, spool: p.Spool, says: p.Says, clock: p.Clock, log: p.Log, name: p.Name, doubt: p.Doubt,
		memory: newMemory(), change: make(chan struct{}),
	}
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

// Ready waits, for at most the given time, until the store is well, knows what was,
// and has done every settlement that waited on this machine, confirmed or not. Work
// is claimed only then: a job that ended during the outage is ended in the store
// first, so that it is not taken for a dead worker's and run again.
func (f *Front) Ready(ctx context.Context, wait time.Duration) bool {
	_, ready := f.await(ctx, wait)
	return ready
}

// await is Ready, and returns how often the store had been doubted when it was.
func (f *Front) await(ctx context.Context, wait time.Duration) (doubts int64, ready bool) {
	over := time.NewTimer(wait)
	defer over.Stop()
	for {
		f.mu.Lock()
		_, settlements, _ := f.spool.Pending()
		doubts, raised := f.doubt.now()
		ready, change := f.failing.IsZero() && !f.healing && !raised && settlements <= f.stuck.settlements, f.change
		f.mu.Unlock()
		if ready {
			return doubts, true
		}
		select {
		case <-change:
		case <-over.C:
			return doubts, false
		case <-ctx.Done():
			return doubts, false
		}
	}
}

// closed reports whether the store is being put back.
func (f *Front) closed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.healing
}

// Package outage stands before a store that is reached over a network and
// carries the house over the time in which it is not. A settlement that cannot
// be booked goes to a spool on this machine and is booked later, in the windows
// of its own time and once; a hold is refused at once with a sentence, because
// a hard limit that cannot be checked must not be passed; what was booked
// shortly before is offered again, which changes nothing unless the store had
// lost it. A settlement that also ends a job is kept whole, its sealed answer
// with it: when the store is back before anybody else has taken the job over,
// the job ends and the answer goes out; otherwise the other delivery answers
// and only the money is booked, as the correction of what was uncertain.
//
// The package decides nothing about money and keeps no content of its own. It
// does not end a job again in a store that was rolled back: that job runs once
// more, and what it said can be said twice; only replication prevents that.
package outage

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/store/sqlite/spool"
	"github.com/tierwise/tierwise/usage"
)

// Store is what is asked of the store behind.
type Store interface {
	Enqueue(ctx context.Context, j job.Job) (first bool, err error)
	Hold(ctx context.Context, r usage.HoldRequest) (usage.Held, error)
	Settle(ctx context.Context, s usage.Settlement) (usage.Settled, error)
	// Reach costs one cheap round trip and returns an error when the store
	// cannot work.
	Reach(ctx context.Context) error
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
	down  func(error) bool
	clock clock.Clock
	log   *slog.Logger

	recent recent

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

// New returns a Front. down tells the errors of a store that was not reached
// from its answers.
func New(s Store, sp *spool.Spool, down func(error) bool, c clock.Clock, log *slog.Logger) *Front {
	return &Front{store: s, spool: sp, down: down, clock: c, log: log, change: make(chan struct{})}
}

// Status tells how the store is, since when it has been failing, and what
// waits on this machine.
type Status struct {
	State       State
	Since       time.Time // zero when it is well
	Jobs        int
	Settlements int
	Oldest      time.Time // of what waits; "accounting is delayed since"
}

// Status returns the status now.
func (f *Front) Status() Status {
	st := Status{State: f.state()}
	f.mu.Lock()
	st.Since = f.failing
	f.mu.Unlock()
	st.Jobs, st.Settlements, st.Oldest = f.spool.Pending()
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
	lost := err != nil && f.down(err)
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

// Ready waits, for at most the given time, until the store is well and has
// every settlement that waited on this machine. Work is claimed only then: a
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

// Hold is the store's, and fails at once, and closed, while it is down.
func (f *Front) Hold(ctx context.Context, r usage.HoldRequest) (usage.Held, error) {
	unavailable := func(err error) error {
		return fault.Wrap(err, fault.Unavailable, "Accounting cannot be reached right now, so nothing that costs money is begun. I try again by myself.")
	}
	if f.state() == Down {
		return usage.Held{}, unavailable(errDown)
	}
	trying, cancel := context.WithTimeout(ctx, try)
	defer cancel()
	h, err := f.store.Hold(trying, r)
	if f.saw(err) {
		return h, unavailable(err)
	}
	return h, err
}

var errDown = errors.New("outage: the store is down")

// Settle books, or keeps the booking on this machine when the store cannot be
// reached; then Settled is empty and the error nil: it will be booked. A
// settlement that ends a job ends it when it is booked; if another delivery has
// taken the job over until then, that one answers and this one's money is
// booked all the same.
func (f *Front) Settle(ctx context.Context, s usage.Settlement) (usage.Settled, error) {
	if f.state() != Down {
		out, err := f.settle(ctx, s)
		answered := err == nil || !f.down(err) && ctx.Err() == nil
		if answered {
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
	if s.Entry != nil && (err == nil || errors.Is(err, job.ErrLost)) {
		f.recent.add(f.clock.Now(), s, out)
	}
	return out, err
}

// Run tends to the store until ctx ends. It says once that the store is gone
// and once that it is back.
func (f *Front) Run(ctx context.Context) {
	gone := false
	for {
		wait := time.Second + rand.N(500*time.Millisecond) // replicas come back one after the other
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		err := f.Tend(ctx)
		switch {
		case ctx.Err() != nil:
		case err != nil && !gone:
			gone = true
			f.log.Error("the store is not well; what is booked waits on this machine", "err", err)
		case err == nil && gone:
			gone = false
			f.log.Info("the store is well and has what waited")
		}
	}
}

// Tend looks after the store once. A store that has been failing is tried, and
// when it is back it is offered what was booked in the last minutes and handed
// what waits. A store that seems well is asked for the newest booking: it would
// be the first to be missing if the store had been replaced by an older state
// between two calls.
func (f *Front) Tend(ctx context.Context) error {
	failing, waiting := f.due()
	if !failing && !waiting {
		lost, err := f.heal(ctx, few, 1)
		if err == nil && lost {
			_, err = f.heal(ctx, remembered, sample)
		}
		return err
	}
	if failing {
		if err := f.reach(ctx); err != nil {
			return err
		}
		if _, err := f.heal(ctx, remembered, sample); err != nil {
			return err
		}
		f.saw(nil)
	}
	return f.Drain(ctx)
}

// due reports whether the store has been failing, and whether something waits
// here that it should be handed now.
func (f *Front) due() (failing, waiting bool) {
	jobs, settlements, _ := f.spool.Pending()
	f.mu.Lock()
	defer f.mu.Unlock()
	waiting = jobs > f.stuck.jobs || settlements > f.stuck.settlements || jobs+settlements > 0 && !f.clock.Now().Before(f.stuck.retry)
	return !f.failing.IsZero(), waiting
}

func (f *Front) reach(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, try)
	defer cancel()
	err := f.store.Reach(ctx)
	if err != nil {
		f.saw(err)
	}
	return err
}

// heal offers the newest bookings again, at most so many, and of each workspace
// until the store knew enough of them in a row. What it had lost is booked by
// that.
func (f *Front) heal(ctx context.Context, most, enough int) (lost bool, err error) {
	known, healed := map[string]int{}, 0
	for _, s := range f.recent.newestFirst(f.clock.Now(), most) {
		if known[s.Tenant] >= enough {
			continue
		}
		trying, cancel := context.WithTimeout(ctx, try)
		out, err := f.store.Settle(trying, s)
		cancel()
		if f.saw(err) || ctx.Err() != nil {
			return healed > 0, errors.Join(err, ctx.Err())
		}
		if known[s.Tenant]++; out.Booked {
			healed++
			known[s.Tenant] = 0
		}
	}
	if healed > 0 {
		f.log.Error("the store had lost bookings and has them again; look at its persistence", "bookings", healed)
	}
	return healed > 0, nil
}

// Drain hands over what waits on this machine, settlements first.
func (f *Front) Drain(ctx context.Context) error {
	left := stuck{retry: f.clock.Now().Add(retry)}
	done, _, err := f.spool.Drain(ctx, spool.Into{
		Job: func(ctx context.Context, j job.Job) (bool, error) {
			ok, err := f.enqueued(ctx, j)
			if !ok && err == nil {
				left.jobs++
			}
			return ok, err
		},
		Settle: func(ctx context.Context, s usage.Settlement) (bool, error) {
			ok, err := f.settled(ctx, s)
			if !ok && err == nil {
				left.settlements++
			}
			return ok, err
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

func (f *Front) enqueued(ctx context.Context, j job.Job) (bool, error) {
	trying, cancel := context.WithTimeout(ctx, try)
	defer cancel()
	_, err := f.store.Enqueue(trying, j)
	return f.took(ctx, err, "an accepted event")
}

// settled books one that waited. A lost ticket is no obstacle: the money is
// booked. A record that changed meanwhile keeps its newer state.
func (f *Front) settled(ctx context.Context, s usage.Settlement) (bool, error) {
	_, err := f.settle(ctx, s)
	if errors.Is(err, record.ErrConflict) && s.Finish != nil {
		s.Finish.Writes = nil
		_, err = f.settle(ctx, s)
	}
	if errors.Is(err, job.ErrLost) {
		err = nil
	}
	return f.took(ctx, err, "a settlement")
}

// took reads how handing over went: done, to be tried later, or refused, which
// keeps it on this machine and holds nothing else up.
func (f *Front) took(ctx context.Context, err error, what string) (bool, error) {
	switch {
	case err == nil:
		f.saw(nil)
		return true, nil
	case f.saw(err), ctx.Err() != nil:
		return false, err
	}
	f.log.Error("the store refuses what waited; it stays on this machine", "what", what, "err", err)
	return false, nil
}

// Package outage stands before a store that is reached over a network and
// carries the house over the time in which it is not. A settlement that cannot
// be booked goes to a spool on this machine and is booked later, in order and
// once; a hold is refused at once with a sentence, because a hard limit that
// cannot be checked must not be passed; after an outage what was booked shortly
// before is booked again, which changes nothing unless the store had lost it.
// The package decides nothing about money and keeps no content of its own; the
// spool holds what arrives sealed.
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
	// patience is how long calls may fail before holds are refused at once.
	patience = 2 * time.Second
	// again is how far back bookings are repeated after an outage: longer than
	// an asynchronous replica lags behind its master.
	again = 10 * time.Minute
	// remembered bounds them.
	remembered = 20_000
)

// Front is the store as the house sees it. It is safe for concurrent use.
type Front struct {
	store Store
	spool *spool.Spool
	down  func(error) bool
	clock clock.Clock
	log   *slog.Logger

	mu      sync.Mutex
	failing time.Time // since when calls fail; zero when they do not
	recent  []booked  // oldest first
}

// booked is a booking of the last minutes.
type booked struct {
	at time.Time
	s  usage.Settlement
}

// New returns a Front. down tells the errors of a store that was not reached
// from its answers.
func New(s Store, sp *spool.Spool, down func(error) bool, c clock.Clock, log *slog.Logger) *Front {
	return &Front{store: s, spool: sp, down: down, clock: c, log: log}
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

// saw notes how a call went and reports whether the store was not reached.
func (f *Front) saw(err error) bool {
	lost := err != nil && f.down(err)
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case !lost:
		f.failing = time.Time{}
	case f.failing.IsZero():
		f.failing = f.clock.Now()
	}
	return lost
}

// Hold is the store's, and fails at once, and closed, while it is down.
func (f *Front) Hold(ctx context.Context, r usage.HoldRequest) (usage.Held, error) {
	unavailable := func(err error) error {
		return fault.Wrap(err, fault.Unavailable, "Accounting cannot be reached right now, so nothing that costs money is begun. I try again by myself.")
	}
	if f.state() == Down {
		return usage.Held{}, unavailable(errDown)
	}
	h, err := f.store.Hold(ctx, r)
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
		out, err := f.store.Settle(ctx, s)
		if !f.saw(err) && ctx.Err() == nil || err == nil {
			if err == nil || errors.Is(err, job.ErrLost) {
				f.remember(s)
			}
			return out, err
		}
	}
	if err := f.spool.KeepSettlement(context.WithoutCancel(ctx), s); err != nil {
		return usage.Settled{}, err
	}
	return usage.Settled{}, nil
}

// remember keeps a booking, without the job it ended, for a while.
func (f *Front) remember(s usage.Settlement) {
	if s.Entry == nil {
		return
	}
	s.Finish = nil
	now := f.clock.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	first := 0
	for first < len(f.recent) && (now.Sub(f.recent[first].at) > again || len(f.recent)-first >= remembered) {
		first++
	}
	f.recent = append(f.recent[first:], booked{now, s})
}

// Run tends to the store until ctx ends.
func (f *Front) Run(ctx context.Context) {
	for {
		wait := time.Second + rand.N(500*time.Millisecond)
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		if err := f.Tend(ctx); err != nil && ctx.Err() == nil {
			f.log.Warn("the store is not reached; what is booked waits on this machine", "err", err)
		}
	}
}

// Tend looks after the store once: when it has been failing it is tried, and
// when it is back, what was booked in the last minutes is booked again and what
// waits is handed over.
func (f *Front) Tend(ctx context.Context) error {
	f.mu.Lock()
	failing := !f.failing.IsZero()
	f.mu.Unlock()
	jobs, settlements, _ := f.spool.Pending()
	if !failing && jobs+settlements == 0 {
		return nil
	}
	if err := f.store.Reach(ctx); err != nil {
		f.saw(err)
		return err
	}
	if failing {
		if err := f.repeat(ctx); err != nil {
			return err
		}
	}
	f.saw(nil)
	return f.Drain(ctx)
}

// repeat books what was booked in the last minutes again. A store that has it
// changes nothing; one that was rolled back to an older state is healed.
func (f *Front) repeat(ctx context.Context) error {
	f.mu.Lock()
	list := append([]booked(nil), f.recent...)
	f.mu.Unlock()
	healed := 0
	for _, b := range list {
		if f.clock.Now().Sub(b.at) > again {
			continue
		}
		out, err := f.store.Settle(ctx, b.s)
		if f.saw(err) {
			return err
		}
		if out.Booked {
			healed++
		}
	}
	if healed > 0 {
		f.log.Error("the store had lost bookings and has them again; look at its persistence", "bookings", healed)
	}
	return nil
}

// Drain hands over what waits on this machine, settlements first.
func (f *Front) Drain(ctx context.Context) error {
	jobs, settlements, _ := f.spool.Pending()
	if jobs+settlements == 0 {
		return nil
	}
	done, stuck, err := f.spool.Drain(ctx, spool.Into{
		Job: func(ctx context.Context, j job.Job) (bool, error) {
			_, err := f.store.Enqueue(ctx, j)
			return err == nil, err
		},
		Settle: f.settled,
	})
	if done > 0 {
		f.log.Info("what waited on this machine was handed to the store", "done", done, "stuck", stuck)
	}
	return err
}

// settled books one that waited. A lost ticket is no obstacle: the money is
// booked. A record that changed meanwhile keeps its newer state.
func (f *Front) settled(ctx context.Context, s usage.Settlement) (bool, error) {
	_, err := f.store.Settle(ctx, s)
	if errors.Is(err, record.ErrConflict) && s.Finish != nil {
		s.Finish.Writes = nil
		_, err = f.store.Settle(ctx, s)
	}
	switch {
	case err == nil, errors.Is(err, job.ErrLost):
		return true, nil
	case f.saw(err):
		return false, err
	}
	f.log.Error("a kept settlement is refused by the store and stays on this machine", "err", err)
	return false, nil
}

package outage

import (
	"context"
	"math/rand/v2"
	"time"
)

// soon is how often the store is asked whether others have come, too.
const soon = 100 * time.Millisecond

// Run tends to the store until ctx ends. It says once that the store is gone
// and once that it is back.
func (f *Front) Run(ctx context.Context) {
	gone := false
	for ctx.Err() == nil {
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
		wait := time.Second + rand.N(500*time.Millisecond) // replicas come back one after the other
		if err == nil && f.closed() {
			wait = soon
		}
		tick := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-f.doubt.wake:
		}
		tick.Stop()
	}
}

// Tend looks after the store once. A store that has been failing is tried; then it
// is looked at, told what it may have lost, and handed what waits.
func (f *Front) Tend(ctx context.Context) error {
	f.tending.Lock()
	defer f.tending.Unlock()
	failing := f.fails()
	if failing {
		if err := f.reach(ctx); err != nil {
			return err
		}
	}
	if err := f.look(ctx, failing); err != nil {
		return err
	}
	f.saw(nil)
	if !failing && !f.waiting() {
		return nil
	}
	return f.Drain(ctx)
}

func (f *Front) fails() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.failing.IsZero()
}

// waiting reports whether something waits here that the store should be handed
// now.
func (f *Front) waiting() bool {
	jobs, settlements, _ := f.spool.Pending()
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.spool.Unconfirmed() > 0 || jobs > f.stuck.jobs || settlements > f.stuck.settlements || jobs+settlements > 0 && !f.clock.Now().Before(f.stuck.retry)
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

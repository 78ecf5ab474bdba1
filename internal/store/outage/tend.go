package outage

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

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
	waiting = f.spool.Unconfirmed() > 0 || jobs > f.stuck.jobs || settlements > f.stuck.settlements || jobs+settlements > 0 && !f.clock.Now().Before(f.stuck.retry)
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

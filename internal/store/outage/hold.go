package outage

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/usage"
)

var errDown = errors.New("outage: the store is down")

// Hold is the store's. While the store cannot be reached it fails at once, and
// closed, unless nothing is to be reserved: then it is granted here.
func (f *Front) Hold(ctx context.Context, r usage.HoldRequest) (usage.Held, error) {
	err := errDown
	if f.state() != Down {
		trying, cancel := context.WithTimeout(ctx, try)
		defer cancel()
		var h usage.Held
		if h, err = f.store.Hold(trying, r); !f.saw(err) {
			return h, err
		}
	}
	if costsNothing(r) {
		now := f.clock.Now()
		f.free.add(r, now)
		return usage.Held{Granted: true, Windows: bookedIn(pinned(r.Windows, now))}, nil
	}
	return usage.Held{}, fault.Wrap(err, fault.Unavailable, "Accounting cannot be reached right now, so nothing that costs money is begun. I try again by myself.")
}

// Dispatch is the store's. A step of a hold that was granted here is sent
// without asking: its settlement books it whole, and if that is lost with this
// machine, nothing was spent.
func (f *Front) Dispatch(ctx context.Context, r usage.DispatchRequest) error {
	if f.free.has(r.Tenant, r.Hold, r.Step) {
		return nil
	}
	return f.store.Dispatch(ctx, r)
}

// costsNothing reports a hold that reserves nothing for at least one step.
func costsNothing(r usage.HoldRequest) bool {
	for _, s := range r.Steps {
		if s.Amount != 0 {
			return false
		}
	}
	return len(r.Steps) > 0
}

func bookedIn(ws []usage.Window) (b usage.Booked) {
	for _, w := range ws {
		switch w.Kind {
		case usage.Day:
			b.Day = w.ID
		case usage.Week:
			b.Week = w.ID
		default:
			b.Month = w.ID
		}
	}
	return b
}

// free are the holds that were granted here, until their lifetime is over.
type free struct {
	mu    sync.Mutex
	holds map[[2]string]granted // by tenant and hold
}

type granted struct {
	ends  time.Time
	steps []usage.StepHold
}

func (f *free) add(r usage.HoldRequest, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.holds == nil {
		f.holds = map[[2]string]granted{}
	}
	for k, g := range f.holds {
		if now.After(g.ends) {
			delete(f.holds, k)
		}
	}
	f.holds[[2]string{r.Tenant, r.Hold}] = granted{now.Add(r.TTL), r.Steps}
}

// has reports whether a step belongs to a hold that was granted here.
func (f *free) has(tenant, hold string, step int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.holds[[2]string{tenant, hold}].steps {
		if s.N == step {
			return true
		}
	}
	return false
}

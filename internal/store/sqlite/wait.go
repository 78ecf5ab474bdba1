package sqlite

import (
	"context"
	"sync"
	"time"
)

// bell wakes those who wait for something to do. It rings when there is
// something at once, and when something will be due before the first instant
// any of them means to look by itself; a worker that takes a job for half a
// minute does not wake the others.
type bell struct {
	mu   sync.Mutex
	rung chan struct{} // closed at the next ring
	// latest is the last instant a sleeper means to look at by itself, soonest
	// the first instant told; both since the last ring, zero for none.
	latest, soonest time.Time
}

// news is what a transaction has to tell the sleepers.
type news struct {
	now bool      // something is ready
	due time.Time // the first instant at which something will be; zero for none
}

func (n *news) later(at time.Time) {
	if n.due.IsZero() || at.Before(n.due) {
		n.due = at
	}
}

// listen gives the channel that the next ring closes. It is called before
// looking, so that nothing falls between looking and sleeping.
func (b *bell) listen() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rung == nil {
		b.rung = make(chan struct{})
	}
	return b.rung
}

// sleeping says that somebody sleeps until then unless the bell rings.
func (b *bell) sleeping(until time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if until.After(b.latest) {
		b.latest = until
	}
	if !b.soonest.IsZero() && b.soonest.Before(until) {
		b.ring()
	}
}

func (b *bell) tell(n news) {
	if !n.now && n.due.IsZero() {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !n.due.IsZero() && (b.soonest.IsZero() || n.due.Before(b.soonest)) {
		b.soonest = n.due
	}
	if n.now || n.due.Before(b.latest) {
		b.ring()
	}
}

// ring is called with the lock held.
func (b *bell) ring() {
	if b.rung != nil {
		close(b.rung)
		b.rung = nil
	}
	b.latest, b.soonest = time.Time{}, time.Time{}
}

// found is what one look brought: what was found, whether that is anything, and
// when there will be something; zero when nobody knows.
type found[T any] struct {
	got  T
	some bool
	next time.Time
}

// poll looks until there is something, wait has passed, ctx ends or the store
// is closed.
func poll[T any](ctx context.Context, s *Store, b *bell, most int, wait time.Duration, look func() (found[T], error)) (none T, err error) {
	if most <= 0 {
		return none, ctx.Err()
	}
	over := time.NewTimer(wait)
	defer over.Stop()
	end := s.clock.Now().Add(wait)
	for {
		rung := b.listen()
		f, err := look()
		if err != nil {
			return none, err
		}
		if f.some || wait <= 0 {
			return f.got, nil
		}
		until := end
		var due <-chan time.Time
		if !f.next.IsZero() && f.next.Before(end) {
			until = f.next
			due = time.After(max(f.next.Sub(s.clock.Now()), time.Millisecond))
		}
		b.sleeping(until)
		select {
		case <-rung:
		case <-due:
		case <-over.C:
			return none, nil
		case <-ctx.Done():
			return none, ctx.Err()
		case <-s.closing:
			return none, ErrClosed
		}
	}
}

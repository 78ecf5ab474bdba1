// Package memory keeps a store in plain Go values under one mutex. It is for
// simulated time and for tests: it does exactly what the durable stores do, as
// proven by the same suite, waits only on channels and timers, and so runs in
// a testing/synctest bubble over virtual days. It promises atomic operations
// and the store's rules of order and money. It does not survive the process,
// share anything with another one, or forget entries by itself.
package memory

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/usage"
)

// markLife is how long a mark makes a second event a copy.
const markLife = 25 * time.Hour

// Store is a store in memory. It is safe for concurrent use.
type Store struct {
	clk clock.Clock

	mu      sync.Mutex
	seq     int64 // order of acceptance, of jobs and posts alike
	tenants map[string]*tenant
	queue   []*work   // jobs not finished, in the order they were accepted
	outbox  []*parcel // posts not confirmed, in the order they were written
	leases  map[string]lease

	work signal // jobs may have become runnable
	mail signal // posts may have become sendable
}

// tenant is everything that belongs to one workspace.
type tenant struct {
	jobs  map[string]*work
	seen  map[string]mark           // marks of events
	past  map[string]pastPost       // by post
	lanes map[string]map[*work]bool // who has a place
	books books

	records map[record.Kind]map[string]record.Record
	marks   map[string]time.Time
	rates   map[string]*rate
}

// New returns an empty store on the given clock.
func New(clk clock.Clock) *Store {
	return &Store{
		clk: clk, tenants: map[string]*tenant{}, leases: map[string]lease{},
		work: newSignal(), mail: newSignal(),
	}
}

// at returns the workspace, made when it is new.
func (s *Store) at(id string) *tenant {
	t, ok := s.tenants[id]
	if !ok {
		t = &tenant{
			jobs: map[string]*work{}, seen: map[string]mark{}, past: map[string]pastPost{}, lanes: map[string]map[*work]bool{},
			books:   newBooks(),
			records: map[record.Kind]map[string]record.Record{}, marks: map[string]time.Time{}, rates: map[string]*rate{},
		}
		s.tenants[id] = t
	}
	return t
}

// signal wakes everybody who waits for a change.
type signal struct{ ch chan struct{} }

func newSignal() signal { return signal{make(chan struct{})} }

// raise is called with the store's lock held.
func (s *signal) raise() {
	close(s.ch)
	s.ch = make(chan struct{})
}

// poll calls try under the lock until it reports success or wait has passed.
// Between tries it sleeps until the signal is raised or try's next instant, by
// the store's clock, has come; a zero instant means that only the signal helps.
func (s *Store) poll(ctx context.Context, sig *signal, wait time.Duration, try func(now time.Time) (done bool, next time.Time)) error {
	over := time.NewTimer(wait)
	defer over.Stop()
	for {
		s.mu.Lock()
		now := s.clk.Now()
		done, next := try(now)
		changed := sig.ch
		s.mu.Unlock()
		if done || wait <= 0 {
			return nil
		}
		due, stop := alarm(now, next)
		select {
		case <-changed:
		case <-due:
		case <-over.C:
			stop()
			return nil
		case <-ctx.Done():
			stop()
			return ctx.Err()
		}
		stop()
	}
}

// alarm returns a channel that delivers at next, or never when next is zero.
func alarm(now, next time.Time) (<-chan time.Time, func() bool) {
	if next.IsZero() {
		return nil, func() bool { return true }
	}
	t := time.NewTimer(max(next.Sub(now), time.Millisecond))
	return t.C, t.Stop
}

// sooner returns the earlier of two instants, of which zero is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// Tenants lists the workspaces that have entries, limits or records, sorted.
func (s *Store) Tenants(context.Context) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clk.Now()
	has := map[string]bool{}
	for id, t := range s.tenants {
		has[id] = len(t.books.limits) > 0 || len(t.books.rows) > 0 || t.anyRecord(now)
	}
	return sortedKeys(has, func(id string) bool { return has[id] }), nil
}

// Sweep closes holds past their TTL and forgets what has expired elsewhere.
func (s *Store) Sweep(context.Context) (usage.Swept, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clk.Now()
	var swept usage.Swept
	for _, t := range s.tenants {
		for _, h := range t.books.holds {
			if h.closed || now.Before(h.expires) {
				continue
			}
			untouched := h.untouched()
			swept.Uncertain += t.books.closeHold(h, now)
			if untouched {
				swept.Released++
			}
		}
		t.forget(now)
	}
	return swept, nil
}

// forget drops what has expired, which no operation would show any more.
func (t *tenant) forget(now time.Time) {
	maps.DeleteFunc(t.seen, func(_ string, m mark) bool { return !now.Before(m.until) })
	maps.DeleteFunc(t.past, func(_ string, k pastPost) bool { return !now.Before(k.forgotten) })
	maps.DeleteFunc(t.marks, func(_ string, end time.Time) bool { return !now.Before(end) })
	for k, r := range t.rates {
		if !now.Before(r.ends) {
			delete(t.rates, k)
		}
	}
	for _, m := range t.records {
		for id, r := range m {
			if expired(r, now) {
				delete(m, id)
			}
		}
	}
}

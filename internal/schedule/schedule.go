// Package schedule runs periodic work once per period over all replicas. A
// period has a key ("2026-11-24", "2026-11"); whoever gets the lease of the key
// does the work, and when it succeeds the lease is kept past the period, so no
// other replica repeats it. A failure is followed by a growing pause and a
// crash lets the lease run out; either way the work is done again, so it must
// be idempotent. The package keeps no timetable in the store, sends nothing
// itself, and does not make up for periods in which no replica ran.
package schedule

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
)

// Leases is what a store provides; see storetest.Once.
type Leases interface {
	Lease(ctx context.Context, name, holder string, ttl time.Duration) (bool, error)
}

// Work is one periodic job.
type Work struct {
	Name string
	// Period names the period an instant is in.
	Period func(time.Time) string
	// Keep is how long a done period is remembered: longer than the period.
	Keep time.Duration
	// Limit bounds one run, and is how long a crashed one keeps others waiting.
	Limit time.Duration
	Do    func(ctx context.Context) error
}

// The pauses after failures: doubled from the first to the longest.
const (
	firstPause   = 15 * time.Second
	longestPause = 15 * time.Minute
)

// errPanic stands for a panic in a Work, whose words may hold content.
var errPanic = errors.New("schedule: panic in periodic work")

// Run looks every tick for periods to do, until ctx ends. Works do not wait for
// each other. holder is unique among all replicas.
func Run(ctx context.Context, l Leases, holder string, c clock.Clock, tick time.Duration, log *slog.Logger, works ...Work) {
	var all sync.WaitGroup
	defer all.Wait()
	for _, w := range works {
		r := &runner{work: w, leases: l, holder: holder + "#" + rand.Text(), log: log.With("work", w.Name)}
		all.Go(func() { r.run(ctx, c, tick) })
	}
}

// runner does one Work in this process.
type runner struct {
	work   Work
	leases Leases
	holder string
	log    *slog.Logger

	done   string // the last period known to be done here
	runs   int
	failed int       // in a row
	resume time.Time // not before, after a failure
}

func (r *runner) run(ctx context.Context, c clock.Clock, tick time.Duration) {
	t := time.NewTicker(tick)
	defer t.Stop()
	for {
		if p := r.work.Period(c.Now()); p != r.done && !time.Now().Before(r.resume) {
			r.once(ctx, p)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// once does one period's work if nobody has. Every run takes the lease in a
// name of its own: after a restart, or when a clock is put back, this process
// finds a done period as taken as everybody else does.
func (r *runner) once(ctx context.Context, period string) {
	r.runs++
	name, holder := "work:"+r.work.Name+":"+period, fmt.Sprint(r.holder, ".", r.runs)
	mine, err := r.leases.Lease(ctx, name, holder, r.work.Limit)
	if err != nil && ctx.Err() == nil {
		r.log.Warn("periodic work: no lease", "err", err)
	}
	if err != nil || !mine {
		return // another replica is at it; if it fails, a later look finds the lease free
	}
	ttl := r.work.Keep
	if err := r.do(ctx); err != nil {
		// The lease is kept for the pause, so that all replicas make it.
		ttl = min(firstPause<<min(r.failed, 8), longestPause)
		r.failed++
		r.resume = time.Now().Add(ttl)
		if ctx.Err() != nil {
			ttl = 0 // stopped, not failed: another replica may begin at once
		} else {
			r.log.Error("periodic work failed; it will be tried again", "err", err, "after", ttl)
		}
	} else {
		r.done, r.failed = period, 0
	}
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if _, err := r.leases.Lease(after, name, holder, ttl); err != nil {
		r.log.Warn("the end of periodic work is not remembered", "err", err)
	}
}

func (r *runner) do(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, r.work.Limit)
	defer cancel()
	defer func() {
		if recover() != nil {
			r.log.Error("panic in periodic work", "stack", string(debug.Stack()))
			err = errPanic
		}
	}()
	return r.work.Do(ctx)
}

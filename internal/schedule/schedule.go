// Package schedule runs periodic work once per period over all replicas. A
// period has a key ("2026-11-24", "2026-11"); whoever gets the lease of the key
// does the work, and when it succeeds the lease is kept past the period, so no
// other replica repeats it. A failure gives the lease up, and a crash lets it
// run out, so the work is tried again: it must be idempotent. The package keeps
// no timetable in the store and sends nothing itself.
package schedule

import (
	"context"
	"fmt"
	"log/slog"
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
	// Limit bounds one run.
	Limit time.Duration
	Do    func(ctx context.Context) error
}

// Daily names days, Hourly hours and Every fixed spans, all in UTC.
func Daily(t time.Time) string { return t.UTC().Format("2006-01-02") }

// Hourly names hours in UTC.
func Hourly(t time.Time) string { return t.UTC().Format("2006-01-02T15") }

// Every names spans of d, counted from the Unix epoch.
func Every(d time.Duration) func(time.Time) string {
	return func(t time.Time) string { return fmt.Sprintf("%d", t.UnixNano()/int64(d)) }
}

// Run looks every tick for periods to do, until ctx ends.
func Run(ctx context.Context, l Leases, holder string, c clock.Clock, tick time.Duration, log *slog.Logger, works ...Work) {
	t := time.NewTicker(tick)
	defer t.Stop()
	done := map[string]string{}
	for {
		for _, w := range works {
			if p := w.Period(c.Now()); done[w.Name] != p && once(ctx, l, holder, w, p, log) {
				done[w.Name] = p
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// once does one period's work if nobody has, and reports whether the period
// needs no more looking at from here.
func once(ctx context.Context, l Leases, holder string, w Work, period string, log *slog.Logger) bool {
	name := "work:" + w.Name + ":" + period
	mine, err := l.Lease(ctx, name, holder, w.Limit)
	if err != nil {
		if ctx.Err() == nil {
			log.Warn("periodic work: no lease", "work", w.Name, "err", err)
		}
		return false
	}
	if !mine {
		return false // another replica is at it; if it fails, the next look finds the lease free
	}
	run, cancel := context.WithTimeout(ctx, w.Limit)
	defer cancel()
	if err := w.Do(run); err != nil {
		if ctx.Err() == nil {
			log.Error("periodic work failed; it will be tried again", "work", w.Name, "err", err)
		}
		_, _ = l.Lease(context.WithoutCancel(ctx), name, holder, 0) // a lease that stays runs out by itself
		return false
	}
	if _, err := l.Lease(context.WithoutCancel(ctx), name, holder, w.Keep); err != nil {
		log.Warn("periodic work done but not remembered", "work", w.Name, "err", err)
	}
	return true
}

package slack

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
)

// limiter keeps our own calls below the platform's rates, so that a busy
// workspace slows down instead of being refused. A window belongs to a method
// in a workspace, or to posting in a channel.
type limiter struct {
	clock clock.Clock
	sleep func(ctx context.Context, d time.Duration) error

	mu      sync.Mutex
	windows map[string]*window
}

// window holds the instants of the last calls, as many as are allowed in a
// span: a call is free when the oldest of them has left the span.
type window struct {
	rate   rate
	calls  []time.Time // a ring
	next   int
	closed time.Time // the platform said: not before
}

// rate is so many calls in a span; 0 calls is no bound.
type rate struct {
	calls int
	span  time.Duration
}

// maxWindows bounds memory; an idle window can be made again at no loss.
const maxWindows = 10_000

func newLimiter(c clock.Clock, sleep func(context.Context, time.Duration) error) *limiter {
	return &limiter{clock: c, sleep: sleep, windows: map[string]*window{}}
}

// wait takes a slot for a call, waiting at most patience. When the wait would
// be longer it takes none and returns chat.RateLimited.
func (l *limiter) wait(ctx context.Context, c call) error {
	waited := time.Duration(0)
	for {
		d := l.take(c)
		if d <= 0 {
			return nil
		}
		if waited+d > c.patience {
			return &chat.RateLimited{After: d}
		}
		waited += d
		if err := l.sleep(ctx, d); err != nil {
			return err
		}
	}
}

// take takes a slot in every window of the call, or none and says how long the
// wait is.
func (l *limiter) take(c call) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	var all []*window
	wait := time.Duration(0)
	for key, r := range c.windows() {
		w := l.window(key, r, now)
		all = append(all, w)
		wait = max(wait, w.delay(now))
	}
	if wait > 0 {
		return wait
	}
	for _, w := range all {
		w.note(now)
	}
	return 0
}

// windows are the windows a call takes a slot in. A method without a published
// tier has one too, so that the platform's "wait" has a place to be kept.
func (c call) windows() map[string]rate {
	keys := map[string]rate{string(c.method) + "|" + c.team: {int(tierOf[c.method]), time.Minute}}
	if c.method == chatPostMessage && c.channel != "" {
		keys["post|"+c.team+"|"+c.channel] = rate{postsInSpan, postSpan}
	}
	return keys
}

func (l *limiter) window(key string, r rate, now time.Time) *window {
	w := l.windows[key]
	if w == nil {
		if len(l.windows) >= maxWindows {
			maps.DeleteFunc(l.windows, func(_ string, w *window) bool { return w.idle(now) })
		}
		w = &window{rate: r, calls: make([]time.Time, r.calls)}
		l.windows[key] = w
	}
	return w
}

// delay is how long until a slot is free.
func (w *window) delay(now time.Time) time.Duration {
	free := w.closed
	if len(w.calls) > 0 && !w.calls[w.next].IsZero() {
		if left := w.calls[w.next].Add(w.rate.span); left.After(free) {
			free = left
		}
	}
	return max(0, free.Sub(now))
}

func (w *window) note(now time.Time) {
	if len(w.calls) > 0 {
		w.calls[w.next] = now
		w.next = (w.next + 1) % len(w.calls)
	}
}

// idle reports that no call of the window counts any more.
func (w *window) idle(now time.Time) bool {
	if now.Before(w.closed) {
		return false
	}
	for _, at := range w.calls {
		if now.Before(at.Add(w.rate.span)) {
			return false
		}
	}
	return true
}

// hold keeps calls like c back for a while, as the platform asked.
func (l *limiter) hold(c call, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	for key, r := range c.windows() {
		if c.method == chatPostMessage && key == string(c.method)+"|"+c.team {
			continue // posts are limited by channel; other channels go on
		}
		l.window(key, r, now).closed = now.Add(d)
	}
}

// sleepFor is the machine's own sleep.
func sleepFor(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

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
// workspace slows down instead of being refused. A bucket belongs to a method
// in a workspace, or to posting in a channel.
type limiter struct {
	clock clock.Clock
	sleep func(ctx context.Context, d time.Duration) error

	mu      sync.Mutex
	buckets map[string]*bucket
}

// bucket is a token bucket: free slots, refilled at rate per second up to burst.
type bucket struct {
	rate, burst, free float64
	at                time.Time // when free was right
	closed            time.Time // the platform said: not before
}

// maxBuckets bounds memory; a full bucket can be made again at no loss.
const maxBuckets = 10_000

func newLimiter(c clock.Clock, sleep func(context.Context, time.Duration) error) *limiter {
	return &limiter{clock: c, sleep: sleep, buckets: map[string]*bucket{}}
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

// take takes a slot from every bucket of the call, or none and says how long
// the wait is.
func (l *limiter) take(c call) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	var all []*bucket
	wait := time.Duration(0)
	for key, rate := range c.buckets() {
		b := l.bucket(key, rate, now)
		all = append(all, b)
		wait = max(wait, b.delay(now))
	}
	if wait > 0 {
		return wait
	}
	for _, b := range all {
		b.free--
	}
	return 0
}

// rate is how a new bucket is made.
type rate struct{ perSecond, burst float64 }

// buckets are the buckets a call takes from.
func (c call) buckets() map[string]rate {
	perMinute := float64(tierOf[c.method])
	// A method without a published tier gets a bucket too, so that the
	// platform's "wait" has a place to be kept; it is never empty by itself.
	keys := map[string]rate{string(c.method) + "|" + c.team: {1000, 1000}}
	if perMinute > 0 {
		keys = map[string]rate{string(c.method) + "|" + c.team: {perMinute / 60, perMinute}}
	}
	if c.method == chatPostMessage && c.channel != "" {
		keys["post|"+c.team+"|"+c.channel] = rate{postsPerSecond, postBurst}
	}
	return keys
}

func (l *limiter) bucket(key string, r rate, now time.Time) *bucket {
	b := l.buckets[key]
	if b == nil {
		if len(l.buckets) >= maxBuckets {
			maps.DeleteFunc(l.buckets, func(_ string, b *bucket) bool { return b.full(now) })
		}
		b = &bucket{rate: r.perSecond, burst: r.burst, free: r.burst, at: now}
		l.buckets[key] = b
	}
	if passed := now.Sub(b.at); passed > 0 {
		b.free = min(b.burst, b.free+passed.Seconds()*b.rate)
		b.at = now
	}
	return b
}

func (b *bucket) full(now time.Time) bool {
	return !now.Before(b.closed) && b.free+now.Sub(b.at).Seconds()*b.rate >= b.burst
}

// delay is how long until a slot is free.
func (b *bucket) delay(now time.Time) time.Duration {
	if now.Before(b.closed) {
		return b.closed.Sub(now)
	}
	if b.free >= 1 {
		return 0
	}
	return time.Duration((1-b.free)/b.rate*float64(time.Second)) + time.Millisecond
}

// hold keeps calls like c back for a while, as the platform asked.
func (l *limiter) hold(c call, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	for key, r := range c.buckets() {
		if c.method == chatPostMessage && key == string(c.method)+"|"+c.team {
			continue // posts are limited by channel; other channels go on
		}
		l.bucket(key, r, now).closed = now.Add(d)
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

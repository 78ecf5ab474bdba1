package discord

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
)

// limiter keeps our calls below the platform's rates: it closes a bucket when
// its last slot is used, and everything when the platform says that the limit
// was global. Calls with an interaction's token are outside of both, as the
// platform has it.
type limiter struct {
	clock clock.Clock
	count func(string)

	mu      sync.Mutex
	closed  map[string]time.Time // bucket → when it opens
	global  time.Time
	invalid int // refused calls in the present window
	window  time.Time
}

func newLimiter(c clock.Clock, count func(string)) *limiter {
	return &limiter{clock: c, count: count, closed: map[string]time.Time{}}
}

// Bounds on refused calls: Discord bans an address for a while after 10,000
// answers of 401, 403 or 429 in ten minutes.
// https://discord.com/developers/docs/topics/rate-limits, read 2026-11-23.
const (
	invalidWindow = 10 * time.Minute
	invalidMost   = 5000
)

// wait lets the call through, waits as long as it has patience, or says how
// long it would take.
func (l *limiter) wait(ctx context.Context, c call, sleep func(context.Context, time.Duration) error) error {
	for {
		d := l.delay(c)
		if d <= 0 {
			return nil
		}
		if d > c.patience {
			return limited(c, d)
		}
		if err := sleep(ctx, d); err != nil {
			return err
		}
	}
}

func (l *limiter) delay(c call) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	if l.invalid >= invalidMost && now.Before(l.window.Add(invalidWindow)) && !c.token {
		return l.window.Add(invalidWindow).Sub(now)
	}
	if c.token {
		return 0
	}
	open := l.global
	if t, ok := l.closed[c.bucket()]; ok {
		if !now.Before(t) {
			delete(l.closed, c.bucket())
		} else if t.After(open) {
			open = t
		}
	}
	return open.Sub(now)
}

// note reads what an answer says of its bucket.
func (l *limiter) note(c call, resp *http.Response) {
	switch resp.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		l.refused()
	case http.StatusTooManyRequests:
		if resp.Header.Get("X-RateLimit-Scope") != "shared" {
			l.refused()
		}
		return
	}
	if c.token || resp.Header.Get("X-RateLimit-Remaining") != "0" {
		return
	}
	if after, ok := seconds(resp.Header.Get("X-RateLimit-Reset-After")); ok {
		l.shut(c.bucket(), after)
	}
}

func (l *limiter) refused() {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	if now.Sub(l.window) >= invalidWindow {
		l.window, l.invalid = now, 0
	}
	l.invalid++
	l.count("discord.invalid_request")
}

func (l *limiter) shut(bucket string, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	if len(l.closed) > 1000 { // routes are few, channels are many
		for k, t := range l.closed {
			if !now.Before(t) {
				delete(l.closed, k)
			}
		}
	}
	l.closed[bucket] = now.Add(d)
}

// hold closes what a 429 names and returns for how long. The answer can be
// JSON, or a page of Discord's front that is none.
func (l *limiter) hold(c call, h http.Header, body []byte) time.Duration {
	var r struct {
		After  float64 `json:"retry_after"`
		Global bool    `json:"global"`
	}
	isJSON := json.Unmarshal(body, &r) == nil
	after := time.Duration(r.After * float64(time.Second))
	if d, ok := seconds(h.Get("Retry-After")); ok && after <= 0 {
		after = d
	}
	if after <= 0 || after > time.Hour {
		after = 5 * time.Second
	}
	global := r.Global || h.Get("X-RateLimit-Global") == "true" || !isJSON
	switch {
	case global:
		l.count("discord.limited_globally")
		l.mu.Lock()
		l.global = l.clock.Now().Add(after)
		l.mu.Unlock()
	case !c.token:
		l.shut(c.bucket(), after)
	}
	return after
}

func seconds(s string) (time.Duration, bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f < 0 || f > 86400 {
		return 0, false
	}
	return time.Duration(f * float64(time.Second)), true
}

package llm

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
)

// BreakerPolicy says when a provider is given a rest. A zero field takes the
// value of DefaultBreaker.
type BreakerPolicy struct {
	Window   time.Duration // how long a call is remembered
	MinCalls int           // fewer calls in the window never open the breaker
	Rest     time.Duration // the first rest; it doubles with each failed trial
	MaxRest  time.Duration
}

// DefaultBreaker opens when, of at least four calls in half a minute, half or
// more failed, and rests for ten seconds up to two minutes.
var DefaultBreaker = BreakerPolicy{Window: 30 * time.Second, MinCalls: 4, Rest: 10 * time.Second, MaxRest: 2 * time.Minute}

// slots is how many parts the window is counted in: a call is forgotten with
// its part, at most Window/slots late.
const slots = 6

// Breaker is a Client that stops calling a provider which keeps failing. It is
// closed (calls pass), open (calls fail at once with ErrUnavailable) or half
// open (one trial call passes; its result closes or re-opens it). Rate limits,
// refused requests and calls the caller ended are not failures. It is safe for
// concurrent use.
type Breaker struct {
	provider string
	next     Client
	clock    clock.Clock
	policy   BreakerPolicy

	mu    sync.Mutex
	parts [slots]struct {
		at           int64 // which part of time this slot counts
		calls, fails int
	}
	until time.Time     // end of the rest; zero when closed
	rest  time.Duration // length of the running or last rest
	trial bool          // the trial call is under way
}

// NewBreaker returns a closed breaker before next.
func NewBreaker(provider string, next Client, c clock.Clock, p BreakerPolicy) *Breaker {
	d := DefaultBreaker
	if p.Window > 0 {
		d.Window = p.Window
	}
	if p.MinCalls > 0 {
		d.MinCalls = p.MinCalls
	}
	if p.Rest > 0 {
		d.Rest = p.Rest
	}
	if p.MaxRest > 0 {
		d.MaxRest = p.MaxRest
	}
	return &Breaker{provider: provider, next: next, clock: c, policy: d}
}

// errResting is what an open breaker answers; Retry does not wait for it.
var errResting = fmt.Errorf("%w: resting after failures", ErrUnavailable)

// Stream implements Client.
func (b *Breaker) Stream(ctx context.Context, r Request) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		trial, ok := b.enter()
		if !ok {
			yield(Chunk{}, fmt.Errorf("llm: %s: %w", b.provider, errResting))
			return
		}
		v := neutral // also when the caller breaks out or panics
		defer func() { b.leave(trial, v) }()
		for c, err := range b.next.Stream(ctx, r) {
			v = judge(ctx, c, err)
			if !yield(c, err) {
				return
			}
		}
	}
}

// verdict is what one call says of its provider.
type verdict int

const (
	neutral verdict = iota
	good
	bad
)

func judge(ctx context.Context, c Chunk, err error) verdict {
	switch {
	case err == nil && c.Done != nil:
		return good
	case err == nil, ctx.Err() != nil, errors.Is(err, ErrTooLarge), errors.Is(err, ErrInput):
		return neutral // of ErrInput the provider never heard
	case errors.Is(err, ErrUnavailable), errors.Is(err, ErrBadAnswer), errors.Is(err, ErrAuth), errors.Is(err, ErrQuota):
		return bad
	}
	var cut *CutOff
	if errors.As(err, &cut) {
		return bad
	}
	return good // it answered, if only to refuse this request
}

// enter asks to make a call; trial is set for the one of a half-open breaker.
func (b *Breaker) enter() (trial, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.until.IsZero() {
		return false, true
	}
	if b.trial || b.clock.Now().Before(b.until) {
		return false, false
	}
	b.trial = true
	return true, true
}

func (b *Breaker) leave(trial bool, v verdict) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock.Now()
	if trial {
		b.trial = false
		switch v {
		case good:
			b.until, b.rest = time.Time{}, 0
			clear(b.parts[:])
		case bad:
			b.open(now)
		}
	}
	if v == neutral {
		return
	}
	p := &b.parts[b.slot(now)%slots]
	if at := b.slot(now); p.at != at {
		p.at, p.calls, p.fails = at, 0, 0
	}
	p.calls++
	if v == bad {
		p.fails++
	}
	calls, fails := b.window(now)
	if b.until.IsZero() && calls >= b.policy.MinCalls && 2*fails >= calls {
		b.open(now)
	}
}

// open begins a rest, twice as long as the one before it.
func (b *Breaker) open(now time.Time) {
	b.rest = min(max(2*b.rest, b.policy.Rest), b.policy.MaxRest)
	b.until = now.Add(b.rest)
}

func (b *Breaker) slot(t time.Time) int64 { return t.UnixNano() / int64(b.policy.Window/slots) }

func (b *Breaker) window(now time.Time) (calls, fails int) {
	oldest := b.slot(now) - slots + 1
	for _, p := range b.parts {
		if p.at >= oldest {
			calls, fails = calls+p.calls, fails+p.fails
		}
	}
	return calls, fails
}

// Health is the provider's state as a value. It is not Open any more once the
// rest is over and no trial is under way, so that the router sends the trial.
func (b *Breaker) Health() Health {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock.Now()
	h := Health{Provider: b.provider, Until: b.until}
	h.Calls, h.Failures = b.window(now)
	h.Open = !b.until.IsZero() && (b.trial || now.Before(b.until))
	return h
}

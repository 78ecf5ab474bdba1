package llm

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"sync"
	"time"
)

// RetryPolicy bounds the retries of one provider. A zero field takes the value
// of DefaultRetry.
type RetryPolicy struct {
	Tries    int           // tries of one call, the first included
	Base     time.Duration // upper bound of the first wait; it doubles per try
	Max      time.Duration // upper bound of any wait we choose
	MaxAfter time.Duration // the longest Retry-After that is waited for
	// Jitter picks the wait between 0 and its bound; nil picks at random.
	Jitter func(bound time.Duration) time.Duration
}

// DefaultRetry makes up to three tries within a few seconds.
var DefaultRetry = RetryPolicy{Tries: 3, Base: 300 * time.Millisecond, Max: 5 * time.Second, MaxAfter: 15 * time.Second}

// The budget is counted in tenths of a retry: each call pays in one tenth, each
// retry takes out ten, and the purse holds at most ten retries. A provider that
// fails every call is thus asked about 1.1 times per call, not Tries times.
const (
	payIn   = 1
	takeOut = 10
	purse   = 10 * takeOut
)

// Retry is a Client that tries the same model again when a call was refused
// before it began: a rate limit, or an ErrUnavailable answer. It never retries
// after the first token, and never a *CutOff, which may have been billed. The
// waits have full jitter, honour a Retry-After up to MaxAfter and end with ctx;
// a wait that would outlast ctx's deadline is not begun. It is safe for
// concurrent use.
type Retry struct {
	next   Client
	policy RetryPolicy

	mu     sync.Mutex
	budget int
}

// NewRetry returns a Retry before next with a full budget.
func NewRetry(next Client, p RetryPolicy) *Retry {
	d := DefaultRetry
	if p.Tries > 0 {
		d.Tries = p.Tries
	}
	if p.Base > 0 {
		d.Base = p.Base
	}
	if p.Max > 0 {
		d.Max = p.Max
	}
	if p.MaxAfter > 0 {
		d.MaxAfter = p.MaxAfter
	}
	d.Jitter = p.Jitter
	if d.Jitter == nil {
		d.Jitter = func(bound time.Duration) time.Duration { return rand.N(bound + 1) }
	}
	return &Retry{next: next, policy: d, budget: purse}
}

// Stream implements Client. Done.Retries counts the tries before the one that
// answered; Done.First and Done.Total are those of that try.
func (t *Retry) Stream(ctx context.Context, r Request) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		t.deposit()
		for try := 0; ; try++ {
			refused, stopped := t.attempt(ctx, r, try, yield)
			if stopped || refused == nil {
				return
			}
			wait, again := t.decide(ctx, refused, try)
			if !again || !t.withdraw() || !sleep(ctx, wait) {
				yield(Chunk{}, refused)
				return
			}
		}
	}
}

// attempt makes one try. It returns an error it has not yielded when nothing
// was received before it, and stopped when the caller broke out.
func (t *Retry) attempt(ctx context.Context, r Request, try int, yield func(Chunk, error) bool) (refused error, stopped bool) {
	begun := false
	for c, err := range t.next.Stream(ctx, r) {
		if err != nil && !begun {
			return err, false
		}
		begun = true
		if c.Done != nil {
			c.Done.Retries = try
		}
		if !yield(c, err) {
			return nil, true
		}
	}
	return nil, false
}

// decide says whether err is worth another try, and after which wait.
func (t *Retry) decide(ctx context.Context, err error, try int) (time.Duration, bool) {
	if ctx.Err() != nil || try+1 >= t.policy.Tries {
		return 0, false
	}
	var (
		cut     *CutOff
		limited *RateLimited
		wait    time.Duration
	)
	switch bound := min(t.policy.Base<<min(try, 10), t.policy.Max); {
	case errors.As(err, &cut), errors.Is(err, errResting):
		return 0, false
	case errors.As(err, &limited):
		if limited.After > t.policy.MaxAfter {
			return 0, false
		}
		// Never earlier than asked; the jitter keeps callers apart.
		wait = limited.After + t.policy.Jitter(bound)
	case errors.Is(err, ErrUnavailable):
		wait = t.policy.Jitter(bound)
	default:
		return 0, false
	}
	if end, ok := ctx.Deadline(); ok && time.Until(end) <= wait {
		return 0, false
	}
	return wait, true
}

func (t *Retry) deposit() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.budget = min(t.budget+payIn, purse)
}

func (t *Retry) withdraw() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.budget < takeOut {
		return false
	}
	t.budget -= takeOut
	return true
}

// sleep waits for d and reports whether ctx still stands.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

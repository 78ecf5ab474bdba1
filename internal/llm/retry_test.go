package llm_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/llm"
)

// longest makes every wait its upper bound.
func longest(bound time.Duration) time.Duration { return bound }

func TestRetries(t *testing.T) {
	after := func(d time.Duration) error { return &llm.RateLimited{After: d} }
	for _, tc := range []struct {
		name  string
		ends  []error
		calls int
		took  time.Duration
		err   error // nil: it is answered
	}{
		{"answered at once", []error{nil}, 1, 0, nil},
		{"answered at the third try", []error{errDown, errDown, nil}, 3, 300*time.Millisecond + 600*time.Millisecond, nil},
		{"given up", []error{errDown}, 3, 900 * time.Millisecond, llm.ErrUnavailable},
		{"as long as was asked, and a little", []error{after(4 * time.Second), nil}, 2, 4300 * time.Millisecond, nil},
		{"unavailable for as long as it says", []error{&llm.RateLimited{After: 4 * time.Second, Err: errDown}, nil}, 2, 4300 * time.Millisecond, nil},
		{"asked to wait too long", []error{after(time.Minute), nil}, 1, 0, after(0)},
		{"sent and broken off: it may be billed", []error{&llm.CutOff{Sent: true, Err: llm.ErrUnavailable}}, 1, 0, llm.ErrUnavailable},
		{"refused for good", []error{llm.ErrBadRequest}, 1, 0, llm.ErrBadRequest},
		{"key refused", []error{llm.ErrAuth}, 1, 0, llm.ErrAuth},
		{"no credit", []error{llm.ErrQuota}, 1, 0, llm.ErrQuota},
		{"filtered", []error{llm.ErrFiltered}, 1, 0, llm.ErrFiltered},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &script{ends: tc.ends}
				begin := time.Now()
				done, _, err := call(t.Context(), llm.NewRetry(p, llm.RetryPolicy{Jitter: longest}))
				if took := time.Since(begin); took != tc.took || p.calls != tc.calls {
					t.Errorf("%d calls in %v", p.calls, took)
				}
				var limited *llm.RateLimited
				switch {
				case tc.err == nil && (err != nil || done.Retries != tc.calls-1):
					t.Errorf("%v, %+v", err, done)
				case errors.As(tc.err, &limited):
					if !errors.As(err, &limited) {
						t.Errorf("%v", err)
					}
				case tc.err != nil && !errors.Is(err, tc.err):
					t.Errorf("%v, want %v", err, tc.err)
				}
			})
		})
	}
}

// halting yields a token and then an error.
type halting struct{ calls int }

func (h *halting) Stream(context.Context, llm.Request) iter.Seq2[llm.Chunk, error] {
	h.calls++
	return func(yield func(llm.Chunk, error) bool) {
		_ = yield(llm.Chunk{Text: "a"}, nil) && yield(llm.Chunk{}, llm.ErrUnavailable)
	}
}

func TestNoRetryAfterTheFirstToken(t *testing.T) {
	h := &halting{}
	_, text, err := call(t.Context(), llm.NewRetry(h, llm.RetryPolicy{}))
	if h.calls != 1 || text != "a" || !errors.Is(err, llm.ErrUnavailable) {
		t.Errorf("%d calls, %q, %v", h.calls, text, err)
	}
}

func TestAWaitEndsWithTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &script{ends: []error{&llm.RateLimited{After: 10 * time.Second}}}
		begin := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(2*time.Second, cancel)
		var limited *llm.RateLimited
		if _, _, err := call(ctx, llm.NewRetry(slow, llm.RetryPolicy{})); !errors.As(err, &limited) || time.Since(begin) != 2*time.Second {
			t.Errorf("cancelled: %v after %v", err, time.Since(begin))
		}
		// A wait that would outlast the deadline is not begun.
		begin = time.Now()
		ctx, cancel = context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, _, err := call(ctx, llm.NewRetry(slow, llm.RetryPolicy{})); !errors.As(err, &limited) || time.Since(begin) != 0 || slow.calls != 2 {
			t.Errorf("deadline: %v after %v and %d calls", err, time.Since(begin), slow.calls)
		}
	})
}

func TestRetriesHaveABudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &script{ends: []error{errDown}}
		r := llm.NewRetry(p, llm.RetryPolicy{})
		const calls = 1000
		for range calls {
			_, _, _ = call(t.Context(), r)
		}
		// Ten saved up, and one for every ten calls.
		if extra := p.calls - calls; extra < 100 || extra > 110 {
			t.Errorf("%d retries for %d failing calls", extra, calls)
		}
	})
}

func TestARestingProviderIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &script{ends: []error{errDown}}
		s := llm.NewSet(map[string]llm.Client{"p": p}, clock.System{}, llm.BreakerPolicy{Rest: time.Minute}, llm.RetryPolicy{Jitter: longest})
		_, _, _ = call(t.Context(), s)
		_, _, _ = call(t.Context(), s) // the fourth try opens the breaker
		seen, begin := p.calls, time.Now()
		if _, _, err := call(t.Context(), s); !errors.Is(err, llm.ErrUnavailable) || p.calls != seen || time.Since(begin) != 0 {
			t.Errorf("%v after %v, %d more calls", err, time.Since(begin), p.calls-seen)
		}
	})
}

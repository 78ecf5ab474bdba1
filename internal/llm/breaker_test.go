package llm_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/llm"
)

// script is a Client that ends each call as it is told: with an error, or with
// an answer for nil. The last entry repeats.
type script struct {
	ends  []error
	calls int
}

func (s *script) Stream(context.Context, llm.Request) iter.Seq2[llm.Chunk, error] {
	end := s.ends[min(s.calls, len(s.ends)-1)]
	s.calls++
	return func(yield func(llm.Chunk, error) bool) {
		if end != nil {
			yield(llm.Chunk{}, end)
			return
		}
		_ = yield(llm.Chunk{Text: "yes"}, nil) && yield(llm.Chunk{Done: &llm.Done{Finish: llm.Stopped}}, nil)
	}
}

func call(ctx context.Context, c llm.Client) (done *llm.Done, text string, err error) {
	for chunk, e := range c.Stream(ctx, llm.Request{Model: &catalog.Model{ID: "p/m", Provider: "p"}}) {
		text += chunk.Text
		if e != nil {
			err = e
		}
		if chunk.Done != nil {
			done = chunk.Done
		}
	}
	return done, text, err
}

var (
	errDown = fmt.Errorf("openai: %w", llm.ErrUnavailable)
	limited = &llm.RateLimited{After: time.Second}
	start   = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
)

func TestBreakerRestsTriesAndCloses(t *testing.T) {
	c := clock.NewManual(start)
	p := &script{ends: []error{nil, nil, errDown, errDown, errDown, nil}}
	b := llm.NewBreaker("p", p, c, llm.BreakerPolicy{})
	for range 4 {
		_, _, _ = call(t.Context(), b)
	}
	h := b.Health()
	if !h.Open || h.Provider != "p" || h.Calls != 4 || h.Failures != 2 || !h.Until.Equal(start.Add(10*time.Second)) {
		t.Fatalf("after two failures of four: %+v", h)
	}
	if _, _, err := call(t.Context(), b); !errors.Is(err, llm.ErrUnavailable) || p.calls != 4 {
		t.Fatalf("open: %v after %d calls", err, p.calls)
	}
	c.Advance(10 * time.Second)
	if b.Health().Open {
		t.Fatal("still open after its rest: nobody would send the trial")
	}
	_, _, _ = call(t.Context(), b) // the trial fails: rest twice as long
	if h := b.Health(); !h.Open || !h.Until.Equal(c.Now().Add(20*time.Second)) {
		t.Fatalf("after a failed trial: %+v", h)
	}
	c.Advance(20 * time.Second)
	p.ends = []error{nil}
	if _, _, err := call(t.Context(), b); err != nil || b.Health().Open || b.Health().Failures != 0 {
		t.Fatalf("after a good trial: %v, %+v", err, b.Health())
	}
}

func TestBreakerLetsOneTrialThrough(t *testing.T) {
	c := clock.NewManual(start)
	p := &script{ends: []error{errDown, errDown, errDown, errDown, nil}}
	b := llm.NewBreaker("p", p, c, llm.BreakerPolicy{})
	for range 4 {
		_, _, _ = call(t.Context(), b)
	}
	c.Advance(time.Minute)
	for chunk := range b.Stream(t.Context(), llm.Request{}) {
		if chunk.Text == "" {
			continue
		}
		if _, _, err := call(t.Context(), b); !errors.Is(err, llm.ErrUnavailable) || !b.Health().Open {
			t.Errorf("a second call passed beside the trial: %v", err)
		}
		break // a reader who leaves says nothing about the provider
	}
	if _, _, err := call(t.Context(), b); err != nil {
		t.Errorf("the abandoned trial was not given back: %v", err)
	}
}

func TestARequestThatWasNeverSentIsNoTrial(t *testing.T) {
	c := clock.NewManual(start)
	b := llm.NewBreaker("p", &script{ends: []error{errDown, errDown, errDown, errDown, llm.ErrInput, errDown}}, c, llm.BreakerPolicy{})
	for range 4 {
		_, _, _ = call(t.Context(), b)
	}
	c.Advance(time.Minute)
	if _, _, err := call(t.Context(), b); !errors.Is(err, llm.ErrInput) {
		t.Fatal(err)
	}
	if _, _, err := call(t.Context(), b); !errors.Is(err, errDown) || !b.Health().Open {
		t.Errorf("it closed for a call that was not made: %v, %+v", err, b.Health())
	}
}

func TestWhatCountsAgainstAProvider(t *testing.T) {
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tc := range []struct {
		name string
		ctx  context.Context
		err  error
		open bool
	}{
		{"unavailable", t.Context(), errDown, true},
		{"bad answer", t.Context(), llm.ErrBadAnswer, true},
		{"key refused", t.Context(), llm.ErrAuth, true},
		{"no credit", t.Context(), llm.ErrQuota, true},
		{"broken off", t.Context(), &llm.CutOff{Err: errors.New("reset")}, true},
		{"stopped by the caller", gone, &llm.CutOff{Err: context.Canceled}, false},
		{"too large", t.Context(), &llm.CutOff{Err: llm.ErrTooLarge}, false},
		{"rate limited", t.Context(), limited, false},
		{"unavailable for a while", t.Context(), &llm.RateLimited{After: time.Second, Err: errDown}, true},
		{"bad request", t.Context(), llm.ErrBadRequest, false},
		{"filtered", t.Context(), llm.ErrFiltered, false},
		{"too long", t.Context(), &llm.ContextTooLong{}, false},
	} {
		b := llm.NewBreaker("p", &script{ends: []error{tc.err}}, clock.NewManual(start), llm.BreakerPolicy{})
		for range 6 {
			_, _, _ = call(tc.ctx, b)
		}
		if b.Health().Open != tc.open {
			t.Errorf("%s: open %v", tc.name, !tc.open)
		}
	}
}

func TestFailuresAreForgotten(t *testing.T) {
	c := clock.NewManual(start)
	b := llm.NewBreaker("p", &script{ends: []error{errDown}}, c, llm.BreakerPolicy{})
	for range 8 {
		_, _, _ = call(t.Context(), b)
		c.Advance(12 * time.Second) // never four within half a minute
	}
	if h := b.Health(); h.Open || h.Calls > 3 {
		t.Errorf("%+v", h)
	}
}

func TestSetSendsToTheModelsProvider(t *testing.T) {
	yes, no := &script{ends: []error{nil}}, &script{ends: []error{llm.ErrAuth}}
	s := llm.NewSet(map[string]llm.Client{"p": yes, "a": no}, clock.System{}, llm.BreakerPolicy{}, llm.RetryPolicy{})
	if _, text, err := call(t.Context(), s); err != nil || text != "yes" || no.calls != 0 {
		t.Errorf("%q, %v", text, err)
	}
	h := s.Health()
	if len(h) != 2 || h[0].Provider != "a" || h[1].Provider != "p" || h[1].Calls != 1 || h[0].Calls != 0 {
		t.Errorf("health %+v", h)
	}
	for _, err := range s.Stream(t.Context(), llm.Request{Model: &catalog.Model{Provider: "elsewhere"}}) {
		if !errors.Is(err, llm.ErrNoModel) {
			t.Errorf("unknown provider: %v", err)
		}
	}
}

//go:build counterparts

package openai

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/llm"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/internal/token"
)

// TestAimock calls a mock provider that others wrote, with the fixtures of
// deploy/counterparts. TIERWISE_AIMOCK holds the server's URL;
// deploy/counterparts/run.sh starts one and sets it.
func TestAimock(t *testing.T) {
	base := os.Getenv("TIERWISE_AIMOCK")
	if base == "" {
		t.Fatal("TIERWISE_AIMOCK is not set: run deploy/counterparts/run.sh")
	}
	plain := newClient(t, base+"/v1", nil)
	router := newClient(t, base+"/api/v1", func(cfg *Config) { cfg.Provider.Profile = "openrouter" })
	about := func(text string) llm.Request {
		r := ask()
		r.Model.Wire = "counterpart-small"
		r.Step.Prompt[0].Text = text
		return r
	}
	answers := func(name, text, want string, c llm.Client, n token.Count, more func(*testing.T, llm.Request, *llm.Done)) {
		t.Run(name, func(t *testing.T) {
			r := about(text)
			got := run(t.Context(), c, r)
			if got.err != nil {
				t.Fatal(got.err)
			}
			if got.text != want || got.done.Tokens != n || !got.done.Counted || got.done.Finish != llm.Stopped {
				t.Errorf("%q, %+v", got.text, got.done)
			}
			if more != nil {
				more(t, r, got.done)
			}
			t.Logf("%q in %d pieces, %+v", got.text, got.pieces, got.done.Tokens)
		})
	}
	answers("stream and usage", "plain question", "The plain answer has several words, so that it comes in several pieces.", plain,
		token.Count{Input: 120, Output: 14}, func(t *testing.T, _ llm.Request, d *llm.Done) {
			if d.Served != "counterpart-small-2026-01" {
				t.Errorf("served by %q", d.Served)
			}
		})
	answers("strict JSON", "structured question", `{"label":"bug"}`, plain, token.Count{Input: 61, Output: 5}, nil)
	answers("reasoning beside the text", "thoughtful question", "Forty-two.", plain, token.Count{Input: 33, Output: 29}, nil)
	answers("cost, cache and keep-alives of OpenRouter", "priced question", "A priced answer.", router,
		token.Count{Input: 300, CacheRead: 600, CacheWrite5m: 100, Output: 30, Reasoning: 10}, func(t *testing.T, _ llm.Request, d *llm.Done) {
			if d.Cost == nil || *d.Cost != 1_234_560 {
				t.Errorf("cost %v nano-USD", d.Cost)
			}
		})
	set := llm.NewSet(map[string]llm.Client{"test": plain}, clock.System{}, llm.BreakerPolicy{}, llm.RetryPolicy{})
	answers("429 is waited for and tried again", "busy question", "Now there was room.", set,
		token.Count{Input: 15, Output: 6}, func(t *testing.T, _ llm.Request, d *llm.Done) {
			if d.Retries != 1 {
				t.Errorf("%d retries", d.Retries)
			}
		})

	t.Run("in one piece", func(t *testing.T) {
		r := about("plain question")
		r.Model.Abilities = nil
		got := run(t.Context(), plain, r)
		if got.err != nil || got.pieces != 1 || got.done.Tokens != (token.Count{Input: 120, Output: 14}) {
			t.Errorf("%q in %d pieces, %v, %+v", got.text, got.pieces, got.err, got.done)
		}
	})
	t.Run("a document beside the question", func(t *testing.T) {
		r := about("question about a document")
		r.Model.Abilities = append(r.Model.Abilities, catalog.Files)
		r.Step.Prompt[0].Files = []step.File{contract, note1}
		if got := run(t.Context(), plain, r); got.err != nil || got.done.Tokens != (token.Count{Input: 2100, Output: 5}) {
			t.Errorf("%v, %+v", got.err, got.done)
		}
	})

	fails := func(name, text string, check func(error) bool) {
		t.Run(name, func(t *testing.T) {
			if got := run(t.Context(), plain, about(text)); !check(got.err) {
				t.Errorf("%q, %v", got.text, got.err)
			}
		})
	}
	fails("429 with Retry-After", "limited question", func(err error) bool {
		var limited *llm.RateLimited
		return errors.As(err, &limited) && limited.After == 7*time.Second
	})
	fails("context too long", "long question", func(err error) bool {
		var long *llm.ContextTooLong
		return errors.As(err, &long) && long.Limit == 8192 && long.Sent == 9001
	})
	fails("overloaded", "overloaded question", func(err error) bool { return errors.Is(err, llm.ErrUnavailable) })
	fails("cut off in the middle", "interrupted question", func(err error) bool {
		var cut *llm.CutOff
		return errors.As(err, &cut) && cut.Sent && cut.Chars > 0 && cut.Tokens.Out() > 0
	})
	fails("nothing matches", "question nobody scripted", func(err error) bool { return errors.Is(err, llm.ErrNoModel) })
	t.Run("models", func(t *testing.T) {
		if list, err := plain.Models(t.Context()); err != nil || len(list) == 0 {
			t.Errorf("%v, %v", list, err)
		}
	})
	t.Run("probe", func(t *testing.T) {
		d, err := plain.Probe(t.Context(), catalog.Model{Wire: "counterpart-small"})
		if err != nil || d.Tokens != (token.Count{Input: 9, Output: 1}) || len(d.Fields) == 0 {
			t.Errorf("%+v, %v", d, err)
		}
	})
}

package openai

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tierwise/tierwise/internal/llm"
	"github.com/tierwise/tierwise/internal/llm/llmtest"
	"github.com/tierwise/tierwise/internal/token"
)

func TestBreakingOutEndsTheCallUpstream(t *testing.T) {
	srv := llmtest.New(t, llmtest.Answer("Under ", "a tree.").Hang(2))
	for chunk, err := range newClient(t, srv.URL, nil).Stream(t.Context(), ask()) {
		if err != nil || chunk.Text != "Under " {
			t.Fatalf("%+v, %v", chunk, err)
		}
		break
	}
	<-srv.Gone()
}

func TestCancellingEndsTheCallUpstreamAndIsBooked(t *testing.T) {
	srv := llmtest.New(t, llmtest.Answer("Under ", "a tree.").Hang(2))
	stop := errors.New("a person pressed stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	var cut *llm.CutOff
	for chunk, err := range newClient(t, srv.URL, nil).Stream(ctx, ask()) {
		if chunk.Text != "" {
			cancel(stop)
		} else if !errors.As(err, &cut) || !errors.Is(err, stop) {
			t.Fatal(err)
		}
	}
	<-srv.Gone()
	if cut == nil || !cut.Sent || cut.Tokens != estimated("Under ") || cut.Chars != 6 {
		t.Errorf("cut %+v", cut)
	}
}

func TestACallThatNeverLeftCostsNothing(t *testing.T) {
	srv := llmtest.New(t, llmtest.Answer("x").Reply())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got := run(ctx, newClient(t, srv.URL, nil), ask())
	var cut *llm.CutOff
	if !errors.As(got.err, &cut) || cut.Sent || cut.Tokens != (token.Count{}) || !errors.Is(got.err, context.Canceled) {
		t.Errorf("cancelled before: %v", got.err)
	}
	// Nobody listens: refused, not sent, and worth a retry.
	got = run(t.Context(), newClient(t, "http://127.0.0.1:1/v1", nil), ask())
	if !errors.Is(got.err, llm.ErrUnavailable) || errors.As(got.err, &cut) {
		t.Errorf("nobody listens: %v", got.err)
	}
}

// wire is a transport without a network, so that time can be simulated. Its
// frames come with a pause before each.
type wire struct {
	pause  time.Duration
	frames []string
}

func (w wire) RoundTrip(r *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, r.Body)
	return &http.Response{StatusCode: 200, Header: http.Header{}, Request: r, Body: &pausing{wire: w, ctx: r.Context()}}, nil
}

type pausing struct {
	wire
	ctx context.Context
	buf bytes.Reader
}

func (p *pausing) Read(b []byte) (int, error) {
	if p.buf.Len() == 0 {
		if len(p.frames) == 0 {
			return 0, io.EOF
		}
		select {
		case <-time.After(p.pause):
		case <-p.ctx.Done():
			return 0, p.ctx.Err()
		}
		p.buf.Reset([]byte(p.frames[0]))
		p.frames = p.frames[1:]
	}
	return p.buf.Read(b)
}

func (p *pausing) Close() error { return nil }

func TestTimeLimits(t *testing.T) {
	answer := llmtest.Answer("Under ", "a tree.")
	comments := append(llmtest.Frames{}, bytesOf(": PROCESSING\n\n", 40)...)
	for _, tc := range []struct {
		name   string
		wire   wire
		want   error
		text   string
		within time.Duration
		says   string
	}{
		{"steady", wire{4 * time.Second, answer}, nil, "Under a tree.", 24 * time.Second, ""},
		{"slow first token", wire{11 * time.Second, answer}, llm.ErrUnavailable, "", 10 * time.Second, "a first token did not come within 10s"},
		{"slow first token behind comments", wire{time.Second, append(comments, answer...)}, llm.ErrUnavailable, "", 10 * time.Second, "a first token did not come within 10s"},
		{"stalls on the way", wire{6 * time.Second, answer}, llm.ErrUnavailable, "", 11 * time.Second, "more of the answer did not come within 5s"},
		{"never ends", wire{4 * time.Second, bytesOf(llmtest.Text("x"), 99)}, llm.ErrUnavailable, strings.Repeat("x", 7), 30 * time.Second, "the whole answer did not come within 30s"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newClient(t, "https://models.example.com/v1", func(cfg *Config) {
					cfg.Transport = tc.wire
					cfg.Limits = Limits{First: 10 * time.Second, Idle: 5 * time.Second, Total: 30 * time.Second}
				})
				start := time.Now()
				got := run(t.Context(), c, ask())
				if took := time.Since(start); took != tc.within {
					t.Errorf("took %v, want %v", took, tc.within)
				}
				if got.text != tc.text || !errors.Is(got.err, tc.want) {
					t.Errorf("%q, %v", got.text, got.err)
				}
				var cut *llm.CutOff
				if tc.want != nil && (!errors.As(got.err, &cut) || !errors.Is(got.err, context.DeadlineExceeded) || cut.Tokens != estimated(tc.text)) {
					t.Errorf("no booked cut-off: %v", got.err)
				}
				if tc.want != nil && !strings.Contains(got.err.Error(), tc.says) {
					t.Errorf("%v does not say %q", got.err, tc.says)
				}
				if tc.want == nil && (got.done.First != 8*time.Second || got.done.Total != 24*time.Second) {
					t.Errorf("first %v, total %v", got.done.First, got.done.Total)
				}
			})
		})
	}
}

// A model that cannot stream shows nothing until it is done: only the limit of
// the whole answer bounds it.
func TestAnAnswerInOnePieceMayTakeTheWholeTime(t *testing.T) {
	for _, tc := range []struct {
		pause time.Duration
		want  error
	}{{29 * time.Second, nil}, {31 * time.Second, context.DeadlineExceeded}} {
		synctest.Test(t, func(t *testing.T) {
			c := newClient(t, "https://models.example.com/v1", func(cfg *Config) {
				cfg.Transport = wire{tc.pause, []string{llmtest.Whole("Under a tree.", llmtest.Usage)}}
				cfg.Limits = Limits{First: 10 * time.Second, Idle: 5 * time.Second, Total: 30 * time.Second}
			})
			r := ask()
			r.Model.Abilities = nil
			if got := run(t.Context(), c, r); !errors.Is(got.err, tc.want) {
				t.Errorf("after %v: %v", tc.pause, got.err)
			}
		})
	}
}

func TestASlowReaderIsNoSlowProvider(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, "https://models.example.com/v1", func(cfg *Config) {
			cfg.Transport = wire{time.Second, llmtest.Answer("Under ", "a tree.")}
			cfg.Limits = Limits{First: 10 * time.Second, Idle: 5 * time.Second, Total: time.Minute}
		})
		for chunk, err := range c.Stream(t.Context(), ask()) {
			if err != nil {
				t.Fatal(err)
			}
			if chunk.Text != "" {
				time.Sleep(12 * time.Second) // simulated: a platform that takes its time
			}
		}
	})
}

func bytesOf(s string, n int) (out []string) {
	for range n {
		out = append(out, s)
	}
	return out
}

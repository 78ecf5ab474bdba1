package app

import (
	"context"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/slack/slacktest"
	"github.com/tierwise/tierwise/internal/assistant"
	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/intake"
	"github.com/tierwise/tierwise/internal/llm"
	"github.com/tierwise/tierwise/internal/seal"
	"github.com/tierwise/tierwise/internal/store/memory"
	"github.com/tierwise/tierwise/internal/store/redis"
	"github.com/tierwise/tierwise/internal/store/redis/redistest"
	"github.com/tierwise/tierwise/internal/token"
)

// patient is a provider that answers a question with its own words; the answer
// to the first one waits until it is let go.
type patient struct {
	calls atomic.Int64
	begun chan struct{}
	free  chan struct{}
}

func (p *patient) Health() []llm.Health { return nil }

func (p *patient) Stream(ctx context.Context, r llm.Request) iter.Seq2[llm.Chunk, error] {
	return func(yield func(llm.Chunk, error) bool) {
		if p.calls.Add(1) == 1 {
			close(p.begun)
			select {
			case <-p.free:
			case <-ctx.Done():
			}
		}
		if yield(llm.Chunk{Text: "You asked: " + r.Step.Input.Instruction}, nil) {
			yield(llm.Chunk{Done: &llm.Done{Finish: llm.Stopped, Tokens: token.Count{Input: 400, Output: 12}, Counted: true}}, nil)
		}
	}
}

// replicas makes processes that share a fake Slack and a provider. told gets a
// value for each private word that Slack has shown.
type replicas struct {
	t        *testing.T
	fake     *slacktest.Fake
	now      *clock.Manual
	cfg      config.Config
	provider *patient
	told     chan struct{}
}

func newReplicas(t *testing.T) *replicas {
	t.Helper()
	r := &replicas{t: t, now: clock.NewManual(time.Now().UTC()), told: make(chan struct{}, 10), provider: &patient{begun: make(chan struct{}), free: make(chan struct{})}}
	r.fake = slacktest.New(t, slacktest.Config{Clock: r.now})
	r.fake.Sample()
	slack, err := url.Parse(r.fake.URL())
	if err != nil {
		t.Fatal(err)
	}
	wire := httputil.NewSingleHostReverseProxy(slack)
	wire.ModifyResponse = func(resp *http.Response) error {
		if strings.HasSuffix(resp.Request.URL.Path, "/chat.postEphemeral") {
			r.told <- struct{}{}
		}
		return nil
	}
	api := httptest.NewServer(wire)
	t.Cleanup(api.Close)
	r.cfg = config.Config{Policy: config.DefaultPolicy(), SlackBotToken: config.NewSecret(r.fake.Token("T1")), SlackSigningSecret: config.NewSecret(slacktest.SigningSecret),
		SlackAPIURL: api.URL + "/api/"}
	return r
}

// start begins a replica on a store, which Slack's events reach from now on.
func (r *replicas) start(name string, store Store) *House {
	r.t.Helper()
	keys, err := seal.ParseKeys(strings.Repeat("0123456789abcdef", 4))
	if err != nil {
		r.t.Fatal(err)
	}
	sealer, err := seal.New(keys)
	if err != nil {
		r.t.Fatal(err)
	}
	cat, err := catalog.Load()
	if err != nil {
		r.t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	h := Build(Parts{Config: r.cfg, Store: store, Models: assistant.NewModels(cat, cat.Demo(), r.provider, true), Clock: r.now, Log: log, Pace: intake.DefaultPace(), Sealer: sealer, Name: name})
	routes, _, err := h.platforms(r.cfg, sealer, log)
	if err != nil {
		r.t.Fatal(err)
	}
	srv := httptest.NewServer(routes)
	r.t.Cleanup(srv.Close)
	r.fake.Connect(srv.URL)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { h.Run(ctx); close(done) }()
	r.t.Cleanup(func() { stop(); <-done })
	return h
}

// asks lets somebody mention the bot in a thread.
func (r *replicas) asks(who, thread, text string) {
	r.t.Helper()
	if d := r.fake.User(who).MentionIn("C1", thread, text); !d.Acked {
		r.t.Fatalf("%q was not acknowledged", text)
	}
	r.now.Advance(time.Second)
}

// hears waits until something has happened.
func (r *replicas) hears(what <-chan struct{}) {
	r.t.Helper()
	select {
	case <-what:
	case <-time.After(time.Minute):
		r.t.Fatal("it never happens")
	}
}

// notes are what somebody alone is shown in a thread.
func (r *replicas) notes(who, thread string) (all []string) {
	for _, m := range r.fake.User(who).See("C1", thread) {
		if m.Private {
			all = append(all, m.Text)
		}
	}
	return all
}

// TestAQuestionSaysWhatItWaitsForOnEveryReplica: ana's question runs in one
// process; ben's and her next one are accepted by another, which never heard of
// the first. Each is told once, alone, what it waits for; the answers come in
// order; afterwards nobody waits for anything.
func TestAQuestionSaysWhatItWaitsForOnEveryReplica(t *testing.T) {
	stores := map[string]func(t *testing.T) func() Store{
		"memory": func(*testing.T) func() Store {
			one := closing{memory.New(clock.System{})}
			return func() Store { return one }
		},
		"redis": func(t *testing.T) func() Store {
			server := redistest.Start(t, redistest.Off)
			return func() Store {
				s, err := redis.Open(t.Context(), server.URL(), redis.Options{})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = s.Close() })
				return s
			}
		},
	}
	for name, make := range stores {
		t.Run(name, func(t *testing.T) {
			open, r := make(t), newReplicas(t)
			thread := r.fake.Seed("C1", "", "U3", "The export fails with error 502 since this morning")
			r.now.Advance(time.Second)
			first := r.start("first", open())
			r.asks("U1", thread, "who looks into it?")
			r.hears(r.provider.begun)
			second := r.start("second", open())
			r.asks("U2", thread, "since when does it fail?")
			r.hears(r.told)
			r.asks("U1", thread, "is there a ticket for it?")
			r.hears(r.told)
			close(r.provider.free)
			for _, h := range []*House{first, second} {
				idle(t, h)
			}
			r.asks("U2", thread, "what else did fail?")
			idle(t, second)
			for who, want := range map[string][]string{
				"U1": {"I am still answering your earlier question in this thread. Yours comes after it and one more."},
				"U2": {"I am still answering the question of ana in this thread. Yours comes after it."},
				"U3": nil,
			} {
				if got := r.notes(who, thread); !slices.Equal(got, want) {
					t.Errorf("%s alone is shown %q, want %q", who, got, want)
				}
			}
			var answers []string
			for _, m := range r.fake.User("U3").See("C1", thread) {
				if _, asked, ok := strings.Cut(m.Text, "You asked: "); ok {
					answers = append(answers, strings.SplitAfter(asked, "?")[0])
				}
			}
			if want := []string{"who looks into it?", "since when does it fail?", "is there a ticket for it?", "what else did fail?"}; !slices.Equal(answers, want) {
				t.Errorf("answered in the order %q", answers)
			}
		})
	}
}

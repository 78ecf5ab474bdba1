package app_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/app"
	"github.com/tierwise/tierwise/internal/assistant"
	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/intake"
	"github.com/tierwise/tierwise/internal/llm"
	"github.com/tierwise/tierwise/internal/llm/local"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/seal"
	"github.com/tierwise/tierwise/usage"
)

// TestMain runs the tests, or, in a process started by one of them, the bot that
// is to be killed.
func TestMain(m *testing.M) {
	if v := os.Getenv(victimEnv); v != "" {
		victimMain(v)
		return
	}
	os.Exit(m.Run())
}

// secretKey seals in these tests; every process of a test has the same.
var secretKey = base64.StdEncoding.EncodeToString([]byte("an invented key of 32 bytes only"))

// generous is the default policy with throttles and limits that no script
// reaches.
func generous() config.Policy {
	p := config.DefaultPolicy()
	p.Throttle = config.Throttle{PerMinute: 1_000_000, Person: 50, Channel: 50}
	day, month := money.Nano(1_000_000_000_000), money.Nano(10_000_000_000_000)
	p.Limits.Workspace.Day, p.Limits.Workspace.Month, p.Limits.Person.Day = &day, &month, &day
	return p
}

// caller makes calls of one client with nothing known of providers' health.
type caller struct{ llm.Client }

func (caller) Health() []llm.Health { return nil }

// clientFunc is a client that is one function.
type clientFunc func(ctx context.Context, r llm.Request) iter.Seq2[llm.Chunk, error]

func (f clientFunc) Stream(ctx context.Context, r llm.Request) iter.Seq2[llm.Chunk, error] {
	return f(ctx, r)
}

// simulated is the engine that plays the demo's tiers.
func simulated() llm.Client { return local.NewDemo(nil) }

// build is a whole house on a store, speaking on a board through a client.
func build(store app.Store, c assistant.Caller, b board, clk clock.Clock, pace intake.Pace, log *slog.Logger) (*app.House, error) {
	parts, err := partsOf(store, c, clk, pace, log)
	if err != nil {
		return nil, err
	}
	h := app.Build(parts)
	h.Join(chat.Slack, opener{b})
	return h, nil
}

// partsOf are the parts of a whole house.
func partsOf(store app.Store, c assistant.Caller, clk clock.Clock, pace intake.Pace, log *slog.Logger) (app.Parts, error) {
	cat, err := catalog.Load()
	if err != nil {
		return app.Parts{}, err
	}
	keys, err := seal.ParseKeys(secretKey)
	if err != nil {
		return app.Parts{}, err
	}
	sealer, err := seal.New(keys)
	if err != nil {
		return app.Parts{}, err
	}
	cfg := config.Config{Policy: generous(), WorkspaceList: "*"}
	return app.Parts{
		Config: cfg, Store: store, Models: assistant.NewModels(cat, cat.Demo(), c, true), Clock: clk, Log: log, Pace: pace, Sealer: sealer,
		Approved: func(string) bool { return true },
	}, nil
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// fromEnv is a number of the environment, for longer runs.
func fromEnv(name string, usual int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil && n > 0 {
		return n
	}
	return usual
}

// reckoning compares what was accepted with what stands on the platform and in
// the books.
type reckoning struct {
	events, public, private, drafts int // accepted; answered publicly, privately, and kept as a draft instead
	missing, double, unfinished     []string
	entries, uncertain              int
	proof                           usage.Proof
}

// kept is what a reckoning reads of a store.
type kept interface {
	usage.Reader
	List(ctx context.Context, tenant string, kind record.Kind, prefix string) ([]record.Record, error)
}

// reckon takes stock. accepted are the events by id, with their task.
func reckon(ctx context.Context, s kept, p *platform, accepted map[string]task) (reckoning, error) {
	tenant := chat.Place{Platform: chat.Slack, Workspace: workspace}.Tenant()
	r := reckoning{events: len(accepted)}
	drafts, err := s.List(ctx, tenant, record.Draft, "")
	if err != nil {
		return r, err
	}
	undelivered := 0
	for _, d := range drafts {
		if strings.HasSuffix(d.ID, "/undelivered") {
			undelivered++
		}
	}
	unseen := 0
	for id, k := range accepted {
		finals := 0
		for _, m := range p.answers(id) {
			switch {
			case m.Private && strings.HasSuffix(m.Job, "/waits"): // a word beside the answer
			case m.Stage != chat.Final:
				r.unfinished = append(r.unfinished, id+" "+m.Job)
			case k.private() != m.Private:
				r.unfinished = append(r.unfinished, id+" was answered to the wrong audience: "+m.Text)
			default:
				finals++
			}
		}
		switch {
		case finals > 1:
			r.double = append(r.double, fmt.Sprintf("%s %+v", id, p.answers(id)))
		case finals == 1 && k.private():
			r.private++
		case finals == 1:
			r.public++
		case k.private():
			unseen++
		default:
			r.missing = append(r.missing, id)
		}
	}
	// A private answer nobody may send again is kept as a draft. A draft beside
	// a sent answer is allowed (its confirmation was lost); less is not.
	r.drafts = unseen
	if unseen > undelivered {
		r.missing = append(r.missing, strconv.Itoa(unseen-undelivered)+" private answers are neither on the platform nor in the drafts")
	}
	r.proof, err = usage.Verify(ctx, s, tenant)
	if err != nil {
		return r, err
	}
	return r, r.count(ctx, s, tenant)
}

func (r *reckoning) count(ctx context.Context, s usage.Reader, tenant string) error {
	seen := map[string]bool{}
	for _, m := range r.proof.Months {
		err := usage.EachEntry(ctx, s, tenant, m.Month, func(e usage.Entry) error {
			if seen[e.ID] {
				r.double = append(r.double, "entry "+e.ID)
			}
			seen[e.ID] = true
			r.entries++
			if e.Status == usage.Uncertain {
				r.uncertain++
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// check fails the test for everything that is not as promised.
func (r reckoning) check(t testing.TB) {
	t.Helper()
	for _, of := range []struct {
		what string
		list []string
	}{{"lost", r.missing}, {"double", r.double}, {"not finished", r.unfinished}} {
		if n := len(of.list); n > 0 {
			t.Errorf("%d %s, such as %q", n, of.what, of.list[:min(n, 5)])
		}
	}
	r.checkBooks(t)
}

// checkBooks fails the test when the money is not as promised.
func (r reckoning) checkBooks(t testing.TB) {
	t.Helper()
	if len(r.proof.Differences) > 0 {
		t.Errorf("the ledger does not verify: %v", r.proof.Differences[:min(len(r.proof.Differences), 5)])
	}
	if r.proof.Held != 0 {
		t.Errorf("%s is still held", r.proof.Held)
	}
}

// pause waits on the real clock, for tests that watch other processes.
func pause(d time.Duration) { <-time.After(d) }

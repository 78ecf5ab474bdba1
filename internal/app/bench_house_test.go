package app

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/assistant"
	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/intake"
	"github.com/tierwise/tierwise/internal/llm"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/seal"
	"github.com/tierwise/tierwise/internal/token"
)

// benchTeam is the one workspace of the benchmarks.
const benchTeam = "T1"

// The people and channels over which the benchmarks spread their questions.
const (
	benchPeople   = 500
	benchChannels = 250
)

// stamp is the id of the n-th message, in the shape of Slack's; numberOf reads
// the number back.
func stamp(n int) string { return fmt.Sprintf("1795510800.%06d", n) }

func numberOf(stamp string) int {
	_, after, _ := strings.Cut(stamp, ".")
	n, err := strconv.Atoi(after)
	if err != nil {
		return -1
	}
	return n
}

// question is the n-th question: each begins a thread of its own.
func question(n int) chat.Event {
	at := chat.Place{Platform: chat.Slack, Workspace: benchTeam, Channel: fmt.Sprintf("C%d", n%benchChannels), Thread: stamp(n)}
	who := fmt.Sprintf("U%d", n%benchPeople)
	return chat.Event{
		ID: "Ev" + strconv.Itoa(n), Kind: chat.Mention, Place: at, Actor: chat.Actor{ID: who, Name: "person " + who}, At: time.Now(),
		Channel: benchChannel(at), Message: chat.Ref{Channel: at.Channel, Thread: at.Thread, ID: stamp(n)}, Text: asked(n),
		ReplyTo: chat.ReplyTo{Place: at, To: who, Message: stamp(n)},
	}
}

// asked is what the n-th question says.
func asked(n int) string {
	return "who writes to the customers about the rollback? ticket " + strconv.Itoa(n)
}

func benchChannel(at chat.Place) chat.Channel {
	return chat.Channel{Place: at.InChannel(), Name: "general", Kind: chat.PublicChannel, Shared: chat.NotShared, Members: 20}
}

// instant is a platform that takes no time and keeps nothing but the moments.
type instant struct{ seen *moments }

func (p *instant) Open(_ context.Context, to chat.ReplyTo) (chat.Responder, error) {
	return instantAt{p.seen, to.Place, numberOf(to.Message)}, nil
}

func (p *instant) OpenPlace(_ context.Context, at chat.Place) (chat.Responder, error) {
	return instantAt{p.seen, at, -1}, nil
}

func (p *instant) Directory() chat.Directory { return everybody{} }

// instantAt speaks in answer to the n-th event.
type instantAt struct {
	seen *moments
	at   chat.Place
	n    int
}

func (instantAt) Capabilities() chat.Capabilities {
	return chat.Capabilities{Threads: true, Ephemeral: true, Edit: true, Append: true, MinEdit: 1200 * time.Millisecond, Buttons: 3, Forms: true, MaxText: 11_000}
}

func (r instantAt) Put(_ context.Context, p chat.Post) (chat.Ref, error) {
	moment := map[chat.Stage]int{chat.Placeholder: signed, chat.Live: shown, chat.Final: answered}[p.Stage]
	r.seen.see(signed, r.n)
	r.seen.see(moment, r.n)
	return chat.Ref{Channel: r.at.Channel, Thread: r.at.Thread, ID: "B" + strconv.Itoa(r.n)}, nil
}

func (r instantAt) Append(context.Context, chat.Ref, string) error {
	r.seen.see(shown, r.n)
	return nil
}

func (instantAt) Find(context.Context, string) (chat.Ref, error) { return chat.Ref{}, chat.ErrNotFound }

func (instantAt) Remove(context.Context, chat.Ref) error { return nil }

// History is a thread of five messages.
func (r instantAt) History(context.Context, chat.HistoryQuery) (chat.History, error) {
	said := []string{
		"the export fails for everybody since release 4.2, error 502 after 30 seconds", "I see it too, about 40 customers wrote in",
		"Decision: we roll back to 4.1 now", "Ben writes to the 40 customers by Friday", "open question: why did the staging test not fail?",
	}
	h := chat.History{Channel: benchChannel(r.at), Coverage: chat.Coverage{Read: len(said), Total: len(said)}}
	for i, text := range said {
		id := "H" + strconv.Itoa(i)
		h.Messages = append(h.Messages, chat.Message{
			ID: id, Author: chat.Actor{ID: "U" + strconv.Itoa(i%3), Name: []string{"ana", "ben", "cleo"}[i%3]}, At: time.Unix(1_795_510_000+int64(i)*60, 0),
			Text: text, Thread: r.at.Thread, Permalink: "https://chat.example/" + id,
		})
	}
	return h, nil
}

// everybody is a directory in which everybody may do everything.
type everybody struct{}

func (everybody) Actor(_ context.Context, _, id string) (chat.Actor, error) {
	return chat.Actor{ID: id, Name: "person " + id}, nil
}

func (everybody) Access(_ context.Context, at chat.Place, _ string) (chat.Access, error) {
	return chat.Access{Channel: benchChannel(at), Read: true, Write: true, Attach: true, Embed: true, BotRead: true, BotPost: true}, nil
}

func (everybody) Resolve(_ context.Context, team, what string) (chat.Place, error) {
	return chat.Place{Platform: chat.Slack, Workspace: team, Channel: what}, nil
}

// provider answers every call with the same words: the first after a time, the
// rest in pieces with pauses between. The zero times are an instant provider.
type provider struct {
	seen    *moments
	first   time.Duration
	between time.Duration
	// hold, when not nil, is called with the turn's number before any word and
	// after the first; it may keep the call open.
	hold func(ctx context.Context, n int, begun bool)
}

// words are what it says.
var words = []string{"Ben writes ", "to the 40 ", "customers ", "by Friday [4]."}

func (p *provider) Health() []llm.Health { return nil }

// Stream implements llm.Client.
func (p *provider) Stream(ctx context.Context, r llm.Request) iter.Seq2[llm.Chunk, error] {
	n := ticketOf(r)
	return func(yield func(llm.Chunk, error) bool) {
		if p.hold != nil {
			p.hold(ctx, n, false)
		}
		for i, text := range words {
			wait := p.between
			if i == 0 {
				wait = p.first
			}
			if wait > 0 {
				<-time.After(wait)
			}
			p.seen.see(spoke, n)
			if !yield(llm.Chunk{Text: text}, nil) {
				return
			}
			if i == 0 && p.hold != nil {
				p.hold(ctx, n, true)
			}
		}
		yield(llm.Chunk{Done: &llm.Done{Finish: llm.Stopped, Tokens: token.Count{Input: 420, Output: 12}, Counted: true}}, nil)
	}
}

// ticketOf is the number of the question that is answered.
func ticketOf(r llm.Request) int {
	fields := strings.Fields(r.Step.Input.Instruction)
	if len(fields) == 0 {
		return -1
	}
	n, err := strconv.Atoi(fields[len(fields)-1])
	if err != nil {
		return -1
	}
	return n
}

// roomy is the built-in policy with throttles and limits that no benchmark
// reaches; they are in force all the same.
func roomy() config.Policy {
	p := config.DefaultPolicy()
	p.Throttle.PerMinute = 1_000_000
	p.Throttle.Person, p.Throttle.Channel = 10_000, 10_000
	day, month := money.Nano(1_000_000*money.USD), money.Nano(1_000_000*money.USD)
	p.Limits.Workspace.Day, p.Limits.Workspace.Month, p.Limits.Person.Day = &day, &month, &day
	return p
}

// rig is a house as it is served: on a real Redis with the spool beside it,
// answering on the instant platform. The moments are those of the run under way.
type rig struct {
	*House
	store    *carried
	platform *instant
	provider *provider
	stop     func()
	// delivered, when not nil, is told whenever a job begins.
	delivered func()
}

// watch begins a run of so many turns.
func (r *rig) watch(turns int) *moments {
	m := newMoments(turns)
	r.platform.seen, r.provider.seen = m, m
	return m
}

// newRig builds a house on the Redis at a URL. It accepts at once; it works from
// begin on.
func newRig(b testing.TB, url string, p *provider, pace intake.Pace) *rig {
	b.Helper()
	log := slog.New(slog.DiscardHandler)
	cfg := config.Config{Policy: roomy(), RedisURL: config.NewSecret(url), DataDir: b.TempDir(), WorkspaceList: "*"}
	store, err := openCarried(b.Context(), cfg, "bench", log)
	if err != nil {
		b.Fatal(err)
	}
	keys, err := seal.ParseKeys(strings.Repeat("0123456789abcdef", 4))
	if err != nil {
		b.Fatal(err)
	}
	sealer, err := seal.New(keys)
	if err != nil {
		b.Fatal(err)
	}
	cat, err := catalog.Load()
	if err != nil {
		b.Fatal(err)
	}
	r := &rig{store: store, platform: &instant{}, provider: p}
	r.House = Build(Parts{
		Config: cfg, Store: store, Spool: store.spool, Models: assistant.NewModels(cat, cat.Demo(), p, true), Clock: clock.System{}, Log: log,
		Pace: pace, Sealer: sealer, Name: "bench", Approved: r.approved,
	})
	r.Join(chat.Slack, r.platform)
	r.watch(0)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { store.front.Run(ctx) })
	r.stop = func() { cancel(); running.Wait() }
	b.Cleanup(func() {
		r.stop()
		if err := store.Close(); err != nil {
			b.Error(err)
		}
	})
	return r
}

// approved is the first thing a job asks.
func (r *rig) approved(string) bool {
	if r.delivered != nil {
		r.delivered()
	}
	return true
}

// begin lets the house work until the test ends.
func (r *rig) begin() {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { r.Run(ctx) })
	before := r.stop
	r.stop = func() { cancel(); running.Wait(); before() }
}

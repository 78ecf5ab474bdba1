package app_test

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/app"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/llm"
	"github.com/tierwise/tierwise/internal/store/outage"
	"github.com/tierwise/tierwise/internal/store/redis/redistest"
)

// gate lets callers through while it is open, and counts who waits.
type gate struct {
	mu      sync.Mutex
	open    chan struct{} // closed while it is open
	waiting int
	came    int // in all
}

func newGate() *gate {
	g := &gate{open: make(chan struct{})}
	close(g.open)
	return g
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open = make(chan struct{})
}

func (g *gate) release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.open:
	default:
		close(g.open)
	}
}

func (g *gate) pass(ctx context.Context) {
	g.mu.Lock()
	open := g.open
	g.waiting++
	g.came++
	g.mu.Unlock()
	select {
	case <-open:
	case <-ctx.Done():
	}
	g.mu.Lock()
	g.waiting--
	g.mu.Unlock()
}

func (g *gate) held() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.waiting
}

func (g *gate) total() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.came
}

// gated is a platform whose final posts wait at a gate.
type gated struct {
	*platform
	gate *gate
}

func (p gated) Put(ctx context.Context, event string, at chat.Place, post chat.Post) (chat.Ref, error) {
	if post.Stage == chat.Final {
		p.gate.pass(ctx)
	}
	return p.platform.Put(ctx, event, at, post)
}

// replica is one bot of several on one Redis.
type replica struct {
	house *app.House
	store app.Carried
	stop  func()
}

// rollback is two bots on a Redis that loses the end of its data.
type rollback struct {
	t        *testing.T
	server   *redistest.Server
	platform gated
	calls    *gate
	bots     []*replica
	accepted map[string]task
}

func newRollback(t *testing.T) *rollback {
	r := &rollback{t: t, server: redistest.Start(t, redistest.EverySec), platform: gated{newPlatform(), newGate()}, calls: newGate(), accepted: map[string]task{}}
	for n := range 2 {
		r.bots = append(r.bots, r.start(fmt.Sprintf("bot%d", n), t.TempDir()))
	}
	return r
}

// start starts a bot and gives it to the test to stop.
func (r *rollback) start(name, dir string) *replica {
	t := r.t
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	cfg := config.Config{RedisURL: config.NewSecret(r.server.URL()), DataDir: dir, Policy: generous()}
	store, err := app.OpenCarried(t.Context(), cfg, name, log)
	if err != nil {
		t.Fatal(err)
	}
	engine := simulated()
	called := clientFunc(func(ctx context.Context, q llm.Request) iter.Seq2[llm.Chunk, error] {
		r.calls.pass(ctx)
		return engine.Stream(ctx, q)
	})
	parts, err := partsOf(store, caller{called}, clock.System{}, quickPace(), log)
	if err != nil {
		t.Fatal(err)
	}
	parts.Spool, parts.Name = store.Spool, name
	b := &replica{house: app.Build(parts), store: store}
	b.house.Join(chat.Slack, opener{r.platform})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { store.Front.Run(ctx) })
	running.Go(func() { b.house.Run(ctx) })
	b.stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		r.calls.release()
		r.platform.gate.release()
		b.stop()
	})
	return b
}

// accept sends events to the bots in turn, from one number up to another.
func (r *rollback) accept(from, to int) {
	r.t.Helper()
	for n := from; n < to; n++ {
		kind := []task{summary, question, drafting, labels, summary}[n%5]
		e := event(n, kind, time.Now())
		if err := r.bots[n%len(r.bots)].house.Door.Accept(r.t.Context(), e); err != nil {
			r.t.Fatal(err)
		}
		r.accepted[e.ID] = kind
	}
}

func (r *rollback) until(what string, done func() bool) {
	r.t.Helper()
	for deadline := time.Now().Add(time.Minute); !done(); pause(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			b, err := r.bots[0].store.Backlog(r.t.Context())
			r.t.Fatalf("waited in vain: %s (%+v, %v)", what, b, err)
		}
	}
}

// quiet waits until nothing is left to do, in the store and in the spools.
func (r *rollback) quiet() {
	r.t.Helper()
	r.until("nothing left to do", func() bool {
		b, err := r.bots[0].store.Backlog(r.t.Context())
		if err != nil || b.Ready+b.Parked+b.Running+b.Waiting+b.Outbox > 0 {
			return false
		}
		for _, bot := range r.bots {
			st := bot.store.Front.Status()
			if st.State != outage.OK || st.Jobs+st.Settlements+st.Unconfirmed > 0 || !bot.store.Front.Ready(r.t.Context(), 0) {
				return false
			}
		}
		return true
	})
}

// back kills the server and starts it with older data.
func (r *rollback) back(copied string) {
	r.t.Helper()
	r.server.Kill()
	r.server.PutBack(r.t, copied)
	if err := r.server.Run(); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rollback) judge(what string) reckoning {
	t := r.t
	t.Helper()
	k, err := reckon(t.Context(), r.bots[0].store, r.platform.platform, r.accepted)
	if err != nil {
		t.Fatal(err)
	}
	k.check(t)
	left := 0
	for _, b := range r.bots {
		st := b.store.Front.Status()
		left += st.Jobs + st.Settlements
	}
	t.Logf("%s: %d events, %d answered publicly, %d privately, %d kept as drafts; lost %d, double %d, %d calls, %d entries (%d uncertain), ledger differences %d, held %s, %d left in the spools",
		what, k.events, k.public, k.private, k.drafts, len(k.missing), len(k.double), r.calls.total(), k.entries, k.uncertain, len(k.proof.Differences), k.proof.Held, left)
	if k.proof.Held != 0 || left != 0 {
		t.Errorf("held %s, %d left", k.proof.Held, left)
	}
	return k
}

// TestARolledBackRedisIsHealed: two bots answer events on a real Redis of which a
// copy is made on the way. When everything is answered the server is killed and
// comes back with the copy. Whatever the copy lacks is told it again: every event
// is answered once, nothing is held, and the books agree.
func TestARolledBackRedisIsHealed(t *testing.T) {
	const events = 20
	for _, cut := range []struct {
		name string
		run  func(r *rollback) (copied string)
	}{
		{"before they were accepted", func(r *rollback) string {
			copied := r.server.Copy(r.t)
			r.accept(events, 2*events)
			return copied
		}},
		{"between acceptance and end", func(r *rollback) string {
			r.calls.shut()
			r.accept(events, 2*events)
			r.until("calls", func() bool { return r.calls.held() > 0 })
			return r.server.Copy(r.t)
		}},
		{"between end and post", func(r *rollback) string {
			r.platform.gate.shut()
			r.accept(events, 2*events)
			r.until("posts", func() bool { return r.platform.gate.held() > 0 })
			return r.server.Copy(r.t)
		}},
		{"after they were confirmed", func(r *rollback) string {
			r.accept(events, 2*events)
			r.quiet()
			return r.server.Copy(r.t)
		}},
	} {
		t.Run(cut.name, func(t *testing.T) {
			r := newRollback(t)
			r.accept(0, events)
			r.quiet()
			copied := cut.run(r)
			r.calls.release()
			r.platform.gate.release()
			r.quiet()
			before, calls := r.judge("all answered"), r.calls.total()
			r.back(copied)
			r.until("the bots see it", func() bool { return !r.bots[0].store.Front.Ready(t.Context(), 0) })
			r.quiet()
			after := r.judge("put back to " + cut.name)
			if again := r.calls.total() - calls; again != 0 || after.entries != before.entries || after.drafts != 0 {
				t.Errorf("%d calls made again, %d entries of %d, %d drafts", again, after.entries, before.entries, after.drafts)
			}
		})
	}
}

// TestARollbackInTheMiddleOfWork has people write all the time while the server
// is killed and comes back with a copy that is some answers old; events that were
// acknowledged before are delivered again by the platform. TIERWISE_ROLLBACKS
// raises the number of times.
func TestARollbackInTheMiddleOfWork(t *testing.T) {
	r := newRollback(t)
	sent := 0
	more := func(n int) {
		r.accept(sent, sent+n)
		sent += n
	}
	times := fromEnv("TIERWISE_ROLLBACKS", 2)
	for n := range times {
		more(15)
		if n%2 == 0 { // calls and posts are on their way when it happens
			r.calls.shut()
			r.platform.gate.shut()
		}
		copied := r.server.Copy(t)
		r.accept(sent-5, sent)
		more(15)
		if n%2 == 0 {
			r.until("work", func() bool { return r.calls.held()+r.platform.gate.held() > 0 })
		}
		r.back(copied)
		r.accept(sent-10, sent)
		r.calls.release()
		r.platform.gate.release()
		more(5)
		r.quiet()
	}
	r.judge(fmt.Sprintf("put back %d times at work", times))
}

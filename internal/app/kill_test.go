package app_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/settings"
	"github.com/tierwise/tierwise/internal/store/redis/redistest"
)

// TestKilledBotAnswersEverythingOnce kills the whole bot on its embedded store
// with SIGKILL, again and again at random moments, while events come in as a
// platform sends them: repeated until acknowledged, some twice even so. Every
// accepted event is answered exactly once (a private one at most once, else it
// is in the drafts), every call has its entry, nothing stays held, settings are
// kept. TIERWISE_BOT_KILLS raises the number of kills.
func TestKilledBotAnswersEverythingOnce(t *testing.T) {
	dir := socketDir(t)
	k := newKilling(t, dir, victim{Dir: filepath.Join(dir, "data")}, 1)
	k.run(fromEnv("TIERWISE_BOT_KILLS", shorter(6, 2)))
}

// TestKilledWorkersOnOneRedis is the same with two bots on one redis-server, one
// of which is killed at a time. TIERWISE_WORKER_KILLS raises the number.
func TestKilledWorkersOnOneRedis(t *testing.T) {
	server := redistest.Start(t, redistest.EverySec)
	dir := socketDir(t)
	k := newKilling(t, dir, victim{Dir: dir, Redis: server.URL()}, 2)
	k.run(fromEnv("TIERWISE_WORKER_KILLS", shorter(6, 2)))
}

func shorter(usual, short int) int {
	if testing.Short() {
		return short
	}
	return usual
}

// socketDir is a directory whose path is short enough for sockets.
func socketDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "tw-kill-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Log(err)
		}
	})
	return dir
}

// killing is one run: bots that are killed, and people who write to them.
type killing struct {
	t   *testing.T
	out *outside

	mu       sync.Mutex
	bots     []*bot
	accepted map[string]task
	next     int
	repeated int // events sent again because nobody acknowledged them
	done     bool
}

func newKilling(t *testing.T, dir string, v victim, bots int) *killing {
	k := &killing{t: t, out: &outside{platform: newPlatform()}, accepted: map[string]task{}}
	v.Outside = k.out.serve(t, dir)
	for n := range bots {
		v.Socket = socketIn(dir, n)
		k.bots = append(k.bots, start(t, v))
	}
	return k
}

func (k *killing) run(kills int) {
	k.set()
	var people sync.WaitGroup
	for range 6 {
		people.Go(k.write)
	}
	for range kills {
		pause(time.Duration(40+rand.IntN(300)) * time.Millisecond)
		n := rand.IntN(len(k.bots))
		k.bots[n].end(k.t, syscall.SIGKILL)
		again := start(k.t, k.bots[n].victim)
		k.mu.Lock()
		k.bots[n] = again
		k.mu.Unlock()
	}
	k.mu.Lock()
	k.done = true
	k.mu.Unlock()
	people.Wait()
	k.drain()
	k.judge(kills)
}

// set changes a setting, which must outlive every kill.
func (k *killing) set() {
	e := event(0, spending, time.Now())
	e.Name, e.Text, e.Actor = "ai-config", "set workspace tone formal because customers read it", chat.Actor{ID: "UADMIN", Name: "uadmin"}
	k.send(0, e, spending)
}

// write sends events until the kills are over.
func (k *killing) write() {
	for {
		k.mu.Lock()
		if k.done {
			k.mu.Unlock()
			return
		}
		k.next++
		n := k.next
		k.mu.Unlock()
		kind := []task{summary, question, drafting, summary, labels, question, spending}[n%7]
		k.send(n, event(n, kind, time.Now()), kind)
		pause(time.Duration(rand.IntN(20)) * time.Millisecond)
	}
}

// send sends an event until a bot acknowledged it, and sometimes once more.
func (k *killing) send(n int, e chat.Event, kind task) {
	for try := 0; ; try++ {
		k.mu.Lock()
		b := k.bots[(n+try)%len(k.bots)]
		k.mu.Unlock()
		_, err := b.door.post(context.Background(), "/event", e, nil)
		k.mu.Lock()
		if err == nil {
			k.accepted[e.ID] = kind
		} else {
			k.repeated++
		}
		k.mu.Unlock()
		if err == nil && (try > 0 || n%20 != 3) {
			return
		}
		pause(5 * time.Millisecond)
	}
}

// drain waits until the bots have nothing left to do, and ends them.
func (k *killing) drain() {
	deadline := time.Now().Add(2 * time.Minute)
	for {
		var b job.Backlog
		_, err := k.bots[0].door.post(context.Background(), "/backlog", struct{}{}, &b)
		if err == nil && b.Ready+b.Parked+b.Running+b.Waiting+b.Outbox == 0 {
			break
		}
		if time.Now().After(deadline) {
			k.t.Errorf("still to do after the last kill: %+v (%v)", b, err)
			break
		}
		pause(20 * time.Millisecond)
	}
	for _, b := range k.bots {
		b.end(k.t, syscall.SIGTERM)
	}
}

func (k *killing) judge(kills int) {
	t, ctx := k.t, context.Background()
	store, err := k.bots[0].openStore(ctx, quiet())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close() //nolint:errcheck // only read
	r, err := reckon(ctx, store, k.out.platform, k.accepted)
	if err != nil {
		t.Fatal(err)
	}
	r.check(t)
	if calls := int(k.out.calls.Load()); calls > r.entries {
		t.Errorf("the provider answered %d calls, the ledger has %d entries", calls, r.entries)
	}
	place := chat.Place{Platform: chat.Slack, Workspace: workspace, Channel: "C1"}
	s, err := settings.New(store, generous(), clock.System{}).Resolve(ctx, place, channel(place), "")
	if err != nil || s.Tone() != "formal" {
		t.Errorf("tone %q after the kills, want formal (%v)", s.Tone(), err)
	}
	t.Logf("%d kills: %d events accepted (%d sends were repeated), %d answered publicly, %d privately, %d kept as drafts; %d calls, %d entries (%d uncertain), %d connections cut after the post; lost %d, double %d, held %s, ledger differences %d",
		kills, r.events, k.repeated, r.public, r.private, r.drafts, k.out.calls.Load(), r.entries, r.uncertain, k.out.cuts.Load(), len(r.missing), len(r.double), r.proof.Held, len(r.proof.Differences))
}

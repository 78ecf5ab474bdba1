package discord

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/bots/discord/discordtest"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/fault"
)

func TestAConnectionThatEndsIsResumed(t *testing.T) {
	for name, end := range map[string]func(f *discordtest.Fake){
		"cut":            (*discordtest.Fake).CutGateway,
		"closed by 4000": func(f *discordtest.Fake) { f.CloseGateway(4000) },
		"asked to by Op": (*discordtest.Fake).Reconnect,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			door := bottest.NewRecorder()
			w := open(t, door, discordtest.Options{})
			end(w.f)
			w.tell.wait("discord.reconnect", 1)
			w.f.As(w.maya).Say(w.market, w.bot()+" said in the gap")
			w.settle()
			if e := door.Events(); len(e) != 1 || e[0].Text != "said in the gap" {
				t.Errorf("%d events", len(e))
			}
			if log := w.f.Gateway(); !slices.Equal(log, []string{"identify", "resume"}) {
				t.Errorf("the gateway saw %q", log)
			}
		})
	}
}

func TestALostSessionIsCaughtUp(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door, discordtest.Options{})
	w.f.As(w.maya).Say(w.market, w.bot()+" first")
	w.settle()
	w.say(door.Events()[0].ReplyTo, chat.Post{Job: "j1", Text: "An answer."})
	ours := door.Events()[0].ReplyTo.Place.Thread
	w.f.ForgetSessions()
	w.f.CutGateway()
	w.f.As(w.maya).Say(w.market, w.bot()+" in the channel")
	w.f.As(w.maya).Say(ours, w.bot()+" in our thread")
	w.f.As(w.maya).Say(w.market, "not for us")
	w.tell.wait("discord.caught_up", 2)
	w.a.lanes.idle()
	var texts []string
	for _, e := range door.Events()[1:] {
		texts = append(texts, e.Text)
	}
	slices.Sort(texts)
	if !slices.Equal(texts, []string{"in our thread", "in the channel"}) {
		t.Errorf("caught up with %q", texts)
	}
}

func TestStuckConnectionsAreGivenUp(t *testing.T) {
	for name, stick := range map[string]func(f *discordtest.Fake){
		"no first word":              (*discordtest.Fake).NoHello,
		"asked to reconnect at once": (*discordtest.Fake).ReconnectFirst,
		"closed at once":             func(f *discordtest.Fake) { f.CloseNext(4000) },
		"session refused at once":    (*discordtest.Fake).InvalidFirst,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			door := bottest.NewRecorder()
			w := found(t, discordtest.Options{})
			w.pace = func(p *pace) { p.open = 100 * time.Millisecond }
			w.connect(door)
			w.f.ForgetSessions()
			stick(w.f)
			w.f.CutGateway()
			w.tell.wait("discord.caught_up", 2)
			w.f.As(w.maya).Say(w.market, w.bot()+" are you there?")
			w.tell.wait("discord.accepted", 1)
		})
	}
}

func TestSilenceIsNoticed(t *testing.T) {
	door := bottest.NewRecorder()
	w := found(t, discordtest.Options{})
	w.pace = func(p *pace) { p.silence = 100 * time.Millisecond }
	w.connect(door)
	w.tell.wait("discord.watchdog", 1)
	w.tell.wait("discord.resumed", 1) // and it came back
	quiet := newShard(w.a, 0, 1)
	quiet.ready.Store(true)
	if err := quiet.healthy(); err == nil {
		t.Error("a silent connection is called ready")
	}
}

func TestWhatNoWaitingMendsEndsTheRun(t *testing.T) {
	for name, c := range map[string]struct {
		token string
		code  int
	}{"a bad token": {"wrong", 0}, "a token refused later": {discordtest.Token, 4004}, "intents refused": {discordtest.Token, 4013}, "shards refused": {discordtest.Token, 4011}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := found(t, discordtest.Options{})
			if c.code != 0 {
				w.f.CloseNext(c.code)
			}
			a, err := New(Config{Door: bottest.NewRecorder(), Token: config.NewSecret(c.token), APIURL: w.f.URL(), Transport: w.f.Client().Transport,
				Owned:     func(context.Context, chat.Place) (chat.Owned, error) { return chat.Owned{}, nil },
				FollowUps: func(context.Context, chat.Place, chat.Channel) bool { return false }})
			if err != nil {
				t.Fatal(err)
			}
			a.pace = quickly()
			err = a.Run(t.Context())
			var f *fault.Fault
			if !errors.As(err, &f) || f.Kind != fault.Misconfigured {
				t.Errorf("run gave %v", err)
			}
		})
	}
}

// TestKilledAndCutAgainAndAgain loses connections and processes at random
// moments while people ask, and counts what was accepted by its marks.
func TestKilledAndCutAgainAndAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	door := newMarkingDoor()
	memory := &shelf{kept: map[string][]byte{}}
	keep := func(c *Config) { c.Memory = memory }
	w := open(t, door, discordtest.Options{}, keep)
	w.f.As(w.maya).Say(w.market, w.bot()+" first")
	w.settle()
	asked := 1
	ask := func() {
		for range 5 {
			w.f.As(w.maya).Say(w.market, fmt.Sprintf("%s question %d", w.bot(), asked))
			asked++
		}
	}
	w.f.Slow(2 * time.Millisecond)
	for round := range 12 {
		ask()
		switch round % 4 {
		case 0:
			w.f.CutGateway()
		case 1:
			w.f.ForgetSessions()
			w.f.CutGateway()
		case 2:
			w.stop() // the process ends with questions under way
		case 3:
			w.f.CloseGateway(4000)
		}
		ask()
		if round%4 == 2 {
			w.tell = newTally()
			w.again(door, keep)
		}
	}
	w.f.Clock().Advance(time.Second)
	door.wait(asked)
	door.mu.Lock()
	defer door.mu.Unlock()
	for i := 1; i < asked; i++ {
		if text := fmt.Sprintf("question %d", i); door.texts[text] == 0 {
			t.Errorf("%q was lost", text)
		}
	}
	for text, n := range door.texts {
		if n != 1 {
			t.Errorf("%q was accepted %d times", text, n)
		}
	}
	t.Logf("%d questions over 12 losses, %d accepted once, %d copies recognised", asked, len(door.texts), door.copies)
}

// markingDoor accepts like the store does: an event whose mark is known is a
// copy.
type markingDoor struct {
	mu     sync.Mutex
	more   *sync.Cond
	seen   map[string]bool
	texts  map[string]int
	copies int
}

func newMarkingDoor() *markingDoor {
	d := &markingDoor{seen: map[string]bool{}, texts: map[string]int{}}
	d.more = sync.NewCond(&d.mu)
	return d
}

func (d *markingDoor) Accept(_ context.Context, e chat.Event) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	copied := slices.ContainsFunc(e.Marks(), func(m string) bool { return d.seen[m] })
	for _, m := range e.Marks() {
		d.seen[m] = true
	}
	if copied {
		d.copies++
		return nil
	}
	d.texts[e.Text]++
	d.more.Broadcast()
	return nil
}

func (d *markingDoor) Ask(context.Context, chat.Question) (chat.Answer, error) {
	return chat.Answer{}, nil
}

// wait returns when n events were accepted; the test's own deadline ends a wait
// that is in vain.
func (d *markingDoor) wait(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.texts) < n {
		d.more.Wait()
	}
}

func TestReplicasShareShardsByLease(t *testing.T) {
	leases := &leaseTable{held: map[string]lease{}}
	first, second := bottest.NewRecorder(), bottest.NewRecorder()
	w := open(t, first, discordtest.Options{}, func(c *Config) { c.Leases, c.Replica = leases, "one" })
	other := &town{t: t, f: w.f, tell: newTally(), guild: w.guild, market: w.market, maya: w.maya}
	a, err := New(Config{Door: second, Token: config.NewSecret(discordtest.Token), APIURL: w.f.URL(), Transport: w.f.Client().Transport, Clock: w.f.Clock(), Count: other.tell.add,
		Leases: leases, Replica: "two", Owned: w.a.cfg.Owned, FollowUps: w.a.cfg.FollowUps})
	if err != nil {
		t.Fatal(err)
	}
	a.pace = quickly()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	w.f.As(w.maya).Say(w.market, w.bot()+" to the first")
	w.settle()
	if len(first.Events()) != 1 || len(second.Events()) != 0 || w.f.Connections() != 1 {
		t.Fatalf("%d and %d events over %d connections", len(first.Events()), len(second.Events()), w.f.Connections())
	}
	w.stop()
	other.tell.wait("discord.caught_up", 1)
	w.f.As(w.maya).Say(w.market, w.bot()+" to the second")
	other.tell.wait("discord.accepted", 1)
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// leaseTable is a store of leases in memory.
type leaseTable struct {
	mu   sync.Mutex
	held map[string]lease
}

type lease struct {
	holder string
	until  time.Time
}

func (l *leaseTable) Lease(_ context.Context, name, holder string, ttl time.Duration) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.held[name]
	if now.holder != holder && time.Now().Before(now.until) {
		return false, nil
	}
	l.held[name] = lease{holder, time.Now().Add(ttl)}
	return true, nil
}

func TestOddEventsHurtNothing(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door, discordtest.Options{})
	for _, kind := range []string{"MESSAGE_CREATE", "MESSAGE_UPDATE", "INTERACTION_CREATE", "CHANNEL_UPDATE", "GUILD_ROLE_UPDATE", "THREAD_CREATE", "SOMETHING_NEW"} {
		for _, d := range []any{map[string]any{}, map[string]any{"id": 5}, map[string]any{"id": "700000000000000001", "channel_id": "no", "type": 0, "data": 7}, []any{1}, "text"} {
			w.f.Dispatch(w.guild, kind, d)
		}
	}
	w.settle()
	w.f.As(w.maya).Say(w.market, w.bot()+" still there?")
	w.settle()
	if n := len(door.Events()); n != 1 || w.tell.of("discord.panic") != 0 {
		t.Errorf("%d events, %d panics", n, w.tell.of("discord.panic"))
	}
}

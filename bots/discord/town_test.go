package discord

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/discord/discordtest"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/config"
)

// town is a server with people and channels, and an adapter connected to it.
type town struct {
	t    testing.TB
	f    *discordtest.Fake
	a    *Adapter
	tell *tally
	stop func()
	pace func(*pace) // changes the pace before the adapter runs

	guild, market, news, council string
	maya, omar, builds           string
	direct                       string
	thread                       string // in market
	threadLen                    int
}

// tally counts what the adapter counts, and waits for a count.
type tally struct {
	mu   sync.Mutex
	more *sync.Cond
	n    map[string]int
}

func newTally() *tally {
	c := &tally{n: map[string]int{}}
	c.more = sync.NewCond(&c.mu)
	return c
}

func (c *tally) add(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n[what]++
	c.more.Broadcast()
}

func (c *tally) of(what string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n[what]
}

// wait returns when a thing was counted at least n times; the test's own
// deadline ends a wait that is in vain.
func (c *tally) wait(what string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.n[what] < n {
		c.more.Wait()
	}
}

// quickly is a pace for tests; nothing in them is decided by it.
func quickly() pace {
	return pace{open: 5 * time.Second, silence: time.Minute, identify: time.Millisecond, back: time.Millisecond, backMost: 10 * time.Millisecond, lease: 60 * time.Millisecond, part: time.Millisecond}
}

const threadLen = 230

// found builds the server without an adapter.
func found(t testing.TB, opts discordtest.Options) *town {
	t.Helper()
	f := discordtest.New(t, opts)
	w := &town{t: t, f: f, tell: newTally(), threadLen: threadLen}
	ruth := f.AddUser("ruth", false)
	w.maya, w.omar, w.builds = f.AddUser("maya", false), f.AddUser("omar", false), f.AddUser("builds", true)
	w.guild = f.AddGuild("Harbour", ruth)
	for _, u := range []string{w.maya, w.omar, w.builds} {
		f.Join(w.guild, u)
	}
	w.market = f.AddChannel(w.guild, "market", 0)
	w.news = f.AddChannel(w.guild, "news", 5)
	w.council = f.AddChannel(w.guild, "council", 0, discordtest.Overwrite{ID: w.guild, Deny: discordtest.ViewChannel},
		discordtest.Overwrite{ID: w.omar, Member: true, Allow: discordtest.ViewChannel}, discordtest.Overwrite{ID: f.Bot().ID, Member: true, Allow: discordtest.ViewChannel})
	w.direct = f.Direct(w.maya)
	root := f.Seed(w.market, w.maya, "the export is slow")
	w.thread = f.AddThread(root, "export", w.omar)
	for i := range threadLen - 1 {
		f.Clock().Advance(time.Minute)
		text := fmt.Sprintf("message %d about the export", i+2)
		if i == 7 {
			text = "<@" + w.omar + "> can you look at it?"
		}
		f.Seed(w.thread, []string{w.maya, w.omar}[i%2], text)
	}
	for i := range 5 {
		f.Clock().Advance(time.Minute)
		f.Seed(w.market, w.omar, fmt.Sprintf("market talk %d", i))
	}
	f.Clock().Advance(time.Minute)
	return w
}

// open builds the server and connects an adapter.
func open(t testing.TB, door chat.Door, opts discordtest.Options, change ...func(*Config)) *town {
	t.Helper()
	w := found(t, opts)
	w.connect(door, change...)
	return w
}

// connect starts an adapter and waits until it hears.
func (w *town) connect(door chat.Door, change ...func(*Config)) {
	w.t.Helper()
	cfg := Config{Door: door, Token: w.token(), APIURL: w.f.URL(), Transport: w.f.Client().Transport, Clock: w.f.Clock(), Count: w.tell.add,
		Key:       []byte("0123456789abcdef0123456789abcdef"),
		Owned:     func(context.Context, chat.Place) (chat.Owned, error) { return chat.Owned{}, nil },
		FollowUps: func(context.Context, chat.Place, chat.Channel) bool { return true }}
	for _, c := range change {
		c(&cfg)
	}
	a, err := New(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	a.pace = quickly()
	if w.pace != nil {
		w.pace(&a.pace)
	}
	a.sleep = func(_ context.Context, d time.Duration) error { w.f.Clock().Advance(d); return nil }
	w.a = a
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	var once sync.Once
	w.stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				w.t.Errorf("run ended with %v", err)
			}
		})
	}
	w.t.Cleanup(w.stop)
	w.tell.wait("discord.caught_up", 1)
	w.tell.wait("discord.servers_known", 1)
	w.settle()
}

// again connects a new adapter, as a restart does. What was delivered before is
// nothing to wait for.
func (w *town) again(door chat.Door, change ...func(*Config)) {
	for range w.f.Dispatched() {
		w.tell.add("discord.event")
	}
	w.connect(door, change...)
}

// settle returns when everything delivered so far was handled.
func (w *town) settle() {
	w.tell.wait("discord.event", w.f.Dispatched())
	w.a.lanes.idle()
}

func (w *town) token() config.Secret { return config.NewSecret(discordtest.Token) }

func (w *town) at(channel, thread string) chat.Place { return place(w.guild, channel, thread) }

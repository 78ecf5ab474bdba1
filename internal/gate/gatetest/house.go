// Package gatetest builds everything between a platform and a store for tests:
// the real gate, assistant and admin room, worker and poster, settings, people
// and sealing, on the memory store and the local platform, with providers by
// script. A House runs in a testing/synctest bubble, so that minutes pass in no
// time, and its people act through the local platform's desk as they would in a
// client. At the end of every test it looks for content and provider text where
// neither may ever be. It asserts nothing else by itself.
package gatetest

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tierwise/tierwise/internal/admin"
	"github.com/tierwise/tierwise/internal/assistant"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/gate"
	"github.com/tierwise/tierwise/internal/intake"
	"github.com/tierwise/tierwise/internal/localchat"
	"github.com/tierwise/tierwise/internal/people"
	"github.com/tierwise/tierwise/internal/seal"
	"github.com/tierwise/tierwise/internal/settings"
	"github.com/tierwise/tierwise/internal/store/memory"
	"github.com/tierwise/tierwise/usage"
)

// House is the whole bot in one value.
type House struct {
	T         testing.TB
	World     *localchat.World
	Desk      *localchat.Desk
	Store     *memory.Store
	Provider  *Provider
	Settings  *settings.Settings
	People    *people.Directory
	Guard     *admin.Guard
	Gate      *gate.Gate
	Admin     *admin.Admin
	Assistant *assistant.Assistant
	Models    *assistant.Models
	Door      *intake.Door
	Log       *Log
	Policy    config.Policy
	// Hidden makes the platform withhold every conversation.
	Hidden bool
	// Less takes capabilities away from the platform.
	Less func(*chat.Capabilities)
	// Unfinished says that a post may stay without its end.
	Unfinished bool
	// Known changes what the platform says of a person.
	Known func(*chat.Actor)
	// Rights changes what the platform says people may do at a place.
	Rights    func(*chat.Access)
	following *gate.Following
	worker    *intake.Worker
	poster    *intake.Poster
}

// New builds a House and lets it work until the test ends. change may adapt the
// policy, which begins as the built-in one with the group finance as finance.
// It must be called inside a synctest bubble.
func New(t testing.TB, change ...func(*config.Policy)) *House {
	t.Helper()
	h := Build(t, change...)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { intake.Run(ctx, h.worker, h.poster); close(done) }()
	t.Cleanup(func() {
		stop()
		<-done
		h.leaks()
	})
	return h
}

// Start is when every story begins: a Tuesday morning.
var Start = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

// Build is New without anybody at work: for calls of single rooms.
func Build(t testing.TB, change ...func(*config.Policy)) *House {
	t.Helper()
	if time.Now().Before(Start) { // a bubble begins in the year 2000, before any price
		time.Sleep(time.Until(Start))
	}
	h := &House{T: t, Policy: config.DefaultPolicy(), Log: &Log{}, Provider: newProvider()}
	h.Policy.Roles.Finance = []string{"finance"}
	for _, c := range change {
		c(&h.Policy)
	}
	clk, log := clock.System{}, slog.New(slog.NewTextHandler(h.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	if h.World, err = localchat.Open(localchat.Config{Clock: clk}, seeds); err != nil {
		t.Fatal(err)
	}
	keys, err := seal.ParseKeys(strings.Repeat("0123456789abcdef", 4))
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := seal.New(keys)
	if err != nil {
		t.Fatal(err)
	}
	h.Store = memory.New(clk)
	open := func(chat.Platform) chat.Opener { return opener{h.World.Opener(), h} }
	accept := func(ctx context.Context, e chat.Event) error { return h.Door.Accept(ctx, e) }
	h.Settings = settings.New(h.Store, h.Policy, clk)
	h.People = people.New(h.Store, sealer, clk)
	h.Guard = admin.NewGuard(h.Store, h.Settings, h.Policy, accept, log)
	h.Models = models(t, h.Provider)
	h.Assistant = assistant.New(assistant.Deps{
		Ledger: h.Guard, Records: h.Store, Sealer: sealer, Stopper: h.Store, Models: h.Models, Settings: h.Settings, People: h.People, Openers: open, Clock: clk, Log: log,
	})
	h.Admin = admin.New(admin.Deps{
		Books: Books{h.Store, h.Guard}, Records: h.Store, Settings: h.Settings, People: h.People, Sealer: sealer, Drafts: h.Assistant, Openers: open, Accept: accept,
		Policy: h.Policy, Clock: clk, Log: log,
	})
	th := h.Policy.Throttle
	h.Gate = gate.New(gate.Deps{
		Settings: h.Settings, People: h.People, Rate: h.Store, Openers: open, Approved: func(tenant string) bool { return tenant != "console/off" },
		Assistant: h.Assistant, Admin: h.Admin, Notices: h.Admin.Notify, Clock: clk, Log: log,
	})
	h.Door = intake.NewDoor(h.Store, sealer, nil, h.Gate, intake.Caps{Person: th.Person, Channel: th.Channel})
	h.worker = intake.NewWorker("w", h.Store, h.Guard, sealer, h.Gate, h.Gate, intake.DefaultPace(), log)
	h.poster = intake.NewPoster("p", h.Store, sealer, open, h.Assistant, intake.DefaultPace(), log)
	h.following = gate.NewFollowing(h.Assistant, h.People, h.Settings)
	h.Desk = localchat.NewDesk(h.World, h.Door, h.follow)
	return h
}

func (h *House) follow(ctx context.Context, at chat.Place) (chat.Owned, bool) {
	owned, err := h.following.Owned(ctx, at)
	if err != nil {
		h.T.Error(err)
	}
	return owned, true
}

// Books is the store with the policy's limits put in first, as app wires it.
type Books struct {
	*memory.Store
	Guard *admin.Guard
}

// Levels sees to the limits first.
func (b Books) Levels(ctx context.Context, tenant string, scopes []usage.Scope, windows []usage.Window) ([]usage.Level, error) {
	return b.Guard.Levels(ctx, tenant, scopes, windows)
}

// Limits sees to the limits first.
func (b Books) Limits(ctx context.Context, tenant string) ([]usage.Limit, error) {
	if err := b.Guard.Ensure(ctx, tenant); err != nil {
		return nil, err
	}
	return b.Store.Limits(ctx, tenant)
}

// SetLimits sees to the limits first.
func (b Books) SetLimits(ctx context.Context, tenant string, put []usage.Limit, remove []string) error {
	if err := b.Guard.Ensure(ctx, tenant); err != nil {
		return err
	}
	return b.Store.SetLimits(ctx, tenant, put, remove)
}

// Idle lets time pass until everything accepted is answered and said.
func (h *House) Idle() {
	h.T.Helper()
	for range 40_000 {
		synctest.Wait()
		b, err := h.Store.Backlog(context.Background())
		if err != nil {
			h.T.Fatal(err)
		}
		if b.Ready+b.Parked+b.Running+b.Waiting+b.Outbox == 0 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	h.T.Fatal("work never ended")
}

// Log keeps what was logged.
type Log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

// String is everything logged so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// Package app wires the house by hand and starts and stops it in order: store,
// rooms, adapters, workers. It is the only place that knows all rooms, so that
// none of them has to know another's maker. Everything it builds is passed to
// constructors; it keeps no global state, and several houses can live in one
// process, as the tests do. What a command prints and which flags it has is the
// matter of cmd/tierwise.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/tierwise/tierwise/internal/admin"
	"github.com/tierwise/tierwise/internal/assistant"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/gate"
	"github.com/tierwise/tierwise/internal/intake"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/leaving"
	"github.com/tierwise/tierwise/internal/people"
	"github.com/tierwise/tierwise/internal/schedule"
	"github.com/tierwise/tierwise/internal/seal"
	"github.com/tierwise/tierwise/internal/settings"
	"github.com/tierwise/tierwise/usage"
)

// Parts are what a House is built from.
type Parts struct {
	Config config.Config
	Store  Store
	Models *assistant.Models
	Clock  clock.Clock
	Log    *slog.Logger
	Pace   intake.Pace
	Sealer *seal.Sealer
	// Spool keeps accepted events while the store is away; nil where it cannot
	// be.
	Spool intake.Spool
	// Delayed tells since when bookings wait in the spool; see admin.Deps.
	Delayed func() time.Time
	// Name is this process's among the replicas; "" makes one.
	Name string
	// Approved says whether a workspace is switched on; nil asks the
	// configuration.
	Approved func(tenant string) bool
}

// House is everything between the adapters and the store.
type House struct {
	Door      *intake.Door
	Assistant *assistant.Assistant
	Settings  *settings.Settings
	Guard     *admin.Guard
	following *gate.Following
	store     Store
	worker    *intake.Worker
	poster    *intake.Poster
	name      string
	clock     clock.Clock
	log       *slog.Logger
	openers   map[chat.Platform]chat.Opener
	hears     []func() error // each says why a platform is not heard; nil is well
	archive   *usage.Archive
	leaver    *leaving.Leaver
	files     string // of closed months
	keep      int    // months of entries; 0 keeps all
}

// Build makes a House. Adapters are joined with Join before Run.
func Build(p Parts) *House {
	h := &House{store: p.Store, clock: p.Clock, log: p.Log, openers: map[chat.Platform]chat.Opener{}, name: p.Name}
	if h.name == "" {
		h.name = replica()
	}
	open := func(pl chat.Platform) chat.Opener { return h.openers[pl] }
	accept := func(ctx context.Context, e chat.Event) error { return h.Door.Accept(ctx, e) }
	h.Settings = settings.New(p.Store, p.Config.Policy, p.Clock)
	names := people.New(p.Store, p.Sealer, p.Clock)
	h.Guard = admin.NewGuard(p.Store, h.Settings, p.Config.Policy, accept, p.Log)
	h.Assistant = assistant.New(assistant.Deps{
		Ledger: h.Guard, Records: p.Store, Sealer: p.Sealer, Stopper: p.Store, Models: p.Models, Settings: h.Settings, People: names, Openers: open, Clock: p.Clock, Log: p.Log,
	})
	room := admin.New(admin.Deps{
		Books: books{Store: p.Store, guard: h.Guard}, Records: p.Store, Settings: h.Settings, People: names, Sealer: p.Sealer, Drafts: h.Assistant, Openers: open,
		Accept: accept, Policy: p.Config.Policy, Sample: p.Models.Sample(), Delayed: p.Delayed, Clock: p.Clock, Log: p.Log,
	})
	if p.Approved == nil {
		p.Approved = approved(p.Config)
	}
	th := p.Config.Policy.Throttle
	g := gate.New(gate.Deps{
		Settings: h.Settings, People: names, Rate: p.Store, Openers: open, Approved: p.Approved, Assistant: h.Assistant, Admin: room, Notices: room.Notify,
		Clock: p.Clock, Log: p.Log,
	})
	h.Door = intake.NewDoor(p.Store, p.Sealer, p.Spool, g, intake.Caps{Person: th.Person, Channel: th.Channel})
	h.following = gate.NewFollowing(h.Assistant, names, h.Settings)
	h.archive = usage.NewArchive(p.Store, p.Sealer, p.Clock)
	h.files = closedMonths(p.Config, p.Models.Sample())
	h.leaver = newLeaver(p.Store, h.archive, p.Clock, h.files, h.Assistant, names, h.Settings)
	h.keep = p.Config.Policy.Ledger.KeepMonths
	doorstep := &departures{Handler: g, leaver: h.leaver, clock: p.Clock, here: map[string]time.Time{}}
	h.worker = intake.NewWorker(h.name, p.Store, h.Guard, p.Sealer, doorstep, g, p.Pace, p.Log)
	h.poster = intake.NewPoster(h.name, p.Store, p.Sealer, open, h.Assistant, p.Pace, p.Log)
	return h
}

// books gives the admin room the reader with the policy's limits in place.
type books struct {
	Store
	guard *admin.Guard
}

// Levels sees to the policy's limits first.
func (b books) Levels(ctx context.Context, tenant string, scopes []usage.Scope, windows []usage.Window) ([]usage.Level, error) {
	return b.guard.Levels(ctx, tenant, scopes, windows)
}

// Limits sees to the policy's limits first.
func (b books) Limits(ctx context.Context, tenant string) ([]usage.Limit, error) {
	if err := b.guard.Ensure(ctx, tenant); err != nil {
		return nil, err
	}
	return b.Store.Limits(ctx, tenant)
}

// SetLimits sees to the policy's limits first, so that they never replace what
// an admin sets.
func (b books) SetLimits(ctx context.Context, tenant string, put []usage.Limit, remove []string) error {
	if err := b.guard.Ensure(ctx, tenant); err != nil {
		return err
	}
	return b.Store.SetLimits(ctx, tenant, put, remove)
}

// Join connects a platform.
func (h *House) Join(p chat.Platform, o chat.Opener) { h.openers[p] = o }

// Following tells an adapter whether the bot answers in a thread, and whether
// it may do so without a mention. A store that cannot be asked counts as no: a
// mention still works.
func (h *House) Following(ctx context.Context, at chat.Place) (chat.Owned, bool) {
	owned, err := h.following.Owned(ctx, at)
	return owned, err == nil && owned.Owner != ""
}

// Run works until ctx ends, then lets running jobs finish and posts go out.
func (h *House) Run(ctx context.Context) {
	var rooms sync.WaitGroup
	rooms.Go(func() { intake.Run(ctx, h.worker, h.poster) })
	rooms.Go(func() { h.adoptZones(ctx) })
	rooms.Go(func() { schedule.Run(ctx, h.store, h.name, h.clock, 5*time.Second, h.log, h.works()...) })
	rooms.Wait()
}

// Idle returns when nothing is waiting, running or to be sent any more. When
// nothing moves because the store takes nothing, it returns the reason: what was
// accepted is done when there is room again.
func (h *House) Idle(ctx context.Context) error {
	tick := time.NewTicker(3 * time.Millisecond)
	defer tick.Stop()
	var before job.Backlog
	moved := time.Now()
	for {
		b, err := h.store.Backlog(ctx)
		if err != nil {
			return fmt.Errorf("app: idle: %w", err)
		}
		if b.Ready+b.Parked+b.Running+b.Waiting+b.Outbox == 0 {
			return nil
		}
		if b != before {
			before, moved = b, time.Now()
		}
		if time.Since(moved) > standstill {
			if _, err := h.store.Lease(ctx, "idle/"+h.name, h.name, time.Second); err != nil {
				return fmt.Errorf("app: idle: %w", err)
			}
			moved = time.Now()
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), errors.New("app: work is still going on"))
		case <-tick.C:
		}
	}
}

// standstill is how long nothing may move before the store is suspected.
const standstill = 5 * time.Second

// approved reads TIERWISE_WORKSPACES. Local workspaces need no approval, and
// the team of SLACK_BOT_TOKEN is approved by that: no other can reach us then.
func approved(cfg config.Config) func(string) bool {
	ids, all := cfg.Workspaces()
	return func(tenant string) bool {
		p := chat.PlaceOf(tenant)
		single := p.Platform == chat.Slack && cfg.SlackBotToken.IsSet() && cfg.SlackClientID == ""
		return all || single || p.Platform == chat.Console || p.Platform == chat.Playground || slices.Contains(ids, p.Workspace)
	}
}

// replica is this process's name among others.
func replica() string {
	host, err := os.Hostname()
	if err != nil {
		host = "host"
	}
	return host + "/" + strconv.Itoa(os.Getpid()) + "/" + ulid.Make().String()
}

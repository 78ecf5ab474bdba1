package app

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/assistant"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/intake"
	"github.com/tierwise/tierwise/internal/leaving"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/turn"
	"github.com/tierwise/tierwise/usage"
)

// closedMonths is where the files of closed months go.
func closedMonths(cfg config.Config, demo bool) string {
	return filepath.Join(dir(cfg, demo), "closed")
}

// departures stands before the gate and sees workspaces come and go: a removed
// one loses its content at once, and one that is heard of again is back with
// its counters before anything is written for it.
type departures struct {
	intake.Handler
	leaver *leaving.Leaver
	clock  clock.Clock

	mu   sync.Mutex
	here map[string]time.Time // when a workspace was last known not to have left
}

// hereFor is how long it is taken for granted that a workspace has not left.
const hereFor = 10 * time.Minute

// Handle serves one delivery; see intake.Handler.
func (d *departures) Handle(ctx context.Context, t *turn.Delivery) (turn.Result, error) {
	tenant := t.Event.Place.Tenant()
	if t.Event.Kind == chat.Removed {
		return turn.Result{}, d.removed(ctx, tenant, &t.Event)
	}
	if err := d.back(ctx, tenant); err != nil {
		return turn.Result{}, err
	}
	return d.Handler.Handle(ctx, t)
}

// removed wipes a workspace that removed the app. Revoked tokens are only what
// the adapter has removed already.
func (d *departures) removed(ctx context.Context, tenant string, e *chat.Event) error {
	if e.Fields["what"] == "tokens" {
		return nil
	}
	d.mu.Lock()
	delete(d.here, tenant)
	d.mu.Unlock()
	return d.leaver.Leave(ctx, tenant, leaving.By{Who: "platform", Role: "platform", Why: "the app was removed"})
}

func (d *departures) back(ctx context.Context, tenant string) error {
	now := d.clock.Now()
	d.mu.Lock()
	fresh := now.Sub(d.here[tenant]) < hereFor
	d.mu.Unlock()
	if fresh {
		return nil
	}
	if _, err := d.leaver.Back(ctx, tenant, leaving.By{Who: "platform", Role: "platform", Why: "the app is in use"}); err != nil {
		return fmt.Errorf("app: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.here[tenant] = now
	return nil
}

// leaver is who removes workspaces and people.
func newLeaver(store Store, archive *usage.Archive, c clock.Clock, files string, a *assistant.Assistant, forget ...leaving.Forgetter) *leaving.Leaver {
	return leaving.New(leaving.Deps{
		Records: store, Books: store, Archive: archive, Clock: c, Files: files, Forget: forget,
		Belongs: map[record.Kind]leaving.Belongs{
			record.Draft: func(tenant string, r record.Record, p leaving.Person) (bool, error) {
				return a.DraftOf(tenant, r, p.Pseudonym, p.ID)
			},
			record.Thread: func(_ string, r record.Record, p leaving.Person) (bool, error) { return assistant.ThreadOf(r, p.ID) },
		},
	})
}

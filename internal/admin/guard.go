package admin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/usage"
)

// Store is what the Guard asks of a store.
type Store interface {
	usage.Ledger
	usage.Limiter
	Levels(ctx context.Context, tenant string, scopes []usage.Scope, windows []usage.Window) ([]usage.Level, error)
	Get(ctx context.Context, tenant string, kind record.Kind, id string) (record.Record, error)
	Write(ctx context.Context, tenant string, writes ...record.Write) error
}

// Zones notes the time zone of a workspace before its first window is used.
type Zones interface {
	NoteZone(ctx context.Context, tenant string) error
}

// Guard stands before the ledger. It puts the policy's limits into a workspace
// before anyone spends there, and says once per window when 50, 80 and 100 % of
// a limit are used; see threshold.go.
type Guard struct {
	Store
	zones  Zones
	limits []config.Limit
	accept func(ctx context.Context, e chat.Event) error
	log    *slog.Logger
	mu     sync.Mutex
	seeded map[string]bool
	told   map[string]told // what this process knows of the records, by workspace and id
}

// NewGuard returns a Guard. accept hands notices to the front door.
func NewGuard(s Store, z Zones, p config.Policy, accept func(ctx context.Context, e chat.Event) error, log *slog.Logger) *Guard {
	return &Guard{Store: s, zones: z, limits: p.Limits.List(), accept: accept, log: log, seeded: map[string]bool{}, told: map[string]told{}}
}

// seededID is the record that says a workspace got the policy's limits once;
// one that an admin removed later is not put back.
const seededID = "limits"

// Levels sees to the policy's limits first; see usage.Reader. What it finds is
// looked at as a booking is: a limit that was lowered, or whose extra ended, may
// be used up without one, and then nothing is booked any more.
func (g *Guard) Levels(ctx context.Context, tenant string, scopes []usage.Scope, windows []usage.Window) ([]usage.Level, error) {
	if err := g.Ensure(ctx, tenant); err != nil {
		return nil, err
	}
	levels, err := g.Store.Levels(ctx, tenant, scopes, windows)
	g.watch(ctx, tenant, channelOf(scopes), levels)
	return levels, err
}

// Hold sees to the policy's limits first; see usage.Ledger.
func (g *Guard) Hold(ctx context.Context, r usage.HoldRequest) (usage.Held, error) {
	if err := g.Ensure(ctx, r.Tenant); err != nil {
		return usage.Held{}, err
	}
	return g.Store.Hold(ctx, r)
}

func channelOf(scopes []usage.Scope) string {
	for _, s := range scopes {
		if s.Kind == usage.Channel {
			return s.ID
		}
	}
	return ""
}

// Ensure notes a workspace's zone and gives it the policy's limits if it never
// had them. A store
// that cannot say whether it had them is an error: guessing would undo what an
// admin set.
func (g *Guard) Ensure(ctx context.Context, tenant string) error {
	g.mu.Lock()
	done := g.seeded[tenant]
	g.mu.Unlock()
	if done {
		return nil
	}
	if err := g.zones.NoteZone(ctx, tenant); err != nil {
		return fmt.Errorf("admin: zone of the budgets: %w", err)
	}
	_, err := g.Get(ctx, tenant, record.Seeded, seededID)
	if errors.Is(err, record.ErrNotFound) {
		err = g.seed(ctx, tenant)
	}
	if err != nil {
		return fmt.Errorf("admin: policy limits: %w", err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seeded[tenant] = true
	return nil
}

// seed puts the policy's limits in beside those that are there already: a
// replica that is late replaces nothing.
func (g *Guard) seed(ctx context.Context, tenant string) error {
	have, err := g.Limits(ctx, tenant)
	if err != nil {
		return err
	}
	var put []usage.Limit
	for _, p := range g.limits {
		l := usage.Limit{Scope: usage.ScopeKind(p.Scope), ID: p.ID, Window: usage.WindowKind(p.Window), Amount: p.Amount, Then: usage.AtLimit(p.Then)}
		if !slices.ContainsFunc(have, func(h usage.Limit) bool { return h.Key() == l.Key() }) {
			put = append(put, l)
		}
	}
	if err := g.SetLimits(ctx, tenant, put, nil); err != nil {
		return err
	}
	return g.Write(ctx, tenant, record.Put(record.Seeded, seededID, []byte(`{}`), 0))
}

// Settle books and then looks whether a threshold was passed; see usage.Ledger.
func (g *Guard) Settle(ctx context.Context, s usage.Settlement) (usage.Settled, error) {
	out, err := g.Store.Settle(ctx, s)
	if out.Booked {
		g.watch(ctx, s.Tenant, out.Entry.Channel, out.Levels)
	}
	return out, err
}

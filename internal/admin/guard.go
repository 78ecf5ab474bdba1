package admin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/money"
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
	Mark(ctx context.Context, tenant, key string, ttl time.Duration) (bool, error)
}

// Guard stands before the ledger. It puts the policy's limits into a workspace
// before anyone spends there, and says once per window when 50, 80 and 100 % of
// a limit are used.
type Guard struct {
	Store
	limits []config.Limit
	accept func(ctx context.Context, e chat.Event) error
	log    *slog.Logger
	mu     sync.Mutex
	seeded map[string]bool
	told   map[string]bool
}

// NewGuard returns a Guard. accept hands notices to the front door.
func NewGuard(s Store, p config.Policy, accept func(ctx context.Context, e chat.Event) error, log *slog.Logger) *Guard {
	return &Guard{Store: s, limits: p.Limits.List(), accept: accept, log: log, seeded: map[string]bool{}, told: map[string]bool{}}
}

// seededID is the record that says a workspace got the policy's limits once;
// one that an admin removed later is not put back.
const seededID = "limits"

// Levels sees to the policy's limits first; see usage.Reader.
func (g *Guard) Levels(ctx context.Context, tenant string, scopes []usage.Scope, windows []usage.Window) ([]usage.Level, error) {
	if err := g.Ensure(ctx, tenant); err != nil {
		return nil, err
	}
	return g.Store.Levels(ctx, tenant, scopes, windows)
}

// Hold sees to the policy's limits first; see usage.Ledger.
func (g *Guard) Hold(ctx context.Context, r usage.HoldRequest) (usage.Held, error) {
	if err := g.Ensure(ctx, r.Tenant); err != nil {
		return usage.Held{}, err
	}
	return g.Store.Hold(ctx, r)
}

// Ensure gives a workspace the policy's limits if it never had them. A store
// that cannot say whether it had them is an error: guessing would undo what an
// admin set.
func (g *Guard) Ensure(ctx context.Context, tenant string) error {
	g.mu.Lock()
	done := g.seeded[tenant]
	g.mu.Unlock()
	if done {
		return nil
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
		g.watch(ctx, s.Tenant, out)
	}
	return out, err
}

// thresholds in per cent, the highest first.
var thresholds = []int64{100, 80, 50}

// noticeFor is longer than the longest window.
const noticeFor = 40 * 24 * time.Hour

// watch tells the highest threshold that was newly passed. A failure costs a
// warning, never a booking.
func (g *Guard) watch(ctx context.Context, tenant string, s usage.Settled) {
	for _, l := range s.Levels {
		i := slices.IndexFunc(thresholds, func(at int64) bool { return l.Limited && percent(l.Settled, l.Limit) >= at })
		if i < 0 || !g.first(tenant+thresholdKey(l, thresholds[i])) {
			continue
		}
		if err := g.notice(ctx, tenant, s.Entry, l, i); err != nil {
			g.again(tenant + thresholdKey(l, thresholds[i]))
			g.log.Warn("budget threshold not told", "err", err)
		}
	}
}

func thresholdKey(l usage.Level, at int64) string {
	return fmt.Sprintf("threshold/%s/%s/%s/%d", l.Scope.Key(), l.Window, l.ID, at)
}

// first spares the store a look for what this process has told already.
func (g *Guard) first(key string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.told[key] {
		return false
	}
	if len(g.told) > 50_000 {
		clear(g.told) // the store's marks still know
	}
	g.told[key] = true
	return true
}

func (g *Guard) again(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.told, key)
}

// notice tells the i-th threshold once per window; what was jumped over needs
// no words of its own any more.
func (g *Guard) notice(ctx context.Context, tenant string, e usage.Entry, l usage.Level, i int) error {
	key := thresholdKey(l, thresholds[i])
	first, err := g.Mark(ctx, tenant, key, noticeFor)
	if err != nil || !first {
		return err
	}
	for _, lower := range thresholds[i+1:] {
		if _, err := g.Mark(ctx, tenant, thresholdKey(l, lower), noticeFor); err != nil {
			return err
		}
	}
	p := chat.PlaceOf(tenant)
	p.Channel = e.Channel
	return g.accept(ctx, chat.Event{ID: key, Kind: chat.Notice, Name: "budget.threshold", Place: p, ReplyTo: chat.ReplyTo{Place: p}, Fields: map[string]string{
		"who": whose(l), "scope": string(l.Scope.Kind), "id": l.Scope.ID, "percent": fmt.Sprint(thresholds[i]), "used": l.Settled.Short(), "limit": l.Limit.String(),
		"then": string(l.Then),
	}})
}

func percent(used, limit money.Nano) int64 {
	if limit <= 0 {
		return 100
	}
	return int64(used) * 100 / int64(limit)
}

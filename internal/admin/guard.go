package admin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/turn"
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
const seededID = "limits-from-policy"

// Levels sees to the policy's limits first; see usage.Reader.
func (g *Guard) Levels(ctx context.Context, tenant string, scopes []usage.Scope, windows []usage.Window) ([]usage.Level, error) {
	if err := g.Ensure(ctx, tenant); err != nil {
		return nil, err
	}
	return g.Store.Levels(ctx, tenant, scopes, windows)
}

// Ensure gives a workspace the policy's limits if it never had them.
func (g *Guard) Ensure(ctx context.Context, tenant string) error {
	g.mu.Lock()
	done := g.seeded[tenant]
	g.mu.Unlock()
	if done {
		return nil
	}
	_, err := g.Get(ctx, tenant, record.Closing, seededID)
	if err != nil {
		put := make([]usage.Limit, 0, len(g.limits))
		for _, l := range g.limits {
			put = append(put, usage.Limit{Scope: usage.ScopeKind(l.Scope), ID: l.ID, Window: usage.WindowKind(l.Window), Amount: l.Amount, Then: usage.AtLimit(l.Then)})
		}
		if err := g.SetLimits(ctx, tenant, put, nil); err != nil {
			return fmt.Errorf("admin: policy limits: %w", err)
		}
		if err := g.Write(ctx, tenant, record.Put(record.Closing, seededID, []byte(`{}`), 0)); err != nil {
			return fmt.Errorf("admin: policy limits: %w", err)
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seeded[tenant] = true
	return nil
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
		pct := percent(l.Settled, l.Limit)
		for _, at := range thresholds {
			if !l.Limited || pct < at {
				continue
			}
			key := fmt.Sprintf("threshold/%s/%s/%s/%d", l.Scope.Key(), l.Window, l.ID, at)
			if !g.first(tenant + key) {
				break
			}
			if err := g.notice(ctx, tenant, key, s.Entry, l, at); err != nil {
				g.log.Warn("budget threshold not told", "err", err)
			}
			break
		}
	}
}

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

func (g *Guard) notice(ctx context.Context, tenant, key string, e usage.Entry, l usage.Level, at int64) error {
	first, err := g.Mark(ctx, tenant, key, noticeFor)
	if err != nil || !first {
		return err
	}
	for _, lower := range thresholds {
		if lower < at { // what was jumped over needs no words of its own any more
			if _, err := g.Mark(ctx, tenant, fmt.Sprintf("threshold/%s/%s/%s/%d", l.Scope.Key(), l.Window, l.ID, lower), noticeFor); err != nil {
				return err
			}
		}
	}
	p := chat.PlaceOf(tenant)
	p.Channel = e.Channel
	return g.accept(ctx, chat.Event{ID: key, Kind: chat.Notice, Name: "budget.threshold", Place: p, ReplyTo: chat.ReplyTo{Place: p}, Fields: map[string]string{
		"who": whose(l), "percent": fmt.Sprint(at), "used": l.Settled.String(), "limit": l.Limit.String(), "person": personOf(l), "then": string(l.Then),
	}})
}

func personOf(l usage.Level) string {
	if l.Scope.Kind == usage.User {
		return l.Scope.ID
	}
	return ""
}

func percent(used, limit money.Nano) int64 {
	if limit <= 0 {
		return 100
	}
	return int64(used) * 100 / int64(limit)
}

// Notify words a notice of the house; the gate hands them over unjudged.
func (a *Admin) Notify(ctx context.Context, t turn.Task) (turn.Result, error) {
	e := t.Event
	f := e.Fields
	text := fmt.Sprintf("**%s %%** of the budget of %s is used: %s of %s.", f["percent"], f["who"], f["used"], f["limit"])
	if f["percent"] == "100" && f["then"] != string(usage.Warn) {
		text += " From here on requests that cost money may be refused; the local tier stays free."
	}
	if f["person"] != "" {
		id, err := a.People.PlatformID(ctx, e.Place.Tenant(), f["person"])
		if errors.Is(err, record.ErrNotFound) {
			return turn.Result{}, nil // erased since
		}
		if err != nil {
			return turn.Result{}, fmt.Errorf("admin: notice: %w", err)
		}
		to := chat.ReplyTo{Place: e.Place, Private: true, To: id}
		return turn.Result{Replies: []turn.Reply{{To: to, Post: chat.Post{Job: t.PostID(1), Stage: chat.Final, Text: text, Private: true, Sample: a.Sample}}}}, nil
	}
	at := e.Place.InChannel()
	if c := t.Settings.ReportsChannel(); c != "" {
		at.Channel = c
	}
	return turn.Result{Replies: []turn.Reply{{To: chat.ReplyTo{Place: at}, At: &at, Post: chat.Post{Job: t.PostID(1), Stage: chat.Final, Text: text, Sample: a.Sample}}}}, nil
}

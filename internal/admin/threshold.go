package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/usage"
)

// thresholds in per cent, the highest first.
var thresholds = []int64{100, 80, 50}

// toldFor is longer than the longest window.
const toldFor = 40 * 24 * time.Hour

// told is how far the warnings about one scope in one window went. What was
// jumped over needs no words of its own any more, and a limit that is changed,
// by hand or by an extra that begins or ends, repeats nothing; only one that was
// raised is used up once more.
type told struct {
	Percent int64 `json:"percent"`
	// Limit is the highest one of which all was used.
	Limit money.Nano `json:"limit,omitempty"`
}

// covers reports whether a threshold of a limit needs no words any more.
func (t told) covers(at int64, limit money.Nano) bool {
	return t.Percent >= at && (at < 100 || t.Limit >= limit)
}

func (t told) with(at int64, limit money.Nano) told {
	if at == 100 {
		t.Limit = max(t.Limit, limit)
	}
	t.Percent = max(t.Percent, at)
	return t
}

// watch tells the highest threshold that was newly passed at each level. A
// failure costs a warning, never a booking, and the next booking tries again.
func (g *Guard) watch(ctx context.Context, tenant, channel string, levels []usage.Level) {
	for _, l := range levels {
		i := slices.IndexFunc(thresholds, func(at int64) bool { return l.Limited && percent(l.Settled, l.Limit) >= at })
		if i < 0 || !g.first(tenant, thresholdID(l), thresholds[i], l.Limit) {
			continue
		}
		if err := g.tell(ctx, tenant, channel, l, thresholds[i]); err != nil {
			g.forget(tenant, thresholdID(l))
			g.log.Warn("budget threshold not told", "err", err)
		}
	}
}

func thresholdID(l usage.Level) string {
	return fmt.Sprintf("%s/%s/%s", l.Scope.Key(), l.Window, l.ID)
}

// first spares the store a look for what this process has told already.
func (g *Guard) first(tenant, id string, at int64, limit money.Nano) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	was := g.told[tenant+"/"+id]
	if was.covers(at, limit) {
		return false
	}
	if len(g.told) > 50_000 {
		clear(g.told) // the store's records still know
	}
	g.told[tenant+"/"+id] = was.with(at, limit)
	return true
}

func (g *Guard) forget(tenant, id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.told, tenant+"/"+id)
}

// tell says that a threshold was passed unless somebody did. The notice comes
// before the record of it: its id makes it once, also when two replicas tell at
// the same moment or the record could not be written.
func (g *Guard) tell(ctx context.Context, tenant, channel string, l usage.Level, at int64) error {
	was, version, err := g.toldOf(ctx, tenant, thresholdID(l))
	if err != nil || was.covers(at, l.Limit) {
		return err
	}
	id := fmt.Sprintf("threshold/%s/%d", thresholdID(l), at)
	if at == 100 {
		id += "/" + l.Limit.String()
	}
	p := chat.PlaceOf(tenant)
	p.Channel = channel
	err = g.accept(ctx, chat.Event{ID: id, Kind: chat.Notice, Name: "budget.threshold", Place: p, ReplyTo: chat.ReplyTo{Place: p}, Fields: map[string]string{
		"who": whose(l), "scope": string(l.Scope.Kind), "id": l.Scope.ID, "percent": fmt.Sprint(at), "used": l.Settled.Short(), "limit": l.Limit.String(),
		"then": string(l.Then),
	}})
	if err != nil {
		return err
	}
	body, err := json.Marshal(was.with(at, l.Limit))
	if err != nil {
		return err
	}
	w := record.Put(record.Told, thresholdID(l), body, toldFor)
	w.Expect = version
	switch err := g.Write(ctx, tenant, w); {
	case errors.Is(err, record.ErrConflict):
		return g.tell(ctx, tenant, channel, l, at) // another replica told something: what it knows is kept, too
	case err != nil:
		return fmt.Errorf("told thresholds: %w", err)
	}
	return nil
}

// toldOf reads how far the warnings went; nothing is the zero value of version 0.
func (g *Guard) toldOf(ctx context.Context, tenant, id string) (t told, version int64, err error) {
	rec, err := g.Get(ctx, tenant, record.Told, id)
	if errors.Is(err, record.ErrNotFound) {
		return told{}, 0, nil
	}
	if err == nil {
		err = json.Unmarshal(rec.Body, &t)
	}
	if err != nil {
		return told{}, 0, fmt.Errorf("told thresholds: %w", err)
	}
	return t, rec.Version, nil
}

func percent(used, limit money.Nano) int64 {
	if limit <= 0 {
		return 100
	}
	return int64(used) * 100 / int64(limit)
}

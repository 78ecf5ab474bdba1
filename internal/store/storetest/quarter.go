package storetest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/token"
	"github.com/tierwise/tierwise/usage"
)

// What a busy workspace has. What it is asked about in reports costs by the
// number of rows a window has, and these numbers decide that.
const (
	quarterPeople, quarterChannels, quarterTeams, quarterWorkflows, quarterModels = 1000, 200, 20, 10, 6
	quarterDays                                                                   = 90
)

var (
	quarterTiers   = []string{"local", "economy", "standard", "frontier"}
	quarterIntents = []string{"summarize", "draft", "classify", "ask"}
)

// Quarter is the use of a busy workspace over the 90 days up to Until: a
// sequence of attempts that depends on nothing but their numbers. It gives them
// one by one, to be settled, or summed up, to be loaded; both must come to the
// same rows, which ProveLoad shows.
type Quarter struct {
	Tenant string
	Until  time.Time // its last day is that of this instant, UTC
	// Attempts are how many different attempts there are, and Times how many
	// entries each stands for when they are loaded.
	Attempts, Times int
}

// FiveMillion is a quarter of 5 million entries: 100,000 different attempts, 50
// of each. They fill every row of every day, so that more attempts would add
// to rows and make no new one.
func FiveMillion(tenant string, until time.Time) Quarter {
	return Quarter{tenant, until, 100_000, 50}
}

// Entry is the n-th attempt, booked in the windows of its day. The days take
// turns; within a day all people, and all channels with all tiers, do.
func (q Quarter) Entry(n int) usage.Entry {
	day := q.Until.UTC().AddDate(0, 0, n%quarterDays-quarterDays+1)
	i := n / quarterDays
	w := usage.Calendar{}.Windows(day)
	tier := (i + i/quarterChannels) % len(quarterTiers)
	cost := money.Nano(n%977+1) * 1_000 * money.Nano(tier)
	return usage.Entry{
		ID: "q" + strconv.Itoa(n) + ".1.1", Tenant: q.Tenant, At: day, Job: "q" + strconv.Itoa(n), Purpose: "answer",
		Channel: "C" + strconv.Itoa(10_000_000+i%quarterChannels), Thread: "1764000000.000100", Actor: q.Person(i),
		Team: "team " + strconv.Itoa(i%quarterTeams), Workflow: "workflow " + strconv.Itoa(i%quarterWorkflows), Intent: quarterIntents[i%len(quarterIntents)],
		Tier: quarterTiers[tier], Provider: "provider " + strconv.Itoa(i%3), Model: "provider/model " + strconv.Itoa(i%quarterModels),
		Tokens: token.Count{Input: int64(700 + n%500), Output: int64(90 + n%200)}, Cost: cost, Estimate: 2 * cost,
		Source: usage.Computed, Status: usage.OK, Latency: 900,
		Windows: usage.Booked{Day: w[0].ID, Week: w[1].ID, Month: w[2].ID},
	}
}

// Person is one of the people, named as long as pseudonyms are.
func (q Quarter) Person(n int) string { return fmt.Sprintf("p_%032x", n%quarterPeople) }

// Channel is one of the channels.
func (q Quarter) Channel() string { return q.Entry(0).Channel }

// quarterWindow is a window of the books.
type quarterWindow struct {
	kind usage.WindowKind
	id   string
}

// sums are the rows of all windows after all attempts.
func (q Quarter) sums() map[quarterWindow]map[usage.Key]usage.Cell {
	out := map[quarterWindow]map[usage.Key]usage.Cell{}
	for n := range q.Attempts {
		e := q.Entry(n)
		keys, v := e.Keys(), usage.CellOf(e).Values()
		for i := range v {
			v[i] *= int64(q.Times)
		}
		cell := usage.CellFrom(v)
		for _, k := range usage.WindowKinds() {
			w := quarterWindow{k, e.Windows.Of(k)}
			if out[w] == nil {
				out[w] = map[usage.Key]usage.Cell{}
			}
			for _, key := range keys {
				out[w][key] = out[w][key].Add(cell)
			}
		}
	}
	return out
}

// counters are the settled sums that the rows of a window stand beside.
func counters(rows map[usage.Key]usage.Cell) map[string]money.Nano {
	kinds := map[usage.Dim]usage.ScopeKind{
		usage.ByTotal: usage.Workspace, usage.ByTeam: usage.Team, usage.ByChannel: usage.Channel, usage.ByActor: usage.User, usage.ByWorkflow: usage.Workflow,
	}
	out := map[string]money.Nano{}
	for key, c := range rows {
		if kind, ok := kinds[key.Dim]; ok {
			out[usage.Scope{Kind: kind, ID: key.Value}.Key()] = c.Cost
		}
	}
	return out
}

// Load puts the sums of the quarter into a store, as a rebuild does, and
// returns how many rows the last month has.
func (q Quarter) Load(tb testing.TB, s usage.Keeper) (rows int) {
	tb.Helper()
	for w, cells := range q.sums() {
		if err := s.Rebuild(context.Background(), q.Tenant, w.kind, w.id, cells, counters(cells)); err != nil {
			tb.Fatal(err)
		}
		if w.kind == usage.Month && w.id == q.Until.UTC().Format("2006-01") {
			rows = len(cells)
		}
	}
	return rows
}

// Settle books every attempt of the quarter, Times times, one by one.
func (q Quarter) Settle(tb testing.TB, s usage.Ledger) {
	tb.Helper()
	var next atomic.Int64
	var callers sync.WaitGroup
	for range 64 {
		callers.Go(func() {
			for n := int(next.Add(1)) - 1; n < q.Attempts*q.Times; n = int(next.Add(1)) - 1 {
				e := q.Entry(n / q.Times)
				e.ID += "." + strconv.Itoa(n%q.Times)
				if _, err := s.Settle(context.Background(), usage.Settlement{Tenant: q.Tenant, Entry: &e}); err != nil {
					tb.Error(err)
					return
				}
			}
		})
	}
	callers.Wait()
}

// ProveLoad shows that loading is the same as settling: a small quarter is
// settled in one workspace and loaded in another, and every row of every window
// and every counter of the last day, week and month must agree.
func ProveLoad(tb testing.TB, s Store, until time.Time) {
	tb.Helper()
	ctx := context.Background()
	settled, loaded := Quarter{"settled", until, 1_000, 2}, Quarter{"loaded", until, 1_000, 2}
	settled.Settle(tb, s)
	loaded.Load(tb, s)
	for w := range settled.sums() {
		a, err := s.Rollup(ctx, settled.Tenant, w.kind, w.id, usage.Dims()...)
		if err != nil {
			tb.Fatal(err)
		}
		b, err := s.Rollup(ctx, loaded.Tenant, w.kind, w.id, usage.Dims()...)
		if err != nil {
			tb.Fatal(err)
		}
		if len(a) == 0 || !maps.Equal(a, b) {
			tb.Fatalf("%s %s: %d rows by settling, %d by loading, and they differ", w.kind, w.id, len(a), len(b))
		}
	}
	scopes, windows := settled.Entry(settled.Attempts-1).Scopes(), usage.Calendar{}.Windows(until)
	a, err := s.Levels(ctx, settled.Tenant, scopes, windows)
	if err != nil {
		tb.Fatal(err)
	}
	b, err := s.Levels(ctx, loaded.Tenant, scopes, windows)
	if err != nil {
		tb.Fatal(err)
	}
	same := func(x, y usage.Level) bool { return x.Settled == y.Settled && x.Held == y.Held }
	if !slices.EqualFunc(a, b, same) || a[len(a)-1].Settled == 0 {
		tb.Fatalf("the levels differ by settling and by loading, or are zero: %d and %d at the end", a[len(a)-1].Settled, b[len(b)-1].Settled)
	}
}

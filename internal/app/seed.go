package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/localchat"
	"github.com/tierwise/tierwise/internal/people"
	"github.com/tierwise/tierwise/internal/store/sqlite"
	"github.com/tierwise/tierwise/internal/token"
	"github.com/tierwise/tierwise/usage"
)

// sampleDays is the length of the sample quarter; it ends the day before the
// workspace is opened first, so that today's figures are one's own.
const sampleDays = 90

// sampleTask is a kind of work of the sample quarter and what it usually takes.
type sampleTask struct {
	intent, tier string
	weight       int
	in, out      int64 // tokens at most
}

var sampleTasks = []sampleTask{
	{"summarize", "economy", 36, 9000, 500}, {"classify", "economy", 26, 700, 40}, {"draft", "economy", 14, 2500, 400},
	{"ask", "economy", 14, 3000, 500}, {"draft", "standard", 5, 3500, 600}, {"summarize", "standard", 4, 14000, 700}, {"ask", "frontier", 1, 5000, 900},
}

// seedQuarter makes the demo's own ledger with a sample quarter in it. The
// ledger gets its name when it is whole: a first start that broke off, or ran
// into a full disk, leaves nothing behind. Another process may have been
// faster; its ledger stands.
func seedQuarter(ctx context.Context, cfg config.Config, c *catalog.Catalog, s people.Sealer, now time.Time) (err error) {
	aside, err := os.MkdirTemp(dir(cfg, true), ".sample-")
	if err != nil {
		return fmt.Errorf("app: sample: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(aside)) }()
	path := filepath.Join(aside, "tierwise.db")
	if err := writeQuarter(ctx, path, c, s, now); err != nil {
		return err
	}
	if err := os.Link(path, file(cfg, true)); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("app: sample: %w", err)
	}
	return nil
}

// writeQuarter writes the sample quarter of the demo workspaces: entries with
// dates in the past, every one marked as a sample. The store's clock is moved
// through the days, so that the rows are dated like real ones. The same day
// always gives the same rows.
func writeQuarter(ctx context.Context, path string, c *catalog.Catalog, s people.Sealer, now time.Time) (err error) {
	m := clock.NewManual(now.AddDate(0, 0, -sampleDays))
	store, err := sqlite.Open(ctx, path, sqlite.Options{Clock: m})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	seeds, err := localchat.Demo(now)
	if err != nil {
		return err
	}
	names := people.New(store, s, m)
	rng := rand.New(rand.NewPCG(2026, 11))
	for day := range sampleDays {
		at := now.AddDate(0, 0, day-sampleDays).Truncate(24 * time.Hour).Add(10 * time.Hour)
		m.Set(at)
		n := 16 + rng.IntN(14)
		if wd := at.Weekday(); wd == time.Saturday || wd == time.Sunday {
			n = 1 + rng.IntN(3)
		}
		entries := make([]usage.Entry, 0, n)
		for i := range n {
			seed := seeds[min(rng.IntN(5)/4, len(seeds)-1)]
			e, err := sampleEntry(ctx, c, names, seed, rng, at)
			if err != nil {
				return err
			}
			e.ID = fmt.Sprintf("sample-%s-%03d.1.1", at.Format("20060102"), i)
			e.Job = fmt.Sprintf("sample-%s-%03d", at.Format("20060102"), i)
			entries = append(entries, e)
		}
		if err := settleAll(ctx, store, entries, at); err != nil {
			return err
		}
	}
	return nil
}

// settleAll books a day's entries at once, so that they share commits.
func settleAll(ctx context.Context, store *sqlite.Store, entries []usage.Entry, at time.Time) error {
	errs := make([]error, len(entries))
	var wg sync.WaitGroup
	for i, e := range entries {
		wg.Go(func() {
			_, errs[i] = store.Settle(ctx, usage.Settlement{Tenant: e.Tenant, Hold: "sample/" + e.ID, Entry: &e, Fallback: usage.Calendar{}.Windows(at)})
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func sampleEntry(ctx context.Context, c *catalog.Catalog, names *people.Directory, seed localchat.Seed, rng *rand.Rand, at time.Time) (usage.Entry, error) {
	task := pickTask(rng)
	who := seed.Members[rng.IntN(4)%len(seed.Members)]
	channel := seed.Channels[rng.IntN(len(seed.Channels))]
	place := chat.Place{Platform: chat.Console, Workspace: seed.ID, Channel: channel.ID}
	id, err := names.See(ctx, place.Tenant(), chat.Actor{ID: who.ID, Name: who.Name})
	if err != nil {
		return usage.Entry{}, err
	}
	m, ok := c.Model("demo/" + task.tier)
	if !ok {
		return usage.Entry{}, fmt.Errorf("app: sample: no model demo/%s in the catalog", task.tier)
	}
	tokens := token.Count{Input: task.in/4 + rng.Int64N(task.in*3/4), Output: task.out/4 + rng.Int64N(task.out*3/4)}
	cost, err := c.Cost(m, catalog.Facts{Tokens: tokens, Counted: true}, at)
	if err != nil {
		return usage.Entry{}, err
	}
	worst, _ := c.Worst(m, task.in, task.out, at)
	return usage.Entry{
		Tenant: place.Tenant(), Purpose: "answer", Channel: channel.ID, Actor: id, Team: "unassigned", Workflow: task.intent, Intent: task.intent,
		Tier: task.tier, Provider: "demo", Model: m.ID, Served: m.Wire, Class: "internal", Reasons: []string{"policy.start"}, Tokens: tokens, Price: cost.Price,
		Cost: cost.Amount, Source: usage.Source(cost.Source), Estimate: worst, Status: usage.OK, Latency: 400 + rng.Int64N(2500), First: 200 + rng.Int64N(400), Sample: true,
	}, nil
}

func pickTask(rng *rand.Rand) sampleTask {
	total := 0
	for _, t := range sampleTasks {
		total += t.weight
	}
	n := rng.IntN(total)
	for _, t := range sampleTasks {
		if n -= t.weight; n < 0 {
			return t
		}
	}
	return sampleTasks[0]
}

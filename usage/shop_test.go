package usage_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/seal"
	"github.com/tierwise/tierwise/internal/store/memory"
	"github.com/tierwise/tierwise/internal/store/sqlite"
	"github.com/tierwise/tierwise/internal/store/storetest"
	"github.com/tierwise/tierwise/internal/token"
	"github.com/tierwise/tierwise/usage"
)

// tenant is the workspace of these tests; its id has the slash that ids have.
const tenant = "slack/T1"

var (
	ctx = context.Background()
	key = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
)

// shop is a workspace at work on a store whose clock the test moves.
type shop struct {
	storetest.Store
	clk *clock.Manual
	cal usage.Calendar
	rnd *rand.Rand
	n   int
}

func newShop(s storetest.Store, clk *clock.Manual) *shop {
	return &shop{Store: s, clk: clk, rnd: rand.New(rand.NewPCG(7, 11))}
}

// onEachStore runs a test over the stores that need no server. The clock
// stands on the first of August.
func onEachStore(t *testing.T, test func(t *testing.T, s *shop)) {
	begin := time.Date(2026, 8, 1, 9, 0, 0, 0, time.UTC)
	t.Run("memory", func(t *testing.T) {
		clk := clock.NewManual(begin)
		test(t, newShop(memory.New(clk), clk))
	})
	t.Run("sqlite", func(t *testing.T) {
		clk := clock.NewManual(begin)
		test(t, newShop(openSQLite(t, clk), clk))
	})
}

func openSQLite(tb testing.TB, clk clock.Clock) *sqlite.Store {
	tb.Helper()
	s, err := sqlite.Open(ctx, filepath.Join(tb.TempDir(), "store.db"), sqlite.Options{Clock: clk})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

func sealer(tb testing.TB) *seal.Sealer {
	tb.Helper()
	keys, err := seal.ParseKeys(key)
	if err != nil {
		tb.Fatal(err)
	}
	s, err := seal.New(keys)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func (s *shop) archive(tb testing.TB) *usage.Archive {
	return usage.NewArchive(s, sealer(tb), s.clk)
}

// pick chooses one of n names.
func (s *shop) pick(prefix string, n int) string { return fmt.Sprintf("%s%d", prefix, s.rnd.IntN(n)) }

// entry makes an attempt as the assistant would book it.
func (s *shop) entry() usage.Entry {
	s.n++
	cost := money.Nano(s.rnd.Int64N(9_000_000))
	e := usage.Entry{
		ID: fmt.Sprintf("j%06d.1.1", s.n), Tenant: tenant, Job: fmt.Sprintf("j%06d", s.n), Purpose: "answer",
		Channel: s.pick("C", 4), Actor: s.pick("p_", 6), Team: s.pick("team-", 3), Workflow: s.pick("flow ", 3), Intent: s.pick("intent", 3),
		Tier: s.pick("tier", 3), Provider: s.pick("provider", 2), Model: s.pick("model/", 3), Status: usage.OK, Source: usage.Computed,
		Tokens: token.Count{Input: s.rnd.Int64N(4000), Output: s.rnd.Int64N(900)}, Cost: cost, Estimate: 8_000_000,
	}
	switch s.rnd.IntN(12) {
	case 0:
		e.Status, e.Purpose = usage.Failed, "repair"
	case 1:
		e.Status, e.Source = usage.Uncertain, usage.Estimated
	case 2:
		e.Source = usage.Unpriced
	}
	return e
}

// book settles an entry now.
func (s *shop) book(tb testing.TB, e usage.Entry) usage.Entry {
	tb.Helper()
	got, err := s.Settle(ctx, usage.Settlement{Tenant: tenant, Hold: "h." + e.ID, Entry: &e, Fallback: s.cal.Windows(s.clk.Now())})
	if err != nil || !got.Booked {
		tb.Fatalf("book %s: %v, %v", e.ID, got.Booked, err)
	}
	return got.Entry
}

// work books a number of entries a day until an instant.
func (s *shop) work(tb testing.TB, until time.Time, daily int) {
	tb.Helper()
	for s.clk.Now().Before(until) {
		for range daily {
			s.book(tb, s.entry())
		}
		s.clk.Advance(24 * time.Hour)
	}
	s.clk.Set(until)
}

// proven demands a proof without differences.
func proven(tb testing.TB, p usage.Proof, err error) usage.Proof {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
	if len(p.Differences) > 0 {
		tb.Fatalf("%d differences, the first: %+v", len(p.Differences), p.Differences[0])
	}
	return p
}

// months are the months whose rows are in the store.
func (s *shop) months(tb testing.TB) []string {
	tb.Helper()
	m, err := s.Months(ctx, tenant)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

package usage_test

import (
	"io"
	"sync"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/store/memory"
	"github.com/tierwise/tierwise/usage"
)

// many books n entries over a month; 256 at a time, so that sqlite shares its
// commits.
func many(b *testing.B, s *shop, n int) {
	b.Helper()
	for day := range 30 {
		s.clk.Set(time.Date(2026, 11, 1+day, 9, 0, 0, 0, time.UTC))
		var wg sync.WaitGroup
		gate := make(chan struct{}, 256)
		for range n / 30 {
			e := s.entry()
			gate <- struct{}{}
			wg.Go(func() {
				defer func() { <-gate }()
				if _, err := s.Settle(ctx, usage.Settlement{Tenant: tenant, Hold: "h." + e.ID, Entry: &e, Fallback: s.cal.Windows(s.clk.Now())}); err != nil {
					b.Error(err)
				}
			})
		}
		wg.Wait()
	}
}

// eachLedger runs a benchmark over 99,990 entries in memory and 19,980 in
// sqlite, and reports the time per 100,000.
func eachLedger(b *testing.B, run func(b *testing.B, s *shop)) {
	per100k := func(b *testing.B, entries int) {
		b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N)*100_000/float64(entries), "ms/100k-entries")
	}
	b.Run("memory", func(b *testing.B) {
		clk := clock.NewManual(time.Time{})
		s := newShop(memory.New(clk), clk)
		many(b, s, 100_000)
		for b.Loop() {
			run(b, s)
		}
		per100k(b, s.n)
	})
	b.Run("sqlite", func(b *testing.B) {
		clk := clock.NewManual(time.Time{})
		s := newShop(openSQLite(b, clk), clk)
		many(b, s, 20_000)
		for b.Loop() {
			run(b, s)
		}
		per100k(b, s.n)
	})
}

func BenchmarkVerify(b *testing.B) {
	eachLedger(b, func(b *testing.B, s *shop) {
		if p, err := usage.Verify(ctx, s, tenant); err != nil || len(p.Differences) > 0 || p.Entries != int64(s.n) {
			b.Fatal(p.Entries, p.Differences, err)
		}
	})
}

func BenchmarkExport(b *testing.B) {
	for _, form := range []string{"csv", "jsonl"} {
		b.Run(form, func(b *testing.B) {
			eachLedger(b, func(b *testing.B, s *shop) {
				if n, err := usage.Export(ctx, s, tenant, usage.Range{}, form, io.Discard); err != nil || n != s.n {
					b.Fatal(n, err)
				}
			})
		})
	}
}

func BenchmarkWindows(b *testing.B) {
	z, err := time.LoadLocation("America/Santiago")
	if err != nil {
		b.Skip(err)
	}
	cal, now := usage.Calendar{Zone: z}, time.Date(2026, 9, 5, 20, 0, 0, 0, time.UTC)
	for b.Loop() {
		if len(cal.Windows(now)) != 3 {
			b.Fatal("windows are missing")
		}
	}
}

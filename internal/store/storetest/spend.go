package storetest

import (
	"context"
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/tierwise/tierwise/usage"
)

// spendReader is what the forms of /ai-spend read.
type spendReader interface {
	usage.Reader
	usage.RowReader
}

// spendView is what one form of /ai-spend asks of the ledger. The questions are
// those of package admin.
type spendView struct {
	name string
	ask  func(ctx context.Context, r spendReader, q Quarter) error
}

// trendDays is how many days a trend shows.
const trendDays = 14

var spendViews = []spendView{
	{"summary-admin", func(ctx context.Context, r spendReader, q Quarter) error {
		if err := summary(ctx, r, q); err != nil {
			return err
		}
		if err := trend(ctx, r, q, usage.Key{Dim: usage.ByTotal, Value: "all"}); err != nil {
			return err
		}
		return spendLevels(ctx, r, q, usage.WholeWorkspace())
	}},
	{"summary-member", func(ctx context.Context, r spendReader, q Quarter) error {
		if err := summary(ctx, r, q); err != nil {
			return err
		}
		return spendLevels(ctx, r, q)
	}},
	{"user", table(usage.ByActor)},
	{"channel", table(usage.ByChannel)},
	{"model", table(usage.ByModel)},
	{"trend-workspace", func(ctx context.Context, r spendReader, q Quarter) error {
		return trend(ctx, r, q, usage.Key{Dim: usage.ByTotal, Value: "all"})
	}},
	{"trend-channel", func(ctx context.Context, r spendReader, q Quarter) error {
		return trend(ctx, r, q, usage.Key{Dim: usage.ByChannel, Value: q.Channel()})
	}},
	{"trend-member", func(ctx context.Context, r spendReader, q Quarter) error {
		return trend(ctx, r, q, usage.Key{Dim: usage.ByActor, Value: q.Person(0)})
	}},
}

func summary(ctx context.Context, r spendReader, q Quarter) error {
	rows, err := q.month(ctx, r, usage.ByTotal, usage.ByActor, usage.ByChannel, usage.ByIntent, usage.ByTier)
	if err != nil {
		return err
	}
	usage.Top(rows, usage.ByIntent, 4)
	usage.Top(rows, usage.ByTier, 4)
	return nil
}

func table(dim usage.Dim) func(context.Context, spendReader, Quarter) error {
	return func(ctx context.Context, r spendReader, q Quarter) error {
		rows, err := q.month(ctx, r, dim, usage.ByTotal)
		if top, _ := usage.Top(rows, dim, 20); err == nil && len(top) == 0 {
			return fmt.Errorf("no row by %s", dim)
		}
		return err
	}
}

func (q Quarter) month(ctx context.Context, r spendReader, dims ...usage.Dim) (map[usage.Key]usage.Cell, error) {
	return r.Rollup(ctx, q.Tenant, usage.Month, q.Until.UTC().Format("2006-01"), dims...)
}

func trend(ctx context.Context, r spendReader, q Quarter, key usage.Key) error {
	var ids []string
	for i := range trendDays {
		ids = append(ids, q.Until.UTC().AddDate(0, 0, -i).Format(time.DateOnly))
	}
	cells, err := r.Row(ctx, q.Tenant, usage.Day, ids, key)
	if err != nil {
		return err
	}
	for i, c := range cells {
		if c.Entries == 0 {
			return fmt.Errorf("day %s has nothing of %s %s", ids[i], key.Dim, key.Value)
		}
	}
	return nil
}

// spendLevels are the budgets of a person and a channel, and of more.
func spendLevels(ctx context.Context, r spendReader, q Quarter, more ...usage.Scope) error {
	each := []string{usage.AnyID}
	scopes := append(more, usage.Scope{Kind: usage.User, ID: q.Person(0), Templates: each}, usage.Scope{Kind: usage.Channel, ID: q.Channel(), Templates: each})
	_, err := r.Levels(ctx, q.Tenant, scopes, usage.Calendar{}.Windows(q.Until))
	return err
}

// leastAsks is how many answers a median is taken of, however short the run.
const leastAsks = 200

// BenchSpend asks a store that holds a quarter what every form of /ai-spend
// asks, and reports the median and the 99th percentile of each in milliseconds
// (the bar is 20 ms), and how much of its processor an ask costs this process,
// whatever else the machine does.
func BenchSpend(b *testing.B, r spendReader, q Quarter, rows int) {
	for _, v := range spendViews {
		b.Run(v.name, func(b *testing.B) {
			var took []time.Duration
			ask := func() {
				begun := time.Now()
				if err := v.ask(context.Background(), r, q); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(begun))
			}
			before := processorTime(b)
			for b.Loop() {
				ask()
			}
			for len(took) < leastAsks {
				ask()
			}
			b.ReportMetric((processorTime(b)-before).Seconds()*1e3/float64(len(took)), "cpu-ms")
			slices.Sort(took)
			b.ReportMetric(took[len(took)/2].Seconds()*1e3, "p50-ms")
			b.ReportMetric(took[len(took)*99/100].Seconds()*1e3, "p99-ms")
			b.ReportMetric(float64(rows), "rows")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// processorTime is what this process has used so far.
func processorTime(tb testing.TB) time.Duration {
	tb.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

package sqlite_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/store/sqlite"
	"github.com/tierwise/tierwise/internal/token"
	"github.com/tierwise/tierwise/usage"
)

const tenant = "T1"

func openStore(t testing.TB, opts sqlite.Options) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(context.Background(), filepath.Join(t.TempDir(), "tierwise.db"), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// scopes are those of the n-th of many people, in one of a few channels.
func scopes(n int) []usage.Scope {
	any := []string{usage.AnyID}
	return []usage.Scope{
		usage.WholeWorkspace(), {Kind: usage.Team, ID: "red"}, {Kind: usage.Channel, ID: "C" + strconv.Itoa(n%20), Templates: any},
		{Kind: usage.User, ID: "p" + strconv.Itoa(n%200), Templates: any}, {Kind: usage.Workflow, ID: "triage"},
	}
}

func request(id string, n int) usage.HoldRequest {
	return usage.HoldRequest{
		Tenant: tenant, Hold: id, Scopes: scopes(n), Windows: usage.Calendar{}.Windows(time.Now()),
		Steps: []usage.StepHold{{N: 1, Amount: 900}}, TTL: time.Hour,
	}
}

func entry(id string, n int) usage.Entry {
	return usage.Entry{
		ID: id, Tenant: tenant, Job: id, Purpose: "answer", Channel: "C" + strconv.Itoa(n%20), Actor: "p" + strconv.Itoa(n%200),
		Team: "red", Workflow: "triage", Intent: "ask", Tier: "economy", Provider: "p", Model: "p/m", Tokens: token.Count{Input: 700, Output: 90},
		Cost: 640, Estimate: 900, Source: usage.Computed, Status: usage.OK,
	}
}

func limits(t testing.TB, s *sqlite.Store) {
	t.Helper()
	err := s.SetLimits(context.Background(), tenant, []usage.Limit{
		{Scope: usage.Workspace, ID: "all", Window: usage.Day, Amount: money.Max, Then: usage.Refuse},
		{Scope: usage.Workspace, ID: "all", Window: usage.Month, Amount: money.Max, Then: usage.Refuse},
		{Scope: usage.User, ID: usage.AnyID, Window: usage.Day, Amount: money.Max, Then: usage.LowerTier},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
}

// at runs the operation b.N times from a number of callers at once. It reports
// how long callers waited, and how much processor time the process used for
// each, which depends less than the rest on what else the machine does.
func at(b *testing.B, callers int, run func(n int) error) {
	b.Helper()
	var next atomic.Int64
	var mu sync.Mutex
	var waits []time.Duration
	var wg sync.WaitGroup
	b.ResetTimer()
	before := processorTime(b)
	for range callers {
		wg.Go(func() {
			var own []time.Duration
			for n := int(next.Add(1)); n <= b.N; n = int(next.Add(1)) {
				begun := time.Now()
				if err := run(n); err != nil {
					b.Error(err)
					return
				}
				own = append(own, time.Since(begun))
			}
			mu.Lock()
			defer mu.Unlock()
			waits = append(waits, own...)
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64((processorTime(b)-before).Microseconds())/float64(b.N), "cpu-µs")
	slices.Sort(waits)
	if len(waits) > 0 {
		b.ReportMetric(float64(waits[len(waits)/2].Microseconds()), "p50-µs")
		b.ReportMetric(float64(waits[len(waits)*99/100].Microseconds()), "p99-µs")
		b.ReportMetric(float64(len(waits))/b.Elapsed().Seconds(), "per-s")
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

// BenchmarkHold is one hold over five scopes in three windows.
func BenchmarkHold(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s := openStore(b, sqlite.Options{})
			limits(b, s)
			at(b, callers, func(n int) error {
				_, err := s.Hold(context.Background(), request("h"+strconv.Itoa(n), n))
				return err
			})
		})
	}
}

// BenchmarkPair is a hold and its settlement, each acknowledged from disk.
func BenchmarkPair(b *testing.B) {
	for _, callers := range []int{1, 64, 512} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s := openStore(b, sqlite.Options{})
			limits(b, s)
			at(b, callers, func(n int) error {
				id := "h" + strconv.Itoa(n)
				if _, err := s.Hold(context.Background(), request(id, n)); err != nil {
					return err
				}
				e := entry(id+".1", n)
				_, err := s.Settle(context.Background(), usage.Settlement{Tenant: tenant, Hold: id, Step: 1, Entry: &e})
				return err
			})
		})
	}
}

func event(n int) job.Job {
	id := strconv.Itoa(n)
	return job.Job{
		ID: "j" + id, Tenant: tenant, Marks: []string{"e" + id, "m" + id}, Event: make([]byte, 600),
		Lanes: []job.Lane{{Key: "thread:" + id, Cap: 1}, {Key: "channel:C", Cap: 1 << 20}, {Key: "person:p" + strconv.Itoa(n%200), Cap: 1 << 20}},
	}
}

// BenchmarkEnqueue is the acceptance of an event, on disk before the answer.
func BenchmarkEnqueue(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s := openStore(b, sqlite.Options{})
			at(b, callers, func(n int) error {
				_, err := s.Enqueue(context.Background(), event(n))
				return err
			})
		})
	}
}

// BenchmarkTurn is all a turn asks of the store: enqueue, claim, hold,
// dispatch, and one step that settles, writes the outbox and finishes.
func BenchmarkTurn(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s := openStore(b, sqlite.Options{})
			limits(b, s)
			at(b, callers, func(n int) error { return turn(s, n) })
		})
	}
}

func turn(s *sqlite.Store, n int) error {
	ctx := context.Background()
	if _, err := s.Enqueue(ctx, event(n)); err != nil {
		return err
	}
	claim, err := s.Claim(ctx, "w", 1, time.Minute, time.Second)
	ts := claim.Given
	if err != nil || len(ts) == 0 {
		return err
	}
	k := ts[0]
	if _, err := s.Hold(ctx, request(k.Hold(), n)); err != nil {
		return err
	}
	e := entry(k.Attempt(1), n)
	p := e
	p.Status, p.Source = usage.Uncertain, usage.Estimated
	if err := s.Dispatch(ctx, usage.DispatchRequest{Tenant: tenant, Hold: k.Hold(), Step: 1, Provisional: p}); err != nil {
		return err
	}
	_, err = s.Settle(ctx, usage.Settlement{Tenant: tenant, Hold: k.Hold(), Step: 1, Entry: &e, Finish: &job.Finish{
		Ticket: k, Posts: []job.Outgoing{{ID: k.Job.ID + "/1", Tenant: tenant, Lane: k.Job.ID, Body: make([]byte, 400)}},
	}})
	return err
}

// BenchmarkReport reads what /ai-spend shows from stores of very different
// size. It reads rollups only, so the time must not grow with the entries.
func BenchmarkReport(b *testing.B) {
	for _, entries := range []int{1_000, 20_000} {
		b.Run(fmt.Sprintf("entries=%d", entries), func(b *testing.B) {
			s := openStore(b, sqlite.Options{})
			fill(b, s, entries)
			month := usage.Calendar{}.Window(usage.Month, time.Now()).ID
			b.ResetTimer()
			for b.Loop() {
				rows, err := s.Rollup(context.Background(), tenant, usage.Month, month, usage.ByTotal, usage.ByChannel, usage.ByActor, usage.ByIntentTier)
				if err != nil || len(rows) == 0 {
					b.Fatalf("%d rows, %v", len(rows), err)
				}
			}
		})
	}
}

func fill(t testing.TB, s *sqlite.Store, entries int) {
	t.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 256 {
		wg.Go(func() {
			for n := int(next.Add(1)); n <= entries; n = int(next.Add(1)) {
				e := entry("e"+strconv.Itoa(n), n)
				_, err := s.Settle(context.Background(), usage.Settlement{Tenant: tenant, Entry: &e, Fallback: usage.Calendar{}.Windows(time.Now())})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

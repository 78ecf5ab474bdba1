package redis_test

import (
	"context"
	"os"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/store/redis"
	"github.com/tierwise/tierwise/internal/store/redis/redistest"
	"github.com/tierwise/tierwise/internal/token"
	"github.com/tierwise/tierwise/usage"
)

// fromEnv reads a size that can be raised for a long run.
func fromEnv(name string, or int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil && n > 0 {
		return n
	}
	return or
}

// turnScopes are the five scopes of a turn, with the usual templates.
func turnScopes(n int) []usage.Scope {
	return []usage.Scope{
		usage.WholeWorkspace(),
		{Kind: usage.Team, ID: "T" + strconv.Itoa(n%20)},
		{Kind: usage.Channel, ID: "C" + strconv.Itoa(n%200), Templates: []string{usage.AnyID}},
		{Kind: usage.User, ID: "p_" + strconv.Itoa(n%2000), Templates: []string{"role:intern", usage.AnyID}},
		{Kind: usage.Workflow, ID: "ask"},
	}
}

// attempt is an entry as a turn books it.
func attempt(tenant, id string, n int, cost money.Nano) usage.Entry {
	return usage.Entry{
		ID: id, Tenant: tenant, Job: "01JDQ4W3V8Z5X9T2M7K6P1R0AB", Purpose: "answer",
		Channel: "C" + strconv.Itoa(n%200), Thread: "1764000000.000100", Actor: "p_" + strconv.Itoa(n%2000), Team: "T" + strconv.Itoa(n%20),
		Workflow: "ask", Intent: "ask", Tier: "economy", Provider: "openai", Model: "a-small-model", Reasons: []string{"cheap", "fits"},
		Tokens: token.Count{Input: 900, Output: 200}, Cost: cost, Source: usage.Computed, Estimate: 2 * cost, Status: usage.OK, Latency: 900,
	}
}

// defaults are the limits every workspace begins with.
func defaults(tb testing.TB, s *redis.Store, tenant string) {
	tb.Helper()
	limit := func(k usage.ScopeKind, id string, w usage.WindowKind) usage.Limit {
		return usage.Limit{Scope: k, ID: id, Window: w, Amount: 1_000_000 * money.USD, Then: usage.Refuse}
	}
	err := s.SetLimits(context.Background(), tenant, []usage.Limit{
		limit(usage.Workspace, "all", usage.Day), limit(usage.Workspace, "all", usage.Month), limit(usage.User, usage.AnyID, usage.Day),
	}, nil)
	if err != nil {
		tb.Fatal(err)
	}
}

// race measures operations and PINGs with the same number of callers in turn,
// and reports both medians and their ratio; and the processor time of the
// server's one thread for each operation, with reading, answering and the
// append-only file, which other work of the machine moves least.
func race(b *testing.B, server *redistest.Server, callers int, op func(n int) error) {
	client := goredis.NewClient(&goredis.Options{Addr: server.Addr, PoolSize: max(callers, 20)})
	defer client.Close()
	ping := func(int) error { return client.Ping(context.Background()).Err() }
	var pings, ops []time.Duration
	const rounds = 4
	each := max(b.N/rounds/callers, 1)
	var worked float64
	b.ResetTimer()
	for r := range rounds {
		pings = append(pings, measure(b, callers, each, r, ping)...)
		before := serverTime(b, client)
		ops = append(ops, measure(b, callers, each, r, op)...)
		worked += serverTime(b, client) - before
	}
	b.StopTimer()
	slices.Sort(pings)
	slices.Sort(ops)
	p, o := pings[len(pings)/2], ops[len(ops)/2]
	b.ReportMetric(float64(p.Nanoseconds())/1e3, "ping-p50-µs")
	b.ReportMetric(float64(o.Nanoseconds())/1e3, "p50-µs")
	b.ReportMetric(float64(ops[len(ops)*99/100].Nanoseconds())/1e3, "p99-µs")
	b.ReportMetric(float64(o)/float64(p), "x-ping")
	b.ReportMetric(worked*1e6/float64(len(ops)), "server-µs")
	b.ReportMetric(0, "ns/op")
}

var cpuTime = regexp.MustCompile(`used_cpu_(?:user|sys)_main_thread:([0-9.]+)`)

// serverTime is the processor time of the server's main thread so far, in
// seconds.
func serverTime(b *testing.B, client *goredis.Client) (sum float64) {
	text, err := client.Info(context.Background(), "cpu").Result()
	if err != nil {
		b.Fatal(err)
	}
	for _, found := range cpuTime.FindAllStringSubmatch(text, -1) {
		seconds, err := strconv.ParseFloat(found[1], 64)
		if err != nil {
			b.Fatal(err)
		}
		sum += seconds
	}
	return sum
}

func measure(b *testing.B, callers, each, round int, op func(n int) error) []time.Duration {
	out := make([][]time.Duration, callers)
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for i := range each {
				begun := time.Now()
				if err := op((round*callers+c)*each + i); err != nil {
					b.Error(err)
					return
				}
				out[c] = append(out[c], time.Since(begun))
			}
		})
	}
	wg.Wait()
	return slices.Concat(out...)
}

// BenchmarkAgainstPing holds the store to the figures of the design, as ratios
// to a PING in the same run: hold ≤ 6, enqueue ≤ 8, hold and settle at 64
// callers ≤ 15 (everysec).
func BenchmarkAgainstPing(b *testing.B) {
	for _, fsync := range []string{redistest.EverySec, redistest.Always} {
		b.Run("fsync="+fsync, func(b *testing.B) {
			server := redistest.Start(b, fsync)
			s := openAt(b, server.TCP(), redis.Options{PoolSize: 64})
			defaults(b, s, "W")
			var made atomic.Int64
			next := func(kind string) string {
				return kind + strconv.FormatInt(made.Add(1), 10)
			}
			ctx := context.Background()
			windows := usage.Calendar{}.Windows(time.Now())
			hold := func(n int) (string, error) {
				id := next("h")
				_, err := s.Hold(ctx, usage.HoldRequest{
					Tenant: "W", Hold: id, Scopes: turnScopes(n), Windows: windows,
					Steps: []usage.StepHold{{N: 1, Amount: 4_000_000}}, TTL: time.Minute,
				})
				return id, err
			}
			b.Run("hold-5x3", func(b *testing.B) {
				race(b, server, 1, func(n int) error { _, err := hold(n); return err })
			})
			b.Run("hold+settle-64", func(b *testing.B) {
				race(b, server, 64, func(n int) error {
					id, err := hold(n)
					if err != nil {
						return err
					}
					e := attempt("W", id+".1", n, 2_000_000)
					_, err = s.Settle(ctx, usage.Settlement{Tenant: "W", Hold: id, Step: 1, Entry: &e})
					return err
				})
			})
			b.Run("enqueue", func(b *testing.B) {
				race(b, server, 1, func(int) error {
					id := next("j")
					_, err := s.Enqueue(ctx, job.Job{
						ID: id, Tenant: "W", Marks: []string{"e:" + id, "m:" + id}, Event: make([]byte, 400),
						Lanes: []job.Lane{{Key: "thread:" + id, Cap: 1}, {Key: "channel:C1", Cap: 8}, {Key: "person:p_1", Cap: 2}},
					})
					return err
				})
			})
		})
	}
}

// BenchmarkRollup reads one month's rows after many entries: the bar is 20 ms
// after 5 million, of which nothing but rollups is read. TIERWISE_BENCH_ENTRIES
// seeds more than the 20,000 of the default.
func BenchmarkRollup(b *testing.B) {
	server := redistest.Start(b, redistest.Off)
	s := open(b, server, redis.Options{PoolSize: 16})
	ctx := context.Background()
	entries := fromEnv("TIERWISE_BENCH_ENTRIES", 20_000)
	windows := usage.Calendar{}.Windows(time.Now())
	measure(b, 16, entries/16, 0, func(n int) error {
		e := attempt("W", "j"+strconv.Itoa(n)+".1.1", n, 2_000_000)
		_, err := s.Settle(ctx, usage.Settlement{Tenant: "W", Entry: &e, Fallback: windows})
		return err
	})
	rows := 0
	for b.Loop() {
		got, err := s.Rollup(ctx, "W", usage.Month, windows[2].ID, usage.ByTotal, usage.ByChannel, usage.ByActor, usage.ByTeam, usage.ByTier)
		if err != nil {
			b.Fatal(err)
		}
		rows = len(got)
	}
	b.ReportMetric(float64(entries), "entries")
	b.ReportMetric(float64(rows), "rows")
}

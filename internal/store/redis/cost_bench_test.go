package redis_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/store/redis"
	"github.com/tierwise/tierwise/internal/store/redis/redistest"
	"github.com/tierwise/tierwise/usage"
)

// BenchmarkServerCPU reports how long redis-server itself takes for each script
// of a turn: its one thread bounds what all instances together can do. It is
// taken from the server's own SLOWLOG. The steps of many turns run one kind after the other, so that the kinds
// can be told apart.
func BenchmarkServerCPU(b *testing.B) {
	server := redistest.Start(b, redistest.EverySec)
	s := openAt(b, server.TCP(), redis.Options{PoolSize: 4})
	defaults(b, s, "W")
	m := &meter{b: b, client: goredis.NewClient(&goredis.Options{Addr: server.Addr})}
	defer m.client.Close()
	turns := max(b.N, 200)
	tickets := make([]job.Ticket, 0, turns)
	ctx, windows := context.Background(), usage.Calendar{}.Windows(time.Now())
	b.ResetTimer()
	m.each("enqueue", turns, func(n int) error {
		id := fmt.Sprintf("j%06d", n)
		_, err := s.Enqueue(ctx, job.Job{
			ID: id, Tenant: "W", Marks: []string{"e:" + id, "m:" + id}, Event: make([]byte, 400),
			Lanes: []job.Lane{{Key: "thread:" + id, Cap: 1}, {Key: "channel:" + strconv.Itoa(n%200), Cap: turns}, {Key: "person:" + id, Cap: 2}},
		})
		return err
	})
	m.each("claim", turns, func(int) error {
		claim, err := s.Claim(ctx, "w", 1, time.Hour, 0)
		tickets = append(tickets, claim.Given...)
		return err
	})
	m.each("beat", turns, func(n int) error {
		_, err := s.Beat(ctx, tickets[n], time.Hour, []byte("a note"))
		return err
	})
	m.each("hold", turns, func(n int) error {
		_, err := s.Hold(ctx, usage.HoldRequest{
			Tenant: "W", Hold: tickets[n].Hold(), Scopes: turnScopes(n), Windows: windows, TTL: time.Hour,
			Steps: []usage.StepHold{{N: 1, Amount: 4_000_000}, {N: 2, Amount: 4_000_000}, {N: 3, Amount: 40_000_000}},
		})
		return err
	})
	entry := func(n int, cost money.Nano) usage.Entry { return attempt("W", tickets[n].Attempt(1), n, cost) }
	m.each("dispatch", turns, func(n int) error {
		e := entry(n, 4_000_000)
		e.Status, e.Source = usage.Uncertain, usage.Estimated
		return s.Dispatch(ctx, usage.DispatchRequest{Tenant: "W", Hold: tickets[n].Hold(), Step: 1, Provisional: e})
	})
	m.each("settle", turns, func(n int) error {
		e, k := entry(n, 2_000_000), tickets[n]
		_, err := s.Settle(ctx, usage.Settlement{Tenant: "W", Hold: k.Hold(), Step: 1, Entry: &e, Finish: &job.Finish{
			Ticket: k, Writes: []record.Write{record.Put(record.Draft, k.Job.ID, make([]byte, 300), time.Hour)},
			Posts: []job.Outgoing{{ID: k.Job.ID + "/1", Tenant: "W", Lane: "thread:" + k.Job.ID, Body: make([]byte, 600)}},
		}})
		return err
	})
	posts := make([]job.PostTicket, 0, turns)
	m.each("posts", turns, func(int) error {
		got, err := s.Posts(ctx, "p", 1, time.Hour, 0)
		posts = append(posts, got...)
		return err
	})
	m.each("confirm", turns, func(n int) error { return s.Confirm(ctx, posts[n]) })
	b.ReportMetric(m.total, "turn-µs")
	b.ReportMetric(0, "ns/op")
}

// meter reads how long the server worked.
type meter struct {
	b      *testing.B
	client *goredis.Client
	total  float64
}

func (m *meter) each(kind string, times int, op func(n int) error) {
	ctx := context.Background()
	for _, set := range [][2]string{{"slowlog-max-len", strconv.Itoa(100 * times)}, {"slowlog-log-slower-than", "0"}} {
		if err := m.client.ConfigSet(ctx, set[0], set[1]).Err(); err != nil {
			m.b.Fatal(err)
		}
	}
	if err := m.client.Do(ctx, "slowlog", "reset").Err(); err != nil {
		m.b.Fatal(err)
	}
	for n := range times {
		if err := op(n); err != nil {
			m.b.Fatalf("%s: %v", kind, err)
		}
	}
	log, err := m.client.SlowLogGet(ctx, -1).Result()
	if err != nil {
		m.b.Fatal(err)
	}
	var took []time.Duration
	for _, one := range log {
		if name := strings.ToLower(one.Args[0]); name == "fcall" || name == "evalsha" {
			took = append(took, one.Duration)
		}
	}
	if len(took) < cycle {
		m.b.Fatalf("%s: the server logged %d calls", kind, len(took))
	}
	each := undisturbed(took)
	m.total += each
	m.b.ReportMetric(each, kind+"-µs")
}

// cycle is after how many settlements the store does a larger piece of work.
const cycle = 32

// undisturbed is the mean time of a call in microseconds, without what other
// work of the machine adds: of the calls at the same place of a cycle the lower
// quartile counts.
func undisturbed(took []time.Duration) float64 {
	var sum time.Duration
	for place := range cycle {
		var same []time.Duration
		for i := place; i < len(took); i += cycle {
			same = append(same, took[i])
		}
		slices.Sort(same)
		sum += same[len(same)/4]
	}
	return float64(sum.Nanoseconds()) / 1e3 / cycle
}

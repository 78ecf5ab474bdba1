package redis_test

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
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

// BenchmarkServerCPU reports how long redis-server itself works on each script
// of a turn, by its own INFO commandstats: that one thread bounds what all
// instances together can do. The steps of many turns run one kind after the
// other, so that the kinds can be told apart.
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

// meter reads what the server says it worked.
type meter struct {
	b      *testing.B
	client *goredis.Client
	total  float64
}

// scriptTime is the time of all script calls so far, in microseconds. What a
// script calls is in it.
var scriptTime = regexp.MustCompile(`cmdstat_(?:evalsha|eval|fcall):calls=\d+,usec=(\d+)`)

func (m *meter) each(kind string, times int, op func(n int) error) {
	ctx := context.Background()
	if err := m.client.ConfigResetStat(ctx).Err(); err != nil {
		m.b.Fatal(err)
	}
	for n := range times {
		if err := op(n); err != nil {
			m.b.Fatalf("%s: %v", kind, err)
		}
	}
	text, err := m.client.Info(ctx, "commandstats").Result()
	if err != nil {
		m.b.Fatal(err)
	}
	var sum float64
	for _, found := range scriptTime.FindAllStringSubmatch(text, -1) {
		usec, err := strconv.ParseFloat(found[1], 64)
		if err != nil {
			m.b.Fatal(err)
		}
		sum += usec
	}
	each := sum / float64(times)
	m.total += each
	m.b.ReportMetric(each, kind+"-µs")
}

package redis

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/store/redis/redistest"
	"github.com/tierwise/tierwise/usage"
)

// plain is a client beside the store, to change what a test needs changed.
func plain(t *testing.T, server *redistest.Server) *goredis.Client {
	t.Helper()
	c := goredis.NewClient(&goredis.Options{Network: "unix", Addr: server.Socket})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func mustOpen(t *testing.T, url string, opt Options) *Store {
	t.Helper()
	s, err := Open(context.Background(), url, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestFindings(t *testing.T) {
	good := map[string]string{"role": "master", "redis_version": "7.0.15", "maxmemory_policy": "noeviction", "aof_enabled": "1", "aof_last_write_status": "ok", "rdb_last_bgsave_status": "ok"}
	for _, c := range []struct {
		name, field, value string
		refuse             bool
		says               string // "" is no finding
	}{
		{"as it should be", "role", "master", false, ""},
		{"Valkey", "redis_version", "7.2.4", false, ""},
		{"a field that a managed service hides", "maxmemory_policy", "", false, ""},
		{"a replica", "role", "slave", true, "Name the master"},
		{"eviction", "maxmemory_policy", "allkeys-lru", true, "Set maxmemory-policy noeviction"},
		{"too old", "redis_version", "6.0.16", true, "Use Redis 6.2"},
		{"no version", "redis_version", "", true, "Use Redis 6.2"},
		{"old", "redis_version", "6.2.14", false, "out of memory"},
		{"no append-only file", "aof_enabled", "0", false, "Set appendonly yes"},
		{"append-only file fails", "aof_last_write_status", "err", false, "its disk"},
		{"snapshot fails", "rdb_last_bgsave_status", "err", false, "its disk"},
	} {
		t.Run(c.name, func(t *testing.T) {
			info := serverInfo{}
			for k, v := range good {
				info[k] = v
			}
			info[c.field] = c.value
			got := info.findings()
			if c.says == "" {
				if len(got) != 0 {
					t.Fatalf("found %v in a good server", got)
				}
				return
			}
			if len(got) != 1 || got[0].Refuse != c.refuse || !strings.Contains(got[0].Say, c.says) {
				t.Fatalf("found %v, want refuse %v and %q", got, c.refuse, c.says)
			}
		})
	}
}

func TestOpenRefusesAServerThatEvicts(t *testing.T) {
	server := redistest.Start(t, redistest.Off, "--maxmemory-policy", "allkeys-lru")
	if _, err := Open(context.Background(), server.URL(), Options{}); !errors.Is(err, ErrUnfit) || errors.Is(err, ErrDown) {
		t.Fatalf("opened with %v, want ErrUnfit", err)
	}
}

func TestOpenWarnsWithoutAppendOnlyFile(t *testing.T) {
	server := redistest.Start(t, redistest.Off)
	var told []Finding
	mustOpen(t, server.URL(), Options{Warn: func(f Finding) { told = append(told, f) }})
	if len(told) != 1 || !strings.Contains(told[0].Say, "appendonly yes") {
		t.Fatalf("told %v, want the one about the append-only file", told)
	}
}

func TestOpenSaysWhenNobodyIsThere(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if _, err := Open(ctx, "unix:///nowhere/at/all", Options{}); !errors.Is(err, ErrDown) {
		t.Fatalf("opened with %v, want ErrDown", err)
	}
	for _, url := range []string{"http://:hunter2@h", "redis://u:hunter2@h:port", "redis://u:hunter2@h/0?addr=:x&nope=1", "::hunter2"} {
		if _, err := Open(ctx, url, Options{}); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v: want an error without the password", err)
		}
	}
}

func TestDownIsToldFromRefused(t *testing.T) {
	server := redistest.Start(t, redistest.Off)
	s := mustOpen(t, server.URL(), Options{})
	ctx := context.Background()
	err := s.Write(ctx, "W", record.Write{Kind: record.Draft, ID: "d", Expect: 3})
	if !errors.Is(err, record.ErrConflict) || errors.Is(err, ErrDown) {
		t.Fatalf("conflict is %v", err)
	}
	server.Kill()
	if _, err := s.Enqueue(ctx, job.Job{ID: "j", Tenant: "W"}); !errors.Is(err, ErrDown) {
		t.Fatalf("enqueue without a server is %v, want ErrDown", err)
	}
	if _, err := s.Claim(ctx, "w", 1, time.Minute, 0); !errors.Is(err, ErrDown) {
		t.Fatalf("claim without a server is %v, want ErrDown", err)
	}
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := s.Enqueue(stopped, job.Job{ID: "j", Tenant: "W"}); !errors.Is(err, context.Canceled) || errors.Is(err, ErrDown) {
		t.Fatalf("a cancelled caller got %v", err)
	}
}

// TestFullMemoryStillBooks fills the memory: what promises money or work is
// refused, what closes it goes on.
func TestFullMemoryStillBooks(t *testing.T) {
	server := redistest.Start(t, redistest.Off)
	s := mustOpen(t, server.URL(), Options{})
	ctx, windows := context.Background(), usage.Calendar{}.Windows(time.Now())
	hold := func(id string) error {
		_, err := s.Hold(ctx, usage.HoldRequest{Tenant: "W", Hold: id, Scopes: []usage.Scope{usage.WholeWorkspace()}, Windows: windows, Steps: []usage.StepHold{{N: 1, Amount: 9}}, TTL: time.Minute})
		return err
	}
	if _, err := s.Enqueue(ctx, job.Job{ID: "j", Tenant: "W"}); err != nil {
		t.Fatal(err)
	}
	claim, err := s.Claim(ctx, "w", 1, time.Minute, 0)
	tickets := claim.Given
	if err != nil || len(tickets) != 1 || hold("j.1") != nil {
		t.Fatal(tickets, err)
	}
	if err := plain(t, server).ConfigSet(ctx, "maxmemory", "1").Err(); err != nil {
		t.Fatal(err)
	}
	if err := hold("late"); err == nil || errors.Is(err, ErrDown) {
		t.Errorf("hold with full memory: %v, want a refusal", err)
	}
	if _, err := s.Enqueue(ctx, job.Job{ID: "k", Tenant: "W"}); err == nil || errors.Is(err, ErrDown) {
		t.Errorf("enqueue with full memory: %v, want a refusal", err)
	}
	e := usage.Entry{ID: "j.1.1", Tenant: "W", Cost: 7, Estimate: 9, Status: usage.OK}
	got, err := s.Settle(ctx, usage.Settlement{Tenant: "W", Hold: "j.1", Step: 1, Entry: &e, Finish: &job.Finish{Ticket: tickets[0]}})
	if err != nil || !got.Booked {
		t.Errorf("settle with full memory: %v, %v", got, err)
	}
	if _, err := s.Sweep(ctx); err != nil {
		t.Errorf("sweep with full memory: %v", err)
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	server := redistest.Start(t, redistest.Off)
	if err := plain(t, server).Set(context.Background(), schemaKey(), "99", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), server.URL(), Options{}); !errors.Is(err, ErrSchema) {
		t.Fatalf("opened with %v, want ErrSchema", err)
	}
}

func TestMigrationsRunOnceInOrder(t *testing.T) {
	server := redistest.Start(t, redistest.Off)
	s := mustOpen(t, server.URL(), Options{})
	ctx := context.Background()
	var ran []int
	step := func(n int, err error) migration {
		return func(context.Context, *Store) error { ran = append(ran, n); return err }
	}
	broken := errors.New("broken")
	if err := plain(t, server).Set(ctx, schemaKey(), "1", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if err := s.migrate(ctx, []migration{step(1, nil), step(2, broken)}); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.migrate(ctx, []migration{step(1, nil), step(2, nil)}); err != nil {
			t.Fatal(err)
		}
	}
	if len(ran) != 3 || ran[0] != 1 || ran[1] != 2 || ran[2] != 2 {
		t.Fatalf("ran %v, want 1, the failing 2, and 2 again", ran)
	}
}

func TestReplicatedWaitsForAReplica(t *testing.T) {
	server := redistest.Start(t, redistest.Off)
	s := mustOpen(t, server.URL(), Options{Durability: Replicated, ReplicaWait: 50 * time.Millisecond})
	ctx := context.Background()
	first, err := s.Enqueue(ctx, job.Job{ID: "j", Tenant: "W"})
	if !first || !errors.Is(err, ErrNotReplicated) || errors.Is(err, ErrDown) {
		t.Fatalf("without a replica: %v, %v; want it done and ErrNotReplicated", first, err)
	}
	lonely := func() bool {
		findings, err := s.Check(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(findings, func(f Finding) bool { return !f.Refuse && strings.Contains(f.Say, "Connect a replica") })
	}
	if !lonely() {
		t.Error("Check does not find that no replica is connected")
	}
	replica := server.Replica(t)
	s = mustOpen(t, server.URL(), Options{Durability: Replicated, ReplicaWait: time.Second})
	e := usage.Entry{ID: "e", Tenant: "W", Cost: 5 * money.USD, Status: usage.OK}
	got, err := s.Settle(ctx, usage.Settlement{Tenant: "W", Entry: &e})
	for late := time.Now().Add(time.Minute); errors.Is(err, ErrNotReplicated) && time.Now().Before(late); {
		_, err = s.Settle(ctx, usage.Settlement{Tenant: "W", Entry: &e}) // a busy machine's replica needs longer
	}
	if err != nil || !got.Booked {
		t.Fatalf("with a replica: %v, %v", got, err)
	}
	if lonely() {
		t.Error("Check finds no replica though one is connected")
	}
	if _, err := Open(ctx, replica.URL(), Options{}); !errors.Is(err, ErrUnfit) {
		t.Fatalf("opened a replica with %v, want ErrUnfit", err)
	}
}

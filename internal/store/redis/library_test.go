package redis

import (
	"context"
	"slices"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/store/redis/redistest"
)

// libraries are the names of the libraries a server has.
func libraries(t *testing.T, c *goredis.Client) []string {
	t.Helper()
	there, err := c.FunctionList(context.Background(), goredis.FunctionListQuery{}).Result()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range there {
		out = append(out, l.Name)
	}
	return out
}

// TestAServerThatForgotTheScriptsIsToldAgain takes them away before a single
// call, a batch, and a call that waits for a replica.
func TestAServerThatForgotTheScriptsIsToldAgain(t *testing.T) {
	server := redistest.Start(t, redistest.Off)
	server.Replica(t)
	ctx, c := context.Background(), plain(t, server)
	s := mustOpen(t, server.URL(), Options{Durability: Replicated, ReplicaWait: time.Second})
	for _, called := range []string{"fcall", "evalsha"} {
		if called == "evalsha" {
			withoutFunctions(t, s)
		}
		for name, op := range map[string]func() error{
			"one":   func() error { return s.Stop(ctx, "W", "j") },
			"batch": func() error { _, err := s.Backlog(ctx); return err },
			"waits": func() error { _, err := s.Enqueue(ctx, job.Job{ID: called, Tenant: "W"}); return err },
		} {
			for _, forget := range []*goredis.StatusCmd{c.ScriptFlush(ctx), goredis.NewStatusCmd(ctx, "function", "flush")} {
				if err := c.Process(ctx, forget); err != nil {
					t.Fatal(err)
				}
			}
			if err := op(); err != nil {
				t.Errorf("%s, %s: %v", called, name, err)
			}
		}
	}
}

// TestTwoReleasesUseOneServer opens a second release beside a first one, which
// goes on although its functions were taken away, and a third opening clears up.
func TestTwoReleasesUseOneServer(t *testing.T) {
	server := redistest.Start(t, redistest.Off)
	ctx, c := context.Background(), plain(t, server)
	older := mustOpen(t, server.URL(), Options{})
	changed, err := readScripts()
	if err != nil {
		t.Fatal(err)
	}
	backlog := changed[backlogScript]
	backlog.body += "-- changed\n"
	changed[backlogScript] = backlog
	older.calls.library = libraryOf(changed)
	if err := c.FunctionFlush(ctx).Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := older.Backlog(ctx); err != nil {
		t.Fatal(err)
	}
	newer := mustOpen(t, server.URL(), Options{})
	if got := libraries(t, c); !slices.Equal(got, []string{newer.calls.library.name}) {
		t.Fatalf("libraries after opening: %v", got)
	}
	for _, s := range []*Store{older, newer, older} {
		if _, err := s.Backlog(ctx); err != nil {
			t.Error(err)
		}
	}
	if got := libraries(t, c); len(got) != 2 {
		t.Errorf("libraries of two running releases: %v", got)
	}
}

// TestWithoutTheRightToLoadFunctions works with scripts, and says so.
func TestWithoutTheRightToLoadFunctions(t *testing.T) {
	server := redistest.Start(t, redistest.Off)
	ctx, c := context.Background(), plain(t, server)
	if err := c.Do(ctx, "acl", "setuser", "tw", "on", ">pw", "~tw:*", "+@all", "-@dangerous", "+info", "-function").Err(); err != nil {
		t.Fatal(err)
	}
	var told []Finding
	s := mustOpen(t, "redis://tw:pw@"+server.Addr, Options{Warn: func(f Finding) { told = append(told, f) }})
	if !slices.Contains(told, noFunctions) {
		t.Errorf("told %v, want the one about functions", told)
	}
	if first, err := s.Enqueue(ctx, job.Job{ID: "j", Tenant: "W"}); err != nil || !first {
		t.Fatal(first, err)
	}
	findings, err := s.Check(ctx)
	if err != nil || !slices.Contains(findings, noFunctions) {
		t.Errorf("Check finds %v, %v", findings, err)
	}
	if got := libraries(t, c); len(got) != 0 {
		t.Errorf("libraries: %v", got)
	}
}

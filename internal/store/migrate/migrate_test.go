package migrate_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/seal"
	"github.com/tierwise/tierwise/internal/store/memory"
	"github.com/tierwise/tierwise/internal/store/migrate"
	"github.com/tierwise/tierwise/internal/store/redis"
	"github.com/tierwise/tierwise/internal/store/redis/redistest"
	"github.com/tierwise/tierwise/internal/store/sqlite"
	"github.com/tierwise/tierwise/internal/store/storetest"
	"github.com/tierwise/tierwise/usage"
)

var (
	ctx     = context.Background()
	tenants = []string{"discord/G1", "slack/T1"}
	now     = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	kinds   = []record.Kind{record.Setting, record.Journal, record.Draft, record.Closing, migrate.Moved}
)

// source is what a store to be copied offers beside the contract.
type source interface {
	storetest.Store
	Unfinished(context.Context) ([]job.Ticket, []job.PostTicket, error)
}

func sealer(tb testing.TB) *seal.Sealer {
	tb.Helper()
	keys, err := seal.ParseKeys("0f1e2d3c4b5a69788796a5b4c3d2e1f0")
	if err != nil {
		tb.Fatal(err)
	}
	s, err := seal.New(keys)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// must returns a value of a call that cannot fail here.
func must[T any](v T, err error) func(testing.TB) T {
	return func(tb testing.TB) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return v
	}
}

func do(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// used fills a store with months of work, one of them closed, and leaves jobs
// and posts in every state. The clock ends at now.
func used(tb testing.TB, s storetest.Store, clk *clock.Manual, daily int) {
	tb.Helper()
	clk.Set(time.Date(2026, 9, 20, 8, 0, 0, 123_456_789, time.UTC)) // finer than a microsecond
	for n := 0; clk.Now().Before(now); clk.Advance(5 * 24 * time.Hour) {
		for range daily {
			n++
			spend(tb, s, clk, tenants[n%2], n)
		}
	}
	clk.Set(now)
	for _, t := range tenants {
		limit := usage.Limit{Scope: usage.User, ID: usage.AnyID, Window: usage.Day, Amount: 500, Then: usage.Refuse, Extra: 7, ExtraUntil: now.Add(time.Hour)}
		extra := usage.Limit{Scope: usage.User, ID: "ann", Window: usage.Day, Approval: "a1", Extra: 9, ExtraUntil: time.Date(2126, 1, 1, 0, 0, 0, 0, time.UTC), Reason: "the release"}
		do(tb, s.SetLimits(ctx, t, []usage.Limit{limit, extra}, nil))
		for i := range 3 {
			do(tb, s.Write(ctx, t, record.Put(record.Setting, fmt.Sprint("channel/C", i), []byte("sealed"), 0)))
		}
		do(tb, s.Write(ctx, t, record.Put(record.Draft, "d", []byte("sealed draft"), 72*time.Hour)))
		a := usage.NewArchive(s, sealer(tb), clk)
		must(a.Retain(ctx, s, usage.Calendar{}, t, usage.Retention{Dir: tb.TempDir()}))(tb)
	}
	unfinished(tb, s)
}

// spend books an entry; every fourth is uncertain and corrected later.
func spend(tb testing.TB, s storetest.Store, clk clock.Clock, tenant string, n int) {
	tb.Helper()
	e := usage.Entry{
		ID: fmt.Sprintf("j%d.1.1", n), Tenant: tenant, Job: fmt.Sprint("j", n), Channel: fmt.Sprint("C", n%3), Actor: fmt.Sprint("p_", n%5), Team: "t", Workflow: "f",
		Intent: "ask", Tier: "economy", Provider: "p", Model: "m", Purpose: "answer", Status: usage.OK, Source: usage.Computed,
		Cost: money.Nano(1000 + n), Estimate: 1500, Reasons: []string{"default"},
	}
	if n%4 == 0 {
		e.Status, e.Source = usage.Uncertain, usage.Estimated
	}
	for range 1 + n%4/3 {
		must(s.Settle(ctx, usage.Settlement{Tenant: tenant, Hold: "h" + e.ID, Entry: &e, Fallback: usage.Calendar{}.Windows(clk.Now())}))(tb)
	}
	if e.Status == usage.Uncertain {
		e.Status, e.Source, e.Cost = usage.OK, usage.Computed, e.Cost-5
		must(s.Settle(ctx, usage.Settlement{Tenant: tenant, Hold: "h" + e.ID, Entry: &e, Fallback: usage.Calendar{}.Windows(clk.Now())}))(tb)
	}
}

// unfinished leaves, in one workspace: a job tried three times with a note, one
// parked behind it, one never tried; a post with an unknown result, one behind
// it, and a private one.
func unfinished(tb testing.TB, s storetest.Store) {
	tb.Helper()
	tenant := tenants[1]
	add := func(id string, lanes ...job.Lane) {
		j := job.Job{ID: id, Tenant: tenant, Marks: []string{"mark:" + id}, Lanes: lanes, Event: []byte("sealed " + id)}
		if !must(s.Enqueue(ctx, j))(tb) {
			tb.Fatalf("job %s is a copy", id)
		}
	}
	add("poster")
	k := must(s.Claim(ctx, "w", 1, time.Hour, 0))(tb).Given[0]
	out := func(id, lane string, private bool) job.Outgoing {
		return job.Outgoing{ID: id, Tenant: tenant, Lane: lane, Private: private, Body: []byte("sealed " + id)}
	}
	must(s.Settle(ctx, usage.Settlement{Tenant: tenant, Hold: k.Hold(), Finish: &job.Finish{Ticket: k, Posts: []job.Outgoing{
		out("poster/1", "C1", false), out("poster/2", "C1", false), out("poster/3", "", true),
	}}}))(tb)
	first := must(s.Posts(ctx, "p", 1, time.Hour, 0))(tb)
	if len(first) != 1 || first[0].Post.ID != "poster/1" {
		tb.Fatalf("posts %+v", first)
	}
	thread := job.Lane{Key: "thread:C1/1", Cap: 1}
	add("tried", thread)
	for n := range 3 {
		k := must(s.Claim(ctx, "w", 1, time.Hour, 0))(tb).Given[0]
		must(s.Beat(ctx, k, time.Hour, fmt.Append(nil, "note ", n)))(tb)
		do(tb, s.Return(ctx, k, 0, "provider is down"))
	}
	add("behind", thread)
	add("fresh")
}

// state is everything a copy must have, in a form to compare.
type state struct {
	Proofs  []usage.Proof
	Limits  [][]usage.Limit
	Records []string
	Rows    []string
}

func stateOf(tb testing.TB, s storetest.Store, times bool) (out state) {
	tb.Helper()
	for _, t := range tenants {
		p := must(usage.NewArchive(s, sealer(tb), clock.System{}).Verify(ctx, s, t))(tb)
		if len(p.Differences) > 0 {
			tb.Fatalf("%d differences, the first %+v", len(p.Differences), p.Differences[0])
		}
		p.Checked = 0 // depends on which rows were there only to be zero
		out.Proofs = append(out.Proofs, p)
		out.Limits = append(out.Limits, must(s.Limits(ctx, t))(tb))
		for _, k := range kinds {
			if k == migrate.Moved {
				continue
			}
			for _, r := range must(s.List(ctx, t, k, ""))(tb) {
				out.Records = append(out.Records, fmt.Sprintf("%s %s %s %x %s", t, r.Kind, r.ID, r.Body, r.Expires.Round(time.Minute).UTC()))
			}
		}
		for _, m := range must(s.Months(ctx, t))(tb) {
			do(tb, usage.EachEntry(ctx, s, t, m, func(e usage.Entry) error {
				at := ""
				if times {
					at = e.At.UTC().Format(time.RFC3339)
				}
				out.Rows = append(out.Rows, fmt.Sprint(t, m, e.ID, e.Cost, e.Windows, e.Status, e.Corrects, e.Reasons, at))
				return nil
			}))
		}
	}
	return out
}

// checkWork drains the target and holds what comes out against unfinished.
func checkWork(tb testing.TB, to storetest.Store, advance func(time.Duration)) {
	tb.Helper()
	advance(2 * time.Minute)
	posts := must(to.Posts(ctx, "p", 10, time.Hour, 0))(tb)
	var got []string
	for _, p := range posts {
		got = append(got, fmt.Sprint(p.Post.ID, " ", p.Sent, " ", string(p.Post.Body), " ", p.Post.Private))
	}
	slices.Sort(got)
	if want := []string{"poster/1 true sealed poster/1 false", "poster/3 false sealed poster/3 true"}; !slices.Equal(got, want) {
		tb.Errorf("posts %q, want %q", got, want)
	}
	for _, p := range posts {
		do(tb, to.Confirm(ctx, p))
	}
	if second := must(to.Posts(ctx, "p", 10, time.Hour, 0))(tb); len(second) != 1 || second[0].Post.ID != "poster/2" || second[0].Sent {
		tb.Errorf("behind the first post: %+v", second)
	}
	var ids []string
	for range 4 {
		for _, k := range must(to.Claim(ctx, "w", 10, time.Hour, 0))(tb).Given {
			ids = append(ids, k.Job.ID)
			if k.Job.ID == "tried" && (k.Delivery < 4 || string(k.Note) != "note 2") {
				tb.Errorf("the tried job comes as delivery %d with %q, want above 3 with its last note", k.Delivery, k.Note)
			}
			if k.Job.ID != "tried" && k.Delivery != 1 {
				tb.Errorf("job %s comes as delivery %d", k.Job.ID, k.Delivery)
			}
			must(to.Settle(ctx, usage.Settlement{Tenant: k.Job.Tenant, Hold: k.Hold(), Finish: &job.Finish{Ticket: k}}))(tb)
		}
	}
	if want := []string{"tried", "fresh", "behind"}; !slices.Equal(ids, want) {
		tb.Errorf("jobs run %q, want %q", ids, want)
	}
}

func copyOf(tb testing.TB, from source, to migrate.Target, clk clock.Clock) migrate.Copy {
	return migrate.Copy{From: from, To: to, Clock: clk, Kinds: kinds, Sealer: sealer(tb)}
}

func openSQLite(tb testing.TB, clk clock.Clock) *sqlite.Store {
	tb.Helper()
	s := must(sqlite.Open(ctx, filepath.Join(tb.TempDir(), "store.db"), sqlite.Options{Clock: clk}))(tb)
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

func TestCopyBetweenStores(t *testing.T) {
	for _, from := range []string{"memory", "sqlite"} {
		for _, to := range []string{"memory", "sqlite", "redis"} {
			t.Run(from+" to "+to, func(t *testing.T) { testCopy(t, from, to) })
		}
	}
}

func testCopy(t *testing.T, from, to string) {
	clk := clock.NewManual(now)
	var src source = memory.New(clk)
	if from == "sqlite" {
		src = openSQLite(t, clk)
	}
	dst, advance := storetest.Store(memory.New(clk)), clk.Advance
	switch to {
	case "sqlite":
		dst = openSQLite(t, clk)
	case "redis":
		dst, advance = openRedis(t)
	}
	used(t, src, clk, 6)
	c := copyOf(t, src, dst, clk)
	report, err := c.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	times := true
	for _, w := range report.Workspaces {
		times = times && w.Times
		t.Logf("%s: %d entries, %s, %d records, %d limits, times kept: %v", w.Tenant, w.Entries, w.Cost, w.Records, w.Limits, w.Times)
	}
	if !times {
		t.Error("the times of booking were lost")
	}
	sameExports(t, src, dst)
	want, got := stateOf(t, src, times), stateOf(t, dst, times)
	if to == "redis" {
		expiriesAside(&want, &got)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the copy differs (-source +copy):\n%s", diff)
	}
	if _, err := c.Run(ctx); !errors.Is(err, migrate.ErrDone) {
		t.Errorf("copied again: %v, want ErrDone", err)
	}
	checkWork(t, dst, advance)
}

// sameExports demands that every month leaves both stores as the same bytes.
func sameExports(t *testing.T, a, b usage.Reader) {
	t.Helper()
	export := func(r usage.Reader) string {
		var out bytes.Buffer
		enc := json.NewEncoder(&out)
		for _, tenant := range tenants {
			for _, month := range must(r.Months(ctx, tenant))(t) {
				do(t, usage.EachEntry(ctx, r, tenant, month, func(e usage.Entry) error { return enc.Encode(e) }))
			}
		}
		return out.String()
	}
	want, got := export(a), export(b)
	if want == "" || want != got {
		t.Errorf("the export of %d bytes is another one of %d in the copy:\n%s", len(want), len(got), cmp.Diff(want, got))
	}
}

// expiriesAside takes away what a server's own clock makes different.
func expiriesAside(states ...*state) {
	for _, s := range states {
		for i, r := range s.Records {
			if strings.Contains(r, " draft ") {
				s.Records[i] = r[:strings.Index(r, "20")]
			}
		}
	}
}

func openRedis(t *testing.T) (storetest.Store, func(time.Duration)) {
	t.Helper()
	return openServer(t, redistest.Start(t, redistest.Off))
}

// openServer opens a server's store, and gives a way to move its clock.
func openServer(t *testing.T, server *redistest.Server) (storetest.Store, func(time.Duration)) {
	t.Helper()
	var moved atomic.Int64
	s := must(redis.Open(ctx, server.URL(), redis.Options{Offset: func() time.Duration { return time.Duration(moved.Load()) }}))(t)
	t.Cleanup(func() { _ = s.Close() })
	return s, func(d time.Duration) { moved.Add(int64(d)) }
}

func TestWhatCannotBeCopiedRightIsRefused(t *testing.T) {
	clk := clock.NewManual(now)
	src, dst := memory.New(clk), memory.New(clk)
	used(t, src, clk, 1)
	t.Run("somebody works in the target", func(t *testing.T) {
		must(dst.Enqueue(ctx, job.Job{ID: "theirs", Tenant: "slack/T9"}))(t)
		if _, err := copyOf(t, src, dst, clk).Run(ctx); !errors.Is(err, migrate.ErrInUse) {
			t.Errorf("got %v, want ErrInUse", err)
		}
	})
	t.Run("the source's sums are wrong", func(t *testing.T) {
		do(t, src.Rebuild(ctx, tenants[0], usage.Month, "2026-11", nil, nil))
		if _, err := copyOf(t, src, memory.New(clk), clk).Run(ctx); !errors.Is(err, migrate.ErrUnequal) || !strings.Contains(err.Error(), "ledger rebuild") {
			t.Errorf("got %v, want ErrUnequal and what to do", err)
		}
	})
	t.Run("money is held", func(t *testing.T) {
		must(src.Hold(ctx, usage.HoldRequest{
			Tenant: tenants[0], Hold: "h", Scopes: []usage.Scope{usage.WholeWorkspace()}, Windows: usage.Calendar{}.Windows(now),
			Steps: []usage.StepHold{{N: 1, Amount: 5}}, TTL: time.Hour,
		}))(t)
		if _, err := copyOf(t, src, memory.New(clk), clk).Run(ctx); !errors.Is(err, migrate.ErrHeld) {
			t.Errorf("got %v, want ErrHeld", err)
		}
	})
}

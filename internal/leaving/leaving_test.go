package leaving_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/journal"
	"github.com/tierwise/tierwise/internal/leaving"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/people"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/seal"
	"github.com/tierwise/tierwise/internal/store/memory"
	"github.com/tierwise/tierwise/internal/store/migrate"
	"github.com/tierwise/tierwise/internal/store/sqlite"
	"github.com/tierwise/tierwise/internal/store/storetest"
	"github.com/tierwise/tierwise/usage"
)

const (
	tenant = "slack/T1"
	other  = "slack/T2"
	// sentinel stands for all that must be gone: it is in every body.
	sentinel = "ZEBRA-NEBULA-7731"
)

var (
	ctx      = context.Background()
	operator = leaving.By{Who: "operator", Role: "operator", Why: "test"}
	begin    = time.Date(2026, 8, 1, 9, 0, 0, 0, time.UTC)
)

// home is a store with two workspaces that are worked in.
type home struct {
	storetest.Store
	clk    *clock.Manual
	seal   *seal.Sealer
	people *people.Directory
	files  string
	hide   bool // the store has no Purge of its own
}

func onEachStore(t *testing.T, test func(t *testing.T, h *home)) {
	t.Run("memory", func(t *testing.T) {
		clk := clock.NewManual(begin)
		test(t, furnish(t, memory.New(clk), clk))
	})
	t.Run("memory without a purge of its own", func(t *testing.T) {
		clk := clock.NewManual(begin)
		h := furnish(t, memory.New(clk), clk)
		h.hide = true
		test(t, h)
	})
	t.Run("sqlite", func(t *testing.T) {
		clk := clock.NewManual(begin)
		s, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "store.db"), sqlite.Options{Clock: clk})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		test(t, furnish(t, s, clk))
	})
}

func furnish(t *testing.T, s storetest.Store, clk *clock.Manual) *home {
	t.Helper()
	keys, err := seal.ParseKeys("0f1e2d3c4b5a69788796a5b4c3d2e1f0")
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := seal.New(keys)
	if err != nil {
		t.Fatal(err)
	}
	h := &home{Store: s, clk: clk, seal: sealer, people: people.New(s, sealer, clk), files: t.TempDir()}
	for _, w := range []string{tenant, other} {
		h.furnish(t, w)
	}
	return h
}

// furnish fills a workspace with one of everything.
func (h *home) furnish(t *testing.T, w string) {
	t.Helper()
	for _, id := range []string{"U1", "U2"} {
		if _, err := h.people.See(ctx, w, chat.Actor{ID: id, Name: sentinel + " " + id}); err != nil {
			t.Fatal(err)
		}
	}
	for _, k := range leaving.Kinds() {
		if k == leaving.Left || k == people.Identity || k == record.Person {
			continue
		}
		if err := h.Write(ctx, w, record.Put(k, "some/thing", []byte(sentinel+" of "+string(k)), 0)); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Write(ctx, w, record.Remove(record.Journal, "some/thing")); err != nil { // it has entries of its own
		t.Fatal(err)
	}
	if _, err := h.Enqueue(ctx, job.Job{ID: "waiting", Tenant: w, Marks: []string{"m"}, Event: []byte(sentinel)}); err != nil {
		t.Fatal(err)
	}
	limit := usage.Limit{Scope: usage.User, ID: usage.AnyID, Window: usage.Day, Amount: 500, Then: usage.Refuse}
	if err := h.SetLimits(ctx, w, []usage.Limit{limit}, nil); err != nil {
		t.Fatal(err)
	}
	h.spend(t, w, "U1", 100)
}

// spend books an entry of a person.
func (h *home) spend(t *testing.T, w, person string, cost money.Nano) usage.Entry {
	t.Helper()
	p, err := h.people.Pseudonym(ctx, w, person)
	if err != nil {
		t.Fatal(err)
	}
	e := usage.Entry{
		ID: fmt.Sprintf("%s.%d", person, h.clk.Now().Unix()), Tenant: w, Channel: "C1", Actor: p, Team: "t", Workflow: "f", Intent: "ask",
		Tier: "economy", Model: "m", Provider: "p", Purpose: "answer", Status: usage.OK, Source: usage.Computed, Cost: cost, Estimate: 1000,
	}
	s, err := h.Settle(ctx, usage.Settlement{Tenant: w, Hold: "h" + e.ID, Entry: &e, Fallback: usage.Calendar{}.Windows(h.clk.Now())})
	if err != nil || !s.Booked {
		t.Fatal(s.Booked, err)
	}
	return s.Entry
}

// withoutPurge is a store that cannot remove a workspace in one step.
type withoutPurge struct{ leaving.Records }

func (h *home) archive() *usage.Archive { return usage.NewArchive(h, h.seal, h.clk) }

func (h *home) leaver() *leaving.Leaver {
	records := leaving.Records(h.Store)
	if h.hide {
		records = withoutPurge{h.Store}
	}
	return leaving.New(leaving.Deps{
		Records: records, Books: h, Archive: h.archive(), Clock: h.clk, Files: h.files, Forget: []leaving.Forgetter{h.people},
	})
}

// holds tells which kinds of records a workspace has.
func (h *home) holds(t *testing.T, w string) []record.Kind {
	t.Helper()
	var out []record.Kind
	for _, k := range leaving.Kinds() {
		if rs, err := h.List(ctx, w, k, ""); err != nil {
			t.Fatal(err)
		} else if len(rs) > 0 {
			out = append(out, k)
		}
	}
	return out
}

func (h *home) proven(t *testing.T, w string) usage.Proof {
	t.Helper()
	p, err := h.archive().Verify(ctx, h, w)
	if err != nil || len(p.Differences) > 0 {
		t.Fatal(p.Differences, err)
	}
	return p
}

func TestARemovedWorkspaceLosesContentAndKeepsItsBooks(t *testing.T) {
	onEachStore(t, func(t *testing.T, h *home) {
		before := h.proven(t, tenant)
		pseudonym, _ := h.people.Pseudonym(ctx, tenant, "U1")
		if err := h.leaver().Leave(ctx, tenant, operator); err != nil {
			t.Fatal(err)
		}
		want := []record.Kind{record.Journal, record.Closing, record.Pause, record.Seeded, record.Told, people.Identity, migrate.Moved, leaving.Left}
		if got := h.holds(t, tenant); !slices.Equal(got, want) {
			t.Errorf("kinds left %v, want %v", got, want)
		}
		if c, err := h.Claim(ctx, "w", 10, time.Minute, 0); err != nil || len(c.Given) != 1 || c.Given[0].Job.Tenant != other {
			t.Errorf("jobs that can run: %v, %v; want that of the other workspace", c.Given, err)
		}
		if after := h.proven(t, tenant); after.Cost != before.Cost || after.Entries != before.Entries {
			t.Errorf("books %+v, want %+v", after, before)
		}
		if all := len(leaving.Kinds()) - 1; len(h.holds(t, other)) != all-1 { // no mark, no journal
			t.Errorf("the other workspace has %v", h.holds(t, other))
		}
		said, err := journal.New(h, h.clk).List(ctx, tenant, time.Time{}, 0)
		if err != nil || len(said) != 1 || said[0].Subject != journal.Erasure || said[0].To != "removed" {
			t.Errorf("journal %+v, %v", said, err)
		}

		h.clk.Advance(89 * 24 * time.Hour)
		if purged, err := h.leaver().Tend(ctx); err != nil || len(purged) > 0 {
			t.Fatalf("purged %v after 89 days, %v", purged, err)
		}
		if back, err := h.leaver().Back(ctx, tenant, operator); err != nil || !back {
			t.Fatalf("back: %v, %v", back, err)
		}
		fresh := people.New(h, h.seal, h.clk)
		if again, err := fresh.Pseudonym(ctx, tenant, "U1"); err != nil || again != pseudonym {
			t.Errorf("after the reinstall U1 is %s, %v; was %s", again, err, pseudonym)
		}
		if limits, err := h.Limits(ctx, tenant); err != nil || len(limits) != 1 {
			t.Errorf("budgets after the reinstall: %v, %v", limits, err)
		}
		h.clk.Advance(10 * 24 * time.Hour)
		if purged, err := h.leaver().Tend(ctx); err != nil || len(purged) > 0 {
			t.Errorf("a workspace that came back is purged: %v, %v", purged, err)
		}
	})
}

func TestWhatATurnWritesAfterLeavingIsTakenByTend(t *testing.T) {
	onEachStore(t, func(t *testing.T, h *home) {
		if err := h.leaver().Leave(ctx, tenant, operator); err != nil {
			t.Fatal(err)
		}
		if err := h.Write(ctx, tenant, record.Put(record.Draft, "late", []byte(sentinel), 0)); err != nil {
			t.Fatal(err)
		}
		h.clk.Advance(24 * time.Hour)
		if err := h.leaver().Leave(ctx, tenant, operator); err != nil { // the platform says it twice
			t.Fatal(err)
		}
		if _, err := h.leaver().Tend(ctx); err != nil {
			t.Fatal(err)
		}
		if slices.Contains(h.holds(t, tenant), record.Draft) {
			t.Error("the draft is still there")
		}
		h.clk.Advance(leaving.Rest - 24*time.Hour)
		if purged, err := h.leaver().Tend(ctx); err != nil || !slices.Equal(purged, []string{tenant}) {
			t.Errorf("purged %v, %v; want it 90 days after it was removed first", purged, err)
		}
	})
}

func TestPurgeEndsEverything(t *testing.T) {
	onEachStore(t, func(t *testing.T, h *home) {
		pseudonym, _ := h.people.Pseudonym(ctx, tenant, "U1")
		old := h.clk.Now()
		h.clk.Advance(70 * 24 * time.Hour)
		live := h.spend(t, tenant, "U1", 50)
		if made, err := h.archive().Retain(ctx, h, usage.Calendar{}, tenant, usage.Retention{Dir: h.files}); err != nil || len(made) != 1 {
			t.Fatal(made, err)
		}
		others := h.proven(t, other)
		if err := h.leaver().Leave(ctx, tenant, operator); err != nil {
			t.Fatal(err)
		}
		h.clk.Advance(leaving.Rest)
		if purged, err := h.leaver().Tend(ctx); err != nil || !slices.Equal(purged, []string{tenant}) {
			t.Fatalf("purged %v, %v", purged, err)
		}
		if got := h.holds(t, tenant); len(got) > 0 {
			t.Errorf("records left: %v", got)
		}
		if all, err := h.Tenants(ctx); err != nil || !slices.Equal(all, []string{other}) {
			t.Errorf("workspaces %v, %v", all, err)
		}
		for _, at := range []time.Time{old, live.At} {
			for _, w := range (usage.Calendar{}).Windows(at) {
				w.Next = w.ID
				rows, err := h.Rollup(ctx, tenant, w.Kind, w.ID, usage.Dims()...)
				if err != nil || len(rows) > 0 {
					t.Errorf("sums of %s: %v, %v", w.ID, rows, err)
				}
				levels, err := h.Levels(ctx, tenant, live.Scopes(), []usage.Window{w})
				if err != nil || slices.ContainsFunc(levels, func(l usage.Level) bool { return l.Settled != 0 || l.Limited }) {
					t.Errorf("counters of %s: %+v, %v", w.ID, levels, err)
				}
			}
		}
		if files, err := os.ReadDir(h.files); err != nil || len(files) > 0 {
			t.Errorf("files left: %v, %v", files, err)
		}
		if again, err := people.New(h, h.seal, h.clk).Pseudonym(ctx, tenant, "U1"); err != nil || again == pseudonym {
			t.Errorf("the key of the pseudonyms is still there: %v", err)
		}
		if now := h.proven(t, other); now.Cost != others.Cost {
			t.Errorf("the other workspace has %s, want %s", now.Cost, others.Cost)
		}
	})
}

func TestErasingAPersonLeavesOthersAndTheSums(t *testing.T) {
	onEachStore(t, func(t *testing.T, h *home) {
		before := h.proven(t, tenant)
		p1, _ := h.people.Pseudonym(ctx, tenant, "U1")
		p2, _ := h.people.Pseudonym(ctx, tenant, "U2")
		for _, w := range []record.Write{
			record.Put(record.Draft, "job1", []byte("of U1"), 0), record.Put(record.Draft, "job2", []byte("of U2"), 0), record.Put(record.Draft, "job3", nil, 0),
			record.Put(record.Unsent, p1+"/job1", nil, 0), record.Put(record.Unsent, p2+"/job2", nil, 0),
			record.Put(record.Setting, "person/"+p1, []byte("{}"), 0), record.Put(record.Setting, "person/"+p2, []byte("{}"), 0),
			record.Put(record.Example, p1+"/style", nil, 0), record.Put(record.Example, "C1/bug", nil, 0),
			record.Put(record.Outcome, "job1/"+p1, []byte("{}"), 0),
		} {
			if err := h.Write(ctx, tenant, w); err != nil {
				t.Fatal(err)
			}
		}
		belongs := func(_ string, r record.Record, p leaving.Person) (bool, error) {
			if len(r.Body) == 0 {
				return false, errors.New("cannot be opened")
			}
			return string(r.Body) == "of "+p.ID, nil
		}
		l := leaving.New(leaving.Deps{
			Records: h, Books: h, Archive: h.archive(), Clock: h.clk, Forget: []leaving.Forgetter{h.people},
			Belongs: map[record.Kind]leaving.Belongs{record.Draft: belongs, record.Thread: belongs},
		})
		for range 2 {
			if err := l.Erase(ctx, tenant, leaving.Person{Pseudonym: p1, ID: "U1"}, operator); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			kind  record.Kind
			id    string
			stays bool
		}{
			{record.Draft, "job1", false}, {record.Draft, "job2", true}, {record.Draft, "job3", false},
			{record.Unsent, p1 + "/job1", false}, {record.Unsent, p2 + "/job2", true}, {record.Person, p1, false}, {record.Person, p2, true},
			{record.Setting, "person/" + p1, false}, {record.Setting, "person/" + p2, true}, {record.Setting, "some/thing", true},
			{record.Example, p1 + "/style", false}, {record.Example, "C1/bug", true}, {record.Thread, "some/thing", true},
			{record.Outcome, "job1/" + p1, true}, {record.Request, "some/thing", false},
		} {
			_, err := h.Get(ctx, tenant, c.kind, c.id)
			if gone := errors.Is(err, record.ErrNotFound); gone == c.stays {
				t.Errorf("%s %s: stays %v, want %v (%v)", c.kind, c.id, !gone, c.stays, err)
			}
		}
		if _, ok := h.people.Name(ctx, tenant, p1); ok {
			t.Error("the name is still shown")
		}
		if after := h.proven(t, tenant); after.Cost != before.Cost || after.Entries != before.Entries {
			t.Errorf("books %+v, want %+v", after, before)
		}
		said, err := journal.New(h, h.clk).List(ctx, tenant, time.Time{}, 1)
		if err != nil || len(said) != 1 || strings.Contains(fmt.Sprint(said), p1) || strings.Contains(fmt.Sprint(said), "U1") {
			t.Errorf("journal %+v, %v; must not say who", said, err)
		}
	})
}

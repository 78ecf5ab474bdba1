package storetest

import (
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/usage"
)

func bookTests() []scenario {
	return []scenario{
		{"rows are read in pages, in the order they were booked", pages},
		{"months are those with rows", months},
		{"workspaces are those with rows, limits or records", tenants},
		{"levels come scope by scope", levels},
		{"a rollup has the dimensions asked for", rollups},
		{"one row is read over many windows", rowOverWindows},
		{"rebuilding replaces sums and counters and leaves holds", rebuilds},
		{"a dropped month keeps its sums", drops},
		{"what was booked after the last dropped row stays", dropsThrough},
		{"an entry from another store keeps when and where it was booked", movedEntry},
	}
}

func pages(t *testing.T, h Harness) {
	k := newKit(t, h)
	month := inForce(k.windows(), h.Now()).Month
	for i := range 7 {
		k.settle("h", 7-i, 1)
	}
	for _, size := range []int{1, 3, 7, 50} {
		var ids []string
		for cursor, n := "", 0; ; n++ {
			rows, next, err := k.s.Entries(k.ctx, lab, month, cursor, size)
			k.must(err)
			if len(rows) > size || n > 8 {
				k.Fatalf("page %d of size %d has %d rows", n, size, len(rows))
			}
			for _, e := range rows {
				ids = append(ids, e.ID)
			}
			if next == "" {
				break
			}
			cursor = next
		}
		same(k, "rows", list(ids), "h.7 h.6 h.5 h.4 h.3 h.2 h.1 ")
	}
	rows, next, err := k.s.Entries(k.ctx, lab, "1999-01", "", 10)
	k.must(err)
	same(k, "rows of an empty month", len(rows), 0)
	same(k, "cursor of an empty month", next, "")
}

func months(t *testing.T, h Harness) {
	k := newKit(t, h)
	got, err := k.s.Months(k.ctx, lab)
	k.must(err)
	same(k, "months of an empty book", len(got), 0)
	var want []string
	for i := range 3 {
		want = append(want, inForce(k.windows(), h.Now()).Month)
		k.settle(name("h", i), 1, 1)
		h.Advance(32 * 24 * time.Hour)
	}
	got, err = k.s.Months(k.ctx, lab)
	k.must(err)
	same(k, "months", list(got), list(want))
}

func tenants(t *testing.T, h Harness) {
	k := newKit(t, h)
	got, err := k.s.Tenants(k.ctx)
	k.must(err)
	same(k, "workspaces of an empty store", len(got), 0)
	with := func(id string) kit {
		o := k
		o.tenant = id
		return o
	}
	with("rows").settle("h", 1, 1)
	with("limits").limit(usage.Team, "red", usage.Day, 1)
	with("records").put(record.Setting, "a", "")
	got, err = k.s.Tenants(k.ctx)
	k.must(err)
	same(k, "workspaces", list(got), "limits records rows ")
}

func levels(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.limit(usage.Workspace, "all", usage.Month, 100)
	k.granted("h1", 5)
	k.settle("h2", 1, 3)
	ws := k.windows()
	got, err := k.s.Levels(k.ctx, lab, people(), ws)
	k.must(err)
	same(k, "levels", len(got), 15)
	for i, l := range got {
		sc, w := people()[i/3], ws[i%3]
		if l.Scope.Key() != sc.Key() || l.Window != w.Kind || l.ID != w.ID || !l.Ends.Equal(w.Boundary) || l.Settled != 3 || l.Held != 5 {
			k.Fatalf("level %d is %+v", i, l)
		}
		same(k, "limited", l.Limited, i == 2)
	}
	nobody, err := k.s.Levels(k.ctx, lab, []usage.Scope{{Kind: usage.User, ID: "nobody"}}, ws[:1])
	k.must(err)
	if l := nobody[0]; l.Settled != 0 || l.Held != 0 || l.Limited || l.Headroom() != money.Max {
		k.Fatalf("level of nobody is %+v", l)
	}
}

func rollups(t *testing.T, h Harness) {
	k := newKit(t, h)
	b := inForce(k.windows(), h.Now())
	for i, model := range []string{"p/a", "p/b|c:d", "p/a"} {
		e := k.entry(name("e", i), money.Nano(10*i+1))
		e.Model, e.Channel = model, "C2"
		_, err := k.s.Settle(k.ctx, usage.Settlement{Tenant: lab, Entry: &e, Fallback: k.windows()})
		k.must(err)
	}
	got, err := k.s.Rollup(k.ctx, lab, usage.Week, b.Week, usage.ByModel, usage.ByChannelTier)
	k.must(err)
	same(k, "rows", len(got), 3)
	same(k, "two entries", got[usage.Key{Dim: usage.ByModel, Value: "p/a"}].Cost, 22)
	same(k, "odd characters", got[usage.Key{Dim: usage.ByModel, Value: "p/b|c:d"}].Cost, 11)
	same(k, "cross", got[usage.Key{Dim: usage.ByChannelTier, Value: "C2|economy"}].Entries, 3)
	got, err = k.s.Rollup(k.ctx, lab, usage.Week, "1999-W01", usage.ByTotal)
	k.must(err)
	same(k, "rows of another week", len(got), 0)
}

func rowOverWindows(t *testing.T, h Harness) {
	k := newKit(t, h)
	var days []string
	for i := range 4 {
		days = append(days, inForce(k.windows(), h.Now()).Day)
		if i != 2 { // nothing on the third day
			e := k.entry(name("e", i), money.Nano(10*i+1))
			e.Model = "p/b|c:d"
			_, err := k.s.Settle(k.ctx, usage.Settlement{Tenant: lab, Entry: &e, Fallback: k.windows()})
			k.must(err)
		}
		h.Advance(24 * time.Hour)
	}
	key := usage.Key{Dim: usage.ByModel, Value: "p/b|c:d"}
	ids := []string{days[3], days[2], "1999-01-01", days[0], days[3]}
	got, err := k.s.Row(k.ctx, lab, usage.Day, ids, key)
	k.must(err)
	same(k, "cells", len(got), len(ids))
	for i, id := range ids {
		rows, err := k.s.Rollup(k.ctx, lab, usage.Day, id, usage.ByModel)
		k.must(err)
		same(k, "row of "+id, got[i], rows[key])
	}
	same(k, "cost of the fourth day", got[0].Cost, 31)
	for _, of := range []struct {
		what string
		kind usage.WindowKind
		ids  []string
		key  usage.Key
	}{
		{"no window", usage.Day, nil, key},
		{"another kind", usage.Week, days, key},
		{"another dimension", usage.Day, days, usage.Key{Dim: usage.ByProvider, Value: key.Value}},
		{"another value", usage.Day, days, usage.Key{Dim: usage.ByModel, Value: "p/b"}},
	} {
		got, err := k.s.Row(k.ctx, lab, of.kind, of.ids, of.key)
		k.must(err)
		same(k, of.what, len(got), len(of.ids))
		for _, c := range got {
			same(k, of.what, c, usage.Cell{})
		}
	}
}

func rebuilds(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.granted("h1", 5)
	k.settle("h2", 1, 3)
	b := inForce(k.windows(), h.Now())
	total := usage.Key{Dim: usage.ByTotal, Value: "all"}
	rows := map[usage.Key]usage.Cell{total: {Cost: 40, Entries: 2, In: 7, OverBy: 1}}
	k.must(k.s.Rebuild(k.ctx, lab, usage.Month, b.Month, rows, map[string]money.Nano{"workspace:all": 40, "user:bob": 1}))
	got, err := k.s.Rollup(k.ctx, lab, usage.Month, b.Month, dims()...)
	k.must(err)
	same(k, "rows", len(got), 1)
	same(k, "cell", got[total], rows[total])
	same(k, "counter given", k.level(usage.Workspace, usage.Month).Settled, 40)
	same(k, "counter not given", k.level(usage.User, usage.Month).Settled, 0)
	same(k, "held stays", k.level(usage.User, usage.Month).Held, 5)
	same(k, "held stays", k.level(usage.Workspace, usage.Month).Held, 5)
	same(k, "the day stays", k.level(usage.Workspace, usage.Day).Settled, 3)
	k.settle("h1", 1, 2)
	same(k, "adds on", k.level(usage.Workspace, usage.Month).Settled, 42)
	same(k, "held released", k.level(usage.User, usage.Month).Held, 0)
}

func drops(t *testing.T, h Harness) {
	k := newKit(t, h)
	old := inForce(k.windows(), h.Now()).Month
	k.settle("h1", 1, 3)
	h.Advance(32 * 24 * time.Hour)
	k.settle("h2", 1, 4)
	k.must(k.s.Drop(k.ctx, lab, old, ""))
	rows := k.entries()
	same(k, "rows", len(rows), 1)
	same(k, "the other month's row", rows[0].ID, "h2.1")
	sums, err := k.s.Rollup(k.ctx, lab, usage.Month, old, usage.ByTotal)
	k.must(err)
	same(k, "sums stay", sums[usage.Key{Dim: usage.ByTotal, Value: "all"}].Cost, 3)
	list, err := k.s.Months(k.ctx, lab)
	k.must(err)
	same(k, "months", len(list), 1)
}

func dropsThrough(t *testing.T, h Harness) {
	k := newKit(t, h)
	month := inForce(k.windows(), h.Now()).Month
	left := func(want ...string) {
		t.Helper()
		var ids []string
		for _, e := range k.entries() {
			ids = append(ids, e.ID)
		}
		same(k, "rows left", strings.Join(ids, " "), strings.Join(want, " "))
	}
	k.settle("h1", 1, 3)
	k.settle("h2", 1, 4)
	k.settle("late", 1, 5) // booked after "h2.1" was read as the last one
	k.must(k.s.Drop(k.ctx, lab, month, "h2.1"))
	left("late.1")
	k.must(k.s.Drop(k.ctx, lab, month, "h2.1")) // it is gone
	k.must(k.s.Drop(k.ctx, lab, month, "nobody"))
	left("late.1")
	for _, hold := range []string{"h1", "late"} {
		same(k, "booked again", k.settle(hold, 1, 3).Booked, false)
	}
	k.stands(12, 0)
	k.settle("h3", 1, 6)
	left("late.1", "h3.1")
	k.must(k.s.Drop(k.ctx, lab, month, "h3.1"))
	left()
	months, err := k.s.Months(k.ctx, lab)
	k.must(err)
	same(k, "months", len(months), 0)
	same(k, "booked again", k.settle("h3", 1, 6).Booked, false)
	k.stands(18, 0)
}

// movedEntry books what was booked elsewhere half a year ago, finer than a
// microsecond; naming a hold, or no time, makes it an entry of today.
func movedEntry(t *testing.T, h Harness) {
	k := newKit(t, h)
	e := k.entry("old.1.1", 7)
	e.At = time.Date(2026, 5, 31, 23, 59, 59, 987_654_321, time.UTC)
	e.Windows = inForce(usage.Calendar{}.Windows(e.At), e.At)
	var fixed []usage.Window
	for _, w := range usage.WindowKinds() {
		fixed = append(fixed, usage.Window{Kind: w, ID: e.Windows.Of(w), Next: e.Windows.Of(w)})
	}
	for n := range 2 {
		got, err := k.s.Settle(k.ctx, usage.Settlement{Tenant: lab, Entry: &e, Fallback: fixed})
		k.must(err)
		same(k, "booked", got.Booked, n == 0)
		same(k, "answered time", got.Entry.At, e.At)
	}
	other := k.entry("new.1.1", 1)
	other.At, other.Windows = e.At, e.Windows
	_, err := k.s.Settle(k.ctx, usage.Settlement{Tenant: lab, Hold: "new.1", Entry: &other, Fallback: k.windows()})
	k.must(err)
	rows := k.entries()
	same(k, "rows", len(rows), 2)
	same(k, "time", rows[0].At, e.At)
	same(k, "windows", rows[0].Windows, e.Windows)
	same(k, "windows of today's", rows[1].Windows, inForce(k.windows(), h.Now()))
	same(k, "today's time is today", rows[1].At.After(e.At), true)
	sums, err := k.s.Rollup(k.ctx, lab, usage.Day, "2026-05-31", usage.ByTotal)
	k.must(err)
	same(k, "the sum of that day", sums[usage.Key{Dim: usage.ByTotal, Value: "all"}].Cost, 7)
}

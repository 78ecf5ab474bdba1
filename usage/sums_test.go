package usage_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/token"
	"github.com/tierwise/tierwise/usage"
)

func TestAnOverrideEndsAtItsInstant(t *testing.T) {
	until := time.Date(2026, 11, 24, 18, 0, 0, 0, time.UTC)
	l := usage.Limit{Scope: usage.Team, ID: "ops", Window: usage.Day, Amount: 100, Extra: 25, ExtraUntil: until}
	for _, c := range []struct {
		at   time.Time
		want money.Nano
	}{{until.Add(-time.Hour), 125}, {until.Add(-1), 125}, {until, 100}, {until.Add(1), 100}, {until.In(time.FixedZone("", -3600)), 100}} {
		if got := l.At(c.at); got != c.want {
			t.Errorf("at %s: %d, want %d", c.at, got, c.want)
		}
	}
	l.ExtraUntil = time.Time{}
	if got := l.At(until); got != 100 {
		t.Errorf("extra without an end counts: %d", got)
	}
}

func TestHeadroomIsNeverNegativeAndUnlimitedIsMax(t *testing.T) {
	for _, c := range []struct {
		level usage.Level
		want  money.Nano
	}{
		{usage.Level{}, money.Max}, {usage.Level{Limited: true, Limit: 10, Settled: 4, Held: 5}, 1},
		{usage.Level{Limited: true, Limit: 10, Settled: 12}, 0}, {usage.Level{Limited: true}, 0},
	} {
		if got := c.level.Headroom(); got != c.want {
			t.Errorf("%+v: %d, want %d", c.level, got, c.want)
		}
	}
}

// cell draws one with every field set.
func cell(t *rapid.T, name string) usage.Cell {
	return usage.CellFrom(rapid.SliceOfN(rapid.Int64Range(-1_000_000, 1_000_000), len(usage.Fields()), len(usage.Fields())).Draw(t, name))
}

func TestCellsAdd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := cell(t, "a"), cell(t, "b"), cell(t, "c")
		if a.Add(b) != b.Add(a) || a.Add(b).Add(c) != a.Add(b.Add(c)) || a.Add(usage.Cell{}) != a {
			t.Fatal("the order of adding matters")
		}
		if usage.CellFrom(a.Values()) != a {
			t.Fatalf("%+v came back as %+v", a, usage.CellFrom(a.Values()))
		}
		sum, va, vb := a.Add(b).Values(), a.Values(), b.Values()
		for i := range sum {
			if sum[i] != va[i]+vb[i] {
				t.Fatalf("field %s: %d + %d = %d", usage.Fields()[i], va[i], vb[i], sum[i])
			}
		}
	})
	if got := usage.CellFrom([]int64{7, 2}); got != (usage.Cell{Cost: 7, Entries: 2}) {
		t.Errorf("a short row is read as %+v", got)
	}
}

func TestAnEntryIsCountedForWhatItIs(t *testing.T) {
	tokens := token.Count{Input: 10, CacheRead: 5, Output: 3, Reasoning: 2}
	base := usage.Entry{Purpose: "answer", Status: usage.OK, Source: usage.Computed, Cost: 40, Estimate: 50, Tokens: tokens}
	in, out := tokens.In(), tokens.Out()
	for name, c := range map[string]struct {
		change func(*usage.Entry)
		want   usage.Cell
	}{
		"answered":   {func(*usage.Entry) {}, usage.Cell{Cost: 40, Entries: 1, Answers: 1, In: in, Out: out}},
		"a judge":    {func(e *usage.Entry) { e.Purpose = "judge" }, usage.Cell{Cost: 40, Entries: 1, In: in, Out: out}},
		"failed":     {func(e *usage.Entry) { e.Status = usage.Failed }, usage.Cell{Cost: 40, Entries: 1, In: in, Out: out, Failed: 1}},
		"unpriced":   {func(e *usage.Entry) { e.Source = usage.Unpriced }, usage.Cell{Cost: 40, Entries: 1, Answers: 1, In: in, Out: out, Unpriced: 1}},
		"over":       {func(e *usage.Entry) { e.Cost = 51 }, usage.Cell{Cost: 51, Entries: 1, Answers: 1, In: in, Out: out, Over: 1, OverBy: 1}},
		"at the sum": {func(e *usage.Entry) { e.Cost = 50 }, usage.Cell{Cost: 50, Entries: 1, Answers: 1, In: in, Out: out}},
		"correction": {func(e *usage.Entry) { e.Status, e.Cost, e.Estimate = usage.Corrected, 9, 0 }, usage.Cell{Cost: 9, Entries: 1, In: in, Out: out}},
		"uncertain": {func(e *usage.Entry) { e.Status, e.Source = usage.Uncertain, usage.Estimated },
			usage.Cell{Cost: 40, Entries: 1, In: in, Out: out, Uncertain: 1, Estimated: 1}},
	} {
		e := base
		c.change(&e)
		if diff := cmp.Diff(c.want, usage.CellOf(e)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestEveryDimensionHasOneRowOfAnEntry(t *testing.T) {
	seen := map[usage.Dim]int{}
	for _, k := range (usage.Entry{Intent: "ask", Tier: "economy", Channel: "C1"}).Keys() {
		seen[k.Dim]++
	}
	for _, d := range usage.Dims() {
		if seen[d] != 1 {
			t.Errorf("%s has %d rows, want one", d, seen[d])
		}
	}
	if len(seen) != len(usage.Dims()) {
		t.Errorf("%d dimensions have rows, Dims lists %d", len(seen), len(usage.Dims()))
	}
}

func TestTopListsTheDearestAndAddsTheRest(t *testing.T) {
	rows := map[usage.Key]usage.Cell{
		{Dim: usage.ByChannel, Value: "b"}: {Cost: 5, Entries: 1}, {Dim: usage.ByChannel, Value: "a"}: {Cost: 5, Entries: 1},
		{Dim: usage.ByChannel, Value: "c"}: {Cost: 5, Entries: 2}, {Dim: usage.ByChannel, Value: "d"}: {Cost: 9, Entries: 1},
		{Dim: usage.ByChannel, Value: "e"}: {Cost: -2, Entries: 1}, {Dim: usage.ByTeam, Value: "x"}: {Cost: 99},
	}
	names := func(top []usage.Row) (out string) {
		for _, r := range top {
			out += r.Value
		}
		return out
	}
	for _, c := range []struct {
		n    int
		want string
		rest usage.Cell
	}{
		{0, "dcabe", usage.Cell{}}, {-1, "dcabe", usage.Cell{}}, {5, "dcabe", usage.Cell{}}, {9, "dcabe", usage.Cell{}},
		{3, "dca", usage.Cell{Cost: 3, Entries: 2}}, {1, "d", usage.Cell{Cost: 13, Entries: 5}},
	} {
		top, rest := usage.Top(rows, usage.ByChannel, c.n)
		if names(top) != c.want || rest != c.rest {
			t.Errorf("top %d: %s and %+v, want %s and %+v", c.n, names(top), rest, c.want, c.rest)
		}
	}
	if top, rest := usage.Top(rows, usage.ByModel, 3); len(top) != 0 || rest != (usage.Cell{}) {
		t.Errorf("a dimension without rows: %v, %+v", top, rest)
	}
}

package console

import (
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tierwise/tierwise/internal/chat"
)

func TestTablesAreAligned(t *testing.T) {
	got := tableLines(&chat.Table{Title: "By team", Columns: []chat.Column{{Name: "Team"}, {Name: "Requests", Number: true}, {Name: "Cost", Number: true}},
		Rows: [][]string{{"Support", "1,204", "$12.40"}, {"開発", "7", "$0.0042"}, {"two\nlines", "1"}, {"a", "b", "c", "too many"}}})
	want := []string{
		"By team",
		"Team       Requests     Cost",
		"─────────  ────────  ───────",
		"Support       1,204   $12.40",
		"開発              7  $0.0042",
		"two lines         1",
		"a                 b        c",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestChartsAreBars(t *testing.T) {
	got := chartLines(&chat.Chart{Title: "Cost per day", Kind: "bar", Unit: "nano-USD", Labels: []string{"Mon", "Tue", "Wed", "Thursday"},
		Series: []chat.Series{{Name: "cost", Values: []int64{2_000_000_000, 1_000_000_000, 0, 1}}}})
	want := []string{
		"Cost per day",
		"Mon      ██████████████████████████████ $2.00",
		"Tue      ███████████████ $1.00",
		"Wed      · $0.00",
		"Thursday ▌ $0.000000001",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got = chartLines(&chat.Chart{Title: "Use", Unit: "requests", Labels: []string{"Mon", "Tue"}, Series: []chat.Series{
		{Name: "local", Values: []int64{math.MaxInt64}}, {Name: "economy", Values: []int64{-5, 3}}}})
	want = []string{
		"Use",
		"Mon local   ██████████████████████████████ 9223372036854775807 requests",
		"Mon economy · -5 requests",
		"Tue economy ▌ 3 requests",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzTextStaysHarmlessAndInBounds(f *testing.F) {
	f.Add("hello 🦭 開発\x1b[0m\u202e", 10)
	f.Fuzz(func(t *testing.T, s string, most int) {
		if !utf8.ValidString(readable(s)) {
			t.Errorf("readable(%q) is not UTF-8", s)
		}
		if out := safe(readable(s)); strings.ContainsFunc(out, harmful) {
			t.Errorf("safe(%q) = %q", s, out)
		}
		if most = most % 200; most > 1 && columns(clip(safe(readable(s)), most)) > most {
			t.Errorf("clip(%q, %d) is too wide", s, most)
		}
	})
}

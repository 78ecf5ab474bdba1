package usage_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/store/memory"
	"github.com/tierwise/tierwise/usage"
)

// ledgerOf books entries, an hour apart, and returns them as booked.
func ledgerOf(t *testing.T, from time.Time, entries ...usage.Entry) (*shop, []usage.Entry) {
	t.Helper()
	clk := clock.NewManual(from)
	s := newShop(memory.New(clk), clk)
	var out []usage.Entry
	for _, e := range entries {
		out = append(out, s.book(t, e))
		clk.Advance(time.Hour)
	}
	return s, out
}

func TestJSONLinesHoldTheWholeEntry(t *testing.T) {
	s := newShop(nil, nil)
	var es []usage.Entry
	reported := money.Nano(0)
	for range 20 {
		es = append(es, s.entry())
	}
	es[3].Reported, es[4].Reasons, es[5].Channel = &reported, []string{"a", "b"}, "<C&>\n\"x\""
	s, want := ledgerOf(t, time.Date(2026, 11, 30, 15, 0, 0, 0, time.UTC), es...)
	var out bytes.Buffer
	n, err := usage.Export(ctx, s, tenant, usage.Range{}, "jsonl", &out)
	if err != nil || n != 20 || bytes.Count(out.Bytes(), []byte("\n")) != 20 {
		t.Fatalf("%d entries in %d lines, %v", n, bytes.Count(out.Bytes(), []byte("\n")), err)
	}
	var got []usage.Entry
	for dec := json.NewDecoder(&out); ; {
		var e usage.Entry
		if err := dec.Decode(&e); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		got = append(got, e)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-booked +read):\n%s", diff)
	}
}

func TestARangeIncludesItsBeginningAndNotItsEnd(t *testing.T) {
	s := newShop(nil, nil)
	from := time.Date(2026, 11, 30, 22, 0, 0, 0, time.UTC)
	s, booked := ledgerOf(t, from, s.entry(), s.entry(), s.entry(), s.entry()) // two in each month
	for _, c := range []struct {
		rng  usage.Range
		want int
	}{
		{usage.Range{}, 4}, {usage.Range{From: from}, 4}, {usage.Range{From: from.Add(1)}, 3},
		{usage.Range{To: from}, 0}, {usage.Range{To: from.Add(1)}, 1},
		{usage.Range{From: booked[1].At, To: booked[3].At}, 2}, {usage.Range{From: booked[3].At.Add(1)}, 0},
		{usage.Range{From: from.In(time.FixedZone("", 7200)), To: booked[2].At.In(time.FixedZone("", -7200))}, 2},
	} {
		var out bytes.Buffer
		if n, err := usage.Export(ctx, s, tenant, c.rng, "jsonl", &out); err != nil || n != c.want {
			t.Errorf("%s to %s: %d entries, %v; want %d", c.rng.From, c.rng.To, n, err, c.want)
		}
	}
	if _, err := usage.Export(ctx, s, tenant, usage.Range{}, "xml", io.Discard); err == nil || !strings.Contains(err.Error(), "use csv or jsonl") {
		t.Errorf("an unknown form: %v", err)
	}
}

func TestNoCellOfACSVIsAFormula(t *testing.T) {
	s := newShop(nil, nil)
	bad := []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0"}
	var es []usage.Entry
	for _, b := range bad {
		e := s.entry()
		e.Channel, e.Thread, e.Team, e.Workflow, e.Served = b, b, b, b, b
		e.Actor, e.Intent, e.Purpose, e.Model, e.Provider, e.Tier = b, b, b, b, b, b
		e.ID = b + e.ID
		es = append(es, e)
	}
	credit := s.entry()
	credit.Status, credit.Cost, credit.Estimate = usage.Corrected, -1_250_000_000, 0
	s, _ = ledgerOf(t, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), append(es, credit)...)
	var out bytes.Buffer
	if _, err := usage.Export(ctx, s, tenant, usage.Range{}, "csv", &out); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(rows) != len(es)+2 {
		t.Fatal(len(rows), err)
	}
	col := map[string]int{}
	for i, name := range rows[0] {
		col[name] = i
	}
	for _, row := range rows[1 : len(rows)-1] {
		for i, v := range row {
			if v != "" && strings.ContainsRune("=+-@\t\r", rune(v[0])) {
				t.Errorf("%s is %q", rows[0][i], v)
			}
		}
	}
	last := rows[len(rows)-1]
	if last[col["cost_nano_usd"]] != "-1250000000" || last[col["cost_usd"]] != "-1.25" {
		t.Errorf("a credit is %s nano, %s dollars; numbers must stay numbers", last[col["cost_nano_usd"]], last[col["cost_usd"]])
	}
}

// full is a disk without room.
type full struct{ left int }

func (f *full) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errors.New("no space left")
	}
	return len(p), nil
}

func TestAFullDiskIsAnErrorOfTheExport(t *testing.T) {
	s := newShop(nil, nil)
	s, _ = ledgerOf(t, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), s.entry(), s.entry())
	for _, form := range []string{"csv", "jsonl"} {
		if _, err := usage.Export(ctx, s, tenant, usage.Range{}, form, &full{left: 20}); err == nil {
			t.Errorf("%s: no error", form)
		}
	}
}

package redis

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/store/redis/redistest"
	"github.com/tierwise/tierwise/internal/token"
	"github.com/tierwise/tierwise/usage"
)

// expected are the rows that entries make in one window.
type expected map[usage.WindowKind]map[string]map[usage.Key]usage.Cell

func (x expected) add(e usage.Entry) {
	for _, k := range usage.WindowKinds() {
		id := e.Windows.Of(k)
		if x[k] == nil {
			x[k] = map[string]map[usage.Key]usage.Cell{}
		}
		if x[k][id] == nil {
			x[k][id] = map[usage.Key]usage.Cell{}
		}
		for _, key := range e.Keys() {
			x[k][id][key] = x[k][id][key].Add(usage.CellOf(e))
		}
	}
}

// check compares every row, all at once and one by one.
func (x expected) check(t *testing.T, s *Store) {
	t.Helper()
	ctx, total := context.Background(), usage.Key{Dim: usage.ByTotal, Value: "all"}
	for k, windows := range x {
		for id, want := range windows {
			got, err := s.Rollup(ctx, "W", k, id, usage.Dims()...)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Fatalf("%s %s (%v), -want +got:\n%s", k, id, err, diff)
			}
			only, err := s.Rollup(ctx, "W", k, id, usage.ByTotal)
			if err != nil || only[total] != want[total] {
				t.Fatalf("%s %s: total alone is %+v, %v", k, id, only, err)
			}
		}
		ids := append([]string{"never"}, keysOf(windows)...)
		row, err := s.Row(ctx, "W", k, ids, total)
		if err != nil || row[0] != (usage.Cell{}) {
			t.Fatal(row, err)
		}
		for i, id := range ids[1:] {
			if row[i+1] != windows[id][total] {
				t.Fatalf("%s %s: row is %+v, want %+v", k, id, row[i+1], windows[id][total])
			}
		}
	}
}

func keysOf(m map[string]map[usage.Key]usage.Cell) (out []string) {
	for k := range maps.Keys(m) {
		out = append(out, k)
	}
	return out
}

// bookedEntry is an entry that was booked elsewhere, on one of three days around
// the end of a month.
func bookedEntry(n int, cost money.Nano) usage.Entry {
	at := time.Date(2026, 10, 30+n%3, 12, 0, 0, 0, time.UTC)
	w := usage.Calendar{}.Windows(at)
	e := usage.Entry{
		ID: fmt.Sprintf("j%03d.1.1", n), Tenant: "W", At: at, Channel: "C" + strconv.Itoa(n%4), Actor: "a very long name of somebody, beyond a short string " + strconv.Itoa(n%5),
		Tier: "economy", Purpose: "answer", Status: usage.OK, Tokens: token.Count{Input: 7, Output: int64(n)}, Cost: cost, Estimate: cost - money.Nano(n%2),
		Windows: usage.Booked{Day: w[0].ID, Week: w[1].ID, Month: w[2].ID},
	}
	return e
}

// TestRollupsAreWholeAtEveryInstant reads all sums after every entry: in the
// list, folded, and both, with amounts whose nano-dollars carry.
func TestRollupsAreWholeAtEveryInstant(t *testing.T) {
	server := redistest.Start(t, redistest.Off)
	s, ctx, want := mustOpen(t, server.URL(), Options{}), context.Background(), expected{}
	costs := []money.Nano{999_999_999, 0, -1, 3*money.USD + 999_999_999, -2*money.USD - 5, 1}
	folded := false
	for n := range 75 {
		e := bookedEntry(n, costs[n%len(costs)])
		if _, err := s.Settle(ctx, usage.Settlement{Tenant: "W", Entry: &e}); err != nil {
			t.Fatal(err)
		}
		want.add(e)
		want.check(t, s)
		left := s.client.LLen(ctx, freshKey("W")).Val()
		folded = folded || left == 0
		if left >= 32 {
			t.Fatalf("%d entries wait to be folded", left)
		}
	}
	if !folded {
		t.Error("nothing was ever folded")
	}
}

// TestRebuildTakesTheListInto replaces one window while entries wait to be
// folded: that window is as told, the others have lost nothing.
func TestRebuildTakesTheListInto(t *testing.T) {
	server := redistest.Start(t, redistest.Off)
	s, ctx, want := mustOpen(t, server.URL(), Options{}), context.Background(), expected{}
	for n := range 5 {
		e := bookedEntry(n, 10)
		if _, err := s.Settle(ctx, usage.Settlement{Tenant: "W", Entry: &e}); err != nil {
			t.Fatal(err)
		}
		want.add(e)
	}
	told := map[usage.Key]usage.Cell{{Dim: usage.ByTotal, Value: "all"}: {Cost: 3, Entries: 1}}
	if err := s.Rebuild(ctx, "W", usage.Month, "2026-10", told, map[string]money.Nano{"workspace:all": 3}); err != nil {
		t.Fatal(err)
	}
	want[usage.Month]["2026-10"] = told
	want.check(t, s)
}

// TestAHoldOfSchemaOneIsBooked closes a hold whose sent step was written by a
// release before entries were packed.
func TestAHoldOfSchemaOneIsBooked(t *testing.T) {
	server := redistest.Start(t, redistest.Off)
	s, at := frozen(t, server)
	ctx, windows := context.Background(), usage.Calendar{}.Windows(s.now())
	_, err := s.Hold(ctx, usage.HoldRequest{Tenant: "W", Hold: "j.1", Scopes: []usage.Scope{usage.WholeWorkspace()}, Windows: windows, TTL: time.Minute, Steps: []usage.StepHold{{N: 1, Amount: 9}}})
	if err != nil {
		t.Fatal(err)
	}
	e := usage.Entry{ID: "j.1.1", Tenant: "W", Cost: 9, Estimate: 9, Status: usage.Uncertain, Tier: "economy"}
	_, rest, err := toWire(e)
	if err != nil {
		t.Fatal(err)
	}
	old := `{"id":"j.1.1","c":"9","u":"1","k":["total\u001fall","tier\u001feconomy"],"f":[0,9,1,0,0,0,0,0,0,1],"s":["+workspace:all"]}`
	if err := plain(t, server).HSet(ctx, spaceKey("W")+"h:j.1", "x1", "d", "p1", old, "b1", rest).Err(); err != nil {
		t.Fatal(err)
	}
	at(time.Hour)
	swept, err := s.Sweep(ctx)
	if err != nil || swept.Uncertain != 1 {
		t.Fatal(swept, err)
	}
	got, err := s.Rollup(ctx, "W", usage.Day, windows[0].ID, usage.ByTotal, usage.ByTier)
	cell := usage.Cell{Cost: 9, Entries: 1, Uncertain: 1}
	want := map[usage.Key]usage.Cell{{Dim: usage.ByTotal, Value: "all"}: cell, {Dim: usage.ByTier, Value: "economy"}: cell}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Fatalf("%v, -want +got:\n%s", err, diff)
	}
	levels, err := s.Levels(ctx, "W", []usage.Scope{usage.WholeWorkspace()}, windows)
	if err != nil || levels[0].Settled != 9 || levels[0].Held != 0 {
		t.Fatal(levels, err)
	}
}

// TestCountersBeyondWhatLuaAdds books and holds where a counter has more digits
// than Lua's numbers, and comes back.
func TestCountersBeyondWhatLuaAdds(t *testing.T) {
	const most = int64(money.Max)
	for _, start := range []int64{most - 3, most, most + 1, 1<<53 + 1, 1<<62 + 1, -most, -(1<<53 + 1)} {
		t.Run(strconv.FormatInt(start, 10), func(t *testing.T) {
			server := redistest.Start(t, redistest.Off)
			s, ctx := mustOpen(t, server.URL(), Options{}), context.Background()
			windows := usage.Calendar{}.Windows(time.Now())
			key := spaceKey("W") + "n:" + windowName(string(usage.Day), windows[0].ID)
			if err := plain(t, server).HSet(ctx, key, "+workspace:all", start, "~workspace:all", start).Err(); err != nil {
				t.Fatal(err)
			}
			level := func() usage.Level {
				all, err := s.Levels(ctx, "W", []usage.Scope{usage.WholeWorkspace()}, windows[:1])
				if err != nil {
					t.Fatal(err)
				}
				return all[0]
			}
			// Twice the same scope: what is added first must not be lost when the second goes beyond.
			scopes := []usage.Scope{usage.WholeWorkspace(), usage.WholeWorkspace()}
			if _, err := s.Hold(ctx, usage.HoldRequest{Tenant: "W", Hold: "h", Scopes: scopes, Windows: windows, TTL: time.Minute, Steps: []usage.StepHold{{N: 1, Amount: 2}}}); err != nil {
				t.Fatal(err)
			}
			if got := level(); int64(got.Held) != start+4 || int64(got.Settled) != start {
				t.Errorf("after hold: %d held, %d settled, want %d and %d", got.Held, got.Settled, start+4, start)
			}
			e := usage.Entry{ID: "h.1", Tenant: "W", Cost: 7, Estimate: 7, Status: usage.OK}
			if _, err := s.Settle(ctx, usage.Settlement{Tenant: "W", Hold: "h", Step: 1, Entry: &e}); err != nil {
				t.Fatal(err)
			}
			if got := level(); int64(got.Held) != start || int64(got.Settled) != start+7 {
				t.Errorf("after settle: %d held, %d settled, want %d and %d", got.Held, got.Settled, start, start+7)
			}
		})
	}
}

func TestSumsAreReadBackAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, 300, -1)
		e := usage.Entry{Channel: text.Draw(t, "channel"), Actor: text.Draw(t, "actor"), Cost: money.Nano(rapid.Int64().Draw(t, "cost"))}
		rows, cell, err := unpackSums(string(packSums(e)))
		if err != nil || cell != usage.CellOf(e) {
			t.Fatalf("read %+v, %v", cell, err)
		}
		for i, k := range e.Keys() {
			if rows[i] != rowName(k) {
				t.Fatalf("row %q read as %q", rowName(k), rows[i])
			}
		}
	})
}

func TestDamagedSumsAreAnError(t *testing.T) {
	whole := string(packSums(usage.Entry{Channel: "C", Cost: 300}))
	for n := range len(whole) {
		if rows, cell, err := unpackSums(whole[:n]); err == nil {
			t.Errorf("%d bytes of %d read as %v, %+v", n, len(whole), rows, cell)
		}
	}
	for _, s := range []string{"\x93", "\x92\xa1x", "\x92\xdd\xff\xff\xff\xff\xa1x", "\x92\x91\xdb\xff\xff\xff\xffx\x91\x01"} {
		if _, _, err := unpackSums(s); err == nil {
			t.Errorf("%q was read", s)
		}
	}
}

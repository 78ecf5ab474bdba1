package usage_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/store/memory"
	"github.com/tierwise/tierwise/usage"
)

var november24 = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// retained closes what is older than two months and returns the checkpoints.
func (s *shop) retained(tb testing.TB, dir string) []usage.Checkpoint {
	tb.Helper()
	made, err := s.archive(tb).Retain(ctx, s, s.cal, tenant, usage.Retention{Months: 2, Dir: dir})
	if err != nil {
		tb.Fatal(err)
	}
	return made
}

func fileOf(tb testing.TB, dir string, c usage.Checkpoint) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join(usage.FilesOf(dir, c.Tenant), c.File))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestAClosedMonthStaysProven(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *shop) {
		s.work(t, november24, 3)
		p, err := usage.Verify(ctx, s, tenant)
		before := proven(t, p, err)
		dir := t.TempDir()
		made := s.retained(t, dir)
		if len(made) != 1 || made[0].Month != "2026-08" || made[0].Entries != 93 {
			t.Fatalf("closed %+v, want August with its 93 entries", made)
		}
		if got, want := s.months(t), []string{"2026-09", "2026-10", "2026-11"}; !slices.Equal(got, want) {
			t.Fatalf("rows of %v, want %v", got, want)
		}
		p, err = s.archive(t).Verify(ctx, s, tenant)
		after := proven(t, p, err)
		if after.Months[0].Closed != 93 {
			t.Errorf("August is proven by %d entries of a checkpoint, want 93", after.Months[0].Closed)
		}
		after.Months[0].Closed = 0
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("closing changed the books (-before +after):\n%s", diff)
		}
		diffs, err := s.archive(t).CheckFile(ctx, made[0], bytes.NewReader(fileOf(t, dir, made[0])))
		if err != nil || len(diffs) > 0 {
			t.Errorf("the file does not prove the checkpoint: %v, %v", diffs, err)
		}
		if lines := bytes.Count(fileOf(t, dir, made[0]), []byte("\n")); lines != 93 {
			t.Errorf("the file has %d lines, want 93", lines)
		}
		if again := s.retained(t, dir); len(again) != 0 {
			t.Errorf("a second run closed %+v", again)
		}
		t.Logf("%s: %d entries, %s; %d sums compared after closing August", t.Name(), after.Entries, after.Cost, after.Checked)
	})
}

func TestRebuildAfterClosingKeepsWhatWasDropped(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *shop) {
		s.work(t, november24, 2)
		p, err := usage.Verify(ctx, s, tenant)
		before := proven(t, p, err)
		s.retained(t, t.TempDir())
		// The week from August 31 lies in two months, one of them closed.
		if err := s.Rebuild(ctx, tenant, usage.Week, "2026-W36", nil, nil); err != nil {
			t.Fatal(err)
		}
		if p, err := s.archive(t).Verify(ctx, s, tenant); err != nil || len(p.Differences) == 0 {
			t.Fatalf("an emptied week is not noticed: %v", err)
		}
		p, err = s.archive(t).Rebuild(ctx, s, s, tenant)
		if after := proven(t, p, err); after.Cost != before.Cost || after.Entries != before.Entries {
			t.Errorf("rebuilt to %d entries, %s; want %d, %s", after.Entries, after.Cost, before.Entries, before.Cost)
		}
	})
}

func TestTamperingWithAClosedMonthIsNamed(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *shop) {
		s.work(t, november24, 2)
		dir := t.TempDir()
		c := s.retained(t, dir)[0]
		a := s.archive(t)

		rows, err := s.Rollup(ctx, tenant, usage.Day, "2026-08-05", usage.Dims()...)
		if err != nil {
			t.Fatal(err)
		}
		for k, cell := range rows {
			if k.Dim == usage.ByChannel {
				cell.Cost++
				rows[k] = cell
				break
			}
		}
		if err := s.Rebuild(ctx, tenant, usage.Day, "2026-08-05", rows, map[string]money.Nano{}); err != nil {
			t.Fatal(err)
		}
		p, err := a.Verify(ctx, s, tenant)
		if err != nil || len(p.Differences) == 0 || !strings.HasPrefix(p.Differences[0].What, "day 2026-08-05 channel C") {
			t.Errorf("a nano too much in a closed day: %v, %v", p.Differences, err)
		}
		p, err = a.Rebuild(ctx, s, s, tenant)
		proven(t, p, err)

		file := fileOf(t, dir, c)
		for name, bad := range map[string][]byte{
			"one figure":  bytes.Replace(file, []byte(`"cost":1`), []byte(`"cost":2`), 1),
			"a line less": file[bytes.IndexByte(file, '\n')+1:],
			"a line more": append(bytes.Clone(file), file[:bytes.IndexByte(file, '\n')+1]...),
			"empty":       nil,
		} {
			if diffs, err := a.CheckFile(ctx, c, bytes.NewReader(bad)); err != nil || len(diffs) == 0 {
				t.Errorf("file with %s passes: %v, %v", name, diffs, err)
			}
		}

		sums, err := s.List(ctx, tenant, record.Closing, "sums/")
		if err != nil || len(sums) == 0 {
			t.Fatal(len(sums), err)
		}
		if err := s.Write(ctx, tenant, record.Remove(record.Closing, sums[3].ID)); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Verify(ctx, s, tenant); !errors.Is(err, usage.ErrCheckpoint) {
			t.Errorf("a checkpoint without one of its sums: %v", err)
		}
		heads, err := s.List(ctx, tenant, record.Closing, "head/")
		if err != nil || len(heads) != 1 {
			t.Fatal(len(heads), err)
		}
		heads[0].Body[40] ^= 1
		if err := s.Write(ctx, tenant, record.Put(record.Closing, heads[0].ID, heads[0].Body, 0)); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Checkpoints(ctx, tenant); !errors.Is(err, usage.ErrCheckpoint) {
			t.Errorf("a changed checkpoint opens: %v", err)
		}
	})
}

func TestALateCorrectionMakesAFurtherPart(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *shop) {
		first := s.book(t, s.entry())
		s.work(t, november24, 1)
		dir := t.TempDir()
		s.retained(t, dir)
		if _, err := usage.Correct(ctx, s, first, 1, first.Cost+77, "provider"); err != nil {
			t.Fatal(err)
		}
		p, err := s.archive(t).Verify(ctx, s, tenant)
		mixed := proven(t, p, err)
		made := s.retained(t, dir)
		if len(made) != 1 || made[0].Part != 2 || made[0].Entries != 1 || made[0].Cost() != 77 {
			t.Fatalf("closed %+v, want a second part with the correction of 77 nano", made)
		}
		p, err = s.archive(t).Verify(ctx, s, tenant)
		if after := proven(t, p, err); after.Cost != mixed.Cost || after.Entries != mixed.Entries {
			t.Errorf("%s in %d entries, want %s in %d", after.Cost, after.Entries, mixed.Cost, mixed.Entries)
		}
		all, err := s.archive(t).Checkpoints(ctx, tenant)
		if err != nil || len(all) != 2 {
			t.Fatal(all, err)
		}
		for _, c := range all {
			if diffs, err := s.archive(t).CheckFile(ctx, c, bytes.NewReader(fileOf(t, dir, c))); err != nil || len(diffs) > 0 {
				t.Errorf("%s: %v, %v", c.Name(), diffs, err)
			}
		}
	})
}

func TestTheCurrentAndThePreviousMonthAreNeverClosed(t *testing.T) {
	zone, err := time.LoadLocation("Pacific/Auckland")
	if err != nil {
		t.Skip("no time zone data:", err)
	}
	for _, c := range []struct {
		now  time.Time
		keep int
		left string
	}{
		{time.Date(2026, 11, 30, 10, 59, 59, 0, time.UTC), 0, "2026-10 2026-11"},
		{time.Date(2026, 11, 30, 11, 0, 0, 0, time.UTC), 0, "2026-11"}, // December in Auckland
		{time.Date(2026, 11, 30, 10, 59, 59, 0, time.UTC), -5, "2026-10 2026-11"},
		{time.Date(2026, 11, 30, 10, 59, 59, 0, time.UTC), 3, "2026-08 2026-09 2026-10 2026-11"},
	} {
		clk := clock.NewManual(time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC))
		s := newShop(memory.New(clk), clk)
		s.cal = usage.Calendar{Zone: zone}
		s.work(t, time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC), 1)
		clk.Set(c.now)
		if _, err := s.archive(t).Retain(ctx, s, s.cal, tenant, usage.Retention{Months: c.keep, Dir: t.TempDir()}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(s.months(t), " "); got != c.left {
			t.Errorf("at %s keeping %d: rows of %s, want %s", c.now.Format(time.RFC3339), c.keep, got, c.left)
		}
	}
}

// errPulled is the plug being pulled.
var errPulled = errors.New("pulled")

// fragile is a store that works for a number of calls. The call that fails has
// been done before it fails when after is set, which is how an answer gets lost.
type fragile struct {
	*shop
	left  int
	after bool
	lost  int // rows that an interrupted Drop has removed, as sqlite's may
}

func (f *fragile) breaks() bool { f.left--; return f.left < 0 }

func (f *fragile) Write(ctx context.Context, t string, w ...record.Write) error {
	if !f.breaks() {
		return f.shop.Write(ctx, t, w...)
	}
	if f.after {
		return errors.Join(f.shop.Write(ctx, t, w...), errPulled)
	}
	return errPulled
}

func (f *fragile) Drop(ctx context.Context, t, month, last string) error {
	if !f.breaks() {
		return f.shop.Drop(ctx, t, month, last)
	}
	if f.after {
		return errors.Join(f.shop.Drop(ctx, t, month, last), errPulled)
	}
	f.lost = 5
	return errPulled
}

func (f *fragile) Entries(ctx context.Context, t, month, cursor string, max int) ([]usage.Entry, string, error) {
	if f.breaks() {
		return nil, "", errPulled
	}
	es, next, err := f.shop.Entries(ctx, t, month, cursor, max)
	if month == "2026-08" && cursor == "" {
		es = es[min(f.lost, len(es)):]
	}
	return es, next, err
}

func TestClosingCanBeStoppedAtAnyPointAndRepeated(t *testing.T) {
	var want usage.Checkpoint
	for _, after := range []bool{false, true} {
		for step := 0; ; step++ {
			clk := clock.NewManual(time.Date(2026, 8, 29, 9, 0, 0, 0, time.UTC))
			s := newShop(memory.New(clk), clk)
			s.work(t, time.Date(2026, 9, 3, 0, 0, 0, 0, time.UTC), 3)
			clk.Set(time.Date(2026, 10, 2, 0, 0, 0, 0, time.UTC))
			p, err := usage.Verify(ctx, s, tenant)
			before := proven(t, p, err)
			dir := t.TempDir()
			f := &fragile{shop: s, left: step, after: after}
			a := usage.NewArchive(f, sealer(t), clk)
			_, err = a.Retain(ctx, f, s.cal, tenant, usage.Retention{Dir: dir})
			if err != nil && !errors.Is(err, errPulled) {
				t.Fatal(err)
			}
			whole := err == nil
			f.left = 1 << 30
			p, err = a.Verify(ctx, f, tenant)
			if between := proven(t, p, err); between.Cost != before.Cost {
				t.Fatalf("stopped at %d (%v): %s, want %s", step, after, between.Cost, before.Cost)
			}
			if _, err := a.Retain(ctx, f, s.cal, tenant, usage.Retention{Dir: dir}); err != nil {
				t.Fatalf("repeated after a stop at %d (%v): %v", step, after, err)
			}
			f.lost = 0
			p, err = a.Verify(ctx, s, tenant)
			if end := proven(t, p, err); end.Cost != before.Cost || end.Entries != before.Entries {
				t.Fatalf("stopped at %d (%v): %s in %d entries, want %s in %d", step, after, end.Cost, end.Entries, before.Cost, before.Entries)
			}
			all, err := a.Checkpoints(ctx, tenant)
			if err != nil || len(all) != 1 {
				t.Fatalf("stopped at %d (%v): checkpoints %+v, %v", step, after, all, err)
			}
			if want.Month == "" {
				want = all[0]
			}
			if diff := cmp.Diff(want, all[0]); diff != "" {
				t.Fatalf("stopped at %d (%v): another checkpoint:\n%s", step, after, diff)
			}
			if diffs, err := a.CheckFile(ctx, all[0], bytes.NewReader(fileOf(t, dir, all[0]))); err != nil || len(diffs) > 0 {
				t.Fatalf("stopped at %d (%v): %v, %v", step, after, diffs, err)
			}
			if files, _ := os.ReadDir(usage.FilesOf(dir, tenant)); len(files) != 1 {
				t.Fatalf("stopped at %d (%v): %d files, want one", step, after, len(files))
			}
			if whole {
				t.Logf("closing was stopped at each of its %d steps", step)
				break
			}
		}
	}
}

func TestOfTwoThatCloseAtOnceOneWins(t *testing.T) {
	clk := clock.NewManual(time.Date(2026, 8, 1, 9, 0, 0, 0, time.UTC))
	s := newShop(memory.New(clk), clk)
	s.work(t, time.Date(2026, 10, 2, 0, 0, 0, 0, time.UTC), 1)
	other := &interfering{shop: s, dir: t.TempDir(), tb: t}
	_, err := usage.NewArchive(other, sealer(t), clk).Close(ctx, s, tenant, "2026-08", t.TempDir())
	if !errors.Is(err, record.ErrConflict) {
		t.Errorf("the loser gets %v, want record.ErrConflict", err)
	}
	p, err := s.archive(t).Verify(ctx, s, tenant)
	proven(t, p, err)
	if all, err := s.archive(t).Checkpoints(ctx, tenant); err != nil || len(all) != 1 {
		t.Errorf("%d checkpoints, %v; want one", len(all), err)
	}
}

// interfering lets another process close the month just before the first write.
type interfering struct {
	*shop
	dir  string
	tb   testing.TB
	once bool
}

func (i *interfering) Write(ctx context.Context, t string, w ...record.Write) error {
	if !i.once {
		i.once = true
		if _, err := i.shop.archive(i.tb).Close(ctx, i.shop, tenant, "2026-08", i.dir); err != nil {
			return fmt.Errorf("the other: %w", err)
		}
	}
	return i.shop.Write(ctx, t, w...)
}

// hasty books an entry at the very moment the rows are removed. A careless one
// then removes more than it was told to.
type hasty struct {
	*shop
	careless bool
}

func (h hasty) Drop(ctx context.Context, t, month, last string) error {
	e := h.entry()
	_, err := h.Settle(ctx, usage.Settlement{Tenant: t, Hold: "late", Entry: &e, Fallback: []usage.Window{
		{Kind: usage.Day, ID: "2026-08-31", Next: "2026-08-31"}, {Kind: usage.Week, ID: "2026-W36", Next: "2026-W36"}, {Kind: usage.Month, ID: month, Next: month},
	}})
	if h.careless {
		last = ""
	}
	return errors.Join(err, h.shop.Drop(ctx, t, month, last))
}

func TestAnEntryBookedWhileClosingStaysForTheNextPart(t *testing.T) {
	clk := clock.NewManual(time.Date(2026, 8, 1, 9, 0, 0, 0, time.UTC))
	s, dir := newShop(memory.New(clk), clk), t.TempDir()
	s.work(t, time.Date(2026, 10, 2, 0, 0, 0, 0, time.UTC), 1)
	a := s.archive(t)
	if made, err := a.Close(ctx, hasty{shop: s}, tenant, "2026-08", dir); err != nil || len(made) != 1 {
		t.Fatalf("closed as %d parts, %v", len(made), err)
	}
	p, err := a.Verify(ctx, s, tenant)
	before := proven(t, p, err)
	rows, _, err := s.Entries(ctx, tenant, "2026-08", "", 10)
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d rows stay, %v; want the late one", len(rows), err)
	}
	made, err := a.Close(ctx, s, tenant, "2026-08", dir)
	if err != nil || len(made) != 1 || made[0].Part != 2 || made[0].First != rows[0].ID || made[0].Entries != 1 {
		t.Fatalf("closed again as %+v, %v; want the late entry as part 2", made, err)
	}
	p, err = a.Verify(ctx, s, tenant)
	if after := proven(t, p, err); after.Cost != before.Cost || after.Entries != before.Entries {
		t.Errorf("%s in %d entries, before the second part %s in %d", after.Cost, after.Entries, before.Cost, before.Entries)
	}
}

func TestAnEntryLostWhileClosingIsToldAndFound(t *testing.T) {
	clk := clock.NewManual(time.Date(2026, 8, 1, 9, 0, 0, 0, time.UTC))
	s := newShop(memory.New(clk), clk)
	s.work(t, time.Date(2026, 10, 2, 0, 0, 0, 0, time.UTC), 1)
	if _, err := s.archive(t).Close(ctx, hasty{s, true}, tenant, "2026-08", t.TempDir()); !errors.Is(err, usage.ErrLate) {
		t.Errorf("got %v, want ErrLate", err)
	}
	if p, err := s.archive(t).Verify(ctx, s, tenant); err != nil || len(p.Differences) == 0 {
		t.Errorf("Verify does not show what is missing: %v", err)
	}
}

package usage_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/token"
	"github.com/tierwise/tierwise/usage"
)

func TestRightBooksAreProven(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *shop) {
		s.work(t, time.Date(2026, 9, 3, 0, 0, 0, 0, time.UTC), 3)
		p, err := usage.Verify(ctx, s, tenant)
		if p = proven(t, p, err); p.Entries != 99 || len(p.Months) != 2 || p.Months[0].Entries+p.Months[1].Entries != 99 || p.Checked == 0 {
			t.Errorf("%+v", p)
		}
		if p.Cost != p.Months[0].Cost+p.Months[1].Cost {
			t.Errorf("%s is not the sum of its months", p.Cost)
		}
		p, err = usage.Verify(ctx, s, "slack/nobody")
		if p = proven(t, p, err); p.Entries != 0 {
			t.Errorf("a workspace without entries: %+v", p)
		}
	})
}

func TestATamperedSumIsFoundNamedAndRebuilt(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *shop) {
		s.work(t, time.Date(2026, 9, 3, 0, 0, 0, 0, time.UTC), 2)
		total := usage.Key{Dim: usage.ByTotal, Value: "all"}
		for _, c := range []struct {
			what   string
			kind   usage.WindowKind
			id     string
			change func(map[usage.Key]usage.Cell, map[string]money.Nano)
		}{
			{"day 2026-08-05 total all cost", usage.Day, "2026-08-05", func(r map[usage.Key]usage.Cell, _ map[string]money.Nano) {
				r[total] = r[total].Add(usage.Cell{Cost: 1})
			}},
			{"week 2026-W36 total all in", usage.Week, "2026-W36", func(r map[usage.Key]usage.Cell, _ map[string]money.Nano) { r[total] = r[total].Add(usage.Cell{In: -1}) }},
			{"month 2026-08 channel ghost cost", usage.Month, "2026-08", func(r map[usage.Key]usage.Cell, _ map[string]money.Nano) {
				r[usage.Key{Dim: usage.ByChannel, Value: "ghost"}] = usage.Cell{Cost: 3}
			}},
			{"month 2026-08 channel C1 ", usage.Month, "2026-08", func(r map[usage.Key]usage.Cell, _ map[string]money.Nano) {
				delete(r, usage.Key{Dim: usage.ByChannel, Value: "C1"})
			}},
			{"month 2026-08 workspace:all settled", usage.Month, "2026-08", func(_ map[usage.Key]usage.Cell, settled map[string]money.Nano) { settled["workspace:all"]-- }},
		} {
			rows, err := s.Rollup(ctx, tenant, c.kind, c.id, usage.Dims()...)
			if err != nil {
				t.Fatal(err)
			}
			settled := map[string]money.Nano{}
			for k, cell := range rows {
				prefix := map[usage.Dim]string{usage.ByTotal: "workspace:", usage.ByChannel: "channel:", usage.ByActor: "user:", usage.ByTeam: "team:", usage.ByWorkflow: "workflow:"}[k.Dim]
				if prefix != "" {
					settled[prefix+k.Value] = cell.Cost
				}
			}
			c.change(rows, settled)
			if err := s.Rebuild(ctx, tenant, c.kind, c.id, rows, settled); err != nil {
				t.Fatal(err)
			}
			p, err := usage.Verify(ctx, s, tenant)
			if err != nil || len(p.Differences) == 0 || !strings.HasPrefix(p.Differences[0].What, c.what) {
				t.Errorf("found %+v, %v; want first %q", p.Differences, err, c.what)
			}
			p, err = usage.Rebuild(ctx, s, s, tenant)
			proven(t, p, err)
		}
	})
}

func TestHeldMoneyIsProvenAgainstOpenHolds(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *shop) {
		s.book(t, s.entry())
		scopes := []usage.Scope{usage.WholeWorkspace(), {Kind: usage.Channel, ID: "C-new:1"}} // a channel without entries
		held, err := s.Hold(ctx, usage.HoldRequest{
			Tenant: tenant, Hold: "j9.1", Scopes: scopes, Windows: s.cal.Windows(s.clk.Now()), Steps: []usage.StepHold{{N: 1, Amount: 70}, {N: 2, Amount: 30}}, TTL: time.Hour,
		})
		if err != nil || !held.Granted {
			t.Fatal(held, err)
		}
		p, err := usage.Verify(ctx, s, tenant)
		if p = proven(t, p, err); p.Held != 100 {
			t.Errorf("held %s, want 100 nano", p.Held)
		}
		p, err = usage.Verify(ctx, heldAway{s}, tenant)
		if err != nil || len(p.Differences) == 0 || !strings.HasSuffix(p.Differences[0].What, " held") || p.Differences[0].Sum != 100 {
			t.Errorf("held money without a hold: %+v, %v", p.Differences, err)
		}
	})
}

// heldAway hides the open holds, so that counters hold money for nobody.
type heldAway struct{ *shop }

func (heldAway) OpenHolds(context.Context, string) ([]usage.OpenHold, error) { return nil, nil }

// moving books an entry between Verify's look at the rows and at the sums, the
// first two times.
type moving struct {
	*shop
	t    *testing.T
	left int
}

func (m *moving) OpenHolds(ctx context.Context, tenant string) ([]usage.OpenHold, error) {
	if m.left--; m.left >= 0 {
		m.book(m.t, m.entry())
	}
	return m.shop.OpenHolds(ctx, tenant)
}

func TestABookingDuringVerifyIsNotADifference(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *shop) {
		s.book(t, s.entry())
		p, err := usage.Verify(ctx, &moving{s, t, 2}, tenant)
		if p = proven(t, p, err); p.Entries != 3 {
			t.Errorf("%d entries, want 3", p.Entries)
		}
	})
}

func TestACorrectionGoesIntoTheOldWindowsOnce(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *shop) {
		e := s.entry()
		e.Cost, e.Status, e.Source, e.Tokens = 900, usage.OK, usage.Computed, token.Count{Input: 10, Output: 4}
		old := s.book(t, e)
		s.clk.Advance(40 * 24 * time.Hour)
		found, err := usage.FindEntry(ctx, s, tenant, old.ID)
		if err != nil || found.Cost != 900 {
			t.Fatal(found, err)
		}
		var first usage.Settled
		for i := range 3 {
			got, err := usage.Correct(ctx, s, found, 1, 650, "invoice")
			if err != nil || got.Booked != (i == 0) {
				t.Fatalf("correction, time %d: booked %v, %v", i+1, got.Booked, err)
			}
			if i == 0 {
				first = got
			}
		}
		c := first.Entry
		if c.Cost != -250 || c.Corrects != old.ID || c.Status != usage.Corrected || c.Windows != old.Windows || !c.At.Equal(s.clk.Now()) || c.Tokens.In() != 0 {
			t.Errorf("the correction is %+v", c)
		}
		for _, w := range s.cal.Windows(old.At) {
			rows, err := s.Rollup(ctx, tenant, w.Kind, w.ID, usage.ByTotal)
			if got := rows[usage.Key{Dim: usage.ByTotal, Value: "all"}]; err != nil || got.Cost != 650 || got.Entries != 2 || got.Over != 0 {
				t.Errorf("%s: %+v, %v; want 650 nano", w.ID, got, err)
			}
		}
		p, err := usage.Verify(ctx, s, tenant)
		if p = proven(t, p, err); len(p.Months) != 1 {
			t.Errorf("months %+v, want the old one alone", p.Months)
		}
		if _, err := usage.FindEntry(ctx, s, tenant, "nothing"); !errors.Is(err, usage.ErrNoEntry) {
			t.Errorf("an unknown id: %v", err)
		}
		for _, bad := range []money.Nano{-1, money.Max + 1} {
			if _, err := usage.Correct(ctx, s, found, 2, bad, "x"); !errors.Is(err, money.ErrRange) {
				t.Errorf("corrected to %d: %v", bad, err)
			}
		}
	})
}

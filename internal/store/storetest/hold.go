package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/usage"
)

func holdTests() []scenario {
	return []scenario{
		{"a hold is counted in every scope and window", holdCounts},
		{"a hold may use the limit up and no more", holdExact},
		{"a refused hold leaves no trace", refusedHold},
		{"a hold asked twice is one hold", holdTwice},
		{"a closed hold stays closed", holdClosed},
		{"the refusal is the first in the order of the request", firstRefusal},
		{"own limit before role before any", templates},
		{"a soft limit is told and never refuses", softLimit},
		{"extra counts until it expires", extra},
		{"a limit lowered in flight refuses the next hold", lowered},
		{"an extra lies over the limit in force and is gone at its end", extraOverTemplate},
		{"extras of several approvals add up", severalExtras},
		{"limits are put and removed at once", limitList},
		{"limits and extras that cannot be kept are refused", absurdLimits},
		{"what costs nothing is held at an exhausted limit", freeHold},
		{"the store's clock chooses the window", boundary},
		{"a hold stays in the window it was made in", overMidnight},
		{"workspaces do not share counters", ownCounters},
		{"no number of callers passes a limit", crowd},
	}
}

func holdCounts(t *testing.T, h Harness) {
	k := newKit(t, h)
	now := h.Now()
	held := k.hold("h1", 10, 0, 5)
	same(k, "granted", held.Granted, true)
	same(k, "windows", held.Windows, inForce(k.windows(), now))
	same(k, "levels without a limit", len(held.Levels), 0)
	k.stands(0, 15)
	open, err := k.s.OpenHolds(k.ctx, lab)
	k.must(err)
	same(k, "open holds", len(open), 1)
	same(k, "hold", open[0].Hold, "h1")
	same(k, "held", open[0].Held, 15)
	near(k, "since", open[0].Since, now)
	near(k, "expires", open[0].Expires, now.Add(ttl))
	same(k, "scopes", len(open[0].Scopes), 5)
	same(k, "windows", open[0].Windows, held.Windows)
}

func holdExact(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.limit(usage.Workspace, "all", usage.Day, 100)
	k.granted("h1", 40, 20)
	k.refused(usage.Workspace, usage.Day, "h2", 41)
	k.granted("h2", 40)
	k.settle("h1", 1, 30) // 10 less than held
	k.refused(usage.Workspace, usage.Day, "h3", 11)
	held := k.hold("h3", 10)
	same(k, "granted", held.Granted, true)
	same(k, "limited levels", len(held.Levels), 1)
	l := held.Levels[0]
	if l.Settled != 30 || l.Held != 70 || l.Limit != 100 || !l.Limited || l.Then != usage.Refuse || l.Headroom() != 0 || !l.Ends.Equal(k.windows()[0].Boundary) {
		k.Fatalf("level after the hold is %+v", l)
	}
}

func refusedHold(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.limit(usage.User, "ann", usage.Month, 100)
	k.granted("h1", 90)
	got := k.refused(usage.User, usage.Month, "h2", 5, 6)
	if got.Refused.Held != 90 || got.Refused.Limit != 100 || got.Refused.Headroom() != 10 || got.Refused.Scope.ID != "ann" {
		k.Fatalf("refused at %+v", got.Refused)
	}
	same(k, "levels as they stand", len(got.Levels), 1)
	same(k, "held as it stands", got.Levels[0].Held, 90)
	k.stands(0, 90)
	open, err := k.s.OpenHolds(k.ctx, lab)
	k.must(err)
	same(k, "open holds", len(open), 1)
	k.is(k.dispatch("h2", 1, 5), usage.ErrNoHold, "dispatch of a refused hold")
	k.granted("h2", 5, 5)
	k.stands(0, 100)
}

func holdTwice(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.limit(usage.Team, "red", usage.Week, 100)
	first := k.hold("h1", 60)
	second := k.hold("h1", 60) // would not fit a second time
	same(k, "granted", second.Granted, true)
	same(k, "windows", second.Windows, first.Windows)
	same(k, "levels", len(second.Levels), len(first.Levels))
	same(k, "held", second.Levels[0].Held, first.Levels[0].Held)
	k.stands(0, 60)
	k.hold("h1", 1, 2, 3) // not even when it asks for something else
	k.stands(0, 60)
}

func holdClosed(t *testing.T, h Harness) {
	k := newKit(t, h)
	j := k.one("j1")
	k.granted(j.Hold(), 10)
	k.done(j)
	k.stands(0, 0)
	same(k, "answered as before", k.hold(j.Hold(), 10).Granted, true)
	k.stands(0, 0)
	k.is(k.dispatch(j.Hold(), 1, 10), usage.ErrNoHold, "dispatch of a closed hold")
}

func firstRefusal(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.limit(usage.User, "ann", usage.Day, 10)
	k.limit(usage.Team, "red", usage.Month, 10)
	k.limit(usage.Team, "red", usage.Week, 10)
	k.limit(usage.Workspace, "all", usage.Month, 20)
	k.refused(usage.Team, usage.Week, "h1", 11)
	k.refused(usage.Workspace, usage.Month, "h1", 21)
}

func templates(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.limit(usage.User, usage.AnyID, usage.Day, 30)
	k.limit(usage.Channel, usage.AnyID, usage.Day, 1000)
	k.refused(usage.User, usage.Day, "h1", 31)
	k.limit(usage.User, "role:intern", usage.Day, 20)
	k.refused(usage.User, usage.Day, "h1", 21)
	k.limit(usage.User, "ann", usage.Day, 50)
	k.granted("h1", 50)
	k.must(k.s.SetLimits(k.ctx, lab, nil, []string{"user:ann:day"}))
	same(k, "template in force", k.level(usage.User, usage.Day).Limit, 20)
	same(k, "another window has none", k.level(usage.User, usage.Week).Limited, false)
	same(k, "each channel", k.level(usage.Channel, usage.Day).Limit, 1000)
	same(k, "a scope without templates", k.level(usage.Team, usage.Day).Limited, false)

	// A template is a limit for each, not a shared one.
	r := k.request("h2", 20)
	r.Scopes[3].ID = "bob"
	held, err := k.s.Hold(k.ctx, r)
	k.must(err)
	same(k, "another person's own 20", held.Granted, true)
}

func softLimit(t *testing.T, h Harness) {
	k := newKit(t, h)
	soft := usage.Limit{Scope: usage.Workspace, ID: "all", Window: usage.Day, Amount: 10, Then: usage.Warn}
	k.must(k.s.SetLimits(k.ctx, lab, []usage.Limit{soft}, nil))
	held := k.hold("h1", 25)
	same(k, "granted", held.Granted, true)
	same(k, "told", len(held.Levels), 1)
	if l := held.Levels[0]; !l.Limited || l.Then != usage.Warn || l.Limit != 10 || l.Held != 25 {
		k.Fatalf("level is %+v", l)
	}
	for i, then := range []usage.AtLimit{usage.Refuse, usage.LowerTier, usage.EconomyOnly, usage.LocalOnly} {
		soft.Then = then
		k.must(k.s.SetLimits(k.ctx, lab, []usage.Limit{soft}, nil))
		got := k.refused(usage.Workspace, usage.Day, name("x", i), 1)
		same(k, "then", got.Refused.Then, then)
	}
}

func extra(t *testing.T, h Harness) {
	k := newKit(t, h)
	until := h.Now().Add(time.Hour)
	k.must(k.s.SetLimits(k.ctx, lab, []usage.Limit{{
		Scope: usage.User, ID: "ann", Window: usage.Month, Amount: 10, Then: usage.Refuse, Extra: 5, ExtraUntil: until,
	}}, nil))
	k.granted("h1", 15)
	k.refused(usage.User, usage.Month, "h2", 1)
	h.Advance(time.Hour - time.Minute)
	same(k, "just before its end", k.level(usage.User, usage.Month).Limit, 15)
	h.Advance(time.Minute)
	same(k, "at its end", k.level(usage.User, usage.Month).Limit, 10)
	got := k.refused(usage.User, usage.Month, "h2", 1)
	same(k, "no headroom below zero", got.Refused.Headroom(), 0)
}

func lowered(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.limit(usage.Workspace, "all", usage.Day, 100)
	k.granted("h1", 80)
	k.must(k.dispatch("h1", 1, 80))
	k.limit(usage.Workspace, "all", usage.Day, 50)
	got := k.settle("h1", 1, 80) // the money is gone, so it is booked
	same(k, "booked", got.Booked, true)
	same(k, "levels", len(got.Levels), 1)
	same(k, "settled above the limit", got.Levels[0].Settled, 80)
	same(k, "limit in force", got.Levels[0].Limit, 50)
	k.refused(usage.Workspace, usage.Day, "h2", 1)
	k.limit(usage.Workspace, "all", usage.Day, 81)
	k.granted("h2", 1)
}

func limitList(t *testing.T, h Harness) {
	k := newKit(t, h)
	put := []usage.Limit{
		{Scope: usage.User, ID: usage.AnyID, Window: usage.Day, Amount: 2, Then: usage.LowerTier},
		{Scope: usage.Channel, ID: "C1", Window: usage.Month, Amount: money.Max - 3, Then: usage.Refuse, Extra: 3, ExtraUntil: h.Now().Add(time.Hour).Truncate(time.Millisecond)},
		{Scope: usage.Team, ID: "red", Window: usage.Week, Amount: 0, Then: usage.Warn},
	}
	k.must(k.s.SetLimits(k.ctx, lab, put, nil))
	k.must(k.s.SetLimits(k.ctx, lab, []usage.Limit{put[0]}, []string{put[2].Key(), "user:nobody:day"}))
	got, err := k.s.Limits(k.ctx, lab)
	k.must(err)
	same(k, "limits", len(got), 2)
	for i, want := range []usage.Limit{put[1], put[0]} {
		same(k, "until", got[i].ExtraUntil.Equal(want.ExtraUntil), true)
		got[i].ExtraUntil = want.ExtraUntil
		same(k, "limit", got[i], want)
	}
	got, err = k.s.Limits(k.ctx, "other")
	k.must(err)
	same(k, "limits of another workspace", len(got), 0)
}

func freeHold(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.limit(usage.Workspace, "all", usage.Day, 0)
	k.granted("h1", 0, 0)
	k.settle("late", 1, 5) // above the limit now
	k.granted("h2", 0)
	k.must(k.dispatch("h2", 1, 0))
	same(k, "booked", k.settle("h2", 1, 0).Booked, true)
	k.refused(usage.Workspace, usage.Day, "h3", 1)
}

func boundary(t *testing.T, h Harness) {
	k := newKit(t, h)
	ws := k.windows()
	day := ws[0]
	h.Advance(day.Boundary.Sub(h.Now()) - time.Minute)
	r := k.request("h1", 1)
	r.Windows = ws
	held, err := k.s.Hold(k.ctx, r)
	k.must(err)
	same(k, "before the boundary", held.Windows.Day, day.ID)
	h.Advance(time.Minute) // the boundary itself, or just after it
	r.Hold = "h2"
	held, err = k.s.Hold(k.ctx, r) // the caller's windows are of a minute ago
	k.must(err)
	same(k, "at the boundary", held.Windows.Day, day.Next)
	levels, err := k.s.Levels(k.ctx, lab, people()[:1], ws[:1])
	k.must(err)
	same(k, "level at the boundary", levels[0].ID, day.Next)
	same(k, "held in the new day", levels[0].Held, 1)
}

func overMidnight(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.limit(usage.Workspace, "all", usage.Day, 10)
	ws := k.windows()
	r := k.request("h1", 8)
	r.TTL = 100 * 24 * time.Hour
	held, err := k.s.Hold(k.ctx, r)
	k.must(err)
	h.Advance(32 * 24 * time.Hour) // another day, week and month
	k.stands(0, 0)
	k.granted("h2", 10)
	got := k.settle("h1", 1, 8)
	same(k, "windows of the entry", got.Entry.Windows, held.Windows)
	k.stands(0, 10)
	for _, w := range ws {
		levels, err := k.s.Levels(k.ctx, lab, people()[:1], []usage.Window{{Kind: w.Kind, ID: "x", Next: w.ID, Boundary: w.Boundary}})
		k.must(err)
		same(k, "settled per "+string(w.Kind), levels[0].Settled, 8)
		same(k, "held per "+string(w.Kind), levels[0].Held, 0)
	}
}

func ownCounters(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.limit(usage.Workspace, "all", usage.Day, 10)
	o := k
	o.tenant = "other"
	o.granted("h1", 50)
	k.granted("h1", 10)
	k.stands(0, 10)
	o.stands(0, 50)
	o.settle("h1", 1, 20)
	k.stands(0, 10)
}

// crowd lets 64 callers hold, dispatch and settle against one limit at once.
func crowd(t *testing.T, h Harness) {
	const callers, each, amount, limit = 64, 4, 7, 500
	k := newKit(t, h)
	k.limit(usage.Team, "red", usage.Month, limit)
	errs := make(chan error, callers)
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() { errs <- k.spend(c, each, amount, limit) })
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		k.must(err)
	}
	l := k.level(usage.Team, usage.Month)
	same(k, "held at the end", l.Held, 0)
	if l.Settled > limit || l.Settled <= limit-amount {
		k.Fatalf("settled %d: above the limit of %d, or an estimate of %d would still have fitted", l.Settled, limit, amount)
	}
	rows := k.entries()
	same(k, "rows", len(rows), int(l.Settled/amount))
	b := inForce(k.windows(), h.Now())
	k.sums(rows, usage.Month, b.Month)
}

// spend is one caller of the crowd. It runs beside others, so it returns its
// error.
func (k kit) spend(caller, times int, amount, limit money.Nano) error {
	for i := range times {
		id := fmt.Sprintf("h%d-%d", caller, i)
		held, err := k.s.Hold(k.ctx, k.request(id, amount))
		if err != nil || !held.Granted {
			return err
		}
		for _, l := range held.Levels {
			if l.Settled+l.Held > limit {
				return fmt.Errorf("granted up to %d above a limit of %d", l.Settled+l.Held, limit)
			}
		}
		if err := k.dispatch(id, 1, amount); err != nil {
			return err
		}
		if _, err := k.s.Settle(k.ctx, k.settlement(id, 1, amount)); err != nil {
			return err
		}
	}
	return nil
}

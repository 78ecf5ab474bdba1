package storetest

import (
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/token"
	"github.com/tierwise/tierwise/usage"
)

func settleTests() []scenario {
	return []scenario{
		{"an entry comes back as it was booked", entryKept},
		{"an attempt settled twice is booked once", settleTwice},
		{"a step settled gives back its own part", settleParts},
		{"an entry above its estimate is booked and counted", overshoot},
		{"without a hold the store's clock chooses", withoutHold},
		{"settle and finish are one step", settleFinish},
		{"a finish repeated books and posts nothing more", finishTwice},
		{"a lost ticket loses no money", lostMoney},
		{"a record conflict applies nothing", finishConflict},
		{"an uncertain row is corrected once", corrected},
		{"a job's own uncertain entry is corrected too", ownUncertain},
		{"dispatch needs an open hold and its step", dispatches},
	}
}

func entryKept(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.granted("h1", 50)
	reported := money.Nano(0)
	e := usage.Entry{
		ID: "h1.1", Tenant: lab, Job: "j1", Purpose: "vote", Channel: "C1", Thread: "171.2", Actor: "ann", Team: "red", Workflow: "triage",
		Intent: "classify", Tier: "standard", Provider: "p", Model: "p/m", Served: "p/m-2", Region: "eu", Class: "internal",
		Reasons: []string{"cheapest_fit", "sticky"}, Tokens: token.Count{Input: 1, CacheRead: 2, CacheWrite5m: 3, CacheWrite1h: 4, Output: 5, Reasoning: 6},
		Price: "p/m@2026-11-01", Cost: money.Max - 1, Reported: &reported, Source: usage.FromProvider, Estimate: 50, Status: usage.Failed,
		Latency: 1234, First: 56, Sample: true,
	}
	now := h.Now()
	got, err := k.s.Settle(k.ctx, usage.Settlement{Tenant: lab, Hold: "h1", Step: 1, Entry: &e})
	k.must(err)
	same(k, "booked", got.Booked, true)
	rows := k.entries()
	same(k, "rows", len(rows), 1)
	for _, row := range []usage.Entry{got.Entry, rows[0]} {
		near(k, "at", row.At, now)
		same(k, "zone", row.At.Location(), time.UTC)
		same(k, "windows", row.Windows, inForce(k.windows(), now))
		same(k, "reasons", list(row.Reasons), list(e.Reasons))
		if row.Reported == nil || *row.Reported != 0 {
			k.Fatalf("reported %v, want a zero that is not missing", row.Reported)
		}
		k.sameEntry(row, withWindows(e, row.Windows))
		same(k, "thread", row.Thread, e.Thread)
		same(k, "served", row.Served, e.Served)
		same(k, "region and class", row.Region+row.Class, e.Region+e.Class)
		same(k, "price", row.Price, e.Price)
		same(k, "latency", row.Latency, e.Latency)
		same(k, "first", row.First, e.First)
		same(k, "sample", row.Sample, true)
	}
	same(k, "exact to the nano", k.level(usage.Workspace, usage.Month).Settled, money.Max-1)
}

func withWindows(e usage.Entry, b usage.Booked) usage.Entry {
	e.Windows = b
	return e
}

func settleTwice(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.granted("h1", 50, 20)
	first := k.settle("h1", 1, 30)
	second := k.settle("h1", 1, 30)
	same(k, "booked again", second.Booked, false)
	k.sameEntry(second.Entry, first.Entry)
	k.settle("h1", 1, 45) // another figure for the same attempt is still a repetition
	k.stands(30, 20)
	same(k, "rows", len(k.entries()), 1)
}

func settleParts(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.granted("h1", 50, 20, 5)
	k.settle("h1", 2, 10)
	k.stands(10, 55)
	k.settle("h1", 1, 50)
	k.stands(60, 5)
	k.settle("h1", 9, 1) // a step the hold does not have: booked, nothing released
	k.stands(61, 5)
	k.sums(k.entries(), usage.Day, inForce(k.windows(), h.Now()).Day)
}

func overshoot(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.limit(usage.User, "ann", usage.Day, 60)
	k.granted("h1", 50)
	got := k.settle("h1", 1, 75)
	same(k, "levels", len(got.Levels), 1)
	same(k, "settled", got.Levels[0].Settled, 75)
	same(k, "held", got.Levels[0].Held, 0)
	b := inForce(k.windows(), h.Now())
	rows, err := k.s.Rollup(k.ctx, lab, usage.Day, b.Day, usage.ByTotal)
	k.must(err)
	cell := rows[usage.Key{Dim: usage.ByTotal, Value: "all"}]
	same(k, "overshoot", cell.Over, 1)
	same(k, "by how much", cell.OverBy, 25)
	same(k, "rows of one dimension", len(rows), 1)
}

func withoutHold(t *testing.T, h Harness) {
	k := newKit(t, h)
	ws := k.windows()
	e := k.entry("old.1.1", 7)
	h.Advance(ws[0].Boundary.Sub(h.Now()) + time.Minute)
	st := usage.Settlement{Tenant: lab, Hold: "old.1", Step: 1, Entry: &e, Fallback: ws}
	got, err := k.s.Settle(k.ctx, st)
	k.must(err)
	same(k, "booked", got.Booked, true)
	same(k, "day by the store's clock", got.Entry.Windows, inForce(ws, h.Now()))
	other := k.entry("old.1.2", 3)
	st.Entry, st.Fallback = &other, nil
	got, err = k.s.Settle(k.ctx, st)
	k.must(err)
	same(k, "without any windows", got.Entry.Windows, inForce(k.windows(), h.Now()))
	k.stands(10, 0)
}

// closing is a settlement that finishes a job with a post and a record.
func (k kit) closing(j job.Ticket, step int, cost money.Nano) usage.Settlement {
	st := k.settlement(j.Hold(), step, cost)
	st.Finish = &job.Finish{
		Ticket: j,
		Posts:  []job.Outgoing{{ID: j.Job.ID + "/1", Tenant: lab, Lane: "a"}, {ID: j.Job.ID + "/2", Tenant: lab, Lane: "a"}},
		Writes: []record.Write{record.Put(record.Receipt, j.Job.ID, []byte("why"), time.Hour)},
	}
	return st
}

func settleFinish(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.accept("j1", thread("a"))
	k.accept("j2", thread("a"))
	j := k.gives(10, "j1")[0]
	k.granted(j.Hold(), 50, 20, 10)
	k.must(k.dispatch(j.Hold(), 1, 50))
	k.must(k.dispatch(j.Hold(), 2, 20))
	got, err := k.s.Settle(k.ctx, k.closing(j, 1, 40))
	k.must(err)
	same(k, "booked", got.Booked, true)
	k.stands(60, 0) // step 2 was sent and never settled: booked at its estimate
	same(k, "rows", len(k.entries()), 2)
	k.has(record.Receipt, "j1", "why", 1)
	k.must(k.s.Confirm(k.ctx, k.sends("j1/1")[0]))
	k.sends("j1/2")
	k.gives(10, "j2")
}

func finishTwice(t *testing.T, h Harness) {
	k := newKit(t, h)
	j := k.one("j1")
	k.granted(j.Hold(), 50)
	_, err := k.s.Settle(k.ctx, k.closing(j, 1, 40))
	k.must(err)
	got, err := k.s.Settle(k.ctx, k.closing(j, 1, 40))
	k.is(err, job.ErrLost, "finish again")
	same(k, "booked again", got.Booked, false)
	same(k, "row", got.Entry.ID, "j1.1.1")
	k.stands(40, 0)
	k.has(record.Receipt, "j1", "why", 1)
	same(k, "posts", len(k.sends("j1/1")), 1)
}

func lostMoney(t *testing.T, h Harness) {
	k := newKit(t, h)
	stale := k.one("j1")
	h.Advance(lease)
	current := k.gives(1, "j1")[0]
	got, err := k.s.Settle(k.ctx, k.closing(stale, 1, 40))
	k.is(err, job.ErrLost, "finish with a lost ticket")
	same(k, "booked all the same", got.Booked, true)
	same(k, "row", got.Entry.ID, "j1.1.1")
	k.stands(40, 0)
	k.hasNot(record.Receipt, "j1")
	k.sends()
	_, err = k.s.Settle(k.ctx, k.closing(current, 1, 2))
	k.must(err)
	k.stands(42, 0)
}

func finishConflict(t *testing.T, h Harness) {
	k := newKit(t, h)
	j := k.one("j1")
	k.granted(j.Hold(), 50, 20)
	k.put(record.Draft, "d", "theirs")
	st := k.closing(j, 1, 40)
	st.Finish.Writes = append(st.Finish.Writes, record.Write{Kind: record.Draft, ID: "d", Expect: 0})
	_, err := k.s.Settle(k.ctx, st)
	k.is(err, record.ErrConflict, "a finish that conflicts")
	k.stands(0, 70)
	same(k, "rows", len(k.entries()), 0)
	k.hasNot(record.Receipt, "j1")
	k.sends()
	_, err = k.s.Beat(k.ctx, j, lease, nil)
	k.must(err)
	st.Finish.Writes[1].Expect = 1
	got, err := k.s.Settle(k.ctx, st)
	k.must(err)
	same(k, "booked at the second try", got.Booked, true)
	k.stands(40, 0)
	k.has(record.Draft, "d", "", 2)
}

func corrected(t *testing.T, h Harness) {
	k := newKit(t, h)
	r := k.request("h1", 50)
	held, err := k.s.Hold(k.ctx, r)
	k.must(err)
	k.must(k.dispatch("h1", 1, 50))
	h.Advance(31 * 24 * time.Hour) // the correction comes in another month
	_, err = k.s.Sweep(k.ctx)
	k.must(err)
	got := k.settle("h1", 1, 20)
	same(k, "booked", got.Booked, true)
	want := k.entry("h1.1.c1", -30)
	want.Corrects, want.Status, want.Windows = "h1.1", usage.Corrected, held.Windows
	want.Tokens = token.Count{Output: -30} // 100 and 20 instead of 100 and 50
	k.sameEntry(got.Entry, want)
	near(k, "corrected now", got.Entry.At, h.Now())
	for range 2 {
		again := k.settle("h1", 1, 20)
		same(k, "corrected again", again.Booked, false)
		k.sameEntry(again.Entry, want)
	}
	k.stands(0, 0) // nothing in the month that runs now
	rows := k.entries()
	same(k, "rows", len(rows), 2)
	same(k, "first the uncertain row", rows[0].Status, usage.Uncertain)
	same(k, "its windows", rows[0].Windows, held.Windows)
	for _, w := range usage.WindowKinds() {
		k.sums(rows, w, held.Windows.Of(w))
		levels, err := k.s.Levels(k.ctx, lab, people()[3:4], []usage.Window{{Kind: w, Next: held.Windows.Of(w)}})
		k.must(err)
		same(k, "settled per "+string(w), levels[0].Settled, 20)
	}
}

func ownUncertain(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.granted("h1", 50)
	e := k.provisional("h1.1", 50)
	st := usage.Settlement{Tenant: lab, Hold: "h1", Step: 1, Entry: &e}
	for i := range 2 {
		got, err := k.s.Settle(k.ctx, st)
		k.must(err)
		same(k, "booked", got.Booked, i == 0)
	}
	k.stands(50, 0)
	got := k.settle("h1", 1, 60)
	same(k, "correction", got.Entry.ID, "h1.1.c1")
	same(k, "difference", got.Entry.Cost, 10)
	again, err := k.s.Settle(k.ctx, st) // the uncertain one once more, late
	k.must(err)
	same(k, "booked after the correction", again.Booked, false)
	k.sameEntry(again.Entry, got.Entry)
	k.stands(60, 0)
}

func dispatches(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.is(k.dispatch("h1", 1, 5), usage.ErrNoHold, "no such hold")
	k.granted("h1", 5)
	k.is(k.dispatch("h1", 2, 5), usage.ErrNoHold, "no such step")
	k.must(k.dispatch("h1", 1, 5))
	k.must(k.dispatch("h1", 1, 5))
	k.stands(0, 5)
	h.Advance(ttl)
	_, err := k.s.Sweep(k.ctx)
	k.must(err)
	k.stands(5, 0)
	k.is(k.dispatch("h1", 1, 5), usage.ErrNoHold, "swept")
	same(k, "rows", len(k.entries()), 1)
}

package storetest

import (
	"testing"
	"time"

	"github.com/tierwise/tierwise/usage"
)

func closeTests() []scenario {
	return []scenario{
		{"a dead worker's hold is closed by the next delivery", closedByClaim},
		{"a job given back closes its hold", closedByReturn},
		{"sweep closes what is past its time, once", sweeps},
		{"sweep books every sent step", sweepsSteps},
		{"a step settled before its hold is not booked again", settledBefore},
	}
}

// threeSteps holds 30 + 20 + 10, sends the first two and settles the first at 25.
func (k kit) threeSteps(hold string) {
	k.Helper()
	k.granted(hold, 30, 20, 10)
	k.must(k.dispatch(hold, 1, 30))
	k.must(k.dispatch(hold, 2, 20))
	k.settle(hold, 1, 25)
	k.stands(25, 30)
}

// closed demands what closing threeSteps leaves: step 2 booked, step 3 given back.
func (k kit) closed(hold string) {
	k.Helper()
	k.stands(45, 0)
	rows := k.entries()
	same(k, "rows", len(rows), 2)
	same(k, "row", rows[1].ID, attempt(hold, 2))
	same(k, "status", rows[1].Status, usage.Uncertain)
	same(k, "source", rows[1].Source, usage.Estimated)
	same(k, "cost", rows[1].Cost, 20)
	open, err := k.s.OpenHolds(k.ctx, k.tenant)
	k.must(err)
	same(k, "open holds", len(open), 0)
	k.is(k.dispatch(hold, 3, 10), usage.ErrNoHold, "dispatch after closing")
	b := inForce(k.windows(), k.h.Now())
	for _, w := range usage.WindowKinds() {
		k.sums(rows, w, b.Of(w))
	}
}

func closedByClaim(t *testing.T, h Harness) {
	k := newKit(t, h)
	j := k.one("j1")
	k.threeSteps(j.Hold())
	h.Advance(lease)
	k.stands(25, 30) // a lease that ran out changes nothing by itself
	next := k.gives(1, "j1")[0]
	k.closed(j.Hold())
	k.granted(next.Hold(), 5)
	k.stands(45, 5)
}

func closedByReturn(t *testing.T, h Harness) {
	k := newKit(t, h)
	j := k.one("j1")
	k.threeSteps(j.Hold())
	k.must(k.s.Return(k.ctx, j, 0, "x"))
	k.closed(j.Hold())
}

func sweeps(t *testing.T, h Harness) {
	k := newKit(t, h)
	sweep := func(released, uncertain int) {
		t.Helper()
		got, err := k.s.Sweep(k.ctx)
		k.must(err)
		same(k, "swept", got, usage.Swept{Released: released, Uncertain: uncertain})
	}
	k.threeSteps("h1")
	h.Advance(ttl - time.Minute)
	sweep(0, 0)
	k.granted("young", 7)
	k.stands(25, 37)
	h.Advance(time.Minute)
	sweep(0, 1)
	k.stands(45, 7)
	sweep(0, 0)
	h.Advance(ttl)
	sweep(1, 0)
	k.stands(45, 0)
	k.closed("h1")
}

func sweepsSteps(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.granted("h1", 1, 2, 3, 4)
	for step := 1; step <= 3; step++ {
		k.must(k.dispatch("h1", step, 10))
	}
	h.Advance(ttl)
	got, err := k.s.Sweep(k.ctx)
	k.must(err)
	same(k, "swept", got, usage.Swept{Uncertain: 3})
	k.stands(30, 0)
	rows := k.entries()
	same(k, "rows", len(rows), 3)
	for i, e := range rows {
		same(k, "order of the steps", e.ID, attempt("h1", i+1))
	}
	k.settle("h1", 4, 9) // nobody said it was sent, but the money is gone
	k.stands(39, 0)
}

func settledBefore(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.settle("h1", 1, 9) // a spooled settle that overtook everything else
	k.granted("h1", 10)
	k.must(k.dispatch("h1", 1, 10))
	h.Advance(ttl)
	got, err := k.s.Sweep(k.ctx)
	k.must(err)
	same(k, "swept", got, usage.Swept{})
	k.stands(9, 0)
	same(k, "rows", len(k.entries()), 1)
}

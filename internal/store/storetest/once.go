package storetest

import (
	"testing"
	"time"
)

func onceTests() []scenario {
	return []scenario{
		{"a mark is first once", marksOnce},
		{"a lease has one holder", leases},
		{"a rate counts each id once", rates},
		{"a rate of none refuses", noRate},
	}
}

func marksOnce(t *testing.T, h Harness) {
	k := newKit(t, h)
	mark := func(tenant, key string) bool {
		first, err := k.s.Mark(k.ctx, tenant, key, time.Hour)
		k.must(err)
		return first
	}
	same(k, "first", mark(lab, "a"), true)
	h.Advance(30 * time.Minute)
	same(k, "second", mark(lab, "a"), false)
	same(k, "another key", mark(lab, "b"), true)
	same(k, "another workspace", mark("other", "a"), true)
	h.Advance(30 * time.Minute)
	same(k, "expired, not prolonged", mark(lab, "a"), true)
}

func leases(t *testing.T, h Harness) {
	k := newKit(t, h)
	take := func(holder string, d time.Duration) bool {
		ok, err := k.s.Lease(k.ctx, "job", holder, d)
		k.must(err)
		return ok
	}
	same(k, "taken", take("a", time.Hour), true)
	same(k, "refused", take("b", time.Hour), false)
	h.Advance(30 * time.Minute)
	same(k, "renewed", take("a", time.Hour), true)
	h.Advance(45 * time.Minute)
	same(k, "still the first holder's", take("b", time.Hour), false)
	same(k, "not b's to give up", take("b", 0), false)
	same(k, "so it stays", take("b", time.Hour), false)
	same(k, "given up", take("a", 0), false)
	same(k, "free", take("b", time.Hour), true)
	h.Advance(time.Hour)
	same(k, "expired", take("a", time.Hour), true)
	ok, err := k.s.Lease(k.ctx, "another", "b", time.Hour)
	k.must(err)
	same(k, "another name", ok, true)
}

func rates(t *testing.T, h Harness) {
	k := newKit(t, h)
	start := h.Now()
	take := func(id string, wantOK, wantTold bool) time.Time {
		t.Helper()
		ok, told, reset, err := k.s.Take(k.ctx, lab, "person:ann", id, 2, 10*time.Minute)
		k.must(err)
		same(k, id+" allowed", ok, wantOK)
		same(k, id+" told", told, wantTold)
		return reset
	}
	near(k, "reset", take("1", true, false), start.Add(10*time.Minute))
	h.Advance(4 * time.Minute)
	take("1", true, false)
	near(k, "fixed window", take("2", true, false), start.Add(10*time.Minute))
	take("3", false, true)
	take("4", false, false)
	take("3", false, true) // the same answer again, so that a repeated call tells too
	take("2", true, false)
	near(k, "reset of a refusal", take("5", false, false), start.Add(10*time.Minute))
	_, _, _, err := k.s.Take(k.ctx, "other", "person:ann", "1", 2, 10*time.Minute)
	k.must(err)
	h.Advance(6 * time.Minute)
	near(k, "next window", take("4", true, false), start.Add(20*time.Minute))
	take("1", true, false)
	take("6", false, true)
}

func noRate(t *testing.T, h Harness) {
	k := newKit(t, h)
	for i, id := range []string{"1", "2"} {
		ok, told, reset, err := k.s.Take(k.ctx, lab, "key", id, 0, time.Minute)
		k.must(err)
		same(k, "allowed", ok, false)
		same(k, "told", told, i == 0)
		near(k, "reset", reset, h.Now().Add(time.Minute))
	}
}

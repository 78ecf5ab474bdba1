package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/usage"
)

// approve puts an extra over the limit of ann in a window.
func (k kit) approve(approval string, w usage.WindowKind, amount money.Nano, until time.Time) {
	k.Helper()
	k.must(k.s.SetLimits(k.ctx, k.tenant, []usage.Limit{{Scope: usage.User, ID: "ann", Window: w, Approval: approval, Extra: amount, ExtraUntil: until, Reason: "the release"}}, nil))
}

// under compares the limit in force for ann and the part of it that is extra.
func (k kit) under(what string, w usage.WindowKind, limit, extra money.Nano, until time.Time) {
	k.Helper()
	l := k.level(usage.User, w)
	same(k, what+": limited", l.Limited, true)
	same(k, what+": limit", l.Limit, limit)
	same(k, what+": extra", l.Extra, extra)
	same(k, what+": until", l.ExtraUntil.Equal(until), true)
}

// extraOverTemplate: an approved extra follows the template it lies over and
// leaves nothing behind.
func extraOverTemplate(t *testing.T, h Harness) {
	k := newKit(t, h)
	until := h.Now().Add(time.Hour).Truncate(time.Millisecond)
	k.limit(usage.User, usage.AnyID, usage.Day, 30)
	k.approve("a1", usage.Day, 5, until)
	k.under("over the template", usage.Day, 35, 5, until)
	same(k, "another window has none", k.level(usage.User, usage.Week).Limited, false)
	k.granted("h1", 35)
	got := k.refused(usage.User, usage.Day, "h2", 1)
	same(k, "the refusal knows the extra", got.Refused.Extra, 5)

	k.limit(usage.User, usage.AnyID, usage.Day, 20)
	k.under("the template was lowered", usage.Day, 25, 5, until)
	k.limit(usage.User, "role:intern", usage.Day, 10)
	k.under("a better template", usage.Day, 15, 5, until)
	k.limit(usage.User, "ann", usage.Day, 50)
	k.under("a limit of her own", usage.Day, 55, 5, until)
	k.must(k.s.SetLimits(k.ctx, lab, nil, []string{"user:ann:day", "user:role:intern:day", "user:*:day"}))
	same(k, "no limit is left for the extra to lie over", k.level(usage.User, usage.Day).Limited, false)
	k.limit(usage.User, usage.AnyID, usage.Day, 30)

	h.Advance(time.Hour - time.Minute)
	k.under("before its end", usage.Day, 35, 5, until)
	h.Advance(time.Minute) // the end itself, with a clock that stands still
	k.under("at its end", usage.Day, 30, 0, time.Time{})
	left, err := k.s.Limits(k.ctx, lab)
	k.must(err)
	same(k, "what is left", len(left), 1)
	same(k, "which is the template", left[0].Key(), "user:*:day")
	k.must(k.s.SetLimits(k.ctx, lab, nil, []string{"user:*:day"}))
	all, err := k.s.Limits(k.ctx, lab)
	k.must(err)
	same(k, "nothing is left", len(all), 0)
}

// severalExtras: approvals add up, each until its own end, each in its window,
// and one that is stored twice counts once.
func severalExtras(t *testing.T, h Harness) {
	k := newKit(t, h)
	now := h.Now().Truncate(time.Millisecond)
	k.must(k.s.SetLimits(k.ctx, lab, []usage.Limit{
		{Scope: usage.User, ID: "ann", Window: usage.Day, Amount: 10, Then: usage.Refuse, Extra: 1, ExtraUntil: now.Add(3 * time.Hour)},
		{Scope: usage.User, ID: usage.AnyID, Window: usage.Month, Amount: 100, Then: usage.Refuse},
	}, nil))
	k.approve("a1", usage.Day, 2, now.Add(time.Hour))
	k.approve("a2", usage.Day, 4, now.Add(2*time.Hour))
	k.approve("a2", usage.Day, 4, now.Add(2*time.Hour)) // its delivery is repeated
	k.approve("a2", usage.Month, 8, now.Add(2*time.Hour))
	k.under("all of the day", usage.Day, 17, 7, now.Add(time.Hour))
	k.under("the month", usage.Month, 108, 8, now.Add(2*time.Hour))
	k.granted("h1", 17)
	k.refused(usage.User, usage.Day, "h2", 1)
	h.Advance(time.Hour)
	k.under("without the first", usage.Day, 15, 5, now.Add(2*time.Hour))
	k.must(k.s.SetLimits(k.ctx, lab, nil, []string{"user:ann:day+a2"}))
	k.under("one taken back", usage.Day, 11, 1, now.Add(3*time.Hour))
	k.under("which the month keeps", usage.Month, 108, 8, now.Add(2*time.Hour))
	h.Advance(2 * time.Hour)
	k.under("all over", usage.Day, 10, 0, time.Time{})
	k.under("in the month too", usage.Month, 100, 0, time.Time{})
}

// absurdLimits: what cannot be compared exactly is refused and changes nothing;
// what is laid over a limit is cut at the largest amount there is.
func absurdLimits(t *testing.T, h Harness) {
	k := newKit(t, h)
	until := h.Now().Add(time.Hour).Truncate(time.Millisecond)
	k.limit(usage.User, "ann", usage.Day, 10)
	fine := usage.Limit{Scope: usage.User, ID: "ann", Window: usage.Week, Amount: 1, Then: usage.Refuse}
	for what, l := range map[string]usage.Limit{
		"a negative limit":         {Scope: usage.User, ID: "ann", Window: usage.Day, Amount: -1, Then: usage.Refuse},
		"a negative extra":         {Scope: usage.User, ID: "ann", Window: usage.Day, Approval: "a", Extra: -1, ExtraUntil: until},
		"an extra of nothing":      {Scope: usage.User, ID: "ann", Window: usage.Day, Approval: "a", ExtraUntil: until},
		"an extra above all":       {Scope: usage.User, ID: "ann", Window: usage.Day, Approval: "a", Extra: money.Max + 1, ExtraUntil: until},
		"a limit above all":        {Scope: usage.User, ID: "ann", Window: usage.Day, Amount: money.Max, Then: usage.Refuse, Extra: 1, ExtraUntil: until},
		"an overflow":              {Scope: usage.User, ID: "ann", Window: usage.Day, Amount: 1 << 62, Then: usage.Refuse, Extra: 1 << 62, ExtraUntil: until},
		"an extra without an end":  {Scope: usage.User, ID: "ann", Window: usage.Day, Approval: "a", Extra: 1},
		"an extra of a template":   {Scope: usage.User, ID: usage.AnyID, Window: usage.Day, Approval: "a", Extra: 1, ExtraUntil: until},
		"an extra with an amount":  {Scope: usage.User, ID: "ann", Window: usage.Day, Approval: "a", Amount: 1, Extra: 1, ExtraUntil: until},
		"a window there is not":    {Scope: usage.User, ID: "ann", Window: "year", Amount: 1, Then: usage.Refuse},
		"an approval of two parts": {Scope: usage.User, ID: "ann", Window: usage.Day, Approval: "a,b", Extra: 1, ExtraUntil: until},
	} {
		err := k.s.SetLimits(k.ctx, lab, []usage.Limit{fine, l}, nil)
		if err == nil || (l.Amount < 0 || l.Extra < 0 || l.Amount > money.Max-l.Extra) && !errors.Is(err, money.ErrRange) {
			t.Errorf("%s: %v", what, err)
		}
	}
	left, err := k.s.Limits(k.ctx, lab)
	k.must(err)
	same(k, "limits", len(left), 1)
	k.under("unchanged", usage.Day, 10, 0, time.Time{})

	k.approve("a1", usage.Day, money.Max, until)
	k.approve("a2", usage.Day, money.Max-7, until)
	k.under("cut", usage.Day, money.Max, money.Max-10, until)
	k.granted("h1", money.Max)
	k.refused(usage.User, usage.Day, "h2", 1)
}

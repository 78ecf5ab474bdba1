package router

import (
	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/step"
)

// plan builds the decision around the model that was picked: the answer, then
// a repair or a second vote on the same tier, then at most one escalation, each
// only as far as the money reaches.
func (w *walk) plan(pick Option) Decision {
	d := Decision{OK: true, Tier: pick.Tier, Model: pick.ID, Lowered: w.lowered, Show: Checked}
	left := w.money()
	d.Plan, left = add(d.Plan, left, step.Answer, pick)
	if w.r.Intent == step.Ask {
		d.Show = Live
	}
	if w.r.Policy.Verify && d.Show == Checked && pick.Tier > catalog.Local {
		second := step.Repair
		if w.r.Intent == step.Classify {
			second = step.Vote
		}
		d.Plan, left = add(d.Plan, left, second, pick)
		if up, ok := w.above(pick.Tier); ok {
			d.Plan, _ = add(d.Plan, left, step.Escalation, up)
		}
		if len(d.Plan) > 1 {
			w.why("plan.checked", "The answer is checked first; %d more calls may follow if a check fails.", len(d.Plan)-1)
		}
	}
	d.Failover = w.failover(pick)
	d.Stronger = w.stronger(pick)
	if w.lowered {
		w.why("budget.lowered", "%s was lowered to %s by the budget.", title(w.r.Intent), pick.Tier)
	}
	w.why("cost.choice", "%s is the cheapest on %s that passes every gate (about %s, at most %s).", pick.ID, pick.Tier, pick.Likely.Short(), pick.Worst.Short())
	d.Reasons = w.reasons
	return d
}

// add appends a call when its worst case fits what is left.
func add(plan []Planned, left money.Nano, p step.Purpose, o Option) ([]Planned, money.Nano) {
	if o.Worst > left && !o.Free {
		return plan, left
	}
	return append(plan, Planned{p, o.Tier, o.ID, o.Worst}), left - o.Worst
}

// above returns the cheapest passing option on the next tier that has one,
// within the ceiling.
func (w *walk) above(t catalog.Tier) (Option, bool) {
	for up := t + 1; up <= w.ceiling; up++ {
		for _, o := range w.open {
			if o.Tier == up {
				return o, true
			}
		}
	}
	return Option{}, false
}

// failover lists the models to walk to when the first fails: same tier first,
// then higher, never lower, and only what the money covers. The local tier has
// none: it is on this machine, and what was asked for free must not cost.
func (w *walk) failover(pick Option) []string {
	var out []string
	if pick.Tier == catalog.Local {
		return nil
	}
	for t := pick.Tier; t <= w.ceiling; t++ {
		for _, o := range w.open {
			if o.Tier == t && o.ID != pick.ID && (o.Free || o.Worst <= w.money()) {
				out = append(out, o.ID)
			}
		}
	}
	return out
}

// stronger offers one tier up, priced before anyone presses.
func (w *walk) stronger(pick Option) *Offer {
	o, ok := w.above(pick.Tier)
	if !ok || o.Worst > w.money() {
		return nil
	}
	return &Offer{Tier: o.Tier, Model: o.ID, Likely: o.Likely, Worst: o.Worst}
}

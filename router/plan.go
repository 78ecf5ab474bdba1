package router

import (
	"strconv"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/step"
)

// parts are what a decision hands out, in one piece of memory. Longer lists
// grow out of it.
type parts struct {
	plan     [3]Planned
	failover [8]string
	stronger Offer
	reasons  [8]Reason
}

// plan builds the decision around the model that was picked: the answer, then
// a repair or a second vote on the same tier, then at most one escalation, each
// only as far as the money reaches.
func (w *walk) plan(pick *Option) Decision {
	p := new(parts)
	d := Decision{OK: true, Tier: pick.Tier, Model: pick.ID, Lowered: w.lowered, Show: Checked, Plan: p.plan[:0]}
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
		if up := w.above(pick.Tier); up != nil {
			d.Plan, _ = add(d.Plan, left, step.Escalation, up)
		}
		if len(d.Plan) > 1 {
			w.why("plan.checked", "The answer is checked first; ", strconv.Itoa(len(d.Plan)-1), " more calls may follow if a check fails.")
		}
	}
	d.Failover = w.failover(p.failover[:0], pick)
	if up := w.above(pick.Tier); up != nil && up.Worst <= w.money() {
		p.stronger = Offer{Tier: up.Tier, Model: up.ID, Likely: up.Likely, Worst: up.Worst}
		d.Stronger = &p.stronger
	}
	if w.lowered {
		w.why("budget.lowered", title(w.r.Intent), " was lowered to ", pick.Tier.String(), " by the budget.")
	}
	w.why("cost.choice", pick.ID, " is the cheapest on ", pick.Tier.String(), " that passes every gate (about ", pick.Likely.Short(), ", at most ", pick.Worst.Short(), ").")
	d.Reasons = w.reasons(p.reasons[:0])
	return d
}

// add appends a call when its worst case fits what is left.
func add(plan []Planned, left money.Nano, p step.Purpose, o *Option) ([]Planned, money.Nano) {
	if o.Worst > left && !o.Free {
		return plan, left
	}
	return append(plan, Planned{p, o.Tier, o.ID, o.Worst}), left - o.Worst
}

// above returns the cheapest passing option on the next tier that has one,
// within the ceiling, or nil.
func (w *walk) above(t catalog.Tier) *Option {
	for up := t + 1; up <= w.ceiling; up++ {
		for _, o := range w.open {
			if o.Tier == up {
				return o
			}
		}
	}
	return nil
}

// failover appends the models to walk to when the first fails: same tier first,
// then higher, never lower, and only what the money covers. The local tier has
// none: it is on this machine, and what was asked for free must not cost.
func (w *walk) failover(list []string, pick *Option) []string {
	if pick.Tier == catalog.Local {
		return nil
	}
	for t := pick.Tier; t <= w.ceiling; t++ {
		for _, o := range w.open {
			if o.Tier == t && o.ID != pick.ID && w.affords(o) {
				list = append(list, o.ID)
			}
		}
	}
	return list
}

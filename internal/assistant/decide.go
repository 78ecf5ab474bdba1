package assistant

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/router"
	"github.com/tierwise/tierwise/usage"
)

// holdTTL is after how long a hold that nobody closed is swept: longer than any
// turn may take.
const holdTTL = 20 * time.Minute

// decide routes and holds. A refused hold returns what is left, and the router
// decides once more under that; only then is the request refused.
func (w *work) decide(ctx context.Context) error {
	tenant := w.t.Event.Place.Tenant()
	s := w.t.Settings
	w.windows = usage.Calendar{Zone: s.Zone(), Previous: s.PreviousZone(), Changed: s.ZoneChanged()}.Windows(w.a.Clock.Now())
	levels, err := w.a.Ledger.Levels(ctx, tenant, w.scopes(), w.windows)
	if err != nil {
		return fmt.Errorf("assistant: levels: %w", err)
	}
	w.levels = levels
	w.request = w.ask(levels)
	for try := 1; ; try++ {
		w.decision = router.Route(w.request)
		if !w.decision.OK {
			return w.refusal()
		}
		w.held = w.holds()
		held, err := w.a.Ledger.Hold(ctx, usage.HoldRequest{
			Tenant: tenant, Hold: w.holdID, Scopes: w.scopes(), Windows: w.windows, Steps: w.held, TTL: holdTTL,
		})
		if err != nil {
			return fmt.Errorf("assistant: hold: %w", err)
		}
		w.levels = held.Levels
		if held.Granted {
			return nil
		}
		w.request.Budget = budget(held.Levels)
		w.request.Budget.Headroom = min(w.request.Budget.Headroom, held.Refused.Headroom())
		if try == 2 {
			w.decision.Refusal = &router.Refusal{Gate: "budget"}
			return w.refusal()
		}
	}
}

// scopes are the counters the turn is charged to.
func (w *work) scopes() []usage.Scope {
	var roles []string
	for _, g := range w.t.Caller.Actor.Groups {
		roles = append(roles, "role:"+g)
	}
	roles = append(roles, usage.AnyID)
	each := []string{usage.AnyID}
	return []usage.Scope{
		usage.WholeWorkspace(),
		{Kind: usage.Team, ID: w.charge.team, Templates: each},
		{Kind: usage.Channel, ID: w.t.Event.Place.Channel, Templates: each},
		{Kind: usage.User, ID: w.t.Caller.ID, Templates: roles},
		{Kind: usage.Workflow, ID: w.charge.workflow, Templates: each},
	}
}

// ask is the router's request.
func (w *work) ask(levels []usage.Level) router.Request {
	s := w.t.Settings
	r := w.a.Models.Request(w.steps, w.a.Clock.Now())
	r.Intent, r.Template, r.Workflow, r.Language, r.Class = w.want.Intent, w.input.Template, w.charge.workflow, w.input.Language, w.class
	r.Messages, r.Code = len(w.input.Messages), strings.Contains(w.input.Text+w.want.Instruction, "```")
	r.Policy = router.Policy{
		Start: s.Tier(w.want.Intent), Ceiling: s.Ceiling(), Origin: s.TierOrigin(w.want.Intent), Regions: s.Regions(), Deny: s.Deny(),
		Verify: s.Verify(w.want.Intent), AnswerCap: s.AnswerCap(), Fast: s.Fast(),
	}
	r.Budget = budget(levels)
	r.Asked = w.asked()
	return r
}

// asked joins the person's word, a pin and the thread's habit.
func (w *work) asked() router.Asked {
	f := w.want.Flags
	if f.HasTier {
		t := f.Tier
		return router.Asked{Tier: &t, By: w.want.By}
	}
	if pin, by := w.t.Settings.Pin(); pin != nil {
		return router.Asked{Tier: pin, By: by}
	}
	return router.Asked{}
}

// budget finds the tightest limit: the one with the largest used share, and the
// least headroom over all of them.
func budget(levels []usage.Level) router.Budget {
	b := router.Budget{Headroom: money.Max}
	for _, l := range levels {
		if !l.Limited || !l.Then.Hard() {
			continue
		}
		b.Headroom = min(b.Headroom, l.Headroom())
		used := l.Settled + l.Held
		if b.Limit == 0 || over(used, l.Limit, b.Used, b.Limit) {
			b.Used, b.Limit, b.Where = used, l.Limit, where(l)
			b.LocalAtLimit = l.Then == usage.LocalOnly
			b.Ceiling = nil
			if t, near := router.Pressure(used, l.Limit); near && t < catalog.Frontier && l.Then == usage.EconomyOnly {
				eco := catalog.Economy
				b.Ceiling = &eco
			}
		}
	}
	return b
}

// over reports whether a/b is a larger share than c/d, without fractions:
// shares are compared in thousandths, which is finer than any threshold.
func over(a, b, c, d money.Nano) bool { return share(a, b) > share(c, d) }

func share(a, b money.Nano) int64 {
	if b <= 0 {
		return 1000
	}
	return int64(a / max(b/1000, 1))
}

// where names a limit for a person: "this channel, this month".
func where(l usage.Level) string {
	what := map[usage.ScopeKind]string{
		usage.Workspace: "this workspace", usage.Team: "your team", usage.Channel: "this channel", usage.User: "you", usage.Workflow: "this workflow",
	}[l.Scope.Kind]
	return what + map[usage.WindowKind]string{usage.Day: " today", usage.Week: " this week", usage.Month: " this month"}[l.Window]
}

// Numbers of the steps beside the intent's own, counted from the last of them.
const (
	second     = 1 // repair or vote
	escalation = 2
	failover   = 3
)

// holds are the worst cases of everything the plan may call.
func (w *work) holds() []usage.StepHold {
	now := w.a.Clock.Now()
	var list []usage.StepHold
	add := func(n int, id string, s step.Step, more int64) {
		m, ok := w.a.Models.Get(id)
		if !ok {
			return
		}
		amount, _ := w.a.Models.worst(m, w.a.Models.in(m.Family, s)+more, s.MaxOutput, now)
		list = append(list, usage.StepHold{N: n, Amount: amount})
	}
	k := len(w.steps)
	lastStep := w.steps[k-1]
	joined := int64(0) // what the merge step will get from the segments
	for _, s := range w.steps[:k-1] {
		joined += s.MaxOutput
	}
	for i, s := range w.steps {
		more := int64(0)
		if i == k-1 {
			more = joined
		}
		add(s.N, w.decision.Model, s, more)
	}
	for _, p := range w.decision.Plan[1:] {
		switch p.Purpose {
		case step.Repair, step.Vote:
			add(k+second, p.Model, lastStep, joined+lastStep.MaxOutput+reserve/4)
		case step.Escalation:
			add(k+escalation, p.Model, lastStep, joined)
		}
	}
	if len(w.decision.Failover) > 0 {
		add(k+failover, w.decision.Failover[0], lastStep, joined)
	}
	return w.within(list)
}

// within drops the calls that are only made when something goes wrong, from the
// end, while all together would pass the cap of one answer.
func (w *work) within(list []usage.StepHold) []usage.StepHold {
	limit := min(w.request.Budget.Headroom, money.Max)
	if c := w.request.Policy.AnswerCap; c > 0 {
		limit = min(limit, c)
	}
	for len(list) > len(w.steps) {
		var sum money.Nano
		for _, h := range list {
			sum += h.Amount
		}
		if sum <= limit {
			break
		}
		list = list[:len(list)-1]
	}
	return list
}

// chargeTo finds workflow and team, and notes when a name was not known.
func (w *work) chargeTo() {
	b := w.t.Settings.Booking(w.t.Caller.Actor, w.want.Intent, w.want.Flags.Workflow, w.a.Clock.Now())
	w.charge = charge{b.Workflow, b.Team}
	if b.Unknown == "" {
		return
	}
	w.note = fmt.Sprintf("There is no workflow %q, so this was booked to %s.", clip(b.Unknown, 40), b.Workflow)
	if b.Nearest != "" {
		w.note += " Did you mean --for " + b.Nearest + "?"
	}
}

// refusal words a decision that is not OK.
func (w *work) refusal() error {
	r := w.decision.Refusal
	if r.Gate == "budget" {
		return &overBudget{w.arithmetic()}
	}
	return fault.Newf(fault.NoModel, "No model may take this (%s gate). Allowed would be: %s. Who can change that: %s.", r.Gate, r.Allowed, r.Who)
}

// overBudget is a refusal for money; the reply offers a way on.
type overBudget struct{ say string }

func (o *overBudget) Error() string { return "assistant: over budget" }

// As lets it be read as a fault.
func (o *overBudget) As(target any) bool {
	f, ok := target.(**fault.Fault)
	if ok {
		*f = fault.New(fault.OverBudget, o.say)
	}
	return ok
}

// arithmetic is the sum that led to a refusal: limit, used, reserved, and when
// it begins again.
func (w *work) arithmetic() string {
	need := w.request.Models
	var least money.Nano = money.Max
	for _, o := range need {
		if o.Tier > catalog.Local && o.Priced {
			least = min(least, o.Worst)
		}
	}
	for _, l := range w.levels {
		if !l.Limited || !l.Then.Hard() || l.Headroom() >= least && least != money.Max {
			continue
		}
		begins := ""
		if !l.Ends.IsZero() {
			begins = " It begins again " + l.Ends.In(w.t.Settings.Zone()).Format("Mon 2 Jan 15:04 MST") + "."
		}
		return fmt.Sprintf("The limit for %s is %s: %s is used and %s is reserved for answers under way, so %s is left; this could cost up to %s.%s",
			where(l), l.Limit, l.Settled.Short(), l.Held.Short(), l.Headroom().Short(), least.Short(), begins)
	}
	return fmt.Sprintf("One answer may cost at most %s here, and this could cost more.", w.request.Policy.AnswerCap)
}

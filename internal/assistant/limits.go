package assistant

import (
	"fmt"
	"time"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/router"
	"github.com/tierwise/tierwise/usage"
)

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

// when names an instant in the workspace's zone.
func (w *work) when(at time.Time) string {
	return at.In(w.t.Settings.Zone()).Format("Mon 2 Jan 15:04 MST")
}

// arithmetic is the sum that led to a refusal: limit and what of it is extra,
// used, reserved, and when it begins again.
func (w *work) arithmetic() string {
	least := money.Max
	for _, o := range w.request.Models {
		if o.Tier > catalog.Local && o.Priced {
			least = min(least, o.Worst)
		}
	}
	for _, l := range w.levels {
		if !l.Limited || !l.Then.Hard() || l.Headroom() >= least {
			continue
		}
		begins := ""
		if !l.Ends.IsZero() {
			begins = " It begins again " + w.when(l.Ends) + "."
		}
		limit := l.Limit.String()
		if l.Extra > 0 {
			limit = fmt.Sprintf("%s and %s extra until %s", l.Limit-l.Extra, l.Extra, w.when(l.ExtraUntil))
		}
		return fmt.Sprintf("The limit for %s is %s: %s is used and %s is reserved for answers under way, so %s is left; this could cost up to %s.%s",
			where(l), limit, l.Settled.Short(), l.Held.Short(), l.Headroom().Short(), least.Short(), begins)
	}
	return fmt.Sprintf("One answer may cost at most %s here, and this could cost more.", w.request.Policy.AnswerCap)
}

package router

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tierwise/tierwise/internal/catalog"
)

// The hard gates, in the order they are tried. A model that does not pass one
// is out, whatever it costs.
const (
	gateDenied    = "denied"
	gateClearance = "clearance"
	gateRegion    = "region"
	gateContext   = "context"
	gateAbility   = "ability"
	gateHealth    = "health"
	gatePrice     = "price"
)

// gate returns the first gate that stops an option, or "".
func gate(r *Request, o *Option) string {
	switch {
	case slices.Contains(r.Policy.Deny, o.ID) || slices.Contains(r.Policy.Deny, o.Provider):
		return gateDenied
	case o.Clearance < r.Class:
		return gateClearance
	case len(r.Policy.Regions) > 0 && !slices.Contains(r.Policy.Regions, o.Region) && !o.Free:
		return gateRegion
	case o.Context > 0 && r.In+r.Out > o.Context, o.MaxOutput > 0 && r.Out > o.MaxOutput:
		return gateContext
	case !hasAll(o.Abilities, r.Needs):
		return gateAbility
	case o.Down:
		return gateHealth
	case !o.Priced && !o.Free:
		return gatePrice
	}
	return ""
}

func hasAll(have, need []catalog.Ability) bool {
	for _, n := range need {
		if !slices.Contains(have, n) {
			return false
		}
	}
	return true
}

// gateText says in a few words what each gate means.
func gateText(g string, r *Request) string {
	switch g {
	case gateDenied:
		return "not allowed by policy"
	case gateClearance:
		return "not cleared for " + r.Class.String() + " data"
	case gateRegion:
		return "outside the allowed regions " + strings.Join(r.Policy.Regions, ", ")
	case gateContext:
		return fmt.Sprintf("too small for %d tokens", r.In+r.Out)
	case gateAbility:
		return "cannot do what is needed"
	case gateHealth:
		return "provider not answering"
	case gatePrice:
		return "no known price"
	}
	return "none configured"
}

// whoClears says who can open a gate.
func whoClears(g string) string {
	switch g {
	case gateHealth:
		return "nobody needs to: it is tried again by itself"
	case gateContext:
		return "you can, with a shorter range"
	case gateDenied, gateRegion:
		return "an admin, with /ai-config"
	case gateClearance:
		return "the operator, by clearing a provider for this data class; an admin can change the channel's class"
	default:
		return "the operator, by connecting a model"
	}
}

// gateOn names, for the explanation, why nothing on a tier serves: the gate
// that stopped most of its models.
func (w *walk) gateOn(t catalog.Tier) string {
	counts := map[string]int{}
	best := ""
	for _, c := range w.closed {
		if c.o.Tier != t {
			continue
		}
		counts[c.gate]++
		if counts[c.gate] > counts[best] || counts[c.gate] == counts[best] && c.gate < best {
			best = c.gate
		}
	}
	return gateText(best, w.r)
}

// refuse is the decision when nothing passes: it names the gate that closed
// last on the way, what would be allowed, and who can clear it.
func (w *walk) refuse() Decision {
	if w.broke {
		w.why("refused.budget", "What is left for ", orElse(w.r.Budget.Where, "this workspace"), " (", w.money().Short(), ") does not cover this.")
		return Decision{Tier: w.start, Reasons: w.reasons(nil), Lowered: w.lowered, Refusal: &Refusal{
			Gate: "budget", Allowed: "the local tier, which costs nothing", Who: "whoever owns the budget",
		}}
	}
	g := ""
	for _, c := range w.closed {
		if c.o.Tier >= w.start && c.o.Tier <= w.ceiling {
			g = c.gate
			break
		}
	}
	if g == "" && len(w.closed) > 0 {
		g = w.closed[0].gate
	}
	ref := Refusal{Gate: orElse(g, "none"), Who: whoClears(g), Allowed: w.allowed()}
	w.why("refused."+ref.Gate, "No model may take this: ", gateText(g, w.r), ".")
	return Decision{Tier: w.start, Reasons: w.reasons(nil), Refusal: &ref, Lowered: w.lowered}
}

// allowed says what could have been asked instead.
func (w *walk) allowed() string {
	if len(w.open) > 0 {
		return "a tier up to " + w.ceiling.String() + " with a higher limit"
	}
	top := catalog.Public
	for _, c := range w.closed {
		if c.gate == gateClearance {
			top = max(top, c.o.Clearance)
		}
	}
	if slices.ContainsFunc(w.closed, func(c closed) bool { return c.gate == gateClearance }) {
		return "data up to class " + top.String()
	}
	return "the local tier, where it is not switched off"
}

// ClosedBy says in words which gate stops an option for a request, or "".
func ClosedBy(r Request, o Option) string {
	if g := gate(&r, &o); g != "" {
		return gateText(g, &r)
	}
	return ""
}

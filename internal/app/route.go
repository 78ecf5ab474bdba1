package app

import (
	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/intent"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/router"
)

// RouteQuery is a task somebody wants routed without any call.
type RouteQuery struct {
	Text   string
	Intent step.Intent // "" is what the text asks for
	Class  catalog.Class
	Tier   *catalog.Tier
}

// RouteRequest forms the router's input for a text under the policy's defaults.
// Without any connected model the simulated ones stand in, as in the demo.
func (m *Models) RouteRequest(q RouteQuery, c clock.Clock) (router.Request, error) {
	view, err := m.Connected(c)
	if err == nil && !m.Remote {
		view, err = m.Sample(c)
	}
	if err != nil {
		return router.Request{}, err
	}
	d := intent.Detect(q.Text, true)
	if q.Intent == "" {
		q.Intent = d.Intent
	}
	if q.Intent == "" {
		q.Intent = step.Ask
	}
	if q.Tier == nil && d.Flags.HasTier {
		q.Tier = &d.Flags.Tier
	}
	now := c.Now()
	in := step.Input{Text: q.Text, Instruction: d.Instruction, Labels: labelsOf(m.cfg.Policy.Defaults.Labels)}
	if in.Text == "" {
		in.Text, in.Instruction = "(empty)", "(empty)"
	}
	steps, err := intent.Plan(q.Intent, intent.Request{Input: in})
	if err != nil {
		return router.Request{}, err
	}
	p := m.cfg.Policy.Defaults
	r := view.Request(steps, now)
	r.Intent, r.Class, r.Chars = q.Intent, q.Class, len(q.Text)
	r.Policy = router.Policy{
		Start: pick(p.Tier, q.Intent), Ceiling: p.Ceiling, Origin: "policy", Regions: p.Regions, Deny: p.Deny, Verify: pick(p.Verify, q.Intent),
		AnswerCap: m.cfg.Policy.Limits.Answer, Fast: p.Fast,
	}
	r.Budget = router.Budget{Headroom: money.Max}
	if q.Tier != nil {
		r.Asked = router.Asked{Tier: q.Tier, By: "message"}
	}
	return r, nil
}

func labelsOf(list []config.Label) []step.Label {
	out := make([]step.Label, len(list))
	for i, l := range list {
		out[i] = step.Label{Name: l.Name, Description: l.Description}
	}
	return out
}

func pick[T any](p config.PerIntent[T], i step.Intent) T {
	switch i {
	case step.Summarize:
		return p.Summarize
	case step.Draft:
		return p.Draft
	case step.Classify:
		return p.Classify
	default:
		return p.Ask
	}
}

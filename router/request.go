// Package router picks the cheapest tier that is capable enough, fast enough
// and allowed to see the data, and says why. Route is a pure function: policy,
// pins, budget headroom, evidence, health and the clock come in as values, a
// Decision goes out, and the same Request always gives the same Decision, so
// any decision can be replayed from its recorded input. The package does no
// I/O and makes no call; running the plan is the assistant's work.
package router

import (
	"time"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/step"
)

// Request is everything a decision depends on.
type Request struct {
	Intent   step.Intent   `json:"intent"`
	Template string        `json:"template,omitempty"`
	Workflow string        `json:"workflow,omitempty"`
	Language string        `json:"language,omitempty"`
	Class    catalog.Class `json:"class"` // of the data that would be sent
	// In is the upper bound of the input and Out of the answer, in tokens of
	// the model with the most tokens for this text.
	In    int64             `json:"in"`
	Out   int64             `json:"out"`
	Needs []catalog.Ability `json:"needs,omitempty"`
	// Messages and Chars describe the text; Features are what the task table
	// keys on.
	Messages int  `json:"messages,omitempty"`
	Chars    int  `json:"chars,omitempty"`
	Code     bool `json:"code,omitempty"`

	Policy   Policy    `json:"policy"`
	Asked    Asked     `json:"asked"`
	Budget   Budget    `json:"budget"`
	Models   []Option  `json:"models"` // candidates, any order
	Evidence Evidence  `json:"evidence,omitzero"`
	Now      time.Time `json:"now"`
}

// Policy is what the workspace, channel or thread has settled on.
type Policy struct {
	// Start is the tier the task begins at, Ceiling the highest it may reach.
	Start   catalog.Tier `json:"start"`
	Ceiling catalog.Tier `json:"ceiling"`
	// Origin says which level Start came from ("default", "workspace", …).
	Origin string `json:"origin,omitempty"`
	// Regions, when not empty, are the only regions allowed.
	Regions []string `json:"regions,omitempty"`
	// Deny lists models and providers that may not be used.
	Deny []string `json:"deny,omitempty"`
	// Verify turns the checked cascade on for this intent.
	Verify bool `json:"verify"`
	// AnswerCap is the most one answer may cost; 0 means no cap.
	AnswerCap money.Nano `json:"answer_cap,omitempty"`
	// Fast asks for models of the fast latency class where there is a choice.
	Fast bool `json:"fast,omitempty"`
}

// Asked is what the person asked for, or what was pinned.
type Asked struct {
	Tier *catalog.Tier `json:"tier,omitempty"`
	// By is "message", "thread pin", "channel pin", "button" or "".
	By string `json:"by,omitempty"`
	// Previous is the tier and model that answered in this thread before:
	// decisions are sticky unless there is a reason.
	Previous      *catalog.Tier `json:"previous,omitempty"`
	PreviousModel string        `json:"previous_model,omitempty"`
}

// Budget is what the tightest limit leaves.
type Budget struct {
	// Headroom is the least headroom over all scopes and windows;
	// money.Max when nothing is limited.
	Headroom money.Nano `json:"headroom"`
	// Used and Limit describe the tightest limit, for pressure: Used/Limit.
	Used  money.Nano `json:"used,omitempty"`
	Limit money.Nano `json:"limit,omitempty"`
	Where string     `json:"where,omitempty"` // "channel this month"
	// Ceiling, when set, is the highest tier the limit in force still allows
	// (economy_only, local_only).
	Ceiling *catalog.Tier `json:"ceiling,omitempty"`
	// LocalAtLimit lets the local tier answer by itself when the money is used
	// up; otherwise the request is refused with an offer to do so.
	LocalAtLimit bool `json:"local_at_limit,omitempty"`
}

// Option is a model as a candidate: catalog data plus what holds now.
type Option struct {
	ID        string            `json:"id"`
	Provider  string            `json:"provider"`
	Tier      catalog.Tier      `json:"tier"`
	Context   int64             `json:"context"`
	MaxOutput int64             `json:"max_output,omitempty"`
	Abilities []catalog.Ability `json:"abilities,omitempty"`
	Region    string            `json:"region,omitempty"`
	Clearance catalog.Class     `json:"clearance"`
	Latency   string            `json:"latency,omitempty"`
	Down      bool              `json:"down,omitempty"` // breaker open, paused or withdrawn
	Priced    bool              `json:"priced"`         // a price, or a configured worst case
	Worst     money.Nano        `json:"worst"`          // of In and Out at the price in force
	Likely    money.Nano        `json:"likely"`         // of a typical call
	Free      bool              `json:"free,omitempty"` // loopback or built in
}

// Evidence is a snapshot of what is known about tasks and tiers. The zero value
// is "nothing known".
type Evidence struct {
	// Quality is the share of accepted outcomes in thousandths by tier, with
	// the number it rests on.
	Quality map[string]Count `json:"quality,omitempty"`
}

// Count is accepted out of known outcomes.
type Count struct {
	Accepted int `json:"accepted"`
	Known    int `json:"known"`
}

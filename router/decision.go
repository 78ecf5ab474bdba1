package router

import (
	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/step"
)

// Decision is what the router chose.
type Decision struct {
	// OK is false when no model passes the gates; Refusal then says why.
	OK    bool         `json:"ok"`
	Tier  catalog.Tier `json:"tier"`
	Model string       `json:"model"`
	// Plan lists the calls in order: the first is the answer, later ones are
	// made only if a check fails. Their Worst amounts are what is held.
	Plan []Planned `json:"plan,omitempty"`
	// Show is how the answer appears.
	Show    Show     `json:"show"`
	Reasons []Reason `json:"reasons"`
	Refusal *Refusal `json:"refusal,omitempty"`
	// Lowered is set when the budget, not the task, set the tier.
	Lowered bool `json:"lowered,omitempty"`
	// Failover lists models to walk to when the first fails, equal or higher.
	Failover []string `json:"failover,omitempty"`
	// Stronger is what one tier up would cost, for the button; zero when there
	// is none within ceiling and gates.
	Stronger *Offer `json:"stronger,omitempty"`
}

// Planned is one call of the plan.
type Planned struct {
	Purpose step.Purpose `json:"purpose"`
	Tier    catalog.Tier `json:"tier"`
	Model   string       `json:"model"`
	Worst   money.Nano   `json:"worst"`
}

// Offer is a tier with its price before anyone presses.
type Offer struct {
	Tier   catalog.Tier `json:"tier"`
	Model  string       `json:"model"`
	Likely money.Nano   `json:"likely"`
	Worst  money.Nano   `json:"worst"`
}

// Show is how an answer appears.
type Show string

// Live streams; Checked shows progress and then the verified answer.
const (
	Live    Show = "live"
	Checked Show = "checked"
)

// Reason is one step of the explanation: a code that is booked with the entry
// and a sentence a person understands.
type Reason struct {
	Code string `json:"code"` // "policy.start", "gate.clearance", "budget.pressure", …
	Text string `json:"text"`
}

// Refusal says which gate closed and who can open it.
type Refusal struct {
	Gate    string `json:"gate"`    // "clearance", "context", "ability", "region", "health", "price", "ceiling", "budget"
	Allowed string `json:"allowed"` // what would be allowed, in words
	Who     string `json:"who"`     // who can clear it, in words
}

package usage

import (
	"time"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/token"
)

// Source says where an entry's cost comes from.
type Source string

// The sources of a cost, best first.
const (
	FromProvider Source = "provider"  // the provider reported the amount
	Computed     Source = "computed"  // provider's token counts × our price
	Estimated    Source = "estimated" // no usage arrived; counted or held amount
	Unpriced     Source = "unpriced"  // no price known; Cost is the configured worst case
	Free         Source = "free"      // ran on this machine
)

// Status is how an attempt ended.
type Status string

// How an attempt can end. Uncertain: sent, and nobody knows what came of it.
const (
	OK        Status = "ok"
	Failed    Status = "failed"
	Cancelled Status = "cancelled"
	Uncertain Status = "uncertain"
	Corrected Status = "correction"
)

// Entry is one ledger row: one provider attempt. It holds no content and no
// name: Actor is a pseudonym. It is appended once and never edited.
type Entry struct {
	ID       string    `json:"id"` // job.Ticket.Attempt, or that plus ".c<n>" for a correction
	Tenant   string    `json:"tenant"`
	At       time.Time `json:"at"` // when it was booked, by the store's clock, UTC
	Job      string    `json:"job"`
	Purpose  string    `json:"purpose"`
	Corrects string    `json:"corrects,omitempty"` // the entry a correction corrects

	Channel  string `json:"channel"`
	Thread   string `json:"thread,omitempty"`
	Actor    string `json:"actor"`
	Team     string `json:"team"`
	Workflow string `json:"workflow"`
	Intent   string `json:"intent"`

	Tier     string   `json:"tier"`
	Provider string   `json:"provider"`
	Model    string   `json:"model"`            // as requested: catalog id
	Served   string   `json:"served,omitempty"` // as the provider answered
	Region   string   `json:"region,omitempty"`
	Class    string   `json:"class,omitempty"` // data class of what was sent
	Reasons  []string `json:"reasons,omitempty"`

	Tokens   token.Count `json:"tokens"`
	Price    string      `json:"price,omitempty"` // id and date of the price used
	Cost     money.Nano  `json:"cost"`
	Reported *money.Nano `json:"reported,omitempty"` // the provider's own figure; nil is not zero
	Source   Source      `json:"source"`
	Estimate money.Nano  `json:"estimate"` // what was held for it
	Status   Status      `json:"status"`
	// Latency and First are milliseconds to the end and to the first token.
	Latency int64 `json:"latency_ms,omitempty"`
	First   int64 `json:"first_ms,omitempty"`

	// Windows are the ids the money is booked in: those in force when it was
	// held. Sample marks the demo workspace.
	Windows Booked `json:"windows"`
	Sample  bool   `json:"sample,omitempty"`
}

// Booked are the window ids of an entry.
type Booked struct {
	Day   string `json:"day"`
	Week  string `json:"week"`
	Month string `json:"month"`
}

// Of returns the id for a kind of window.
func (b Booked) Of(k WindowKind) string {
	switch k {
	case Day:
		return b.Day
	case Week:
		return b.Week
	default:
		return b.Month
	}
}

// Scopes are the five counters the entry's cost belongs to.
func (e Entry) Scopes() []Scope {
	return []Scope{WholeWorkspace(), {Kind: Team, ID: e.Team}, {Kind: Channel, ID: e.Channel}, {Kind: User, ID: e.Actor}, {Kind: Workflow, ID: e.Workflow}}
}

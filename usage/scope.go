// Package usage is the ledger and the budgets. Money moves in four steps: Hold
// reserves the worst case of every planned call over all scopes at once,
// Dispatch marks one call as sent, Settle books its real cost as an Entry, and
// what is left is released when the job finishes. It promises that no hold is
// admitted above a hard limit, that every provider attempt has exactly one
// entry (corrections are further entries), and that the sums kept beside the
// entries equal them to the nano-USD. It does not know prices or models: cost
// arrives computed. It does not store: the Ledger and Reader interfaces are
// what a store provides.
package usage

// ScopeKind is a level at which money is counted and can be limited.
type ScopeKind string

// The five scopes of a hold.
const (
	Workspace ScopeKind = "workspace"
	Team      ScopeKind = "team"
	Channel   ScopeKind = "channel"
	User      ScopeKind = "user"
	Workflow  ScopeKind = "workflow"
)

// ScopeKinds lists the scopes in the order a refusal is looked for.
func ScopeKinds() []ScopeKind { return []ScopeKind{Workspace, Team, Channel, User, Workflow} }

// Scope is one counter's owner. The workspace's own scope has the id "all".
type Scope struct {
	Kind ScopeKind `json:"kind"`
	ID   string    `json:"id"`
	// Templates are limit ids that apply when this scope has no limit of its
	// own, best first: "role:intern", then "*" (each person, each channel).
	Templates []string `json:"templates,omitempty"`
}

// AnyID is the template that means "each one of this kind".
const AnyID = "*"

// WholeWorkspace is the scope of the workspace itself.
func WholeWorkspace() Scope { return Scope{Kind: Workspace, ID: "all"} }

// Key is how the scope is named in counters: "channel:C1".
func (s Scope) Key() string { return string(s.Kind) + ":" + s.ID }

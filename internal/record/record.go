// Package record is the shape of everything small and durable that is neither
// a job nor money: settings, drafts, the directory of people, threads the bot
// answers in, install tokens, the journal. A record belongs to one workspace,
// has a kind and an id, a version for compare-and-set, an optional expiry, and
// a body that its owner has sealed when it holds content. The package stores
// nothing; the stores do, and they write several records in one step.
package record

import (
	"errors"
	"time"
)

// Kind groups records of one owner. Each kind that can hold content has a row
// in docs/security.md.
type Kind string

// The kinds in use.
const (
	Setting Kind = "setting" // internal/settings: one record per level ("workspace", "channel/C1")
	Journal Kind = "journal" // internal/journal: changes, append-only, never deleted by hand
	Person  Kind = "person"  // directory: pseudonym → id and name, sealed
	Draft   Kind = "draft"   // internal/assistant: an unsent draft, sealed, 72 h
	Unsent  Kind = "unsent"  // internal/assistant: whose the unsent drafts are, by pseudonym; no content, 72 h
	Thread  Kind = "thread"  // internal/assistant: threads the bot answers in
	Receipt Kind = "receipt" // internal/assistant: why a tier was chosen, no content
	Outcome Kind = "outcome" // internal/outcome: accepted, rejected or unknown
	Request Kind = "request" // internal/admin: "ask for more", pending decisions
	Install Kind = "install" // bots: a workspace's tokens, sealed
	Dead    Kind = "dead"    // internal/intake, internal/assistant: jobs and posts that were given up, no content
	Card    Kind = "card"    // internal/settings: workflow cards and teams
	Closing Kind = "closing" // usage: checkpoints of closed months
	Seeded  Kind = "seeded"  // internal/admin: what was put in once from the policy, such as limits
	Told    Kind = "told"    // internal/admin: which thresholds of a budget were told in a window, no content
	Setup   Kind = "setup"   // internal/admin: which of the first steps an admin has taken or skipped
	Pause   Kind = "pause"   // internal/gate: what is stopped
	Example Kind = "example" // internal/intent: label examples and style notes, sealed
	Memory  Kind = "memory"  // bots: small values an adapter remembers, sealed
	Heard   Kind = "heard"   // internal/app: when a platform was last heard of, no content
)

// Record is one stored document.
type Record struct {
	Kind    Kind      `json:"kind"`
	ID      string    `json:"id"`
	Version int64     `json:"version"` // 1 for a new record, one more at each write
	Body    []byte    `json:"body"`
	Expires time.Time `json:"expires,omitzero"` // zero: kept until deleted
}

// AnyVersion in Write.Expect writes whatever version is there.
const AnyVersion int64 = -1

// Write puts or deletes one record.
type Write struct {
	Kind Kind   `json:"kind"`
	ID   string `json:"id"`
	Body []byte `json:"body,omitempty"`
	// TTL is how long the record lives from now; zero keeps it.
	TTL time.Duration `json:"ttl,omitempty"`
	// Expect is the version that must be there: 0 means the record must not
	// exist, AnyVersion means no check.
	Expect int64 `json:"expect"`
	Delete bool  `json:"delete,omitempty"`
}

// Put returns a Write without a version check.
func Put(kind Kind, id string, body []byte, ttl time.Duration) Write {
	return Write{Kind: kind, ID: id, Body: body, TTL: ttl, Expect: AnyVersion}
}

// Remove returns a Write that deletes the record; a missing one is no error.
func Remove(kind Kind, id string) Write {
	return Write{Kind: kind, ID: id, Expect: AnyVersion, Delete: true}
}

var (
	// ErrNotFound: no such record, or it has expired.
	ErrNotFound = errors.New("record: not found")
	// ErrConflict: a record had another version than expected; nothing of the
	// whole batch was written.
	ErrConflict = errors.New("record: changed in between")
)

package turn

import (
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/intent"
	"github.com/tierwise/tierwise/internal/settings"
)

// Caller is who asks, with the roles held at this moment. Roles are looked up
// for every event anew; a button pressed tomorrow is judged by tomorrow's.
type Caller struct {
	Actor chat.Actor
	ID    string // pseudonym, the only name the ledger knows
	Roles Roles
}

// Roles are what a caller may decide and see beyond a member's own things.
type Roles struct {
	Admin   bool // settings and everything finance sees
	Finance bool // spend, exports, audits; no settings
	// Moderator takes answers back, pauses channels and denies people; it opens
	// nobody's spend.
	Moderator bool
	// Owns are the scopes a person owns: "team:design", "channel:C1",
	// "workflow:triage".
	Owns []string
}

// SeesAll reports whether the whole workspace's spend is open to the caller.
func (r Roles) SeesAll() bool { return r.Admin || r.Finance }

// Owner reports whether the caller owns a scope, given as its key.
func (r Roles) Owner(scope string) bool {
	for _, o := range r.Owns {
		if o == scope {
			return true
		}
	}
	return false
}

// String names the highest role, as the journal keeps it.
func (r Roles) String() string {
	switch {
	case r.Admin:
		return "admin"
	case r.Finance:
		return "finance"
	case len(r.Owns) > 0:
		return "owner"
	case r.Moderator:
		return "moderator"
	}
	return "member"
}

// Task is a delivery that has passed the gate.
type Task struct {
	Delivery
	Caller   Caller
	Channel  chat.Channel
	Settings settings.Resolved
	// Wish is what a mention was understood to want; for other kinds of event
	// only its zero value.
	Wish intent.Detected
}

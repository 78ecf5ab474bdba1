package usage

import (
	"time"

	"github.com/tierwise/tierwise/internal/money"
)

// AtLimit is what happens when a limit is reached.
type AtLimit string

// What can happen at a limit. All but Warn are hard: the store refuses a hold
// that would pass the limit, and the router is asked again for something
// cheaper; they differ in what it may then still use.
const (
	Refuse      AtLimit = "refuse"       // nothing that costs money
	LowerTier   AtLimit = "lower_tier"   // whatever fits in what is left
	EconomyOnly AtLimit = "economy_only" // economy while it fits
	LocalOnly   AtLimit = "local_only"   // the local tier, which costs nothing
	Warn        AtLimit = "warn"         // soft: told, never refused
)

// Hard reports whether a hold can be refused.
func (a AtLimit) Hard() bool { return a != Warn }

// Limit is an amount per window at a scope. It lives in the store beside the
// counters, so that a hold is checked against the limit in force.
type Limit struct {
	Scope  ScopeKind  `json:"scope"`
	ID     string     `json:"id"` // a scope id, AnyID, or "role:<name>"
	Window WindowKind `json:"window"`
	Amount money.Nano `json:"amount"`
	Then   AtLimit    `json:"then"`
	// Extra is added until ExtraUntil: an override with an expiry.
	Extra      money.Nano `json:"extra,omitempty"`
	ExtraUntil time.Time  `json:"extra_until,omitzero"`
}

// Key is how the limit is named beside the counters: "user:*:day".
func (l Limit) Key() string { return string(l.Scope) + ":" + l.ID + ":" + string(l.Window) }

// At is the amount in force at t.
func (l Limit) At(t time.Time) money.Nano {
	if t.Before(l.ExtraUntil) {
		return l.Amount + l.Extra
	}
	return l.Amount
}

// Level is where one scope stands in one window.
type Level struct {
	Scope   Scope      `json:"scope"`
	Window  WindowKind `json:"window"`
	ID      string     `json:"window_id"`
	Ends    time.Time  `json:"ends,omitzero"`
	Settled money.Nano `json:"settled"`
	Held    money.Nano `json:"held"`
	// Limit is the limit that applies, own or template; Limited is false when
	// there is none.
	Limit   money.Nano `json:"limit,omitempty"`
	Limited bool       `json:"limited,omitempty"`
	Then    AtLimit    `json:"then,omitempty"`
}

// Headroom is what can still be held: never below zero, and Max when there is
// no limit.
func (l Level) Headroom() money.Nano {
	if !l.Limited {
		return money.Max
	}
	return max(0, l.Limit-l.Settled-l.Held)
}

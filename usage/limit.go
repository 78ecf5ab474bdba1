package usage

import (
	"fmt"
	"strings"
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
//
// With an Approval it is no limit but an extra: it carries Extra, ExtraUntil and
// Reason alone and is laid over whatever limit applies to the scope with that
// very id, its own or a template's, so that a change of that limit shows at
// once. Extras of several approvals add up; where no limit applies they mean
// nothing; when their time is over they are gone.
type Limit struct {
	Scope  ScopeKind  `json:"scope"`
	ID     string     `json:"id"` // a scope id, AnyID, or "role:<name>"
	Window WindowKind `json:"window"`
	Amount money.Nano `json:"amount"`
	Then   AtLimit    `json:"then"`
	// Extra is added until ExtraUntil: an override with an expiry.
	Extra      money.Nano `json:"extra,omitempty"`
	ExtraUntil time.Time  `json:"extra_until,omitzero"`
	// Approval is the id of what gave an extra; the same one put again replaces
	// it. Reason is why, in the words of who asked.
	Approval string `json:"approval,omitempty"`
	Reason   string `json:"reason,omitempty"`
}

// IsExtra reports an extra, which is laid over a limit and is none itself.
func (l Limit) IsExtra() bool { return l.Approval != "" }

// Ended reports an extra whose time is over at t.
func (l Limit) Ended(t time.Time) bool { return l.IsExtra() && !t.Before(l.ExtraUntil) }

// Key is how the limit is named beside the counters: "user:*:day", and an extra
// "user:p_ab12:day+<approval>".
func (l Limit) Key() string {
	key := string(l.Scope) + ":" + l.ID + ":" + string(l.Window)
	if l.IsExtra() {
		key += "+" + l.Approval
	}
	return key
}

// At is the amount in force at t, never above money.Max.
func (l Limit) At(t time.Time) money.Nano {
	if t.Before(l.ExtraUntil) {
		return l.Amount + min(l.Extra, money.Max-l.Amount)
	}
	return l.Amount
}

// Check refuses what no store keeps: money.ErrRange when an amount, alone or
// with its extra, is negative or above money.Max, and an extra of nothing; some
// other error for a window there is not, and for an extra without an end, of a
// template, or with an approval whose name cannot be part of a key.
func (l Limit) Check() error {
	_, err := l.Amount.Add(l.Extra)
	switch {
	case err != nil || l.Amount < 0 || l.Extra < 0 || l.IsExtra() && l.Extra == 0:
		return fmt.Errorf("limit %s: %w", l.Key(), money.ErrRange)
	case l.Window != Day && l.Window != Week && l.Window != Month:
		return fmt.Errorf("usage: limit %q has no such window", l.Key())
	case l.IsExtra() && (l.Amount != 0 || l.Then != "" || l.ExtraUntil.IsZero() || l.ID == AnyID || strings.HasPrefix(l.ID, "role:") || strings.ContainsAny(l.Approval, ":+,;|")):
		return fmt.Errorf("usage: limit %q is not an extra", l.Key())
	}
	return nil
}

// Level is where one scope stands in one window.
type Level struct {
	Scope   Scope      `json:"scope"`
	Window  WindowKind `json:"window"`
	ID      string     `json:"window_id"`
	Ends    time.Time  `json:"ends,omitzero"`
	Settled money.Nano `json:"settled"`
	Held    money.Nano `json:"held"`
	// Limit is the limit that applies, own or template, with every extra in
	// force; Limited is false when there is none.
	Limit   money.Nano `json:"limit,omitempty"`
	Limited bool       `json:"limited,omitempty"`
	Then    AtLimit    `json:"then,omitempty"`
	// Extra is the part of Limit that is added for a while, and ExtraUntil when
	// the first of it ends.
	Extra      money.Nano `json:"extra,omitempty"`
	ExtraUntil time.Time  `json:"extra_until,omitzero"`
}

// Under is the level with a limit that LimitSet.Of found, or nothing.
func (l Level) Under(limit Limit, found bool) Level {
	l.Limited = found
	if found {
		l.Limit, l.Then, l.Extra, l.ExtraUntil = limit.Amount+limit.Extra, limit.Then, limit.Extra, limit.ExtraUntil
	}
	return l
}

// Headroom is what can still be held: never below zero, and Max when there is
// no limit.
func (l Level) Headroom() money.Nano {
	if !l.Limited {
		return money.Max
	}
	return max(0, l.Limit-l.Settled-l.Held)
}

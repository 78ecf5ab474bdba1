package usage

import (
	"time"

	"github.com/tierwise/tierwise/internal/money"
)

// LimitSet are the limits and extras of one workspace, arranged for finding
// what applies to a scope. It is read-only and safe for concurrent use; the
// zero value has no limit.
type LimitSet struct {
	limits map[string]Limit
	extras map[string][]Limit // by the key of the limit they are laid over
}

// NewLimitSet arranges limits and extras; of two with one key the later counts.
func NewLimitSet(all []Limit) LimitSet {
	s := LimitSet{map[string]Limit{}, map[string][]Limit{}}
	extras := map[string]Limit{}
	for _, l := range all {
		if l.IsExtra() {
			extras[l.Key()] = l
		} else {
			s.limits[l.Key()] = l
		}
	}
	for _, x := range extras {
		over := x
		over.Approval = ""
		s.extras[over.Key()] = append(s.extras[over.Key()], x)
	}
	return s
}

// Of is the limit that applies to a scope in a kind of window at an instant: its
// own, else that of its first template that has one. Extra is all that is added
// to it at that instant, so that Amount + Extra is in force and at most
// money.Max, and ExtraUntil when the first of it ends.
func (s LimitSet) Of(sc Scope, k WindowKind, at time.Time) (Limit, bool) {
	own := Limit{Scope: sc.Kind, ID: sc.ID, Window: k}.Key()
	found, ok := s.limits[own]
	for i := 0; !ok && i < len(sc.Templates); i++ {
		found, ok = s.limits[Limit{Scope: sc.Kind, ID: sc.Templates[i], Window: k}.Key()]
	}
	if !ok {
		return Limit{}, false
	}
	base := found
	found.Extra, found.ExtraUntil = 0, time.Time{}
	found = found.plus(base, at)
	for _, x := range s.extras[own] {
		found = found.plus(x, at)
	}
	return found, true
}

// plus adds another's extra while it lasts.
func (l Limit) plus(x Limit, at time.Time) Limit {
	if x.Extra <= 0 || !at.Before(x.ExtraUntil) {
		return l
	}
	l.Extra += min(x.Extra, money.Max-l.Amount-l.Extra)
	if l.ExtraUntil.IsZero() || x.ExtraUntil.Before(l.ExtraUntil) {
		l.ExtraUntil = x.ExtraUntil
	}
	return l
}

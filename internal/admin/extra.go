package admin

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tierwise/tierwise/internal/journal"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/turn"
	"github.com/tierwise/tierwise/usage"
)

// raised are the extras of an approval: what is short gets the amount on top
// until its window ends. They are laid over the limits in force and change none
// of them, so that a template goes on to count for everybody.
func (a *Admin) raised(ctx context.Context, t turn.Task, r request) ([]usage.Limit, error) {
	levels, err := a.short(ctx, t, r)
	if err != nil {
		return nil, err
	}
	var out []usage.Limit
	for _, l := range levels {
		x := usage.Limit{Scope: l.Scope.Kind, ID: l.Scope.ID, Window: l.Window, Approval: r.ID, Extra: r.Amount, ExtraUntil: endOf(t.Calendar(), l, a.Clock.Now()), Reason: r.Reason}
		if err := a.underCap(ctx, r.Place.Tenant(), x); err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}

// endOf is when a level's window ends. Its store's clock may be in the window
// after ours.
func endOf(c usage.Calendar, l usage.Level, now time.Time) time.Time {
	w := c.Window(l.Window, now)
	if l.ID == w.Next {
		w = c.Window(l.Window, w.Boundary)
	}
	return w.Boundary
}

// lay puts one extra of an approval into force. The journal says what it lies
// over at that moment.
func (a *Admin) lay(ctx context.Context, t turn.Task, r request, x usage.Limit) error {
	tenant := t.Event.Place.Tenant()
	all, err := a.Books.Limits(ctx, tenant)
	if err != nil {
		return fmt.Errorf("admin: limits: %w", err)
	}
	all = slices.DeleteFunc(all, func(l usage.Limit) bool { return l.Key() == x.Key() }) // of an earlier delivery
	now := a.Clock.Now()
	from, to := "", fmt.Sprintf("%s more until %s", x.Extra, x.ExtraUntil.UTC().Format("2006-01-02 15:04"))
	for _, s := range r.Scopes {
		if s.Kind == x.Scope && s.ID == x.ID {
			from = inForce(all, s, x.Window, now).String()
			to = from + " + " + to
		}
	}
	key := usage.Limit{Scope: x.Scope, ID: x.ID, Window: x.Window}.Key()
	e := journal.Entry{At: now, Who: t.Caller.ID, Role: t.Caller.Roles.String(), Subject: journal.Limit, Level: string(x.Scope), Place: x.ID, Key: key, From: from, To: to, Why: r.Reason}
	return a.applyLimits(ctx, tenant, []usage.Limit{x}, nil, e)
}

// inForce is the amount that counts at a scope just now, extras included; 0 when
// there is no limit.
func inForce(all []usage.Limit, s usage.Scope, k usage.WindowKind, now time.Time) money.Nano {
	l, _ := usage.NewLimitSet(all).Of(s, k, now)
	return l.At(now)
}

// extraText says which part of a level's limit is extra, and until when.
func extraText(l usage.Level, t turn.Task) string {
	if l.Extra == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s and %s extra until %s)", l.Limit-l.Extra, l.Extra, when(l.ExtraUntil, t))
}

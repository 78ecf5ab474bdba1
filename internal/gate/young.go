package gate

import (
	"fmt"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/settings"
	"github.com/tierwise/tierwise/internal/turn"
)

// young keeps out accounts that are too new, and those of which nobody knows how
// old they are. Admins and moderators are trusted by somebody already.
func young(t *turn.Task, now time.Time) error {
	if t.Caller.Roles.Admin || t.Caller.Roles.Moderator {
		return nil
	}
	acc := t.Settings.Access()
	from, ok := acc.OldEnough(t.Caller.Actor, now)
	switch {
	case ok:
		return nil
	case from.IsZero():
		return fault.Newf(fault.NotAllowed, "Here I answer people %s, and I cannot see that of you. An admin can change that with /ai-config set min_account_age and /ai-config set min_member_age.", asked(acc))
	}
	return fault.Newf(fault.NotAllowed, "Here I answer people %s. You can ask me from %s on.", asked(acc), clockTime(t, from))
}

// asked is what the ages ask for, in words.
func asked(acc settings.Access) string {
	var parts []string
	if acc.MinAccount > 0 {
		parts = append(parts, "whose account is at least "+span(acc.MinAccount)+" old")
	}
	if acc.MinMember > 0 {
		parts = append(parts, "who joined at least "+span(acc.MinMember)+" ago")
	}
	return strings.Join(parts, " and ")
}

// span is a length of time in words, in the longest unit that gives it exactly.
func span(d time.Duration) string {
	for _, u := range []struct {
		is   time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		switch n := d / u.is; {
		case d%u.is != 0:
		case n == 1:
			return "1 " + u.name
		default:
			return fmt.Sprintf("%d %ss", n, u.name)
		}
	}
	return d.String()
}

// clockTime is an instant in the workspace's zone, rounded up to the minute: a
// person who comes then is not too early.
func clockTime(t *turn.Task, at time.Time) string {
	return at.Add(time.Minute - time.Nanosecond).Truncate(time.Minute).In(t.Settings.Zone()).Format("2006-01-02 15:04 MST")
}

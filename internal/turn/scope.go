package turn

import (
	"time"

	"github.com/tierwise/tierwise/internal/settings"
	"github.com/tierwise/tierwise/usage"
)

// Scopes are the counters an answer of this caller is charged to, with the
// templates whose limits apply, best first: those of the caller's groups, then
// the one for each.
func (c Caller) Scopes(channel, team, workflow string) []usage.Scope {
	each := []string{usage.AnyID}
	return []usage.Scope{
		usage.WholeWorkspace(),
		{Kind: usage.Team, ID: team, Templates: each},
		{Kind: usage.Channel, ID: channel, Templates: each},
		c.Scope(),
		{Kind: usage.Workflow, ID: workflow, Templates: each},
	}
}

// Scope is the caller's own counter.
func (c Caller) Scope() usage.Scope {
	templates := make([]string, 0, len(c.Actor.Groups)+1)
	for _, g := range c.Actor.Groups {
		templates = append(templates, "role:"+g)
	}
	return usage.Scope{Kind: usage.User, ID: c.ID, Templates: append(templates, usage.AnyID)}
}

// Calendar is the workspace's, from its settings.
func (t *Task) Calendar() usage.Calendar { return Calendar(&t.Settings) }

// Calendar is the one in which a workspace's windows lie.
func Calendar(s *settings.Resolved) usage.Calendar {
	c := usage.Calendar{Zone: s.Zone(), Previous: s.PreviousZone(), Changed: s.ZoneChanged()}
	s.EarlierZones(func(zone *time.Location, until time.Time) {
		c.Earlier = append(c.Earlier, usage.Spell{Zone: zone, Until: until})
	})
	return c
}

package settings

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/fault"
)

const denyKey = "deny.people"

// Denial is an item of deny.people: who is not answered, as a pseudonym or
// platform id, and until when. A zero Until is without an end. One that has
// ended counts for nothing any more, and nobody has to take it away.
type Denial struct {
	Who   string
	Until time.Time
}

// untilMark stands between the two in a list's text.
const untilMark = "~"

// untilForm is the end in a list's text, in UTC.
const untilForm = "2006-01-02T15:04Z"

// String is the item as it is stored.
func (d Denial) String() string {
	if d.Until.IsZero() {
		return d.Who
	}
	return d.Who + untilMark + d.Until.UTC().Format(untilForm)
}

// ParseDenial reads an item of deny.people's value; ok is false for what is
// none.
func ParseDenial(item string) (d Denial, ok bool) {
	d, err := parseDenial(item)
	return d, err == nil
}

func parseDenial(item string) (Denial, error) {
	who, until, timed := strings.Cut(item, untilMark)
	if !timed {
		return Denial{Who: who}, nil
	}
	at, err := time.Parse(untilForm, until)
	if err != nil || who == "" {
		return Denial{}, errors.New("none or a list such as a, b")
	}
	return Denial{who, at}, nil
}

// DenialChange is a wish to stop answering one person, or to answer them again,
// in the workspace or in a channel.
type DenialChange struct {
	Tenant string
	Level  Level
	ID     string // the channel; "" for the workspace
	Person string // pseudonym of whom it is about
	// Standing is the strongest role of that person: a moderator decides over
	// members, not over admins and other moderators.
	Standing Role
	For      config.Age // 0 is without an end
	// By is the pseudonym of who changes it, and ByRole in which role.
	By     string
	ByRole Role
	Why    string
}

// Deny stops answering a person; done again it changes the end. Errors are
// those of Set.
func (s *Settings) Deny(ctx context.Context, c DenialChange) (Applied, error) {
	if err := c.check(); err != nil {
		return Applied{}, err
	}
	now := s.clock.Now()
	d := Denial{Who: c.Person}
	if c.For > 0 {
		d.Until = now.Add(time.Duration(c.For) + time.Minute - time.Nanosecond).Truncate(time.Minute) // rounded up
	}
	return s.apply(ctx, c.change(), func(old string) (string, error) {
		items := without(split(inForce(old, now)), c.Person)
		if len(items) >= maxList {
			return "", fault.Newf(fault.BadInput, "The list of people I do not answer is full: it holds %d. Take somebody off it, or deny a usergroup or role with deny.groups.", maxList)
		}
		return listText(append(items, d.String())), nil
	})
}

// Allow takes a person off the list of the level. Errors are those of Set.
func (s *Settings) Allow(ctx context.Context, c DenialChange) (Applied, error) {
	if err := c.check(); err != nil {
		return Applied{}, err
	}
	return s.apply(ctx, c.change(), func(old string) (string, error) {
		items := split(inForce(old, s.clock.Now()))
		if left := without(slices.Clone(items), c.Person); len(left) < len(items) {
			if len(left) == 0 {
				return "", nil // nobody on this level any more: what holds above applies
			}
			return listText(left), nil
		}
		return old, nil
	})
}

// check says who may not decide over whom.
func (c DenialChange) check() error {
	switch {
	case (c.ID == "") != (c.Level == Workspace) || c.Level != Workspace && c.Level != Channel || c.Person == "" || c.By == "":
		return fault.New(fault.BadInput, "Say whom, and whether for the workspace or for a channel.")
	case c.ByRole == Admin || c.ByRole == Operator:
		return nil
	case c.ByRole != Moderator:
		return fault.New(fault.NotAllowed, "Only a moderator or an admin can say whom I do not answer.")
	case c.Person == c.By:
		return fault.New(fault.NotAllowed, "Whether I answer you is not yours to decide; an admin can.")
	case slices.Contains([]Role{Admin, Operator, Moderator}, c.Standing):
		return fault.New(fault.NotAllowed, "A moderator cannot decide over an admin or another moderator; an admin can.")
	}
	return nil
}

func (c DenialChange) change() Change {
	return Change{Tenant: c.Tenant, Level: c.Level, ID: c.ID, Key: denyKey, By: c.By, ByRole: c.ByRole, Why: c.Why}
}

// denials are those of deny.people that are in force.
func (r Resolved) denials() []Denial {
	var out []Denial
	for _, item := range r.list(denyKey) {
		if d, ok := ParseDenial(item); ok {
			out = append(out, d)
		}
	}
	return out
}

// inForce leaves out of a list's text what has ended.
func inForce(text string, now time.Time) string {
	return listText(slices.DeleteFunc(split(text), func(item string) bool {
		d, err := parseDenial(item)
		return err != nil || !d.Until.IsZero() && !now.Before(d.Until)
	}))
}

// without leaves a person out of a list of denials.
func without(items []string, who string) []string {
	return slices.DeleteFunc(items, func(item string) bool {
		id, _, _ := strings.Cut(item, untilMark)
		return id == who
	})
}

// union adds one list's text to another's.
func union(above, own string) string {
	out := split(above)
	for _, item := range split(own) {
		if !slices.Contains(out, item) {
			out = append(out, item)
		}
	}
	return listText(out)
}

// split takes a list's text apart.
func split(text string) []string {
	if text == "" || text == none {
		return nil
	}
	return strings.Split(text, ",")
}

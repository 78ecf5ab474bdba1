package settings

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/journal"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/step"
)

// Author is who changes a team, an assignment or a card, and why.
type Author struct {
	Person string // pseudonym
	Role   Role
	Why    string
}

var idForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// PutTeam makes or changes a team. Admins only. Errors are faults, as in Set.
func (s *Settings) PutTeam(ctx context.Context, tenant string, t Team, by Author) error {
	if err := adminOnly(by, "a team"); err != nil {
		return err
	}
	if !idForm.MatchString(t.ID) || t.ID == Unassigned {
		return fault.Newf(fault.BadInput, "A team's id is 1 to 40 small letters, digits or hyphens, not %q.", clipped(t.ID))
	}
	c, err := s.readFresh(ctx, tenant)
	if err != nil {
		return err
	}
	return s.putCard(ctx, tenant, c, teamPrefix+t.ID, t, by, journal.Entry{Subject: journal.Team, Key: t.ID, From: c.teams[t.ID].text(), To: t.text()})
}

// Assign puts a channel, person or group into a team from an instant on; team
// "" takes it out. A zero from is now. The past is never re-assigned.
func (s *Settings) Assign(ctx context.Context, tenant string, k AssignKind, id, team string, from time.Time, by Author) error {
	if err := adminOnly(by, "who belongs to a team"); err != nil {
		return err
	}
	if !slices.Contains([]AssignKind{ToChannel, ToPerson, ToGroup}, k) || id == "" || strings.ContainsAny(id, "/\x00") {
		return fault.New(fault.BadInput, "Say which channel, person or group is to be in the team.")
	}
	c, err := s.readFresh(ctx, tenant)
	if err != nil {
		return err
	}
	from, err = s.fromNow(from)
	if err != nil {
		return err
	}
	if err := c.knowsTeam(team); err != nil {
		return err
	}
	key := string(k) + "/" + id
	old := c.assigned[key]
	return s.putCard(ctx, tenant, c, assignPrefix+key, old.from(team, from), by,
		journal.Entry{Subject: journal.Team, Level: string(k), Place: id, Key: "team", From: old.At(from), To: team})
}

// PutWorkflow makes or changes a card; team is its cost centre from an instant
// on (zero is now). Admins may change any card, an owner their own.
func (s *Settings) PutWorkflow(ctx context.Context, tenant string, w Card, team string, from time.Time, by Author) error {
	c, err := s.readFresh(ctx, tenant)
	if err != nil {
		return err
	}
	old, exists := c.workflows[w.ID]
	if owns := exists && by.Role == Owner && old.Owner == by.Person; !owns {
		if err := adminOnly(by, "a workflow card"); err != nil {
			return err
		}
	}
	if err := w.check(); err != nil {
		return err
	}
	if from, err = s.fromNow(from); err != nil {
		return err
	}
	if err := c.knowsTeam(team); err != nil {
		return err
	}
	w.Teams = old.Teams.from(team, from)
	return s.putCard(ctx, tenant, c, workflowPrefix+w.ID, w, by, journal.Entry{Subject: journal.Workflow, Key: w.ID, From: old.text(), To: w.text()})
}

func (w Card) check() error {
	reserved := slices.Contains(step.Intents(), step.Intent(w.ID))
	if !idForm.MatchString(w.ID) || reserved {
		return fault.Newf(fault.BadInput, "A workflow's id is 1 to 40 small letters, digits or hyphens and no intent's name, not %q.", clipped(w.ID))
	}
	if w.Intent != "" && !slices.Contains(step.Intents(), w.Intent) {
		return fault.Newf(fault.BadInput, "A workflow's intent is summarize, draft, classify or ask, not %q.", clipped(string(w.Intent)))
	}
	if d := w.Better.Direction; d != "" && d != "up" && d != "down" {
		return fault.Newf(fault.BadInput, "Better goes up or down, not %q.", clipped(d))
	}
	for _, text := range []string{w.Title, w.Purpose, w.Better.Measure, w.Better.Unit} {
		if len([]rune(text)) > 200 {
			return fault.New(fault.BadInput, "Title, purpose, measure and unit of a workflow have at most 200 characters each.")
		}
	}
	return nil
}

func adminOnly(by Author, what string) error {
	if by.Person != "" && Admins.may(by.Role, false) {
		return nil
	}
	return fault.Newf(fault.NotAllowed, "Only an admin can change %s.", what)
}

// fromNow refuses an instant in the past: what was booked then stays as it is.
func (s *Settings) fromNow(from time.Time) (time.Time, error) {
	now := s.clock.Now()
	if from.IsZero() {
		return now, nil
	}
	if from.Before(now.Truncate(24 * time.Hour)) {
		return time.Time{}, fault.Newf(fault.BadInput, "%s is in the past, and what was booked then is not re-assigned. Choose today or later.", from.Format(time.DateOnly))
	}
	return maxTime(from, now), nil
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (c *cards) knowsTeam(team string) error {
	if _, ok := c.teams[team]; ok || team == "" {
		return nil
	}
	say := fmt.Sprintf("There is no team %q.", clipped(team))
	if near := config.Nearest(team, sortedIDs(c.teams)); near != "" {
		say += " Did you mean " + near + "?"
	}
	return fault.New(fault.BadInput, say)
}

// readFresh reads the cards past the cache: versions must be the stored ones.
func (s *Settings) readFresh(ctx context.Context, tenant string) (*cards, error) {
	c, err := s.readCards(ctx, tenant)
	if err != nil {
		return nil, fmt.Errorf("settings: cards: %w", err)
	}
	return c, nil
}

// putCard writes one card with its journal entry.
func (s *Settings) putCard(ctx context.Context, tenant string, c *cards, id string, card any, by Author, e journal.Entry) error {
	body, err := json.Marshal(card)
	if err != nil {
		return fmt.Errorf("settings: encode: %w", err)
	}
	e.At, e.Who, e.Role, e.Why = s.clock.Now(), by.Person, string(by.Role), by.Why
	entry, err := journal.Write(e)
	if err != nil {
		return fmt.Errorf("settings: card: %w", err)
	}
	defer s.cards.drop(tenant)
	return s.write(ctx, tenant, record.Write{Kind: record.Card, ID: id, Body: body, Expect: c.versions[id]}, entry)
}

// text is a team as the journal shows it.
func (t Team) text() string {
	if t.ID == "" {
		return ""
	}
	return strings.Trim(fmt.Sprintf("%s, cost centre %s, owners %s", t.Name, t.CostCenter, listText(t.Owners)), ", ")
}

// text is a card as the journal shows it.
func (w Card) text() string {
	if w.ID == "" {
		return ""
	}
	var now Span
	if len(w.Teams) > 0 {
		now = w.Teams[len(w.Teams)-1]
	}
	state := ""
	if w.Retired {
		state = ", retired"
	}
	return fmt.Sprintf("%s; intent %s; channels %s; team %s; better: %s %s %s %s%s",
		w.Title, w.Intent, listText(w.Channels), now.Team, w.Better.Measure, w.Better.Direction, w.Better.Target, w.Better.Unit, state)
}

package settings

import (
	"slices"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/step"
)

// Booking is where a request's cost belongs.
type Booking struct {
	Team       string // a team's id, or Unassigned
	CostCenter string
	Workflow   string // a card's id, or the intent's name
	// Unknown is the workflow that was asked for and does not exist; the cost is
	// then booked to the intent's name. Nearest is the card that was probably
	// meant, "" when none is close.
	Unknown string
	Nearest string
}

// Booking decides where a request at this place belongs at an instant. wanted
// is what the person named with --for, "" for nothing. Without it a card counts
// that names both the channel and the intent, if there is exactly one. The team
// is the workflow card's, else the channel's, else the asker's.
func (r Resolved) Booking(actor chat.Actor, intent step.Intent, wanted string, at time.Time) Booking {
	b := Booking{Workflow: string(intent)}
	card, ok := r.cards.find(wanted)
	switch {
	case ok:
	case strings.TrimSpace(wanted) != "":
		b.Unknown = strings.TrimSpace(wanted)
		b.Nearest = config.Nearest(b.Unknown, r.cards.names())
	default:
		card, ok = r.cards.here(r.Place.Channel, intent)
	}
	team := ""
	if ok {
		b.Workflow, team = card.ID, card.Teams.At(at)
	}
	if team == "" {
		team = r.cards.assigned[string(ToChannel)+"/"+r.Place.Channel].At(at)
	}
	if team == "" {
		team = r.cards.teamOf(r.Person, actor, at)
	}
	if team == "" {
		team = Unassigned
	}
	b.Team, b.CostCenter = team, r.cards.teams[team].CostCenter
	return b
}

// find looks a card up by id or title, without regard to case.
func (c *cards) find(name string) (Card, bool) {
	name = strings.TrimSpace(name)
	if name == "" {
		return Card{}, false
	}
	for _, id := range sortedIDs(c.workflows) {
		w := c.workflows[id]
		if !w.Retired && (strings.EqualFold(id, name) || strings.EqualFold(w.Title, name)) {
			return w, true
		}
	}
	return Card{}, false
}

// names lists what a person may type after --for: ids of cards in use.
func (c *cards) names() []string {
	var out []string
	for _, id := range sortedIDs(c.workflows) {
		if !c.workflows[id].Retired {
			out = append(out, id)
		}
	}
	return out
}

// here is the one card that names both the channel and the intent.
func (c *cards) here(channel string, intent step.Intent) (Card, bool) {
	var found []Card
	for _, w := range c.workflows {
		if !w.Retired && channel != "" && w.Intent == intent && slices.Contains(w.Channels, channel) {
			found = append(found, w)
		}
	}
	if len(found) != 1 {
		return Card{}, false
	}
	return found[0], true
}

// teamOf is the asker's own team, else that of the first of their groups.
func (c *cards) teamOf(person string, actor chat.Actor, at time.Time) string {
	own := []Spans{c.assigned[string(ToPerson)+"/"+person], c.member[person], c.member[actor.ID]}
	for _, g := range actor.Groups {
		own = append(own, c.assigned[string(ToGroup)+"/"+g], c.member[g])
	}
	for _, spans := range own {
		if team := spans.At(at); team != "" {
			return team
		}
	}
	return ""
}

// Workflows lists what a person may name with --for.
func (r Resolved) Workflows() []string { return r.cards.names() }

// Owned lists the teams and workflows a person owns.
func (r Resolved) Owned(person string, actor chat.Actor) (teams, workflows []string) {
	for _, id := range sortedIDs(r.cards.teams) {
		if owners := r.cards.teams[id].Owners; named(owners, person, actor) || anyGroup(owners, actor) {
			teams = append(teams, id)
		}
	}
	for _, id := range sortedIDs(r.cards.workflows) {
		if owner := []string{r.cards.workflows[id].Owner}; named(owner, person, actor) || anyGroup(owner, actor) {
			workflows = append(workflows, id)
		}
	}
	return teams, workflows
}

// CardOwners lists who owns a team or workflow, given as "team" or "workflow"
// and its id: people (pseudonyms or platform ids) and groups. Empty when there
// is no such card.
func (r Resolved) CardOwners(kind, id string) []string {
	switch kind {
	case "team":
		return r.cards.teams[id].Owners
	case "workflow":
		if owner := r.cards.workflows[id].Owner; owner != "" {
			return []string{owner}
		}
	}
	return nil
}

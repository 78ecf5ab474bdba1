package settings

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/step"
)

// Unassigned is the team of a request that belongs to none.
const Unassigned = "unassigned"

// Team is a cost centre. ID never changes; Name may.
type Team struct {
	ID         string   `json:"id"`
	Name       string   `json:"name,omitempty"`
	CostCenter string   `json:"cost_center,omitempty"`
	Owners     []string `json:"owners,omitempty"` // people (pseudonyms or ids) or groups
}

// Card describes a workflow. ID never changes; Title may.
type Card struct {
	ID       string          `json:"id"`
	Title    string          `json:"title,omitempty"`
	Owner    string          `json:"owner,omitempty"`
	Purpose  string          `json:"purpose,omitempty"`
	Channels []string        `json:"channels,omitempty"`
	Intent   step.Intent     `json:"intent,omitempty"`
	Better   config.Better   `json:"better,omitzero"`
	Baseline config.Baseline `json:"baseline,omitzero"`
	Review   config.Date     `json:"review,omitzero"`
	Retired  bool            `json:"retired,omitempty"` // no new requests
	// Teams are the cost centres over time.
	Teams Spans `json:"teams,omitempty"`
}

// Span says which team holds from an instant on.
type Span struct {
	Team string    `json:"team"` // "" is none
	From time.Time `json:"from"`
}

// Spans are in order of time.
type Spans []Span

// At is the team in force at t; "" is none.
func (s Spans) At(t time.Time) string {
	team := ""
	for _, x := range s {
		if x.From.After(t) {
			break
		}
		team = x.Team
	}
	return team
}

// from returns the spans with team in force from t on. What was planned for
// later falls away; what held before t stays.
func (s Spans) from(team string, t time.Time) Spans {
	kept := slices.Clone(s)
	for len(kept) > 0 && !kept[len(kept)-1].From.Before(t) {
		kept = kept[:len(kept)-1]
	}
	if kept.At(t) == team {
		return kept
	}
	return append(kept, Span{team, t})
}

// AssignKind is what a team assignment is about.
type AssignKind string

// A team is assigned to a channel, a person (pseudonym) or a group.
const (
	ToChannel AssignKind = "channel"
	ToPerson  AssignKind = "person"
	ToGroup   AssignKind = "group"
)

// Record ids of kind record.Card begin with these.
const (
	teamPrefix     = "team/"
	workflowPrefix = "workflow/"
	assignPrefix   = "assign/"
)

// cards is all of it for one workspace: the policy's and what was set in chat.
type cards struct {
	teams     map[string]Team
	workflows map[string]Card
	// assigned maps "channel/C1", "person/p_…" and "group/S1"; member maps ids
	// of the policy's people lists, which may be persons or groups.
	assigned map[string]Spans
	member   map[string]Spans
	versions map[string]int64
}

// readCards reads all cards of a workspace over those of the policy.
func (s *Settings) readCards(ctx context.Context, tenant string) (*cards, error) {
	c := fromPolicy(s.policy)
	records, err := s.store.List(ctx, tenant, record.Card, "")
	if err != nil {
		return nil, err
	}
	for _, r := range records {
		if err := c.take(r); err != nil {
			return nil, fmt.Errorf("card %s: %w", r.ID, err)
		}
	}
	s.cards.put(tenant, c)
	return c, nil
}

func (c *cards) take(r record.Record) error {
	c.versions[r.ID] = r.Version
	switch {
	case strings.HasPrefix(r.ID, teamPrefix):
		var t Team
		if err := json.Unmarshal(r.Body, &t); err != nil {
			return err
		}
		c.teams[t.ID] = t
	case strings.HasPrefix(r.ID, workflowPrefix):
		var w Card
		if err := json.Unmarshal(r.Body, &w); err != nil {
			return err
		}
		c.workflows[w.ID] = w
	case strings.HasPrefix(r.ID, assignPrefix):
		var spans Spans
		if err := json.Unmarshal(r.Body, &spans); err != nil {
			return err
		}
		c.assigned[strings.TrimPrefix(r.ID, assignPrefix)] = spans
	}
	return nil
}

func fromPolicy(p config.Policy) *cards {
	c := &cards{teams: map[string]Team{}, workflows: map[string]Card{}, assigned: map[string]Spans{}, member: map[string]Spans{}, versions: map[string]int64{}}
	for id, t := range p.Teams {
		c.teams[id] = Team{ID: id, Name: id, CostCenter: t.CostCenter, Owners: t.Owners}
		for _, ch := range t.Channels {
			c.assigned[string(ToChannel)+"/"+ch] = Spans{{id, t.From.Start()}}
		}
		for _, who := range t.People {
			c.member[who] = Spans{{id, t.From.Start()}}
		}
	}
	for id, w := range p.Workflows {
		card := Card{ID: id, Title: w.Title, Owner: w.Owner, Purpose: w.Purpose, Channels: w.Channels, Intent: step.Intent(w.Intent),
			Better: w.Better, Baseline: w.Baseline, Review: w.Review}
		if w.Team != "" {
			card.Teams = Spans{{w.Team, w.From.Start()}}
		}
		c.workflows[id] = card
	}
	return c
}

// Teams lists the teams of a workspace by id.
func (s *Settings) Teams(ctx context.Context, tenant string) ([]Team, error) {
	c, err := s.cardsOf(ctx, tenant)
	if err != nil {
		return nil, err
	}
	return byID(c.teams), nil
}

// Workflows lists the workflow cards of a workspace by id.
func (s *Settings) Workflows(ctx context.Context, tenant string) ([]Card, error) {
	c, err := s.cardsOf(ctx, tenant)
	if err != nil {
		return nil, err
	}
	return byID(c.workflows), nil
}

func (s *Settings) cardsOf(ctx context.Context, tenant string) (*cards, error) {
	if c, ok := s.cards.get(tenant); ok {
		return c, nil
	}
	c, err := s.readCards(ctx, tenant)
	if err != nil {
		return nil, fmt.Errorf("settings: cards: %w", err)
	}
	return c, nil
}

func byID[V any](m map[string]V) []V {
	out := make([]V, 0, len(m))
	for _, id := range sortedIDs(m) {
		out = append(out, m[id])
	}
	return out
}

func sortedIDs[V any](m map[string]V) []string {
	ids := make([]string, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

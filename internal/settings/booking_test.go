package settings_test

import (
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/settings"
	"github.com/tierwise/tierwise/internal/step"
)

const teamsPolicy = `
teams:
  support: {cost_center: "4100", channels: [C1], from: 2026-01-01}
  sales: {cost_center: "4200", people: [S-sales, U-carl], from: 2026-01-01, owners: [U-carl]}
  research: {cost_center: "4300"}
workflows:
  ticket-triage: {title: Ticket triage, owner: p_bert, channels: [C2], intent: classify, team: research}
`

var root = settings.Author{Person: "p_root", Role: settings.Admin, Why: "reorganisation"}

func (r *room) booking(channel, person string, a chat.Actor, i step.Intent, wanted string, at time.Time) settings.Booking {
	r.t.Helper()
	place := chat.Place{Platform: chat.Slack, Workspace: "T1", Channel: channel}
	return r.resolveAt(place, chat.Channel{}, person).Booking(a, i, wanted, at)
}

func TestACostBelongsToTheWorkflowsTeamElseTheChannelsElseTheAskers(t *testing.T) {
	r := open(t, teamsPolicy, newShelf())
	seller := chat.Actor{ID: "U9", Groups: []string{"S-other", "S-sales"}}
	for _, c := range []struct {
		channel string
		actor   chat.Actor
		intent  step.Intent
		wanted  string
		want    settings.Booking
	}{
		{"C1", seller, step.Ask, "ticket-triage", settings.Booking{Team: "research", CostCenter: "4300", Workflow: "ticket-triage"}},
		{"C1", seller, step.Ask, "TICKET TRIAGE", settings.Booking{Team: "research", CostCenter: "4300", Workflow: "ticket-triage"}},
		{"C1", seller, step.Ask, "", settings.Booking{Team: "support", CostCenter: "4100", Workflow: "ask"}},
		{"C9", seller, step.Draft, "", settings.Booking{Team: "sales", CostCenter: "4200", Workflow: "draft"}},
		{"C9", chat.Actor{ID: "U-carl"}, step.Ask, "", settings.Booking{Team: "sales", CostCenter: "4200", Workflow: "ask"}},
		{"C9", chat.Actor{ID: "U1"}, step.Ask, "", settings.Booking{Team: settings.Unassigned, Workflow: "ask"}},
		{"C2", chat.Actor{ID: "U1"}, step.Classify, "", settings.Booking{Team: "research", CostCenter: "4300", Workflow: "ticket-triage"}},
		{"C2", chat.Actor{ID: "U1"}, step.Ask, "", settings.Booking{Team: settings.Unassigned, Workflow: "ask"}},
		{"C1", seller, step.Ask, "ticket-triag", settings.Booking{Team: "support", CostCenter: "4100", Workflow: "ask", Unknown: "ticket-triag", Nearest: "ticket-triage"}},
		{"C1", seller, step.Ask, "payroll", settings.Booking{Team: "support", CostCenter: "4100", Workflow: "ask", Unknown: "payroll"}},
	} {
		if got := r.booking(c.channel, "p_x", c.actor, c.intent, c.wanted, noon); got != c.want {
			t.Errorf("%s %s --for %q: %+v, want %+v", c.channel, c.actor.ID, c.wanted, got, c.want)
		}
	}
}

func TestAMapChangeNeverReassignsThePast(t *testing.T) {
	r := open(t, teamsPolicy, newShelf())
	next := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	if err := r.Assign(t.Context(), tenant, settings.ToChannel, "C1", "sales", next, root); err != nil {
		t.Fatal(err)
	}
	team := func(at time.Time) string { return r.booking("C1", "p_x", chat.Actor{}, step.Ask, "", at).Team }
	for at, want := range map[time.Time]string{
		time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC): settings.Unassigned, // before the policy's line began
		noon:                       "support",
		next.Add(-time.Nanosecond): "support",
		next:                       "sales",
	} {
		if got := team(at); got != want {
			t.Errorf("at %v: %s, want %s", at, got, want)
		}
	}
	err := r.Assign(t.Context(), tenant, settings.ToChannel, "C1", "research", noon.AddDate(0, -1, 0), root)
	if got := fault.Sentence(err, ""); got != "2026-10-24 is in the past, and what was booked then is not re-assigned. Choose today or later." {
		t.Errorf("got %q", got)
	}
	// Thinking again before the day takes the plan back and leaves the past.
	if err := r.Assign(t.Context(), tenant, settings.ToChannel, "C1", "research", time.Time{}, root); err != nil {
		t.Fatal(err)
	}
	if team(noon.Add(-time.Hour)) != "support" || team(noon) != "research" || team(next) != "research" {
		t.Errorf("after the second thought: %s %s %s", team(noon.Add(-time.Hour)), team(noon), team(next))
	}
	if n := r.shelf.count(record.Journal); n != 2 {
		t.Errorf("%d journal entries, want 2", n)
	}
}

func TestPeopleAndGroupsCanBeAssigned(t *testing.T) {
	r := open(t, teamsPolicy, newShelf())
	for _, a := range []struct {
		kind     settings.AssignKind
		id, team string
	}{{settings.ToGroup, "S-lab", "research"}, {settings.ToPerson, "p_dora", "support"}} {
		if err := r.Assign(t.Context(), tenant, a.kind, a.id, a.team, time.Time{}, root); err != nil {
			t.Fatal(err)
		}
	}
	lab := chat.Actor{ID: "U8", Groups: []string{"S-lab"}}
	if got := r.booking("C9", "p_x", lab, step.Ask, "", noon).Team; got != "research" {
		t.Errorf("by group: %s", got)
	}
	if got := r.booking("C9", "p_dora", lab, step.Ask, "", noon).Team; got != "support" {
		t.Errorf("one's own team before the group's: %s", got)
	}
}

func TestTeamsAndCardsAreChangedByWhoMay(t *testing.T) {
	r := open(t, teamsPolicy, newShelf())
	card := settings.Card{ID: "ticket-triage", Title: "Triage", Owner: "p_bert", Intent: step.Classify}
	bert, anna := settings.Author{Person: "p_bert", Role: settings.Owner}, settings.Author{Person: "p_anna", Role: settings.Owner}
	if err := r.PutWorkflow(t.Context(), tenant, card, "research", time.Time{}, bert); err != nil {
		t.Errorf("the owner: %v", err)
	}
	for name, err := range map[string]error{
		"another owner": r.PutWorkflow(t.Context(), tenant, card, "", time.Time{}, anna),
		"a new card":    r.PutWorkflow(t.Context(), tenant, settings.Card{ID: "new", Owner: "p_bert"}, "", time.Time{}, bert),
		"a team":        r.PutTeam(t.Context(), tenant, settings.Team{ID: "x"}, bert),
		"an assignment": r.Assign(t.Context(), tenant, settings.ToPerson, "p_bert", "sales", time.Time{}, bert),
		"nobody":        r.PutTeam(t.Context(), tenant, settings.Team{ID: "x"}, settings.Author{Role: settings.Admin}),
	} {
		if fault.KindOf(err) != fault.NotAllowed {
			t.Errorf("%s: %v", name, err)
		}
	}
	for says, err := range map[string]error{
		`There is no team "suport". Did you mean support?`:                                             r.Assign(t.Context(), tenant, settings.ToChannel, "C1", "suport", time.Time{}, root),
		`A workflow's id is 1 to 40 small letters, digits or hyphens and no intent's name, not "ask".`: r.PutWorkflow(t.Context(), tenant, settings.Card{ID: "ask"}, "", time.Time{}, root),
		`A workflow's intent is summarize, draft, classify or ask, not "sing".`:                        r.PutWorkflow(t.Context(), tenant, settings.Card{ID: "a", Intent: "sing"}, "", time.Time{}, root),
		`A team's id is 1 to 40 small letters, digits or hyphens, not "Big Team".`:                     r.PutTeam(t.Context(), tenant, settings.Team{ID: "Big Team"}, root),
		`Say which channel, person or group is to be in the team.`:                                     r.Assign(t.Context(), tenant, "planet", "Mars", "sales", time.Time{}, root),
	} {
		if got := fault.Sentence(err, ""); got != says {
			t.Errorf("got  %q\nwant %q", got, says)
		}
	}
	teams, cards := r.resolve("").Owned("p_bert", chat.Actor{ID: "U-carl"})
	if len(teams) != 1 || teams[0] != "sales" || len(cards) != 1 {
		t.Errorf("owned: %v %v", teams, cards)
	}
}

func TestARetiredCardTakesNoNewRequests(t *testing.T) {
	r := open(t, teamsPolicy, newShelf())
	if err := r.PutWorkflow(t.Context(), tenant, settings.Card{ID: "ticket-triage", Retired: true}, "", time.Time{}, root); err != nil {
		t.Fatal(err)
	}
	if b := r.booking("C2", "p_x", chat.Actor{}, step.Classify, "ticket-triage", noon); b.Workflow != "classify" || b.Unknown == "" || b.Nearest != "" {
		t.Errorf("booked to %+v", b)
	}
	cards, err := r.Workflows(t.Context(), tenant)
	if err != nil || len(cards) != 1 || !cards[0].Retired {
		t.Errorf("it is still listed: %v, %v", cards, err)
	}
}

func TestTwoAdminsOnOneCard(t *testing.T) {
	s := newShelf()
	a, b := open(t, teamsPolicy, s), open(t, teamsPolicy, s)
	s.before = func() {
		if err := b.PutTeam(t.Context(), tenant, settings.Team{ID: "legal", CostCenter: "1"}, root); err != nil {
			t.Error(err)
		}
	}
	if err := a.PutTeam(t.Context(), tenant, settings.Team{ID: "legal", CostCenter: "2"}, root); fault.KindOf(err) != fault.Conflict {
		t.Fatalf("the slower writer: %v", err)
	}
	if err := a.PutTeam(t.Context(), tenant, settings.Team{ID: "legal", CostCenter: "2"}, root); err != nil {
		t.Fatal(err)
	}
	teams, _ := a.Teams(t.Context(), tenant)
	if len(teams) != 4 || teams[0].CostCenter != "2" {
		t.Errorf("%+v", teams)
	}
}

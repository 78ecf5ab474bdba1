package slack

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/bots/slack/slacktest"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/record"
)

// TestAnEventBelongsToTheTeamInItsContext: the authorization of a whole
// organisation names any of its workspaces, or the organisation itself, which is
// no workspace; of a single workspace it names where we are.
func TestAnEventBelongsToTheTeamInItsContext(t *testing.T) {
	for name, c := range map[string]struct{ outside, want string }{
		"one workspace":                    {`"team_id":"T1","context_team_id":"T1","authorizations":[{"team_id":"T1","is_enterprise_install":false}]`, "T1"},
		"shared with another company":      {`"team_id":"T9","context_team_id":"T9","authorizations":[{"team_id":"T1","is_enterprise_install":false}]`, "T1"},
		"before contexts were said":        {`"team_id":"T1"`, "T1"},
		"an organisation, another team":    {`"team_id":"T1","context_team_id":"T2","enterprise_id":"E1","authorizations":[{"enterprise_id":"E1","team_id":"T1","is_enterprise_install":true}]`, "T2"},
		"an organisation, no team":         {`"team_id":"T2","context_team_id":"T2","enterprise_id":"E1","authorizations":[{"enterprise_id":"E1","team_id":null,"is_enterprise_install":true}]`, "T2"},
		"an organisation in place of one":  {`"team_id":"E1","context_team_id":"T2","authorizations":[{"enterprise_id":"E1","team_id":"E1","is_enterprise_install":true}]`, "T2"},
		"an organisation in the context":   {`"team_id":"T2","context_team_id":"E1","context_enterprise_id":"E1","authorizations":[{"team_id":"E1","is_enterprise_install":true}]`, "T2"},
		"an organisation and no workspace": {`"team_id":null,"context_team_id":"E1","authorizations":[{"team_id":"E1","is_enterprise_install":true}]`, ""},
	} {
		e, _, ok := readEnvelope([]byte(`{` + c.outside + `,"event":{"type":"message"}}`))
		if !ok || e.workspace() != c.want {
			t.Errorf("%s: workspace %q, want %q", name, e.workspace(), c.want)
		}
	}
}

// TestPressedInAnOrganisation: where a click or a form has no team, it is that
// of the installation or of the person; an organisation is never a workspace.
func TestPressedInAnOrganisation(t *testing.T) {
	form := `"view":{"id":"V1","callback_id":"roles","private_metadata":"{}","app_installed_team_id":"T1"}`
	for body, want := range map[string]string{
		`"type":"message_action","callback_id":"classify","message":{"ts":"1.000001","text":"x"},"team":null,"user":{"id":"U1","team_id":"T1"}`:        "T1",
		`"type":"message_action","callback_id":"classify","message":{"ts":"1.000001","text":"x"},"team":{"id":"E1"},"user":{"id":"U1"}`:                "",
		`"type":"message_action","callback_id":"classify","message":{"ts":"1.000001","text":"x"},"team":{"id":"E1"},"user":{"id":"U1","team_id":"T1"}`: "T1",
		`"type":"view_submission","team":{"id":"T2"},"user":{"id":"U1","team_id":"T2"},` + form:                                                        "T1",
	} {
		door := bottest.NewRecorder()
		w := open(t, door)
		rec := w.post("/slack/interactions", "payload="+url.QueryEscape(`{`+body+`,"channel":{"id":"C1"},"enterprise":{"id":"E1"},"is_enterprise_install":true}`))
		if rec.Code != http.StatusOK {
			t.Errorf("%s gave %d", body, rec.Code)
		}
		got := ""
		for _, e := range door.Events() {
			got = e.Place.Workspace
		}
		if got != want {
			t.Errorf("%s is of %q, want %q", body, got, want)
		}
	}
}

// TestTwoWorkspacesOfAnOrganisationStayApart: each has its own installation and
// token, what is heard in one is answered there, and removing one leaves the
// other as it is.
func TestTwoWorkspacesOfAnOrganisationStayApart(t *testing.T) {
	w, store, door, _, base := installedWorld(t, false)
	w.AddTeam(slacktest.Team{ID: "T8", Name: "Beta", Enterprise: "E1"})
	w.AddTeam(slacktest.Team{ID: "T9", Name: "Gamma", Enterprise: "E1"})
	for _, team := range []string{"T8", "T9"} {
		w.AddUser(slacktest.User{ID: "UA" + team, Team: team, Name: "admin", Admin: true})
		w.AddUser(slacktest.User{ID: "UB" + team, Team: team, Name: "tierwise", Bot: true, BotID: "B" + team, App: slacktest.AppID})
		w.AddChannel(slacktest.Channel{ID: "C" + team, Team: team, Name: "general", Members: []string{"UA" + team, "UB" + team}})
		if code, text := w.User("UA" + team).Install(base + "/slack/install"); code != http.StatusOK || !strings.Contains(text, "installed") {
			t.Fatalf("installing gave %d: %s", code, text)
		}
	}
	for _, team := range []string{"T8", "T9"} {
		w.User("UA"+team).Mention("C"+team, "hello")
		all := door.Events()
		e := all[len(all)-1]
		if e.Place.Workspace != team || e.Actor.External {
			t.Fatalf("heard %+v by %+v", e.Place, e.Actor)
		}
		put(t, answerTo(t, w, e.ReplyTo), chat.Post{Job: "J" + team + "/1", Stage: chat.Final, Text: "hi " + team})
		if m := w.User("UA"+team).Last("C"+team, e.Place.Thread); m.Text != "hi "+team || m.User != "UB"+team {
			t.Errorf("in %s: %q by %s", team, m.Text, m.User)
		}
	}
	w.Uninstall("T8")
	if _, err := store.Get(t.Context(), "slack/T9", record.Install, installID); err != nil {
		t.Errorf("the other workspace lost its installation: %v", err)
	}
	if _, err := store.Get(t.Context(), "slack/T8", record.Install, installID); err == nil {
		t.Error("the removed workspace kept its installation")
	}
	for _, e := range door.Events() {
		if raw, err := json.Marshal(e); err != nil || strings.Contains(string(raw), `"E1"`) {
			t.Errorf("an event names the organisation: %s, %v", raw, err)
		}
	}
}

// TestAWholeOrganisationIsDeclined: where an organisation installs the app for
// all its workspaces at once, the browser is told what to do instead, and
// nothing that comes from them is kept.
func TestAWholeOrganisationIsDeclined(t *testing.T) {
	w, store, door, browser, base := installedWorld(t, false)
	w.Behave(slacktest.Behaviour{OrgWide: true})
	code, text := get(t, browser, base+"/slack/install")
	if code != http.StatusBadRequest || !strings.Contains(text, "whole organisation is not offered") || !strings.Contains(text, "/slack/install") {
		t.Errorf("installing gave %d: %s", code, text)
	}
	if d := w.User("U1").Mention("C1", "hello"); !d.Acked {
		t.Error("the mention was not acknowledged")
	}
	w.User("U1").OpenHome()
	w.Event("T1", map[string]any{"type": "app_uninstalled"})
	command := url.Values{"team_id": {"T1"}, "user_id": {"U1"}, "channel_id": {"C1"}, "command": {"/draft"}, "text": {"hello"}, "is_enterprise_install": {"true"}}
	if rec := w.post("/slack/commands", command.Encode()); rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), "whole organisation") {
		t.Errorf("a command gave %d: %s", rec.Code, rec.Body)
	}
	click := `{"type":"message_action","callback_id":"classify","message":{"ts":"1.000001","text":"x"},"team":{"id":"T1"},"channel":{"id":"C1"},"user":{"id":"U1"},"is_enterprise_install":true}`
	if rec := w.post("/slack/interactions", "payload="+url.QueryEscape(click)); rec.Code != http.StatusOK {
		t.Errorf("a shortcut gave %d", rec.Code)
	}
	if n := len(door.Events()); n != 0 || len(door.Questions(chat.HomeView)) != 0 {
		t.Errorf("%d events were accepted, %d pages asked for", n, len(door.Questions(chat.HomeView)))
	}
	if tenants, err := store.Tenants(t.Context()); err != nil || len(tenants) != 0 {
		t.Errorf("something was stored for %q, %v", tenants, err)
	}
	if w.counted("slack.org_wide") != 5 {
		t.Errorf("%d deliveries were counted", w.counted("slack.org_wide"))
	}
	// A workspace that installs it for itself is served, also by such deliveries.
	w.Behave(slacktest.Behaviour{})
	if code, text := get(t, browser, base+"/slack/install"); code != http.StatusOK {
		t.Fatalf("installing in one workspace gave %d: %s", code, text)
	}
	w.Behave(slacktest.Behaviour{OrgWide: true})
	w.User("U1").Mention("C1", "hello")
	if e := one(t, door, chat.Mention); e.Place.Workspace != "T1" {
		t.Errorf("heard %+v", e.Place)
	}
}

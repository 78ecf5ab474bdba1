package slacktest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestViewsAreStackedUpdatedAndClosed(t *testing.T) {
	s := newStage(t, Config{})
	none := ""
	got := s.clicks(&none)
	p := s.User("U1")
	trigger := func() string {
		p.Command("/ask", "", "C1")
		return (*got)[len(*got)-1]["trigger_id"].(string)
	}
	opened := s.fine("views.open", "trigger_id", trigger(), "view", modal)["view"].(map[string]any)
	id, hash := opened["id"].(string), opened["hash"].(string)
	s.fine("views.update", "view_id", id, "hash", hash, "view", strings.Replace(modal, `"Ask"`, `"Ask again"`, 1))
	s.refused("hash_conflict", "views.update", "view_id", id, "hash", hash, "view", modal)
	s.fine("views.push", "trigger_id", trigger(), "view", modal)
	s.fine("views.push", "trigger_id", trigger(), "view", modal)
	s.refused("push_limit_reached", "views.push", "trigger_id", trigger(), "view", modal)
	if views := p.Views(); len(views) != 3 || views[0].Title != "Ask again" {
		t.Errorf("open are %+v", views)
	}
	for range 3 {
		v, _ := p.View()
		p.Dismiss(v)
	}
	s.refused("not_found", "views.update", "view_id", id, "view", modal)
	if n := len(p.Forms()); n != 3 {
		t.Errorf("%d forms were opened, want 3", n)
	}
}

func TestHomeIsForOnePerson(t *testing.T) {
	s := newStage(t, Config{})
	const home = `{"type":"home","blocks":[{"type":"section","text":{"type":"mrkdwn","text":"Your drafts"}}]}`
	s.fine("views.publish", "user_id", "U1", "view", home)
	if v, ok := s.User("U1").Home(); !ok || v.Text != "Your drafts" {
		t.Errorf("home shows %+v", v)
	}
	if _, ok := s.User("U2").Home(); ok {
		t.Error("another person has a home too")
	}
	s.refused("user_not_found", "views.publish", "user_id", "U7", "view", home)
}

func TestBlockLimits(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	button := func(label string) string {
		return `{"type":"button","action_id":"` + label + `","text":{"type":"plain_text","text":"` + label + `"}}`
	}
	cases := []struct{ words, blocks string }{
		{"markdown.text: 12001", `[{"type":"markdown","text":"` + long(12001) + `"}]`},
		{"12002 characters of markdown", `[{"type":"markdown","text":"` + long(6001) + `"},{"type":"markdown","text":"` + long(6001) + `"}]`},
		{"51 blocks", `[` + strings.Repeat(`{"type":"divider"},`, 50) + `{"type":"divider"}]`},
		{"section.text: 3001", `[{"type":"section","text":{"type":"mrkdwn","text":"` + long(3001) + `"}}]`},
		{"button.text: 76", `[{"type":"actions","elements":[` + button(long(76)) + `]}]`},
		{"action_id \"same\" is used twice", `[{"type":"actions","elements":[` + button("same") + `,` + button("same") + `]}]`},
		{"block_id \"b\" is used twice", `[{"type":"divider","block_id":"b"},{"type":"divider","block_id":"b"}]`},
		{"has neither text nor fields", `[{"type":"section"}]`},
		{"does not belong in actions", `[{"type":"actions","elements":[{"type":"feedback_buttons","action_id":"f","positive_button":{"text":{"type":"plain_text","text":"a"},"value":"1"},` +
			`"negative_button":{"text":{"type":"plain_text","text":"b"},"value":"2"}}]}]`},
		{"overflow.options: 6", `[{"type":"actions","elements":[{"type":"overflow","action_id":"o","options":[` + strings.TrimSuffix(strings.Repeat(`{"text":{"type":"plain_text","text":"o"},"value":"v"},`, 6), ",") + `]}]}]`},
		{"rows: 1, allowed are 2", `[{"type":"data_table","caption":"c","rows":[[{"type":"raw_text","text":"Team"}]]}]`},
		{"data: 21 characters", `[{"type":"data_visualization","title":"t","chart":{"type":"bar","series":[{"name":"s","data":[{"label":"` + long(21) + `","value":1}]}]}}]`},
		{"is not more than 0", `[{"type":"data_visualization","title":"t","chart":{"type":"pie","segments":[{"label":"l","value":0}]}}]`},
	}
	for _, c := range cases {
		t.Run(c.words, func(t *testing.T) {
			s := newStage(t, Config{Lenient: true})
			if !s.Checked() {
				t.Skip(s.Notes())
			}
			s.refused("invalid_blocks", "chat.postMessage", "channel", "C1", "text", "x", "blocks", c.blocks)
			s.bad(c.words)
		})
	}
}

func TestInstallIsWalkedThrough(t *testing.T) {
	s := newStage(t, Config{})
	var app *httptest.Server
	app = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slack/install":
			http.Redirect(w, r, "https://slack.com/oauth/v2/authorize?client_id="+ClientID+"&scope=chat:write&state=s&redirect_uri="+app.URL+"/back", http.StatusFound)
		case "/back":
			got := s.call("oauth.v2.access", "client_id", ClientID, "client_secret", ClientSecret, "code", r.FormValue("code"), "redirect_uri", app.URL+"/back")
			team, _ := got["team"].(map[string]any)
			w.Write([]byte(text(team["id"])))
		}
	}))
	defer app.Close()
	if status, body := s.User("U7").Install(app.URL + "/slack/install"); status != 200 || body != "T2" {
		t.Errorf("the installation ended with %d %q, want the workspace of who installed", status, body)
	}
	if s.Token("T2") == "" {
		t.Error("there is no token")
	}
}

func TestStrangersAndSharedChannels(t *testing.T) {
	s := newStage(t, Config{})
	var bodies []string
	s.app(func(_ http.ResponseWriter, _ *http.Request, body string) { bodies = append(bodies, body) })
	s.User("U7").Mention("C4", "hello")
	if len(bodies) != 1 || !strings.Contains(bodies[0], `"is_ext_shared_channel":true`) || !strings.Contains(bodies[0], `"user_team":"T2"`) ||
		!strings.Contains(bodies[0], `"team_id":"T1"`) {
		t.Errorf("events %q", bodies)
	}
	if u := s.fine("users.info", "user", "U7")["user"].(map[string]any); u["is_stranger"] != true || u["team_id"] != "T2" {
		t.Errorf("the stranger is %v", u)
	}
	s.AddUser(User{ID: "U9", Team: "T2", Name: "hidden", Stranger: true})
	s.refused("user_not_visible", "users.info", "user", "U9")
	s.refused("user_not_found", "users.info", "user", "U0")
	s.refused("invalid_cursor", "conversations.list", "cursor", "dGVzdA==")
}

func TestEchoAndContext(t *testing.T) {
	s := newStage(t, Config{})
	heard := make(chan string, 10)
	s.app(func(_ http.ResponseWriter, _ *http.Request, body string) { heard <- body })
	s.Behave(Behaviour{Echo: true})
	s.fine("chat.postMessage", "channel", "C1", "text", "I said this")
	if body := <-heard; !strings.Contains(body, "I said this") || !strings.Contains(body, `"bot_id":"BBOTT1"`) {
		t.Errorf("the app hears itself as %s", body)
	}
	p := s.User("U1")
	p.LookAt("C2")
	<-heard
	p.Tell("summarize this")
	if body := <-heard; !strings.Contains(body, `"app_context":{"entities":[{"team_id":"T1","type":"slack#/types/channel_id","value":"C2"}]}`) {
		t.Errorf("the direct message has no context: %s", body)
	}
}

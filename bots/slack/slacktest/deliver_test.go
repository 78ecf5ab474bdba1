package slacktest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// envelope is what an app reads of an event.
type envelope struct {
	ID    string `json:"event_id"`
	Team  string `json:"team_id"`
	Event struct {
		Type    string `json:"type"`
		Subtype string `json:"subtype"`
		Text    string `json:"text"`
		TS      string `json:"ts"`
		Channel string `json:"channel"`
		Kind    string `json:"channel_type"`
	} `json:"event"`
}

// events is an app that keeps all events and answers with a status.
func (s *stage) events(status *int) *[]envelope {
	s.Helper()
	var all []envelope
	s.app(func(w http.ResponseWriter, r *http.Request, body string) {
		var e envelope
		if err := json.Unmarshal([]byte(body), &e); err != nil {
			s.Errorf("event: %v", err)
		}
		stamp := r.Header.Get("X-Slack-Request-Timestamp")
		if r.Header.Get("X-Slack-Signature") != Sign(SigningSecret, stamp, []byte(body)) {
			s.Error("the signature does not fit the body")
		}
		all = append(all, e)
		w.WriteHeader(*status)
	})
	return &all
}

func TestMentionIsDelivered(t *testing.T) {
	s := newStage(t, Config{})
	ok := http.StatusOK
	got := s.events(&ok)
	d := s.User("U1").Mention("C1", "hello")
	if len(*got) != 1 || !d.Acked || d.Status != 200 {
		t.Fatalf("%d events, delivery %+v", len(*got), d)
	}
	e := (*got)[0]
	if e.Event.Type != "app_mention" || e.Event.Text != "<@UBOTT1> hello" || e.Event.TS != d.Message.TS || e.Team != "T1" {
		t.Errorf("event %+v", e)
	}
	s.Behave(Behaviour{Pair: true, Copies: 3})
	s.User("U1").Mention("C1", "again")
	ids := map[string]bool{}
	for _, e := range (*got)[1:] {
		ids[e.ID] = true
	}
	if len(*got) != 7 || len(ids) != 6 {
		t.Errorf("%d events with %d ids, want a pair in three copies each", len(*got)-1, len(ids))
	}
}

func TestWhoHearsWhat(t *testing.T) {
	s := newStage(t, Config{Events: []string{"app_mention", "message.im"}})
	ok := http.StatusOK
	got := s.events(&ok)
	s.User("U1").Say("C1", "not for the app")
	s.AddChannel(Channel{ID: "C9", Team: "T1", Name: "alone", Members: []string{"U1"}})
	s.User("U1").Mention("C9", "the app is not here")
	if len(*got) != 0 {
		t.Errorf("events %+v, want none", *got)
	}
	s.User("U1").Tell("a direct word")
	if len(*got) != 1 || (*got)[0].Event.Kind != "im" {
		t.Errorf("events %+v, want the direct message", *got)
	}
}

func TestRetriesFollowTheClock(t *testing.T) {
	s := newStage(t, Config{})
	status := http.StatusServiceUnavailable
	var heads []string
	s.app(func(w http.ResponseWriter, r *http.Request, _ string) {
		heads = append(heads, r.Header.Get("X-Slack-Retry-Num")+r.Header.Get("X-Slack-Retry-Reason"))
		w.WriteHeader(status)
	})
	if d := s.User("U1").Mention("C1", "hello"); d.Acked {
		t.Error("a 503 counts as acknowledged")
	}
	s.Retries()
	s.Retries() // nothing is due
	s.clock.Advance(time.Minute)
	status = http.StatusOK
	s.Retries()
	s.clock.Advance(time.Hour)
	s.Retries()
	if want := "|1http_error|2http_error"; strings.Join(heads, "|") != want {
		t.Errorf("deliveries %q, want %q", strings.Join(heads, "|"), want)
	}
}

func TestEditsAndDeletions(t *testing.T) {
	s := newStage(t, Config{})
	ok := http.StatusOK
	got := s.events(&ok)
	p := s.User("U1")
	d := p.Say("C1", "one")
	p.Edit(d.Message, "two")
	p.Delete(d.Message)
	var kinds []string
	for _, e := range *got {
		kinds = append(kinds, e.Event.Type+"/"+e.Event.Subtype)
	}
	if want := "message/ message/message_changed message/message_deleted"; strings.Join(kinds, " ") != want {
		t.Errorf("events %v, want %s", kinds, want)
	}
}

// clicks is an app that answers interactions and commands with a body.
func (s *stage) clicks(body *string) *[]map[string]any {
	s.Helper()
	var all []map[string]any
	s.app(func(w http.ResponseWriter, r *http.Request, raw string) {
		form, err := url.ParseQuery(raw)
		if err != nil {
			s.Error(err)
		}
		p := map[string]any{}
		for k := range form {
			p[k] = form.Get(k)
		}
		if payload := form.Get("payload"); payload != "" && json.Unmarshal([]byte(payload), &p) != nil {
			s.Errorf("payload %s", payload)
		}
		all = append(all, p)
		if *body != "" {
			w.Header().Set("Content-Type", "application/json")
			w.Write([]byte(*body))
		}
	})
	return &all
}

const buttons = `[{"type":"section","text":{"type":"mrkdwn","text":"Draft"}},{"type":"actions","elements":[` +
	`{"type":"button","action_id":"post","value":"d1","text":{"type":"plain_text","text":"Post"}},` +
	`{"type":"overflow","action_id":"more","options":[{"text":{"type":"plain_text","text":"Discard"},"value":"d2"}]}]}]`

func TestClickUnderAnEphemeralHasNoMessage(t *testing.T) {
	s := newStage(t, Config{})
	none := ""
	got := s.clicks(&none)
	s.fine("chat.postEphemeral", "channel", "C1", "user", "U1", "text", "Draft", "blocks", buttons)
	at := s.User("U1").Last("C1", "").Ref
	s.User("U1").Press(at, "post")
	click := (*got)[0]
	if _, has := click["message"]; has || click["container"].(map[string]any)["is_ephemeral"] != true {
		t.Errorf("payload %v", click)
	}
	s.User("U1").PressLabel(at, "Discard")
	action := (*got)[1]["actions"].([]any)[0].(map[string]any)
	if action["type"] != "overflow" || action["selected_option"].(map[string]any)["value"] != "d2" {
		t.Errorf("action %v", action)
	}
	// The address of the click replaces the private message, five times in all.
	for i := range 6 {
		resp, err := http.Post(click["response_url"].(string), "application/json", strings.NewReader(`{"text":"Posted","replace_original":true}`))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if want := map[bool]int{true: 200, false: 404}[i < 5]; resp.StatusCode != want {
			t.Errorf("use %d gave %d, want %d", i+1, resp.StatusCode, want)
		}
	}
	if all := s.User("U1").See("C1", ""); len(all) != 1 || all[0].Text != "Posted" || !all[0].Private {
		t.Errorf("the person sees %+v", all)
	}
	s.clock.Advance(31 * time.Minute)
	resp, err := http.Post((*got)[1]["response_url"].(string), "application/json", strings.NewReader(`{"text":"late"}`))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 404 {
		t.Errorf("an expired address gave %d", resp.StatusCode)
	}
}

func TestFormIsFilledAndAnswered(t *testing.T) {
	s := newStage(t, Config{})
	reply := ""
	got := s.clicks(&reply)
	p := s.User("U1")
	p.Command("/ask", "", "C1")
	s.fine("views.open", "trigger_id", (*got)[0]["trigger_id"].(string), "view", modal)
	v, _ := p.View()
	if p.Submit(v, nil); len(*got) != 1 {
		t.Error("an empty required field was handed in")
	}
	reply = `{"response_action":"errors","errors":{"amount":"must be a number"}}`
	p.Submit(v, map[string]string{"Amount": "many"})
	v, open := p.View()
	if !open || v.Errors["amount"] != "must be a number" {
		t.Errorf("after errors the view is open %v with %v", open, v.Errors)
	}
	reply = ""
	p.Submit(v, map[string]string{"amount": "5"})
	state := (*got)[2]["view"].(map[string]any)["state"].(map[string]any)["values"].(map[string]any)
	if state["amount"].(map[string]any)["v"].(map[string]any)["value"] != "5" {
		t.Errorf("state %v", state)
	}
	if _, open := p.View(); open {
		t.Error("the modal is still open")
	}
}

func TestCommandAnswerIsPrivate(t *testing.T) {
	s := newStage(t, Config{})
	reply := `{"text":"working on it"}`
	got := s.clicks(&reply)
	s.User("U1").Command("/summarize", "24h", "C1")
	if c := (*got)[0]; c["command"] != "/summarize" || c["text"] != "24h" || c["channel_id"] != "C1" || c["user_id"] != "U1" {
		t.Errorf("command %v", c)
	}
	if own := s.User("U1").See("C1", ""); len(own) != 1 || !own[0].Private {
		t.Errorf("the person sees %+v", own)
	}
	if n := len(s.User("U2").See("C1", "")); n != 0 {
		t.Errorf("another person sees %d messages", n)
	}
}

func TestProbesOfTheAddresses(t *testing.T) {
	s := newStage(t, Config{})
	s.app(func(w http.ResponseWriter, _ *http.Request, body string) {
		var probe struct{ Challenge string }
		if json.Unmarshal([]byte(body), &probe) == nil {
			w.Write([]byte(probe.Challenge))
		} else if body != "ssl_check=1&token=" {
			t.Errorf("probe %q", body)
		}
	})
	if !s.Verify() || !s.SSLCheck().Acked {
		t.Error("an app that answers right does not pass")
	}
	s.app(func(http.ResponseWriter, *http.Request, string) {})
	if s.Verify() {
		t.Error("an app that gives no challenge back passes")
	}
}

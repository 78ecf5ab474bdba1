package slack

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/bots/slack/slacktest"
	"github.com/tierwise/tierwise/internal/chat"
)

// rolesForm asks for people and a channel, with what holds already.
func rolesForm(optional bool) *chat.Form {
	return &chat.Form{ID: "roles", Title: "Owners and finance", Fields: []chat.Field{
		{ID: "finance", Label: "Finance", Kind: chat.PeopleField, Value: "U2\nS1\nnobody", Optional: optional},
		{ID: "reports", Label: "Reports go to", Kind: chat.ChannelField, Value: "C1", Optional: true},
	}}
}

// asking is a world where /ai-config opens the form.
func asking(t *testing.T, form *chat.Form) (*world, *bottest.Recorder) {
	t.Helper()
	door := bottest.NewRecorder()
	door.Answer(func(q chat.Question) chat.Answer {
		if q.Kind == chat.OpenForm {
			return chat.Answer{Form: form}
		}
		return chat.Answer{}
	})
	return open(t, door), door
}

// opened has the form open.
func opened(t *testing.T, form *chat.Form) (*world, *bottest.Recorder, slacktest.View) {
	t.Helper()
	w, door := asking(t, form)
	w.User("U1").Command("/ai-config", "", "C1")
	view, ok := w.User("U1").View()
	if !ok {
		t.Fatal("no form is open")
	}
	return w, door, view
}

// TestPickers: Slack's own menus with what holds already; ids come back, people
// and groups together.
func TestPickers(t *testing.T) {
	w, door, view := opened(t, rolesForm(false))
	raw, err := json.Marshal(view.Blocks)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"type":"multi_users_select"`, `"initial_users":["U2"]`, `"type":"conversations_select"`, `"initial_conversation":"C1"`,
		`"exclude_external_shared_channels":true`, `"include":["public","private"]`, "@finance"} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("the form lacks %s: %s", want, raw)
		}
	}
	if strings.Contains(string(raw), "nobody") || strings.Contains(string(raw), "default_to_current_conversation") {
		t.Errorf("the form has what is no id, or the conversation it was opened in: %s", raw)
	}
	// Nothing changed: what held comes back.
	w.User("U1").Submit(view, nil)
	if e := one(t, door, chat.Submit); e.Fields["finance"] != "U2\nS1" || e.Fields["reports"] != "C1" || len(e.Fields) != 2 {
		t.Errorf("handed in as it was: %+v", e.Fields)
	}
	if q := door.Questions(chat.CheckForm); len(q) != 1 || q[0].Fields["finance"] != "U2\nS1" {
		t.Errorf("what was checked: %+v", q)
	}
}

// TestAGroupAloneIsEnough, and nobody at all is not.
func TestAGroupAloneIsEnough(t *testing.T) {
	w, door, view := opened(t, rolesForm(false))
	w.User("U1").Submit(view, map[string]string{"finance": "", "finance:groups": "", "reports": ""})
	again, ok := w.User("U1").View()
	if !ok || !strings.Contains(again.Errors["finance"], "at least one person or group") {
		t.Fatalf("with nobody: open %v, %v", ok, again.Errors)
	}
	if len(door.Events()) != 0 || len(door.Questions(chat.CheckForm)) != 0 {
		t.Error("a form with nobody went on")
	}
	w.User("U1").Submit(again, map[string]string{"finance": "", "finance:groups": "S1", "reports": "C2"})
	if e := one(t, door, chat.Submit); e.Fields["finance"] != "S1" || e.Fields["reports"] != "C2" {
		t.Errorf("with a group: %+v", e.Fields)
	}

	w, door, view = opened(t, rolesForm(true))
	w.User("U1").Submit(view, map[string]string{"finance": "", "finance:groups": "", "reports": ""})
	if e := one(t, door, chat.Submit); e.Fields["finance"] != "" || e.Fields["reports"] != "" {
		t.Errorf("nobody where that is allowed: %+v", e.Fields)
	}
}

// TestPickersWithoutGroups: where none can be read, people alone are asked for.
func TestPickersWithoutGroups(t *testing.T) {
	form := rolesForm(false)
	form.Fields[0].Value = "U2"
	w, door := asking(t, form)
	w.Fail("usergroups.list", -1, slacktest.MissingScope("usergroups:read", "chat:write"))
	w.User("U1").Command("/ai-config", "", "C1")
	view, _ := w.User("U1").View()
	w.User("U1").Submit(view, map[string]string{"finance": "U3,U2"})
	if e := one(t, door, chat.Submit); e.Fields["finance"] != "U3\nU2" || strings.Contains(view.Text, "these groups") {
		t.Errorf("people alone: %+v of %q", e.Fields, view.Text)
	}
}

// TestAGroupOnAListStaysOnIt: opening a form and handing it in takes no group
// off, whatever Slack says of groups at that moment; taking it off does.
func TestAGroupOnAListStaysOnIt(t *testing.T) {
	for name, turn := range map[string]func(*world){
		"the look-up fails":   func(w *world) { w.Fail("usergroups.list", -1, slacktest.Code("internal_error")) },
		"the look-up is lost": func(w *world) { w.Fail("usergroups.list", -1, slacktest.CutBefore()) },
		"no permission":       func(w *world) { w.Fail("usergroups.list", -1, slacktest.MissingScope("usergroups:read", "chat:write")) },
		"asked too often":     func(w *world) { w.Fail("usergroups.list", -1, slacktest.RateLimited(time.Minute)) },
		"among 300 others": func(w *world) {
			for i := range 300 {
				w.AddUsergroup(slacktest.Usergroup{ID: fmt.Sprintf("S9%d", i), Team: "T1", Handle: fmt.Sprintf("a%d", i)})
			}
		},
	} {
		for _, take := range []bool{false, true} {
			form := rolesForm(true)
			form.Fields[0].Value = "U2\nS1\nSGONE"
			w, door := asking(t, form)
			turn(w)
			w.User("U1").Command("/ai-config", "", "C1")
			view, ok := w.User("U1").View()
			if !ok {
				t.Fatalf("%s: no form", name)
			}
			want, values := "U2\nS1\nSGONE", map[string]string(nil)
			if take {
				want, values = "U2\nS1", map[string]string{"finance:groups": "S1"}
			}
			w.User("U1").Submit(view, values)
			got := strings.Split(one(t, door, chat.Submit).Fields["finance"], "\n")
			slices.SortFunc(got, func(a, b string) int { return strings.Index(want, a) - strings.Index(want, b) })
			if strings.Join(got, "\n") != want {
				t.Errorf("%s, one taken off %v: %q, want %q", name, take, got, want)
			}
		}
	}
}

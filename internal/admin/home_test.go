package admin_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tierwise/tierwise/internal/chat"
	. "github.com/tierwise/tierwise/internal/gate/gatetest"
	"github.com/tierwise/tierwise/usage"
)

// page asks for somebody's page.
func page(t *testing.T, h *House, who string) *chat.Post {
	t.Helper()
	at := In("")
	ans, err := h.Door.Ask(t.Context(), chat.Question{Kind: chat.HomeView, Place: at, Actor: chat.Actor{ID: who}, Channel: own(at)})
	if err != nil || ans.Home == nil {
		t.Fatalf("%s gets no page: %q, %v", who, ans.Say, err)
	}
	return ans.Home
}

// own is the page as a place between a person and the bot.
func own(at chat.Place) chat.Channel {
	return chat.Channel{Place: at, Kind: chat.DirectMessage, Shared: chat.NotShared}
}

// written is all a person reads of a page, with the labels of its buttons.
func written(p *chat.Post) string {
	all := append([]chat.Section{{Text: p.Text, Buttons: p.Buttons}}, p.Sections...)
	var b strings.Builder
	for _, s := range all {
		b.WriteString(s.Text + "\n")
		for _, x := range append(s.Buttons, s.More...) {
			b.WriteString("[" + x.Label + "] ")
		}
		b.WriteString("\n")
	}
	return strings.ReplaceAll(b.String(), "`", "")
}

// press presses something on somebody's page.
func press(t *testing.T, h *House, kind chat.EventKind, who, name, value string, fields map[string]string) {
	t.Helper()
	at := In("")
	e := chat.Event{ID: fmt.Sprint(kind, who, name, value, fields), Kind: kind, Name: name, Value: value, State: value, Fields: fields, Place: at, Actor: chat.Actor{ID: who},
		Channel: own(at), ReplyTo: chat.ReplyTo{Place: In(General), Private: true, To: who}}
	if err := h.Door.Accept(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	h.Idle()
}

// TestTheHomePageOfThePermissionsPage: what the table says stands on whose page.
func TestTheHomePageOfThePermissionsPage(t *testing.T) {
	rows := tables(t)["Home page"]
	if len(rows) < 9 {
		t.Fatalf("%d rows", len(rows))
	}
	synctest.Test(t, func(t *testing.T) {
		h := house(t)
		for _, c := range columns {
			h.Ask(c.who, c.at, "draft", "thank the team --tier local")
		}
		h.Ask(Anna, In(General), "draft", "say Anna's words --tier local")
		h.Limit(usage.Limit{Scope: usage.Channel, ID: General, Window: usage.Day, Amount: 1_000_000, Then: usage.LowerTier})
		h.Say(Anna, In(General, Thread), "@tierwise who rolls back?")
		h.Submit(Anna, h.Press(Anna, h.Last(In(General), Anna), "Ask for more"), map[string]string{"amount": "0.50"})
		for _, r := range rows[1:] {
			for i := 2; i < len(r); i++ {
				got := written(page(t, h, columns[rows[0][i]].who))
				if yes := strings.Contains(got, r[1]); yes != (r[i] == "yes") {
					t.Errorf("%s, %s: the table says %s; the page is:\n%s", r[0], rows[0][i], r[i], got)
				}
			}
		}
	})
}

// TestTheFirstStepsAreForAdmins: a press that was never offered changes nothing.
func TestTheFirstStepsAreForAdmins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := house(t)
		for _, who := range []string{Anna, Olga, Fin} {
			press(t, h, chat.Click, who, "setup.dismiss", "people", nil)
			press(t, h, chat.Submit, who, "setup.step", "budget", map[string]string{"limit.workspace.month": "900"})
			at := In("")
			ans, err := h.Door.Ask(t.Context(), chat.Question{Kind: chat.OpenForm, Name: "setup.step", Value: "budget", Place: at, Actor: chat.Actor{ID: who}, Channel: own(at)})
			if err != nil || ans.Form != nil || !strings.Contains(ans.Say, "Only an admin") {
				t.Errorf("%s: form %v, %q, %v", who, ans.Form, ans.Say, err)
			}
		}
		if got := written(page(t, h, Ada)); !strings.Contains(got, "step 1 of 5") || strings.Contains(got, "$900") {
			t.Errorf("the admin's page:\n%s", got)
		}
	})
}

// TestAStepThatCannotBeSetStaysOpen, and says why; what could be set is set.
func TestAStepThatCannotBeSetStaysOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := house(t)
		press(t, h, chat.Submit, Ada, "setup.step", "people", map[string]string{"finance": "u-ben", "owner": "u-anna"})
		if m := h.Last(In(General), Ada); !strings.Contains(m.Post.Text, "**finance**") || !strings.Contains(m.Post.Text, "needs a channel") {
			t.Errorf("it says %q", m.Post.Text)
		}
		if got := written(page(t, h, Ada)); !strings.Contains(got, "step 1 of 5") {
			t.Errorf("the page:\n%s", got)
		}
		press(t, h, chat.Submit, Ada, "setup.step", "people", map[string]string{"owner": "u-anna", "owner.channel": "#general"})
		if got := written(page(t, h, Ada)); !strings.Contains(got, "step 2 of 5") {
			t.Errorf("the page after the second try:\n%s", got)
		}
		if m := h.Ask(Anna, In(General), "ai-config", "get owner"); !strings.Contains(m.Post.Text, "from the channel") {
			t.Errorf("owner: %q", m.Post.Text)
		}
		got := page(t, h, Ada)
		if len(got.Buttons) != 3 || got.Buttons[0].Value != "budget" || !got.Buttons[0].OpensForm {
			t.Errorf("buttons %+v", got.Buttons)
		}
	})
}

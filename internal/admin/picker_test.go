package admin_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tierwise/tierwise/internal/chat"
	. "github.com/tierwise/tierwise/internal/gate/gatetest"
)

// opened opens a form as somebody, in a channel or on their page ("").
func opened(t *testing.T, h *House, who, channel, name, value string) chat.Answer {
	t.Helper()
	at := In(channel)
	ch := chat.Channel{Place: at, Name: "general", Kind: chat.PublicChannel, Shared: chat.NotShared}
	if channel == "" {
		ch = own(at)
	}
	ans, err := h.Door.Ask(t.Context(), chat.Question{Kind: chat.OpenForm, Name: name, Value: value, Place: at, Actor: chat.Actor{ID: who}, Channel: ch})
	if err != nil {
		t.Fatal(err)
	}
	return ans
}

func kinds(f *chat.Form) map[string]chat.FieldKind {
	out := map[string]chat.FieldKind{}
	for _, x := range f.Fields {
		out[x.ID] = x.Kind
	}
	return out
}

func TestPeopleAndChannelsArePicked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := house(t)
		for id, want := range map[string]map[string]chat.FieldKind{
			"people":  {"finance": chat.PeopleField, "admins": chat.PeopleField, "owner": chat.PeopleField, "owner.channel": chat.ChannelField},
			"reports": {"reports.channel": chat.ChannelField, "audit": chat.ChoiceField},
		} {
			got := kinds(opened(t, h, Ada, "", "setup.step", id).Form)
			for field, kind := range want {
				if got[field] != kind {
					t.Errorf("step %s: %s is %q, want %q", id, field, got[field], kind)
				}
			}
		}
		onPage, inChannel := opened(t, h, Ada, "", "config.edit", "people").Form, opened(t, h, Ada, General, "config.edit", "people").Form
		if len(onPage.Fields) != 2 || len(inChannel.Fields) != 5 {
			t.Errorf("%d fields on the page, %d in a channel", len(onPage.Fields), len(inChannel.Fields))
		}
		for id, kind := range kinds(inChannel) {
			if kind != chat.PeopleField {
				t.Errorf("%s is %q", id, kind)
			}
		}
		for _, who := range []string{Anna, Olga, Fin} {
			if ans := opened(t, h, who, General, "config.edit", "people"); ans.Form != nil || !strings.Contains(ans.Say, "Only an admin") {
				t.Errorf("%s: form %v, %q", who, ans.Form, ans.Say)
			}
		}
	})
}

// TestAListThatWasPickedIsTheList: what was there is shown as the platform's ids,
// what comes back replaces it, and what comes back unchanged or empty changes
// nothing.
func TestAListThatWasPickedIsTheList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := house(t)
		list := func() string { return h.Ask(Ada, In(General), "ai-config", "get admins").Post.Text }
		shown := func() string { return opened(t, h, Ada, "", "config.edit", "people").Form.Fields[0].Value }
		set := func(value string) {
			press(t, h, chat.Submit, Ada, "config.edit", "people", map[string]string{"admins": value, "finance": ""})
		}
		set("u-ben\nu-anna\nops")
		if got := list(); !strings.Contains(got, "`ben, anna, ops`") {
			t.Errorf("after the first choice: %s", got)
		}
		if got := shown(); got != "u-ben\nu-anna\nops" {
			t.Errorf("the form shows %q", got)
		}
		before := len(h.Posts(In(General), Ada))
		set("ops\nu-anna\nu-ben")
		if got := h.Posts(In(General), Ada)[before:]; len(got) != 1 || got[0].Post.Text != "Nothing was changed." {
			t.Errorf("the same choice again says %+v", got)
		}
		set("u-anna")
		if got := list(); !strings.Contains(got, "`anna`") {
			t.Errorf("after the second choice: %s", got)
		}
	})
}

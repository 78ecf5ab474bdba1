package gate_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tierwise/tierwise/internal/chat"
	. "github.com/tierwise/tierwise/internal/gate/gatetest"
	"github.com/tierwise/tierwise/internal/localchat"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/usage"
)

// in runs a story in simulated time.
func in(t *testing.T, story func(*testing.T)) {
	t.Helper()
	synctest.Test(t, story)
}

// wants fails unless a post's text has all the parts.
func wants(t *testing.T, m localchat.Message, parts ...string) {
	t.Helper()
	if m.Post == nil {
		t.Fatalf("no post but %q", m.Text)
	}
	for _, p := range parts {
		if !strings.Contains(m.Post.Text, p) {
			t.Errorf("%q is missing in: %s", p, m.Post.Text)
		}
	}
}

// sees fails unless somebody sees a post with that text at a place.
func sees(t *testing.T, h *House, at chat.Place, who, part string) {
	t.Helper()
	var all []string
	for _, m := range h.Posts(at, who) {
		if strings.Contains(m.Post.Text, part) {
			return
		}
		all = append(all, m.Post.Text)
	}
	t.Errorf("%s does not see %q among:\n%s", who, part, strings.Join(all, "\n---\n"))
}

func TestAMentionIsAnsweredInItsThread(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Provider.Script(Eco, Turn{Text: "They roll back to 2.3 at 15:00."})
		h.Say(Anna, In(General, Thread), "@tierwise what is the plan?")
		posts := h.Posts(In(General, Thread), Ben)
		if len(posts) != 1 {
			t.Fatalf("%d posts, want the one answer; log:\n%s", len(posts), h.Log)
		}
		answer := posts[0]
		wants(t, answer, "They roll back to 2.3 at 15:00.")
		if answer.Post.Footer != "economy · why?" || len(answer.Post.Buttons) != 3 {
			t.Errorf("footer %q, buttons %+v", answer.Post.Footer, answer.Post.Buttons)
		}
		rows := h.Entries()
		if len(rows) != 1 {
			t.Fatalf("%d rows", len(rows))
		}
		e := rows[0]
		if e.Status != usage.OK || e.Source != usage.Computed || e.Cost <= 0 || e.Cost > e.Estimate || e.Channel != General || e.Thread != Thread ||
			e.Actor != h.ID(Anna) || e.Team != "unassigned" || e.Workflow != "ask" || e.Tier != "economy" || e.Model != Eco || e.Class != "internal" || e.Job == "" {
			t.Errorf("entry %+v", e)
		}
		if held := h.Held(); len(held) != 0 {
			t.Errorf("still held: %+v", held)
		}
		for _, k := range []record.Kind{record.Draft, record.Receipt, record.Thread} {
			list, err := h.Store.List(t.Context(), In("").Tenant(), k, "")
			if err != nil || len(list) != 1 {
				t.Errorf("%d records of kind %s, %v", len(list), k, err)
			}
		}
	})
}

func TestEachIntentByEachWay(t *testing.T) {
	label := `{"label":"bug","first":"bug","second":"question","confidence":90}`
	summary := "Logins fail since version 2.4; they roll back to version 2.3 today [3] and look for the cause tomorrow [3]. Ben does it at 15:00 [4]."
	cases := []struct {
		name    string
		intent  step.Intent
		act     func(h *House)
		answer  string // of the model
		private bool
		want    string
	}{
		{"mention", step.Summarize, func(h *House) { h.Say(Anna, In(General, Thread), "@tierwise summarize this") }, summary, false, "roll back"},
		{"mention", step.Draft, func(h *House) { h.Say(Anna, In(General, Thread), "@tierwise draft a reply that we agree") }, "We agree, go ahead.", false, "We agree, go ahead."},
		{"mention", step.Classify, func(h *House) { h.Say(Anna, In(General, Thread), "@tierwise is this a bug or a question?") }, label, false, "**bug**"},
		{"mention", step.Ask, func(h *House) { h.Say(Anna, In(General, Thread), "@tierwise who rolls back?") }, "Ben does.", false, "Ben does."},
		{"command", step.Summarize, func(h *House) { h.Command(Anna, In(General), "summarize", "24h") }, summary, true, "roll back"},
		{"command", step.Draft, func(h *House) { h.Command(Anna, In(General), "draft", "tell them we agree") }, "We agree.", true, "We agree."},
		{"command", step.Classify, func(h *House) { h.Command(Anna, In(General), "classify", "the page crashes") }, label, true, "**bug**"},
		{"shortcut", step.Summarize, func(h *House) { shortcut(h, "summarize_thread") }, summary, true, "roll back"},
		{"shortcut", step.Draft, func(h *House) { shortcut(h, "draft_reply") }, "We agree.", true, "We agree."},
		{"shortcut", step.Classify, func(h *House) { shortcut(h, "classify") }, label, true, "**bug**"},
	}
	for _, c := range cases {
		t.Run(c.name+" "+string(c.intent), func(t *testing.T) {
			in(t, func(t *testing.T) {
				h := New(t)
				h.Provider.Script(Eco, Turn{Text: c.answer})
				c.act(h)
				m := h.Last(In(General), Anna)
				wants(t, m, c.want)
				if m.Post.Stage != chat.Final || (m.To == Anna) != c.private {
					t.Errorf("stage %s, to %q", m.Post.Stage, m.To)
				}
				if c.private && len(h.Posts(In(General), Ben)) != 0 {
					t.Error("somebody else sees a private answer")
				}
				for _, e := range h.Entries() {
					if e.Intent != string(c.intent) {
						t.Errorf("booked as %s", e.Intent)
					}
				}
				if len(h.Entries()) == 0 {
					t.Error("nothing booked")
				}
			})
		})
	}
}

func shortcut(h *House, name string) {
	h.T.Helper()
	if err := h.Desk.Shortcut(h.T.Context(), Anna, Workspace, name, chat.Ref{Channel: General, ID: Thread}); err != nil {
		h.T.Fatal(err)
	}
	h.Idle()
}

func TestWhatWasAskedOfTheBotIsNotTheMatterButWhatItWasToldIs(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Say(Ben, In(General, Thread), "@tierwise the payment page shows a blank frame to customers in Austria since the certificate was renewed this morning, and support has eleven tickets about it by now, so what do we tell them?")
		h.Say(Ben, In(General, Thread), "@tierwise summarize this")
		h.Say(Anna, In(General, Thread), "@tierwise summarize this in two lines")
		calls := h.Provider.Calls()
		var prompt strings.Builder
		for _, m := range calls[len(calls)-1].Step.Prompt {
			prompt.WriteString(m.Text + "\n")
		}
		if got := prompt.String(); !strings.Contains(got, "certificate was renewed") || strings.Contains(got, "@tierwise summarize this") {
			t.Errorf("the prompt lacks what was told, or has what was asked:\n%s", got)
		}
	})
}

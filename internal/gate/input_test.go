package gate_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	. "github.com/tierwise/tierwise/internal/gate/gatetest"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/step"
)

func TestBadInputGetsASentenceAndCostsNothing(t *testing.T) {
	cases := []struct{ name, command, text, want string }{
		{"unknown flag", "summarize", "--foo 3", "I don't know --foo"},
		{"flag without value", "draft", "agree --tier", "--tier needs a value"},
		{"unknown tier", "draft", "agree --tier huge", "--tier takes local, economy"},
		{"no labels", "classify", "the page crashes --labels bug", "at least two labels"},
		{"nothing to draft", "draft", "", "Say what the draft is about"},
		{"a range nobody understands", "summarize", "the day the music died", ""},
		{"unknown setting", "ai-config", "set tonee formal", "Did you mean tone"},
		{"unknown setting to read", "ai-config", "get tonee", "Did you mean tone"},
		{"a value that does not fit", "ai-config", "me length huge", "length takes"},
		{"unknown verb", "ai-config", "explian", "Did you mean explain"},
		{"a negative limit", "ai-config", "budget person each day -1", "The amount is in dollars and more than 0"},
		{"unknown view", "ai-spend", "modell", "Did you mean /ai-spend model"},
		{"unknown command", "sumarize", "", "Did you mean /summarize"},
		{"a receipt of nobody", "ai-spend", "why 01J", "no receipt with that id"},
	}
	in(t, func(t *testing.T) {
		h := New(t)
		for _, c := range cases {
			m := h.Ask(Ada, In(General), c.command, c.text)
			wants(t, m, c.want)
			if strings.Contains(m.Post.Text, "went wrong on our side") {
				t.Errorf("%s: %s", c.name, m.Post.Text)
			}
			time.Sleep(time.Minute)
		}
		m := h.Ask(Ada, In(Empty), "summarize", "24h")
		wants(t, m, "nothing to summarize")
		if len(h.Entries()) != 0 {
			t.Errorf("%d rows", len(h.Entries()))
		}
	})
}

func TestOddMessagesAreAnswered(t *testing.T) {
	for name, text := range map[string]string{
		"100 KB": strings.Repeat("the login page is broken ", 4100), "not UTF-8": "broken \xff\xfe bytes \x80", "only a mention": "", "control": "a\x00b\u202ec",
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				h := New(t)
				h.Say(Anna, In(General, Thread), "@tierwise "+text)
				if m := h.Last(In(General), Anna); m.Post.Text == "" || strings.Contains(m.Post.Text, "went wrong") {
					t.Errorf("answer %q", m.Post.Text)
				}
				if len(h.Held()) != 0 {
					t.Errorf("held %+v", h.Held())
				}
			})
		})
	}
}

func TestAThreadOfFiveThousandMessages(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		for i := range 5000 {
			if _, err := h.Desk.Say(t.Context(), []string{Anna, Ben, Olga}[i%3], In(General, Thread), fmt.Sprintf("message %d about the login page and the release", i)); err != nil {
				t.Fatal(err)
			}
		}
		h.Set("", "answer_cap", "20")
		for _, l := range limits(h) {
			l.Amount = 100 * money.USD
			h.Limit(l)
		}
		h.Provider.Script(Eco, Turn{Text: "Notes: " + strings.Repeat("they talk about the login page ", 200)})
		h.Provider.Script(Std, Turn{Text: "They talk about the login page and the release, at length and again, without a decision so far [4]."})
		h.Say(Anna, In(General, Thread), "@tierwise summarize this")
		m := h.Last(In(General, Thread), Anna)
		wants(t, m, "of 5004 messages")
		var segments, merges int
		for _, e := range h.Entries() {
			switch step.Purpose(e.Purpose) {
			case step.Segment:
				segments++
			case step.Merge:
				merges++
			}
		}
		calls := h.Provider.Calls()
		last := calls[len(calls)-1]
		if prompt := last.Step.Prompt[len(last.Step.Prompt)-1].Text; last.Model.ID != Std || !strings.Contains(prompt, "Notes: they talk") {
			t.Errorf("the escalation on %s does not have the segments' notes: %.300s", last.Model.ID, prompt)
		}
		if segments < 2 || merges != 1 || len(h.Entries()) != len(h.Provider.Calls()) {
			t.Errorf("%d segments, %d merges, %d rows of %d calls: %s", segments, merges, len(h.Entries()), len(h.Provider.Calls()), m.Post.Text)
		}
	})
}

func TestAPlatformThatEditsAndCannotStream(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Less = func(c *chat.Capabilities) { c.Append, c.EditEphemeral, c.MinEdit = false, false, time.Second }
		h.Provider.Script(Eco, Turn{Text: strings.Repeat("word ", 20), Each: 200 * time.Millisecond})
		if _, err := h.Desk.Say(t.Context(), Anna, In(General, Thread), "@tierwise what is the plan?"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second)
		if m := h.Last(In(General, Thread), Anna); m.Post.Stage != chat.Live || !strings.Contains(m.Post.Text, "word word") {
			t.Errorf("after three seconds: %s %q", m.Post.Stage, m.Post.Text)
		}
		h.Idle()
		if posts := h.Posts(In(General, Thread), Anna); len(posts) != 1 || posts[0].Post.Stage != chat.Final {
			t.Errorf("posts %+v", posts)
		}
		h.Provider.Script(Eco, Turn{Text: "We roll back today."})
		m := h.Ask(Anna, In(General), "draft", "tell them we roll back today")
		h.Press(Anna, m, "Post")
		sees(t, h, In(General), Anna, "Posted.")
		if still, _ := h.World.Message(Workspace, m.Ref); still.Post.Text != "We roll back today." {
			t.Errorf("a private post was replaced where the platform cannot: %q", still.Post.Text)
		}
	})
}

package gate_test

import (
	"strings"
	"testing"

	"github.com/tierwise/tierwise/internal/chat"
	. "github.com/tierwise/tierwise/internal/gate/gatetest"
	"github.com/tierwise/tierwise/internal/localchat"
)

// beside lets somebody write to the bot alone with something open beside it, and
// returns what the bot says.
func beside(t *testing.T, h *House, who, text string, open chat.Place) localchat.Message {
	t.Helper()
	at, err := h.World.Direct(Workspace, who)
	if err != nil {
		t.Fatal(err)
	}
	dm := chat.Channel{Place: at, Name: who, Kind: chat.DirectMessage, Shared: chat.NotShared}
	e := chat.Event{ID: "beside/" + text + open.String(), Kind: chat.Mention, Place: at, Actor: chat.Actor{ID: who}, At: Start, Channel: dm,
		Message: chat.Ref{Channel: at.Channel, ID: "said"}, Text: text, Viewing: open, ReplyTo: chat.ReplyTo{Place: at, To: who}}
	if err := h.Door.Accept(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	h.Idle()
	return h.Last(at, who)
}

func TestADirectMessageIsAboutWhatIsOpenBesideIt(t *testing.T) {
	thread := In(General, Thread)
	cases := []struct {
		text  string
		open  chat.Place
		reads bool
		wants string
	}{
		{"summarize this", thread, true, "#general: read 4 of 4 messages"},
		{"what was decided here?", thread, true, "#general: read 4 of 4 messages"},
		{"draft a reply", thread, true, "#general: read 4 of 4 messages"},
		{"summarize this", In(General), true, "#general: read 4 of 4 messages"},
		{"what is a release?", thread, false, "Fine."},
		{"why does this happen?", thread, true, "#general: read 4 of 4 messages"},
		{"why does this happen?", chat.Place{}, false, "Fine."},
	}
	for _, c := range cases {
		t.Run(c.text+" "+c.open.String(), func(t *testing.T) {
			in(t, func(t *testing.T) {
				h := New(t)
				h.Set("", "private_class", "internal")
				m := beside(t, h, Anna, c.text+" --tier economy", c.open)
				wants(t, m, c.wants)
				calls := h.Provider.Calls()
				if len(calls) == 0 {
					t.Fatalf("no call: %q", m.Post.Text)
				}
				if got := len(calls[0].Step.Input.Messages); (got == 4) != c.reads {
					t.Errorf("%d messages were read", got)
				}
				for _, e := range h.Entries() {
					if e.Channel != m.Ref.Channel {
						t.Errorf("charged to %s, not to the direct message", e.Channel)
					}
				}
			})
		})
	}
}

func TestWhatIsOpenIsReadOnlyWhereItMayBe(t *testing.T) {
	cases := []struct {
		name  string
		setup func(h *House)
		who   string
		open  chat.Place
		want  string
	}{
		{"a private channel the asker is not in", nil, Ben, In(Secret), "can see yourself"},
		{"a channel the bot is not in", nil, Anna, In(NoBot), "I was not invited to #nobot, which you have open"},
		{"a channel the bot cannot see", nil, Anna, In("c-unknown"), "I cannot see the conversation you have open"},
		{"another workspace", nil, Ada, chat.Place{Platform: chat.Console, Workspace: "other", Channel: General}, "belongs to another workspace"},
		{"a shared channel", nil, Anna, In(Shared), "people of another organisation"},
		{"a channel that is off", func(h *House) { h.Set(General, "enabled", "off") }, Anna, In(General), "not switched on in #general"},
		{"a list without the asker", func(h *House) { h.Set(General, "allow.people", h.ID(Ben)) }, Anna, In(General), "An admin's list decides"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				h := New(t)
				if c.setup != nil {
					c.setup(h)
				}
				m := beside(t, h, c.who, "summarize this", c.open)
				wants(t, m, c.want)
				if n := len(h.Provider.Calls()); n != 0 || strings.Contains(m.Post.Text, Content) {
					t.Errorf("%d calls; %q", n, m.Post.Text)
				}
			})
		})
	}
}

// TestADraftOfWhatIsOpenGoesThere, under its own name, and nowhere else.
func TestADraftOfWhatIsOpenGoesThere(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Set("", "private_class", "internal")
		h.Provider.Script(Eco, Turn{Text: "Thanks, we roll back today."})
		m := beside(t, h, Anna, "draft a reply --tier economy", In(General, Thread))
		before := len(h.Posts(In(General, Thread), Ben))
		h.Press(Anna, m, "Post in #general")
		posts := h.Posts(In(General, Thread), Ben)
		if len(posts) != before+1 || posts[before].Post.Text != "Thanks, we roll back today." || !strings.Contains(posts[before].Post.Footer, "by anna with Tierwise") {
			t.Fatalf("in the thread: %+v", posts[before:])
		}
		wants(t, h.Last(In(m.Ref.Channel), Anna), "Posted in #general.")
	})
}

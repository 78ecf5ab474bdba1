package gate_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	. "github.com/tierwise/tierwise/internal/gate/gatetest"
	"github.com/tierwise/tierwise/internal/localchat"
)

func draft(h *House, text string) localchat.Message {
	h.T.Helper()
	h.Provider.Script(Eco, Turn{Text: text})
	return h.Ask(Anna, In(General), "draft", "tell them we roll back today")
}

// edit fills the edit form in.
func edit(h *House, m localchat.Message, text string) localchat.Message {
	h.T.Helper()
	form := h.Press(Anna, m, "Edit")
	if form.Form == nil {
		h.T.Fatalf("no form: %q", form.Say)
	}
	if errs := h.Submit(Anna, form, map[string]string{"text": text}); len(errs) > 0 {
		h.T.Fatalf("form: %v", errs)
	}
	now, ok := h.World.Message(Workspace, m.Ref)
	if !ok {
		h.T.Fatal("the draft is gone")
	}
	return now
}

func TestADraftIsEditedAndPostedOnce(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		m := edit(h, draft(h, "We roll back today."), "We roll back today at three.")
		wants(t, m, "at three")
		if len(h.Posts(In(General), Ben)) != 0 {
			t.Fatal("a draft was seen before it was posted")
		}
		h.Press(Anna, m, "Post")
		h.Press(Anna, m, "Post")
		posts := h.Posts(In(General), Ben)
		if len(posts) != 1 || posts[0].Post.Text != "We roll back today at three." || posts[0].Post.Footer != "by anna with Tierwise" {
			t.Fatalf("posts %+v", posts)
		}
		now, _ := h.World.Message(Workspace, m.Ref)
		wants(t, now, "Posted.")
		if got := outcomes(h); !slices.Equal(got, []string{"posted rejected"}) && !slices.Equal(got, []string{"posted accepted"}) {
			t.Errorf("outcomes %v", got)
		}
	})
}

func TestTwoPressesAtOncePostOnce(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		m := draft(h, "We roll back today.")
		b, _ := Button(m, "Post")
		for range 3 {
			if _, err := h.Desk.Press(t.Context(), Anna, Workspace, m.Ref, b); err != nil {
				t.Fatal(err)
			}
		}
		h.Idle()
		if n := len(h.Posts(In(General), Ben)); n != 1 {
			t.Errorf("posted %d times", n)
		}
	})
}

func TestADraftWithGapsIsNotPosted(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		m := draft(h, "We roll back at […].")
		h.Press(Anna, m, "Post")
		wants(t, h.Last(In(General), Anna), "There are gaps")
		m = edit(h, m, "We roll back at three.")
		h.Press(Anna, m, "Post")
		if n := len(h.Posts(In(General), Ben)); n != 1 {
			t.Errorf("%d posts", n)
		}
	})
}

func TestTheRightToPostIsCheckedWhenItIsPressed(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Provider.Script(Eco, Turn{Text: "We roll back today."})
		m := h.Ask(Anna, In(Read), "draft", "tell them we roll back today")
		h.Press(Anna, m, "Post")
		wants(t, h.Last(In(Read), Anna), "You cannot write there")
		m = h.Ask(Ada, In(Read), "draft", "tell them we roll back today")
		h.Press(Ada, m, "Post")
		wants(t, h.Last(In(Read), Ada), "I may not post there")
		if n := len(h.Posts(In(Read), Ben)); n != 0 {
			t.Errorf("%d posts in a channel nobody may write to", n)
		}
	})
}

func TestADraftIsItsAskersAlone(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Provider.Script(Eco, Turn{Text: "Ben rolls back at 15:00."})
		h.Say(Anna, In(General, Thread), "@tierwise draft a reply that Ben rolls back")
		m := h.Last(In(General, Thread), Ben)
		for _, label := range []string{"Post", "Discard", "Shorter", "Redo", "Stronger"} {
			before := len(h.Entries())
			h.Press(Ben, m, label)
			wants(t, h.Last(In(General, Thread), Ben), "Only the person who asked")
			if len(h.Entries()) != before {
				t.Errorf("%s by another person spent money", label)
			}
		}
		if o := h.Press(Ben, m, "Edit"); o.Form != nil || !strings.Contains(o.Say, "Only the person who asked can edit") {
			t.Errorf("Ben gets %+v", o)
		}
		time.Sleep(time.Minute)
		h.Press(Anna, m, "Stronger")
		if got := h.Provider.Models(); got[1] != Std {
			t.Errorf("calls %v", got)
		}
		if got := outcomes(h); !slices.Contains(got, "escalated rejected") {
			t.Errorf("outcomes %v", got)
		}
	})
}

func TestADraftExpires(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		m := draft(h, "We roll back today.")
		wants(t, h.Ask(Anna, In(General), "draft", "last"), "We roll back today.")
		wants(t, h.Ask(Ben, In(General), "draft", "last"), "no draft from the last three days")
		time.Sleep(73 * time.Hour)
		h.Press(Anna, m, "Post")
		wants(t, h.Last(In(General), Anna), "more than three days old")
		wants(t, h.Ask(Anna, In(General), "draft", "last"), "no draft from the last three days")
		for _, p := range h.Posts(In(General), Ben) {
			if p.To == "" {
				t.Error("posted after it expired")
			}
		}
	})
}

func TestAPrivateAnswerThatMayNotBeSentAgainIsADraft(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Unfinished = true // nobody can finish a post whose address is gone
		h.Provider.Script(Eco, Turn{Text: "We roll back today.", Each: time.Second})
		if _, err := h.Desk.Command(t.Context(), Anna, In(General), "draft", "tell them we roll back today"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		h.World.Strike(localchat.Lapse{Op: localchat.OpPut, Err: chat.ErrGone, Times: 1})
		h.Idle()
		wants(t, h.Ask(Anna, In(General), "draft", "last"), "We roll back today.")
	})
}

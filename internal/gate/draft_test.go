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

// TestEachRightIsCheckedWhenItIsPressed: the bot posts and shares nothing for
// somebody who may not do it there themselves at that moment.
func TestEachRightIsCheckedWhenItIsPressed(t *testing.T) {
	long := "We roll back today. " + strings.Repeat("It takes a while. ", 40)
	for name, c := range map[string]struct {
		lost func(*chat.Access)
		text string
		want string // said to the asker; "" is posted
	}{
		"no right to write":                       {func(a *chat.Access) { a.Write = false }, "We roll back today.", "You cannot write there"},
		"the bot may not post":                    {func(a *chat.Access) { a.BotPost = false }, "We roll back today.", "I may not post there"},
		"no right to attach, text needs a file":   {func(a *chat.Access) { a.Attach = false }, long, "you may not attach files there"},
		"no right to attach, text needs none":     {func(a *chat.Access) { a.Attach = false }, "We roll back today.", ""},
		"the right to attach, text needs a file":  {func(*chat.Access) {}, long, ""},
		"no right to embed: links stay mere text": {func(a *chat.Access) { a.Embed = false }, "See https://example.org/x today.", ""},
		"nothing is known":                        {func(a *chat.Access) { *a = chat.Access{Channel: a.Channel, BotRead: true, BotPost: true} }, "We roll back today.", "You cannot write there"},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				h := New(t)
				h.Less = func(c *chat.Capabilities) { c.MaxText, c.MaxParts = 200, 2 }
				m := draft(h, c.text)
				h.Rights = c.lost
				h.Press(Anna, m, "Post")
				posts := h.Posts(In(General), Ben)
				if c.want == "" {
					if len(posts) != 1 {
						t.Errorf("%d posts", len(posts))
					}
					return
				}
				wants(t, h.Last(In(General), Anna), c.want)
				if len(posts) != 0 {
					t.Errorf("posted %q", posts[0].Post.Text)
				}
				// The draft is still there, and goes out once the right is back.
				h.Rights = nil
				h.Press(Anna, m, "Post")
				if n := len(h.Posts(In(General), Ben)); n != 1 {
					t.Errorf("%d posts with the right", n)
				}
			})
		})
	}
}

func TestSharingAsksForTheSameRights(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Less = func(c *chat.Capabilities) { c.MaxText, c.MaxParts = 64, 1 }
		h.Provider.Script(Eco, Turn{Text: "Login fails since version 2.4; Olga and Ben roll back to version 2.3 today, and look for the cause tomorrow."})
		m := h.Ask(Anna, In(General), "summarize", Link(General, Thread))
		h.Rights = func(a *chat.Access) { a.Attach = false }
		h.Press(Anna, m, "Share")
		wants(t, h.Last(In(General), Anna), "you may not attach files there")
		h.Rights = func(a *chat.Access) { a.Write = false }
		h.Press(Anna, m, "Share")
		wants(t, h.Last(In(General), Anna), "You cannot write there")
		if n := len(h.Posts(In(General), Ben)); n != 0 {
			t.Errorf("%d posts", n)
		}
		h.Rights = nil
		h.Press(Anna, m, "Share")
		if n := len(h.Posts(In(General), Ben)); n != 1 {
			t.Errorf("%d posts with all rights", n)
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

func TestAPostThatIsGivenUpLeavesTheDraftToBePostedAgain(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		m := draft(h, "We roll back today.")
		h.World.Strike(localchat.Lapse{Op: localchat.OpPut, Err: chat.ErrGone, Times: 1})
		h.Press(Anna, m, "Post")
		now, _ := h.World.Message(Workspace, m.Ref)
		wants(t, now, "It could not be posted there", "/draft last", "We roll back today.")
		if got := outcomes(h); len(got) != 0 {
			t.Errorf("outcomes %v of a post nobody saw", got)
		}
		if mine, err := h.Assistant.Drafts(t.Context(), In("").Tenant(), Anna, 5); err != nil || len(mine) != 1 || mine[0].Lost {
			t.Fatalf("drafts %+v, %v", mine, err)
		}
		again := h.Ask(Anna, In(General), "draft", "last")
		wants(t, again, "We roll back today.")
		h.Press(Anna, again, "Post")
		h.Press(Anna, again, "Post")
		posts := h.Posts(In(General), Ben)
		if len(posts) != 1 || posts[0].Post.Text != "We roll back today." {
			t.Errorf("posts %+v", posts)
		}
		if mine, err := h.Assistant.Drafts(t.Context(), In("").Tenant(), Anna, 5); err != nil || len(mine) != 0 || len(outcomes(h)) != 1 {
			t.Errorf("drafts %+v, %v, outcomes %v", mine, err, outcomes(h))
		}
	})
}

func TestAShareThatIsGivenUpCanBeSharedAgain(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Provider.Script(Eco, Turn{Text: "They roll back to 2.3 at 15:00."})
		m := h.Ask(Anna, In(General), "summarize", "")
		h.World.Strike(localchat.Lapse{Op: localchat.OpPut, Err: chat.ErrGone, Times: 1})
		h.Press(Anna, m, "Share")
		sees(t, h, In(General), Anna, "It could not be posted there")
		if mine, err := h.Assistant.Drafts(t.Context(), In("").Tenant(), Anna, 5); err != nil || len(mine) != 0 {
			t.Errorf("an answer is no draft: %+v, %v", mine, err)
		}
		h.Press(Anna, m, "Share")
		sees(t, h, In(General), Ben, "They roll back to 2.3")
	})
}

package gate_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/config"
	. "github.com/tierwise/tierwise/internal/gate/gatetest"
)

const question = "@tierwise who rolls back?"

// saidTo are the bot's posts for one person alone.
func saidTo(h *House, at chat.Place, who string) (out []string) {
	for _, m := range h.Posts(at, who) {
		if m.To == who {
			out = append(out, m.Post.Text)
		}
	}
	return out
}

func TestAnAccountThatIsTooYoungIsToldWhenItMayAsk(t *testing.T) {
	const day = 24 * time.Hour
	cases := []struct {
		name             string
		who              string
		account, member  time.Duration // ago; -1 is not known
		refused, evident string
	}{
		{"old enough", Anna, 8 * day, 2 * time.Hour, "", ""},
		{"a young account", Anna, 7*day - 10*time.Minute - 30*time.Second, 2 * time.Hour, "Here I answer people whose account is at least 7 days old and who joined at least 1 hour ago. You can ask me from 2026-11-24 09:11 UTC on.", "09:11"},
		{"a fresh member", Anna, 900 * day, 55 * time.Minute, "You can ask me from 2026-11-24 09:05 UTC on.", "09:05"},
		{"of unknown age", Anna, -1, -1, "and I cannot see that of you. An admin can change that", ""},
		{"an admin", Ada, -1, -1, "", ""},
		{"a moderator", Mod, -1, time.Minute, "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				h := New(t)
				began := time.Now()
				h.Known = func(a *chat.Actor) {
					if c.account >= 0 {
						a.Created = began.Add(-c.account).Unix()
					}
					if c.member >= 0 {
						a.Since = began.Add(-c.member).Unix()
					}
				}
				h.Set("", "min_account_age", "7d")
				h.Set(General, "min_member_age", "60m")
				h.Set("", "moderators", h.ID(Mod))
				h.Say(c.who, In(General, Thread), question)
				h.Say(c.who, In(General, Thread), question)
				if c.refused == "" {
					wants(t, h.Last(In(General), c.who), "Fine.")
					return
				}
				if said := saidTo(h, In(General), c.who); len(said) != 1 || !strings.Contains(said[0], c.refused) {
					t.Errorf("said %q", said)
				}
				if len(h.Provider.Calls()) != 0 || len(h.Entries()) != 0 {
					t.Errorf("%d calls, %d rows", len(h.Provider.Calls()), len(h.Entries()))
				}
				if c.evident == "" {
					return
				}
				// The instant that was said is the instant that holds.
				at, _, _ := strings.Cut(c.refused[strings.LastIndex(c.refused, "from ")+5:], " UTC")
				from, err := time.Parse("2006-01-02 15:04", at)
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Until(from))
				h.Say(c.who, In(General, Thread), question)
				wants(t, h.Last(In(General), c.who), "Fine.")
			})
		})
	}
}

func TestADenialEndsWithoutAnybody(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Set(General, "deny.people", h.ID(Anna)+"~2026-11-24T09:10Z")
		h.Say(Anna, In(General, Thread), question)
		wants(t, h.Last(In(General), Anna), "It was decided that I do not answer you here until 2026-11-24 09:10 UTC. If that is a mistake, ask a moderator or an admin.")
		h.Say(Anna, In(Empty), question)
		if got := len(h.Entries()); got != 1 {
			t.Errorf("%d rows: another channel is not concerned", got)
		}
		time.Sleep(time.Until(time.Date(2026, 11, 24, 9, 10, 0, 0, time.UTC)))
		h.Say(Anna, In(General, Thread), question)
		wants(t, h.Last(In(General), Anna), "Fine.")
	})
}

func TestAPausedChannelAsksNoModel(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Say(Anna, In(General, Thread), question)
		answer := h.Last(In(General), Anna)
		draft := h.Ask(Anna, In(General), "draft", "thank the team")
		calls, rows := len(h.Provider.Calls()), len(h.Entries())
		h.Set(General, "paused", "on")
		time.Sleep(2 * time.Second)

		h.Say(Ben, In(General, Thread), question)
		h.Say(Ben, In(General, Thread), question)
		if said := saidTo(h, In(General), Ben); len(said) != 1 || !strings.Contains(said[0], "I am paused in this channel") {
			t.Errorf("two mentions are told %q", said)
		}
		wants(t, h.Ask(Anna, In(General), "summarize", "24h --tier local"), "I am paused in this channel")
		wants(t, h.Ask(Ada, In(General), "draft", "thank the team"), "I am paused in this channel")
		h.Press(Anna, answer, "Stronger")
		wants(t, h.Last(In(General), Anna), "I am paused in this channel")
		if len(h.Provider.Calls()) != calls || len(h.Entries()) != rows {
			t.Errorf("%d more calls, %d more rows", len(h.Provider.Calls())-calls, len(h.Entries())-rows)
		}
		// What needs no model goes on: settings, spend, and what is there already.
		wants(t, h.Ask(Anna, In(General), "ai-config", "get paused"), "**paused** is `on` (from the channel)")
		wants(t, h.Ask(Anna, In(General), "ai-spend", ""), "You: $")
		h.Press(Anna, draft, "Discard")
		h.Press(Anna, answer, "👍")
		wants(t, h.Last(In(General), Anna), "noted as helpful")
		// Another channel does not notice.
		h.Say(Ben, In(Empty), question)
		if len(h.Entries()) != rows+1 {
			t.Errorf("%d rows more", len(h.Entries())-rows)
		}

		h.Set(General, "paused", "off")
		time.Sleep(2 * time.Second)
		h.Say(Ben, In(General, Thread), question)
		wants(t, h.Last(In(General), Ben), "Fine.")
	})
}

func TestARoleHasItsOwnRate(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Set("", "per_minute", "2")
		h.Set("", "per_minute.roles", "finance:4")
		for _, who := range []string{Anna, Fin} {
			for range 6 {
				h.Say(who, In(General, Thread), question)
			}
		}
		if got := len(h.Entries()); got != 2+4 {
			t.Errorf("%d requests were served, want 2 of the one and 4 of the other", got)
		}
		for who, want := range map[string]string{Anna: "That was 2 requests in a minute", Fin: "That was 4 requests in a minute"} {
			if said := saidTo(h, In(General), who); len(said) != 1 || !strings.Contains(said[0], want) {
				t.Errorf("%s is told %q", who, said)
			}
		}
	})
}

func TestAFloodInOneChannelDelaysNobodyElsewhere(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t, func(p *config.Policy) { p.Throttle.Channel, p.Throttle.PerMinute = 2, 600 })
		hold := make(chan struct{})
		release := sync.OnceFunc(func() { close(hold) })
		t.Cleanup(release)
		// The provider hangs on the two of the flood that fit into their channel.
		h.Provider.Script(Eco, Turn{Text: "Late.", Hold: hold}, Turn{Text: "Late.", Hold: hold}, Turn{Text: "Quick."})
		const flood = 40
		for i := range flood {
			say(h, []string{Anna, Olga, Fin, Ada}[i%4], In(General), fmt.Sprintf("%s (%d)", question, i))
		}
		for range 100 { // until both places of the channel are taken, and then some
			time.Sleep(20 * time.Millisecond)
		}
		if got := len(h.Provider.Calls()); got != 2 {
			t.Fatalf("%d requests of the flood run, want 2", got)
		}
		began := time.Now()
		say(h, Ben, In(Empty), question)
		for time.Since(began) < time.Second && len(h.Entries()) == 0 {
			time.Sleep(20 * time.Millisecond)
		}
		if got := len(h.Provider.Calls()); got != 3 || len(h.Entries()) != 1 {
			t.Fatalf("%d calls, %d rows within a second: a question elsewhere waits for the flood", got, len(h.Entries()))
		}
		release()
		h.Idle()
		wants(t, h.Last(In(Empty), Ben), "Quick.")
		if got := len(h.Entries()); got != flood+1 {
			t.Errorf("%d rows: the flood is not served to its end", got)
		}
	})
}

// say lets somebody write a message and does not wait for the answer.
func say(h *House, who string, at chat.Place, text string) {
	h.T.Helper()
	if _, err := h.Desk.Say(context.Background(), who, at, text); err != nil {
		h.T.Fatal(err)
	}
}

func TestAPersonsOwnFollowupsOffIsObeyed(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Say(Anna, In(General, Thread), question)
		h.Say(Anna, In(General, Thread), "and when?")
		if got := len(h.Entries()); got != 2 {
			t.Fatalf("%d rows: a follow-up is answered without a mention", got)
		}
		wants(t, h.Ask(Anna, In(General), "ai-config", "me followups off"), "→ `off`")
		time.Sleep(2 * time.Second)
		h.Say(Anna, In(General, Thread), "and why?")
		if got := len(h.Entries()); got != 2 {
			t.Errorf("%d rows: it was answered though she wants no follow-ups", got)
		}
		h.Say(Anna, In(General, Thread), "@tierwise and why?")
		if got := len(h.Entries()); got != 3 {
			t.Errorf("%d rows: a mention is always answered", got)
		}
		// Somebody else's preference is their own.
		thread := In(Empty, h.Say(Ben, In(Empty), question).Ref.ID)
		h.Say(Ben, thread, "and when?")
		if got := len(h.Entries()); got != 5 {
			t.Errorf("%d rows", got)
		}
		h.Set(Empty, "followups", "off")
		time.Sleep(2 * time.Second)
		h.Say(Ben, thread, "and why?")
		if got := len(h.Entries()); got != 5 {
			t.Errorf("%d rows: the channel wants no follow-ups", got)
		}
	})
}

func TestAnEditedDraftIsNotPostedWhereThatIsOff(t *testing.T) {
	cases := []struct {
		name    string
		channel string
		edited  bool
		off     string // where post_edited is off; "" is nowhere
		posted  bool
	}{
		{"edited, in a public channel", General, true, General, false},
		{"edited, off in the whole workspace", General, true, "workspace", false},
		{"as it was written", General, false, General, true},
		{"edited, in a private channel", Secret, true, Secret, true},
		{"edited, off in another channel", General, true, Empty, true},
		{"edited, on", General, true, "", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				h := New(t)
				at := In(c.channel)
				m := h.Ask(Anna, at, "draft", "tell them we roll back today --tier local")
				if c.edited {
					form := h.Press(Anna, m, "Edit")
					h.Submit(Anna, form, map[string]string{"text": "We roll back at three."})
					m, _ = h.World.Message(Workspace, m.Ref)
				} else {
					h.Provider.Script(Eco, Turn{Text: "We roll back today."})
					m = h.Ask(Anna, at, "draft", "tell them we roll back today")
				}
				if c.off == "workspace" {
					h.Set("", "post_edited", "off")
				} else if c.off != "" {
					h.Set(c.off, "post_edited", "off")
				}
				time.Sleep(2 * time.Second)
				before := len(h.Posts(at, Ada))
				h.Press(Anna, m, "Post")
				if got := len(h.Posts(at, Ada)) > before; got != c.posted {
					t.Fatalf("posted %v; Anna is told %q", got, saidTo(h, at, Anna))
				}
				if c.posted {
					return
				}
				said := saidTo(h, at, Anna)
				if !strings.Contains(said[len(said)-1], "You edited this draft, and here I do not post edited text in public channels") {
					t.Errorf("Anna is told %q", said)
				}
				if o := h.Press(Anna, m, "Edit"); o.Form == nil || !strings.Contains(o.Form.Intro, "copy it then and post it yourself") {
					t.Errorf("the form: %+v", o.Form)
				}
				h.Set(General, "post_edited", "on")
				time.Sleep(2 * time.Second)
				h.Press(Anna, m, "Post")
				if len(h.Posts(at, Ada)) == before {
					t.Error("switched on, it is still not posted")
				}
			})
		})
	}
}

func TestAModeratorTakesAnAnswerBackAndSeesNoSpend(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Set("", "moderators", h.ID(Mod))
		h.Say(Anna, In(General, Thread), question)
		m := h.Last(In(General), Anna)
		h.Press(Ben, m, "Retract")
		wants(t, h.Last(In(General), Ben), "Only the person who asked, a moderator or an admin can do that.")
		h.Press(Mod, m, "Retract")
		if _, there := h.World.Message(Workspace, m.Ref); there {
			t.Error("the answer is still there")
		}
		got := h.Ask(Mod, In(General), "ai-spend", "")
		if strings.Contains(got.Post.Text, "Workspace: $") {
			t.Errorf("a moderator reads %q", got.Post.Text)
		}
	})
}

package gate_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	. "github.com/tierwise/tierwise/internal/gate/gatetest"
	"github.com/tierwise/tierwise/internal/localchat"
	"github.com/tierwise/tierwise/internal/settings"
)

func TestWhoIsServedWhere(t *testing.T) {
	const ask = "@tierwise who rolls back?"
	cases := []struct {
		name    string
		setup   func(h *House)
		who     string
		at      chat.Place
		refused string // "" is served
	}{
		{"a member", nil, Anna, In(General, Thread), ""},
		{"a guest", nil, Gus, In(General, Thread), "Guests cannot"},
		{"a guest where guests are let in", func(h *House) { h.Set(General, "guests", "on") }, Gus, In(General, Thread), ""},
		{"a shared channel", nil, Anna, In(Shared, "t-shared"), "shared with another organisation"},
		{"an outsider", nil, Eve, In(Shared, "t-shared"), "shared with another organisation"},
		{"an outsider where they are let in", func(h *House) { h.Set(Shared, "outsiders", "on") }, Eve, In(Shared, "t-shared"), ""},
		{"a channel that is off", func(h *House) { h.Set(General, "enabled", "off") }, Anna, In(General, Thread), "not switched on"},
		{"a person on the deny list", func(h *House) { h.Set(General, "deny.people", h.ID(Anna)) }, Anna, In(General, Thread), "do not answer you here. If that is a mistake"},
		{"a group on the deny list", func(h *House) { h.Set("", "deny.groups", "finance") }, Fin, In(General, Thread), "do not answer you here. If"},
		{"somebody not on the allow list", func(h *House) { h.Set(General, "allow.people", h.ID(Ben)) }, Anna, In(General, Thread), "An admin's list"},
		{"somebody on the allow list", func(h *House) { h.Set(General, "allow.people", h.ID(Ben)) }, Ben, In(General, Thread), ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				h := New(t)
				if c.setup != nil {
					c.setup(h)
				}
				h.Say(c.who, c.at, ask)
				m := h.Last(c.at.InChannel(), c.who)
				if c.refused == "" {
					wants(t, m, "Fine.")
					return
				}
				wants(t, m, c.refused)
				if m.To != c.who || len(h.Provider.Calls()) != 0 || len(h.Entries()) != 0 {
					t.Errorf("to %q, %d calls, %d rows", m.To, len(h.Provider.Calls()), len(h.Entries()))
				}
				before := len(h.Posts(c.at.InChannel(), c.who))
				h.Say(c.who, c.at, ask)
				if got := len(h.Posts(c.at.InChannel(), c.who)); got != before {
					t.Error("the same refusal is said twice in a window")
				}
				time.Sleep(11 * time.Minute)
				h.Say(c.who, c.at, ask)
				if got := len(h.Posts(c.at.InChannel(), c.who)); got != before+1 {
					t.Errorf("%d refusals after the window, want one more", got-before)
				}
			})
		})
	}
}

func TestAnAdminReachesTheSettingsOfAChannelThatIsOff(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Set(General, "enabled", "off")
		wants(t, h.Ask(Ada, In(General), "ai-config", "set enabled on"), "**enabled**", "`off` → `on`")
		wants(t, h.Ask(Anna, In(General), "ai-spend", ""), "AI spend")
	})
}

func TestAWorkspaceThatIsNotApproved(t *testing.T) {
	in(t, func(t *testing.T) {
		h := Build(t)
		ans, err := h.Gate.Ask(t.Context(), chat.Question{Kind: chat.OpenForm, Name: "ask.more", Place: chat.Place{Platform: chat.Console, Workspace: "off", Channel: General}})
		if err != nil || ans.Form != nil || !strings.Contains(ans.Say, "not switched on for this workspace yet") {
			t.Errorf("%+v %v", ans, err)
		}
	})
}

func TestTheRateIsToldOnce(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		for range 9 {
			h.Say(Anna, In(General, Thread), "@tierwise who rolls back?")
		}
		answers, told := 0, 0
		for _, m := range h.Posts(In(General), Anna) {
			if m.To == "" {
				answers++
			} else {
				told++
				wants(t, m, "That was 6 requests in a minute", "go on in ")
			}
		}
		if answers != 6 || told != 1 {
			t.Errorf("%d answers, told %d times", answers, told)
		}
		h.Say(Ben, In(General, Thread), "@tierwise who rolls back?")
		if got := len(h.Entries()); got != 7 {
			t.Errorf("%d rows: another person waits for the first", got)
		}
		time.Sleep(time.Minute)
		h.Say(Anna, In(General, Thread), "@tierwise who rolls back?")
		if got := len(h.Entries()); got != 8 {
			t.Errorf("%d rows: still silent in the next minute", got)
		}
		wants(t, h.Ask(Anna, In(General), "ai-spend", ""), "You: ")
	})
}

func TestOnlyConversationsTheAskerSeesAreRead(t *testing.T) {
	link := Link(Secret, "t-secret")
	cases := []struct {
		name, who, command, text, want string
	}{
		{"somebody outside a private channel", Ben, "summarize", link, "only read conversations that you can see"},
		{"a member of it", Anna, "summarize", link + " --tier local", "read 1 of 1 message"},
		{"where the bot was not invited", Anna, "summarize", Link(NoBot, "t-nobot"), "I was not invited"},
		{"a link to nowhere", Anna, "summarize", "http://chat.localhost/acme/c-general/none", "could not find that message"},
		{"a link into another workspace", Anna, "summarize", "http://chat.localhost/other/c-general/m1", "could not find that message"},
		{"a label of a message one cannot see", Ben, "classify", link, "only read conversations that you can see"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				h := New(t)
				wants(t, h.Ask(c.who, In(General), c.command, c.text), c.want)
				if len(h.Provider.Calls()) != 0 {
					t.Error("a provider was called")
				}
			})
		})
	}
}

func TestTheChannelThatIsReadDecidesWhoMaySeeIt(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		m := h.Ask(Anna, In(General), "summarize", Link(Secret, "t-secret"))
		wants(t, m, "no AI model used")
		if m.Post.Footer != "local · why?" {
			t.Errorf("footer %q", m.Post.Footer)
		}
		h.Press(Anna, m, "Why")
		wants(t, h.Last(In(General), Anna), "not cleared for confidential data")
		if e := h.Entries(); len(e) != 1 || e[0].Class != "confidential" || e[0].Provider != "local" {
			t.Errorf("rows %+v", e)
		}
	})
}

func TestHiddenHistoryIsSaidNotGuessed(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Hidden = true
		h.Say(Anna, In(General, Thread), "@tierwise summarize this")
		wants(t, h.Last(In(General, Thread), Anna), "hides this conversation")
		h.Hidden = false
		h.World.Strike(localchat.Lapse{Op: localchat.OpHistory, Times: 1, Err: chat.ErrNoAccess})
		h.Say(Anna, In(General, Thread), "@tierwise summarize this")
		wants(t, h.Last(In(General, Thread), Anna), "cannot read that conversation any more")
		if len(h.Provider.Calls()) != 0 {
			t.Error("something was guessed")
		}
	})
}

func TestPrivateAnswersLeaveNoTraceInTheThread(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Set(General, "visibility", "private")
		h.Provider.Script(Eco, Turn{Text: "For Anna alone."}, Turn{Text: "Fine."})
		h.Say(Anna, In(General, Thread), "@tierwise who rolls back?")
		if m := h.Last(In(General, Thread), Anna); m.To != Anna || len(h.Posts(In(General), Ben)) != 0 {
			t.Fatalf("to %q, Ben sees %d", m.To, len(h.Posts(In(General), Ben)))
		}
		h.Say(Ben, In(General, Thread), "@tierwise shorter")
		for _, c := range h.Provider.Calls() {
			if c.User == h.ID(Ben) && c.Step.Input.Previous != "" {
				t.Errorf("Ben's request builds on Anna's private answer: %q", c.Step.Input.Previous)
			}
		}
		if owned, _ := h.Assistant.Owned(t.Context(), In(General, Thread)); owned.Owner != "" {
			t.Errorf("the thread is followed for %s", owned.Owner)
		}
	})
}

func TestPersonalSettingsReachTheAnswer(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		wants(t, h.Ask(Anna, In(General), "ai-config", "me language de"), "**language** for the person", "`not set` → `de`")
		h.Ask(Anna, In(General), "ai-config", "me length short")
		h.Ask(Anna, In(General), "ai-config", "me footer off")
		m := h.Ask(Anna, In(General), "ai-config", "me")
		wants(t, m, "Your own preferences")
		h.Say(Anna, In(General, Thread), "@tierwise who rolls back?")
		h.Say(Ben, In(General, Thread), "@tierwise who rolls back?")
		calls := h.Provider.Calls()
		if a, b := calls[0].Step, calls[1].Step; a.Input.Language != "de" || b.Input.Language != "" || a.Input.Words == 0 || a.MaxOutput >= b.MaxOutput {
			t.Errorf("Anna %q %d words %d, Ben %q %d", a.Input.Language, a.Input.Words, a.MaxOutput, b.Input.Language, b.MaxOutput)
		}
		posts := h.Posts(In(General, Thread), Ben)
		if posts[0].Post.Footer != "" || posts[1].Post.Footer == "" {
			t.Errorf("footers %q, %q", posts[0].Post.Footer, posts[1].Post.Footer)
		}
	})
}

func TestPinsStickinessAndOverruling(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		ask := func(text string) string {
			t.Helper()
			h.Say(Anna, In(General, Thread), "@tierwise who rolls back? "+text)
			models := h.Provider.Models()
			return models[len(models)-1]
		}
		if got := ask(""); got != Eco {
			t.Errorf("began on %s", got)
		}
		if got := ask("--tier standard"); got != Std {
			t.Errorf("asked for standard, got %s", got)
		}
		if got := ask(""); got != Std {
			t.Errorf("the thread went back to %s by itself", got)
		}
		if got := ask("--tier economy"); got != Eco {
			t.Errorf("asked for economy, got %s", got)
		}
		time.Sleep(time.Minute)
		h.Set(General, "pin", "frontier")
		if got := ask(""); got != Front {
			t.Errorf("pinned to frontier, got %s", got)
		}
		h.Set(General, "ceiling", "standard")
		if got := ask(""); got != Std {
			t.Errorf("over the ceiling: %s", got)
		}
	})
}

func TestFollowUpsAndStopFollowing(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		m := h.Say(Anna, In(General), "@tierwise who rolls back?")
		thread := In(General, m.Ref.ID)
		h.Say(Anna, thread, "and when?")
		h.Say(Ben, thread, "no idea")
		if got := len(h.Entries()); got != 2 {
			t.Fatalf("%d answers, want those to Anna", got)
		}
		h.Say(Anna, thread, "@tierwise stop following")
		wants(t, h.Last(thread, Anna), "only when I am mentioned")
		h.Say(Anna, thread, "and where?")
		h.Say(Anna, thread, "@tierwise and where?")
		if got := len(h.Entries()); got != 3 {
			t.Errorf("%d answers after stop following", got)
		}
	})
}

func TestIMeant(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Say(Anna, In(General, Thread), "@tierwise who rolls back?")
		m := h.Last(In(General, Thread), Anna)
		h.Press(Ben, m, "I meant: draft")
		wants(t, h.Last(In(General, Thread), Ben), "Only the person who asked")
		h.Provider.Script(Eco, Turn{Text: "Ben rolls back at 15:00."})
		h.Press(Anna, m, "I meant: draft")
		if e := h.Entries(); len(e) != 2 || e[1].Intent != "draft" {
			t.Errorf("rows %+v", e)
		}
		if _, ok := Button(h.Last(In(General, Thread), Ben), "Post"); !ok {
			t.Error("the draft is not where the question was")
		}
	})
}

func TestAPlatformThatDoesNotKnowWhoAsksGivesNoRights(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.World.Strike(localchat.Lapse{Op: localchat.OpDirectory, Times: 1, Err: chat.ErrGone})
		wants(t, h.Ask(Ada, In(General), "ai-config", "set ceiling economy"), "Only an admin can change ceiling")
		wants(t, h.Ask(Ada, In(General), "ai-config", "set ceiling economy"), "`not set` → `economy`")
	})
}

func TestAPlatformThatIsAskedTooOftenIsWaitedFor(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.World.Strike(localchat.Limited(localchat.OpDirectory, 40*time.Second))
		begun := time.Now()
		wants(t, h.Ask(Ada, In(General), "ai-config", "set ceiling economy"), "`not set` → `economy`")
		if waited := time.Since(begun); waited < 40*time.Second {
			t.Errorf("asked again after %s", waited)
		}
	})
}

func TestNobodyActsForAnotherLevel(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Set(General, "owner", h.ID(Olga))
		wants(t, h.Ask(Olga, In(General), "ai-config", "set channel tone friendly"), "`not set` → `friendly`")
		wants(t, h.Ask(Olga, In(General), "ai-config", "set workspace tone friendly"), "Only an admin")
		wants(t, h.Ask(Anna, In(General), "ai-config", "set channel tone formal"), "Only the channel's owner or an admin")
		s, err := h.Settings.Resolve(t.Context(), In(General), chat.Channel{}, "")
		if err != nil || s.Tone() != "friendly" || s.Origin("tone") != (settings.Origin{Level: settings.Channel, ID: General}).String() {
			t.Errorf("tone %s from %s, %v", s.Tone(), s.Origin("tone"), err)
		}
	})
}

func TestAChoiceThatMayOnlyNarrowSaysWhereItIsKept(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		wants(t, h.Ask(Anna, In(General), "ai-config", "me footer full"), "→ `full`", "Here it stays `tier`, which is how it comes", "may only narrow")
		wants(t, h.Ask(Anna, In(General), "ai-config", "me footer full"), "already `full`", "Here it stays `tier`")
		h.Set("", "footer", "cost")
		h.Set(Secret, "footer", "full")
		wants(t, h.Ask(Anna, In(General), "ai-config", "me footer full"), "Here it stays `cost`, which an admin set for the workspace")
		if m := h.Ask(Anna, In(Secret), "ai-config", "me footer full"); strings.Contains(m.Post.Text, "stays") {
			t.Errorf("it holds there: %s", m.Post.Text)
		}
		h.Set(General, "footer", "off")
		wants(t, h.Ask(Anna, In(General), "ai-config", "me footer cost"), "→ `cost`", "Here it stays `off`, which was set for this channel")
		if m := h.Ask(Anna, In(Empty), "ai-config", "me footer off"); strings.Contains(m.Post.Text, "stays") {
			t.Errorf("a narrower one holds: %s", m.Post.Text)
		}
	})
}

package admin_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tierwise/tierwise/internal/admin"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/config"
	. "github.com/tierwise/tierwise/internal/gate/gatetest"
)

// moderated is a workspace in which Mod is a moderator.
func moderated(t *testing.T) *House {
	t.Helper()
	h := New(t)
	h.Set("", "moderators", h.ID(Mod))
	return h
}

// answer runs /ai-config for somebody in General and returns what they read.
func answer(h *House, who, args string) string {
	h.T.Helper()
	return h.Ask(who, In(General), "ai-config", args).Post.Text
}

func says(t *testing.T, got string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("%q is missing in:\n%s", w, got)
		}
	}
}

// heard is what everybody in General reads of the bot.
func heard(h *House) string {
	var out []string
	for _, m := range h.Posts(In(General), Olga) {
		if m.To == "" {
			out = append(out, m.Post.Text)
		}
	}
	return strings.Join(out, "\n")
}

// told is the newest the bot said to somebody alone in General.
func told(h *House, who string) string {
	last := ""
	for _, m := range h.Posts(In(General), who) {
		if m.To == who {
			last = m.Post.Text
		}
	}
	return last
}

func TestAModeratorPausesAChannelAndLetsItGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := moderated(t)
		says(t, answer(h, Anna, "pause"), "Only a moderator, the channel's owner or an admin can pause me")
		says(t, answer(h, Mod, "resume"), "I am not paused in this channel.")
		says(t, answer(h, Mod, "pause because a raid is going on"), "I am paused in this channel: until somebody says `/ai-config resume`", "in the journal")
		says(t, heard(h), "mod paused me in this channel. Reason: a raid is going on")
		says(t, answer(h, Mod, "pause"), "I am paused in this channel already.")
		time.Sleep(2 * time.Second)
		h.Say(Anna, In(General), "@tierwise who rolls back?")
		says(t, h.Last(In(General), Anna).Post.Text, "I am paused in this channel and answer nothing here for now.")

		h.Say(Anna, In(General), "@tierwise please resume here")
		says(t, h.Last(In(General), Anna).Post.Text, "Only a moderator, the channel's owner or an admin can pause me")
		h.Say(Mod, In(General), "@tierwise please resume here")
		says(t, told(h, Mod), "I answer in this channel again.")
		time.Sleep(2 * time.Second)
		h.Say(Anna, In(General), "@tierwise who rolls back?")
		says(t, h.Last(In(General), Anna).Post.Text, "Fine.")
		says(t, text(h.Ask(Ada, In(General), "ai-config", "journal")), "mod (moderator) channel paused")

		h.Say(Mod, In(General), "@tierwise pause here")
		says(t, told(h, Mod), "I am paused in this channel: until")
	})
}

func TestAModeratorDeniesAPersonForADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := moderated(t)
		says(t, answer(h, Mod, "deny <@u-anna> for 24 hours because of spam"), "I do not answer **anna** in this channel any more, until Wed 25 Nov 09:00. `/ai-config allow` takes it back.")
		if all := heard(h); !strings.Contains(all, "mod denied a person for this channel. Reason: of spam") || strings.Contains(all, "anna") {
			t.Errorf("the channel reads:\n%s", all)
		}
		time.Sleep(2 * time.Second)
		h.Say(Anna, In(General), "@tierwise who rolls back?")
		says(t, h.Last(In(General), Anna).Post.Text, "It was decided that I do not answer you here until 2026-11-25 09:00 UTC.")
		says(t, answer(h, Mod, "get deny.people"), "anna until Wed 25 Nov 09:00")
		says(t, answer(h, Ben, "get deny.people"), "a list of 1, shown to admins and finance")
		says(t, text(h.Ask(Ada, In(General), "ai-config", "journal")), "mod (moderator) channel deny.people not set anna until Wed 25 Nov 09:00 of spam")
		says(t, answer(h, Mod, "allow @u-anna"), "I answer **anna** in this channel again.")
		says(t, answer(h, Mod, "allow u-anna"), "**anna** is not denied in this channel.")
		time.Sleep(2 * time.Second)
		h.Say(Anna, In(General), "@tierwise who rolls back?")
		says(t, h.Last(In(General), Anna).Post.Text, "Fine.")

		says(t, answer(h, Mod, "deny u-anna workspace for 30m"), "I do not answer **anna** in the workspace any more, until Tue 24 Nov 09:3")
		time.Sleep(2 * time.Second)
		says(t, answer(h, Mod, "allow u-anna"), "is not denied in this channel. If it is for the whole workspace, say `/ai-config allow @person workspace`.")
		time.Sleep(31 * time.Minute)
		h.Say(Anna, In(General), "@tierwise who rolls back?")
		says(t, h.Last(In(General), Anna).Post.Text, "Fine.")
	})
}

func TestAModeratorDecidesOverMembersOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := moderated(t)
		h.Set("", "finance", h.ID(Olga))
		h.Set("", "moderators", h.ID(Mod)+","+h.ID(Olga)) // Olga is finance and a moderator
		for args, want := range map[string]string{
			"deny u-ada":              "A moderator cannot decide over an admin or another moderator; an admin can.",
			"deny u-olga":             "A moderator cannot decide over an admin or another moderator; an admin can.",
			"allow u-mod":             "Whether I answer you is not yours to decide; an admin can.",
			"deny u-nobody":           "I don't know a person u-nobody. Use the command /ai-config and mention them",
			"deny @anna":              "I don't know a person @anna.",
			"deny":                    "Say whom. Use /ai-config deny @person",
			"deny u-anna u-ben":       "One person at a time, please.",
			"deny u-anna for long":    "After \"for\" say how long, such as 30m, 24h or 7d.",
			"set deny.people none":    "Only an admin can change deny.people for a channel.",
			"set moderators u-ben":    "Only an admin can change moderators for the workspace.",
			"set admins u-mod":        "Only an admin can change admins for the workspace.",
			"set channel tone formal": "Only the channel's owner or an admin can change tone for a channel.",
			"pause workspace":         "I can be paused in a channel only: say /ai-config pause there.",
		} {
			says(t, answer(h, Mod, args), want)
		}
		says(t, answer(h, Olga, "deny u-anna"), "I do not answer **anna** in this channel any more.") // finance is no hindrance
		says(t, answer(h, Ben, "deny u-anna"), "Only a moderator or an admin can say whom I do not answer.")
		says(t, answer(h, Ada, "deny u-mod"), "I do not answer **mod** in this channel any more.")
		time.Sleep(2 * time.Second)
		says(t, answer(h, Mod, "allow u-mod"), "It was decided that I do not answer you here.")
	})
}

func TestGroupsAreNamedByMentionInRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(t)
		says(t, answer(h, Ada, "set per_minute.roles <@&77>:3, <!subteam^S1|@ops>:5 G2:1"), "→ `77:3,S1:5,G2:1`")
		says(t, answer(h, Ada, "set per_minute 20"), "per_minute can give at most 6 a minute here. To go above that, an admin first raises per_minute.most")
		says(t, answer(h, Ada, "set per_minute.most 20 because the helpers need it"), "→ `20`")
		says(t, answer(h, Ada, "set per_minute 20"), "→ `20`")
		says(t, answer(h, Mod, "set per_minute 1"), "Only an admin can change per_minute for the workspace.")
		says(t, answer(h, Ada, "set deny.groups <@&77>"), "→ `")
	})
}

func TestHowADenialIsWritten(t *testing.T) {
	for args, want := range map[string]admin.ConfigRequest{
		"deny <@U1|dora> for 24h":                          {Verb: "deny", Value: "<@U1|dora>", For: hours(24)},
		"deny <@U1> workspace for 2 days because rude":     {Verb: "deny", Level: "workspace", Value: "<@U1>", For: hours(48), Why: "rude"},
		"deny for 90 minutes <@U1> in here":                {Verb: "deny", Level: "channel", Value: "<@U1>", For: config.Age(90 * time.Minute)},
		"deny <@U1> because <@U2> and <!subteam^S1> asked": {Verb: "deny", Value: "<@U1>", Why: "somebody and somebody asked"},
		"ALLOW U1 in the workspace":                        {Verb: "allow", Level: "workspace", Value: "U1"},
		"pause":                                            {Verb: "pause", Level: "channel"},
		"resume here because calm":                         {Verb: "resume", Level: "channel", Why: "calm"},
	} {
		got, err := admin.ParseConfig(args)
		if err != nil || got.Verb != want.Verb || got.Level != want.Level || got.Value != want.Value || got.For != want.For || got.Why != want.Why {
			t.Errorf("%s: %+v, %v", args, got, err)
		}
	}
	for _, args := range []string{"deny", "deny for 24h", "deny U1 for 0", "deny U1 for", "allow U1 for 24h", "deny U1 for 24 parsecs"} {
		if got, err := admin.ParseConfig(args); err == nil {
			t.Errorf("%s: %+v", args, got)
		}
	}
}

func hours(n int) config.Age { return config.Age(time.Duration(n) * time.Hour) }

func TestAPauseInADirectConversationIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := moderated(t)
		at := In("")
		e := chat.Event{ID: "p", Kind: chat.Command, Name: "ai-config", Text: "pause", Place: at, Actor: chat.Actor{ID: Mod}, Channel: own(at),
			ReplyTo: chat.ReplyTo{Place: In(General), Private: true, To: Mod}}
		if err := h.Door.Accept(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		h.Idle()
		says(t, h.Last(In(General), Mod).Post.Text, "Say that in the channel it is about")
	})
}

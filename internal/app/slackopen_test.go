package app

import (
	"slices"
	"testing"

	"github.com/tierwise/tierwise/bots/slack/slacktest"
	"github.com/tierwise/tierwise/usage"
)

// beside is what the bot says when a person writes to it alone, with what they
// have open going along in the message.
func beside(t *testing.T, h *House, p *slacktest.Person, text string) slacktest.Seen {
	t.Helper()
	d := p.Tell(text)
	if !d.Acked {
		t.Fatal("the message was not acknowledged")
	}
	idle(t, h)
	return p.Last(p.Direct(), d.Message.TS)
}

// TestSlackSummarizeThisInADirectMessage: "this" is the channel that is open
// beside the conversation with the bot; the summary says what it read, stays
// there, and nothing is said in the channel.
func TestSlackSummarizeThisInADirectMessage(t *testing.T) {
	fake, h, _ := slackHouse(t)
	fake.AddChannel(slacktest.Channel{ID: "C5", Team: "T1", Name: "incidents", Members: []string{"U1", "U2", fake.Bot("T1").ID}})
	for _, m := range []string{"Payments fail since 09:10, the certificate ran out", "Decision: we renew it by hand now and automate it on Monday", "I tell the shops when it is done"} {
		fake.Seed("C5", "", "U2", m)
	}
	ana := fake.User("U1")
	if d := ana.LookAt("C5"); !d.Acked {
		t.Fatal("what she opened was not acknowledged")
	}
	got := beside(t, h, ana, "summarize this")
	has(t, "the summary", got.Text, "#incidents: read 3 of 3 messages", "certificate", "automate it on Monday")
	if n := len(fake.User("U2").See("C5", "")); n != 3 {
		t.Errorf("the channel has %d messages, want the 3 of its people", n)
	}
}

// TestSlackSummarizeThisWhereItMayNotBeRead: a channel the person is not in, one
// the bot was not invited to, and nothing open at all are each a sentence, and
// nothing of what stands there.
func TestSlackSummarizeThisWhereItMayNotBeRead(t *testing.T) {
	fake, h, _ := slackHouse(t)
	bot := fake.Bot("T1").ID
	fake.AddChannel(slacktest.Channel{ID: "C5", Team: "T1", Name: "takeover", Kind: slacktest.Private, Members: []string{"U2", bot}})
	fake.AddChannel(slacktest.Channel{ID: "C6", Team: "T1", Name: "lunch", Members: []string{"U1", "U2"}})
	fake.AddChannel(slacktest.Channel{ID: "C7", Team: "T1", Name: "founders", Kind: slacktest.Private, Members: []string{"U1", "U2"}})
	for _, c := range []string{"C5", "C6", "C7"} {
		fake.Seed(c, "", "U2", "We buy Nordwind for nine million")
	}
	ana := fake.User("U1")
	for channel, want := range map[string]string{
		"C5": "I only read conversations that you can see yourself.",
		"C6": "I was not invited to #lunch, which you have open",
		"C7": "I cannot see the conversation you have open, because I was not invited to it.",
	} {
		ana.LookAt(channel)
		got := beside(t, h, ana, "summarize this")
		has(t, "with "+channel+" open", got.Text, want)
		hasNot(t, "with "+channel+" open", got.Text, "Nordwind", "takeover", "founders")
	}
}

// labels are what can be pressed under a message.
func labels(s slacktest.Seen) []string {
	var all []string
	for _, c := range s.Controls {
		all = append(all, c.Label)
	}
	return all
}

// TestSlackADraftIsItsAskersAlone: a draft in a thread can be seen by all, and
// be posted, changed and thrown away by who asked alone.
func TestSlackADraftIsItsAskersAlone(t *testing.T) {
	fake, h, _ := slackHouse(t)
	ana, ben := fake.User("U1"), fake.User("U2")
	root := fake.Seed("C2", "", "U2", "The export is back. Who tells Helios?")
	ana.MentionIn("C2", root, "draft a reply that the export works again")
	idle(t, h)
	draft := ana.Last("C2", root)
	said := len(fake.User("U3").See("C2", root))
	for _, b := range []string{"Post", "Shorter", "Redo", "Discard"} {
		if !slices.Contains(labels(draft), b) {
			t.Fatalf("%q is missing, there are only %q", b, labels(draft))
		}
		ben.PressLabel(draft.Ref, b)
		idle(t, h)
		got := ben.Last("C2", root)
		has(t, b+" by another person", got.Text, "Only the person who asked")
		if !got.Private {
			t.Errorf("%s: everybody is told", b)
		}
	}
	ben.PressLabel(draft.Ref, "Edit")
	idle(t, h)
	form, open := ben.View()
	if open && len(form.Controls) > 0 {
		t.Errorf("another person edits %q", form.Text)
	}
	has(t, "Edit by another person", form.Text+ben.Last("C2", root).Text, "Only the person who asked can edit this draft.")
	if n := len(fake.User("U3").See("C2", root)); n != said {
		t.Errorf("the others see %d messages instead of %d", n, said)
	}
	ana.PressLabel(draft.Ref, "Post")
	idle(t, h)
	has(t, "posted by who asked", ben.Last("C2", root).Text, "by ana with Tierwise")
}

// TestSlackWhatIsPrivateIsSharedByItsAskerAlone: buttons of a private answer that
// come from somebody else, as a request that was copied would, get a sentence.
// Nothing is posted, nothing is spent, and the asker's own press still works.
func TestSlackWhatIsPrivateIsSharedByItsAskerAlone(t *testing.T) {
	fake, h, store := slackHouse(t)
	ana, ben := fake.User("U1"), fake.User("U2")
	fake.Seed("C1", "", "U2", "We move the release to Friday because of the migration")
	for _, c := range []struct{ command, args, post string }{{"/summarize", "24h", "Share"}, {"/draft", "tell all that the release moves to Friday", "Post"}} {
		ana.Command(c.command, c.args, "C1")
		idle(t, h)
		private := ana.Last("C1", "")
		if !private.Private || !slices.Contains(labels(private), c.post) {
			t.Fatalf("%s: private %v with %q", c.command, private.Private, labels(private))
		}
		before := len(fake.User("U3").See("C1", ""))
		proof, err := usage.Verify(t.Context(), store, "slack/T1")
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range private.Controls {
			ben.PressCopied(private.Ref, b)
			idle(t, h)
			form, _ := ben.View()
			said := form.Text + ben.Last("C1", "").Text
			want := "Only the person who asked"
			if slices.Contains([]string{"👍", "👎", "Why this model?"}, b.Label) {
				want = "I no longer have the receipt" // nor is it said that there is one
			}
			has(t, c.command+": "+b.Label+" by another person", said, want)
			hasNot(t, c.command+": "+b.Label+" by another person", said, "Friday")
			ben.Reload()
		}
		after, err := usage.Verify(t.Context(), store, "slack/T1")
		if n := len(fake.User("U3").See("C1", "")); err != nil || n != before || after.Entries != proof.Entries {
			t.Errorf("%s: the others see %d messages instead of %d, %d entries instead of %d, %v", c.command, n, before, after.Entries, proof.Entries, err)
		}
		ana.PressLabel(private.Ref, c.post)
		idle(t, h)
		has(t, c.post+" by who asked", fake.User("U3").Last("C1", "").Text, "by ana with Tierwise")
	}
}

// TestSlackAnAnswerIsTakenBack by who asked, an admin or a moderator, and by
// nobody else.
func TestSlackAnAnswerIsTakenBack(t *testing.T) {
	fake, h, _ := slackHouse(t)
	admin := fake.User("U3")
	admin.Command("/ai-config", "set moderators <@U2|ben>", "C2")
	idle(t, h)
	fake.AddUser(slacktest.User{ID: "U9", Team: "T1", Name: "hal"})
	fake.ChangeChannel("C2", func(c *slacktest.Channel) { c.Members = append(c.Members, "U9") })
	for by, may := range map[string]bool{"U1": true, "U2": true, "U3": true, "U9": false} {
		root := fake.Seed("C2", "", "U3", "The export is back since noon")
		fake.User("U1").MentionIn("C2", root, "summarize this")
		idle(t, h)
		answer := fake.User("U1").Last("C2", root)
		fake.User(by).PressLabel(answer.Ref, "Retract")
		idle(t, h)
		there := slices.ContainsFunc(fake.User("U1").See("C2", root), func(s slacktest.Seen) bool { return s.Ref == answer.Ref })
		if there == may {
			t.Errorf("after %s pressed Retract the answer is there: %v", by, there)
		}
		if !may {
			has(t, "by another person", fake.User(by).Last("C2", root).Text, "Only the person who asked, a moderator or an admin")
		}
	}
}

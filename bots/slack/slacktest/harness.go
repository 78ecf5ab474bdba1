package slacktest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/internal/chat"
)

// threadLen is the length of the harness's thread: several pages of PageCap.
const threadLen = 40

// Harness is everything the conformance suite needs but the adapter's Opener:
// the sample workspace with a long thread in C1, and pages of 15 messages. It is
// called once on a fresh Fake, before Connect.
func (f *Fake) Harness() bottest.Harness {
	f.Sample()
	f.Behave(Behaviour{PageCap: 15})
	began := f.now().Add(-48 * time.Hour)
	for i := range 5 {
		f.SeedAt(began.Add(time.Duration(i)*time.Hour), "C1", "", "U2", fmt.Sprintf("good morning, day %d", i+1))
	}
	root := f.SeedAt(began.Add(6*time.Hour), "C1", "", "U1", "the invoice export is broken")
	for i := range threadLen - 1 {
		text := fmt.Sprintf("message %d about the export", i+2)
		if i == 7 {
			text = "<@U2> can you look at it?"
		}
		f.SeedAt(began.Add(6*time.Hour+time.Duration(i+1)*time.Minute), "C1", root, []string{"U2", "U1"}[i%2], text)
	}
	at := func(channel, thread string) chat.Place {
		return chat.Place{Platform: chat.Slack, Workspace: "T1", Channel: channel, Thread: thread}
	}
	bot := f.Bot("T1")
	h := hands{f}
	return bottest.Harness{People: h, Hands: h, Eyes: h, Faults: h, Cast: bottest.Cast{
		Bot:   chat.Identity{User: bot.ID, App: AppID, Name: bot.Name},
		Asker: "U1", Other: "U2", Program: "U8",
		Channel: at("C1", ""), Thread: at("C1", root), Direct: at(f.User("U1").Direct(), ""), Shared: at("C4", ""), Secret: at("C3", ""),
		ThreadLen: threadLen,
	}}
}

// hands are People, Hands, Eyes and Faults on a Fake.
type hands struct{ f *Fake }

// live puts mentions in the place of the suite's words.
func (h hands) live(text string) string {
	return strings.NewReplacer("{bot}", "<@"+h.f.Bot("T1").ID+">", "{other}", "<@U2>").Replace(text)
}

// delivery is a Delivery in the suite's words: acked when all of its copies are.
func delivery(d Delivery) bottest.Delivery {
	acked := d.Acked
	for _, more := range d.Also {
		acked = acked && more.Acked
	}
	return bottest.Delivery{Ref: chatRef(d.Message), Acked: acked, Handle: d}
}

func chatRef(r Ref) chat.Ref { return chat.Ref{Channel: r.Channel, Thread: r.Thread, ID: r.TS} }

func ref(r chat.Ref) Ref { return Ref{Channel: r.Channel, TS: r.ID, Thread: r.Thread} }

func (h hands) Say(t *testing.T, s bottest.Said) bottest.Delivery {
	t.Helper()
	return delivery(h.f.User(s.By).Reply(s.At.Channel, s.At.Thread, h.live(s.Text)))
}

func (h hands) Edit(t *testing.T, d bottest.Delivery, text string) bottest.Delivery {
	t.Helper()
	return delivery(h.f.User("U1").Edit(ref(d.Ref), h.live(text)))
}

func (h hands) Again(t *testing.T, d bottest.Delivery) bottest.Delivery {
	t.Helper()
	before, ok := d.Handle.(Delivery)
	if !ok {
		t.Fatalf("slacktest: %v is no delivery of the fake", d.Handle)
	}
	return delivery(h.f.Again(before))
}

func (h hands) Command(t *testing.T, by string, at chat.Place, name, text string) bottest.Delivery {
	t.Helper()
	return delivery(h.f.User(by).Command("/"+name, text, at.Channel))
}

func (h hands) Shortcut(t *testing.T, by, name string, _ chat.Place, on chat.Ref) bottest.Delivery {
	t.Helper()
	return delivery(h.f.User(by).Shortcut(ref(on), name))
}

func (h hands) Click(t *testing.T, by string, _ chat.Place, on chat.Ref, label string) bottest.Delivery {
	t.Helper()
	return delivery(h.f.User(by).PressLabel(ref(on), label))
}

func (h hands) Submit(t *testing.T, by string, fields map[string]string) bottest.Delivery {
	t.Helper()
	v, open := h.f.User(by).View()
	if !open {
		t.Fatalf("slacktest: no form is open for %s", by)
	}
	return delivery(h.f.User(by).Submit(v, fields))
}

func (h hands) Messages(_ *testing.T, at chat.Place, viewer string) []bottest.Seen {
	var all []bottest.Seen
	for _, m := range h.f.User(viewer).See(at.Channel, at.Thread) {
		s := bottest.Seen{Ref: chatRef(m.Ref), Author: m.User, Text: m.Text, Private: m.Private, Live: m.Live, Files: m.Files, Mentions: m.Mentions}
		for _, c := range m.Controls {
			s.Buttons = append(s.Buttons, c.Label)
		}
		all = append(all, s)
	}
	return all
}

func (h hands) Forms(_ *testing.T, viewer string) []string {
	var titles []string
	for _, v := range h.f.User(viewer).Forms() {
		titles = append(titles, v.Title)
	}
	return titles
}

func (h hands) FormErrors(_ *testing.T, viewer string) map[string]string {
	forms := h.f.User(viewer).Forms()
	if len(forms) == 0 {
		return nil
	}
	return forms[len(forms)-1].Errors
}

func (h hands) CutAfterCommit() { h.f.Fail(Posting, 1, CutAfter()) }

func (h hands) RateLimit(after time.Duration) { h.f.Fail(Posting, 1, RateLimited(after)) }

// Gone takes the app out of every channel and lets every response_url expire.
func (h hands) Gone() { h.f.Vanish() }

// Vanish makes every place and address unreachable for the app: it is in no
// channel, none is public, and all response_urls are expired.
func (f *Fake) Vanish() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, ch := range f.state.channels {
		ch.Kind = Private
		for _, t := range f.state.teams {
			if bot := f.state.bot(t.ID); bot != nil {
				ch.Members = without(ch.Members, bot.ID)
			}
		}
	}
	for _, r := range f.state.responses {
		r.born = r.born.Add(-2 * responseLife)
	}
}

// without is all but one string.
func without(all []string, gone string) []string {
	var rest []string
	for _, s := range all {
		if s != gone {
			rest = append(rest, s)
		}
	}
	return rest
}

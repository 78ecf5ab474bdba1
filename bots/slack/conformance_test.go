package slack

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/bots/slack/slacktest"
	"github.com/tierwise/tierwise/internal/chat"
)

// threadLen is more than a page.
const threadLen = 230

func TestConformance(t *testing.T) {
	bottest.Run(t, func(t *testing.T, door chat.Door) bottest.Harness { return harness(t, open(t, door)) })
}

// TestConformanceWithoutStreaming is a workspace where Slack offers none.
func TestConformanceWithoutStreaming(t *testing.T) {
	bottest.Run(t, func(t *testing.T, door chat.Door) bottest.Harness {
		w := open(t, door)
		w.Behave(slacktest.Behaviour{NoStreaming: true, NotAgent: true})
		w.adapter.noStream.put("T1", struct{}{})
		return harness(t, w)
	})
}

func harness(t *testing.T, w *world) bottest.Harness {
	t.Helper()
	w.AddChannel(slacktest.Channel{ID: "C5", Name: "council", Kind: slacktest.Private, Team: "T1", Members: []string{"U2", w.Bot("T1").ID}})
	for i := range 5 {
		w.Seed("C1", "", "U2", fmt.Sprintf("morning %d", i))
		w.now.Advance(time.Minute)
	}
	root := w.Seed("C1", "", "U1", "the export is broken")
	for i := range threadLen - 1 {
		w.now.Advance(time.Second)
		text := fmt.Sprintf("message %d about it", i+2)
		if i == 7 {
			text = "<@U2> can you look at it?"
		}
		w.Seed("C1", root, []string{"U1", "U2"}[i%2], text)
	}
	w.now.Advance(time.Minute)
	h := &slackHarness{world: w, errs: map[string]map[string]string{}}
	return bottest.Harness{Opener: w.adapter.Opener(), People: h, Hands: h, Eyes: h, Faults: h, Cast: bottest.Cast{
		Bot: chat.Identity{User: w.Bot("T1").ID, App: slacktest.AppID}, Asker: "U1", Other: "U2", Program: "U8",
		Channel: place("C1", ""), Thread: place("C1", root), Direct: place(w.User("U1").Direct(), ""), Shared: place("C4", ""), Secret: place("C5", ""),
		ThreadLen: threadLen,
	}}
}

// slackHarness is People, Hands, Eyes and Faults over the fake.
type slackHarness struct {
	*world
	errs map[string]map[string]string
}

func (h *slackHarness) live(text string) string {
	return strings.NewReplacer("{bot}", "<@"+h.Bot("T1").ID+">", "{other}", "<@U2>").Replace(text)
}

func delivery(d slacktest.Delivery) bottest.Delivery {
	return bottest.Delivery{Ref: refOf(d.Message), Acked: d.Acked, Handle: d}
}

func (h *slackHarness) Say(_ *testing.T, s bottest.Said) bottest.Delivery {
	return delivery(h.User(s.By).Reply(s.At.Channel, s.At.Thread, h.live(s.Text)))
}

func (h *slackHarness) Edit(_ *testing.T, d bottest.Delivery, text string) bottest.Delivery {
	was := d.Handle.(slacktest.Delivery).Message
	again := delivery(h.User("U1").Edit(was, h.live(text)))
	was2 := again.Handle.(slacktest.Delivery)
	was2.Message = was
	again.Handle, again.Ref = was2, refOf(was)
	return again
}

func (h *slackHarness) Again(_ *testing.T, d bottest.Delivery) bottest.Delivery {
	return delivery(h.Fake.Again(d.Handle.(slacktest.Delivery)))
}

func (h *slackHarness) Command(_ *testing.T, by string, at chat.Place, name, text string) bottest.Delivery {
	return delivery(h.User(by).Command("/"+name, text, at.Channel))
}

func (h *slackHarness) Shortcut(_ *testing.T, by, name string, _ chat.Place, on chat.Ref) bottest.Delivery {
	return delivery(h.User(by).Shortcut(slacktest.Ref{Channel: on.Channel, TS: on.ID, Thread: on.Thread}, name))
}

func (h *slackHarness) Click(_ *testing.T, by string, _ chat.Place, on chat.Ref, label string) bottest.Delivery {
	return delivery(h.User(by).PressLabel(slacktest.Ref{Channel: on.Channel, TS: on.ID, Thread: on.Thread}, label))
}

func (h *slackHarness) Submit(t *testing.T, by string, fields map[string]string) bottest.Delivery {
	v, ok := h.User(by).View()
	if !ok {
		t.Fatalf("%s has no form open", by)
	}
	d := h.User(by).Submit(v, fields)
	h.errs[by] = nil
	if now, ok := h.User(by).View(); ok {
		h.errs[by] = now.Errors
	}
	return delivery(d)
}

func (h *slackHarness) Messages(_ *testing.T, at chat.Place, viewer string) []bottest.Seen {
	var all []bottest.Seen
	for _, m := range h.User(viewer).See(at.Channel, at.Thread) {
		s := bottest.Seen{Ref: refOf(m.Ref), Author: m.User, Text: m.Text, Private: m.Private, Live: m.Live, Mentions: m.Mentions, Files: m.Files}
		for _, c := range m.Controls {
			if c.Type == "button" {
				s.Buttons = append(s.Buttons, c.Label)
			}
		}
		all = append(all, s)
	}
	return all
}

func (h *slackHarness) Forms(_ *testing.T, viewer string) []string {
	var titles []string
	for _, v := range h.User(viewer).Forms() {
		titles = append(titles, v.Title)
	}
	return titles
}

func (h *slackHarness) FormErrors(_ *testing.T, viewer string) map[string]string {
	return h.errs[viewer]
}

func (h *slackHarness) CutAfterCommit() {
	h.Fail("chat.postMessage", 1, slacktest.CutAfter())
	h.Fail("chat.startStream", 1, slacktest.CutAfter())
}

func (h *slackHarness) RateLimit(after time.Duration) {
	h.Fail("chat.postMessage", 1, slacktest.RateLimited(after))
}

func (h *slackHarness) Gone() {
	h.Fail("response_url", -1, slacktest.HTTPStatus(404))
	h.Fail("*", -1, slacktest.Code("channel_not_found"))
}

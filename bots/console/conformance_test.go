package console

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/localchat"
)

// TestConformance drives the terminal line by line, as a person would.
func TestConformance(t *testing.T) {
	bottest.Run(t, func(t *testing.T, door chat.Door) bottest.Harness {
		world := town(t)
		out := &bytes.Buffer{}
		c, err := New(Config{In: strings.NewReader(""), Out: out, World: world, Door: mutateDoor(door)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(world.Watch(c.inbox.add))
		h := &terminal{c: c, out: out, forms: map[string][]string{}, errs: map[string]map[string]string{}}
		return mutateHarness(bottest.Harness{Opener: world.Opener(), Cast: townCast(t, world), People: h, Hands: h, Eyes: h, Faults: faults{world}})
	})
}

// townLen is the number of messages in the thread that is read.
const townLen = 300

func town(t *testing.T) *localchat.World {
	t.Helper()
	began := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	thread := localchat.ThreadSeed{ID: "export"}
	for i := range townLen {
		text := fmt.Sprintf("message %d about the export", i+1)
		if i == 7 {
			text = "@omar can you look at it?"
		}
		thread.Lines = append(thread.Lines, localchat.Line{At: began.Add(time.Duration(i) * time.Minute), Author: []string{"u-maya", "u-omar"}[i%2], Text: text})
	}
	world, err := localchat.Open(localchat.Config{}, func(time.Time) ([]localchat.Seed, error) {
		return []localchat.Seed{{ID: "town", Name: "Town", Members: []localchat.Member{
			{ID: "u-maya", Name: "maya"}, {ID: "u-omar", Name: "omar"}, {ID: "u-ruth", Name: "ruth", External: true}, {ID: "u-builds", Name: "builds", Bot: true},
		}, Channels: []localchat.ChannelSeed{
			{ID: "c-market", Name: "market", Kind: chat.PublicChannel, Threads: []localchat.ThreadSeed{thread}},
			{ID: "c-harbour", Name: "harbour", Kind: chat.PrivateChannel, Members: []string{"u-maya", "u-omar", "u-ruth"}},
			{ID: "c-council", Name: "council", Kind: chat.PrivateChannel, Members: []string{"u-omar"}},
		}}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return world
}

func townCast(t *testing.T, w *localchat.World) bottest.Cast {
	t.Helper()
	at := func(channel, thread string) chat.Place {
		return chat.Place{Platform: chat.Console, Workspace: "town", Channel: channel, Thread: thread}
	}
	direct, err := w.Direct("town", "u-maya")
	if err != nil {
		t.Fatal(err)
	}
	return bottest.Cast{Bot: chat.Identity{User: localchat.BotID, Name: localchat.BotName}, Asker: "u-maya", Other: "u-omar", Program: "u-builds",
		Channel: at("c-market", ""), Thread: at("c-market", "export"), Direct: direct, Shared: at("c-harbour", ""), Secret: at("c-council", ""), ThreadLen: townLen}
}

// terminal is People, Hands and Eyes: it types and reads the screen.
type terminal struct {
	c     *Console
	out   *bytes.Buffer
	forms map[string][]string          // titles by person
	errs  map[string]map[string]string // of the last submit, by person
}

// line types one line and returns what appeared on the screen.
func (h *terminal) line(text string) string {
	h.c.show()
	h.out.Reset()
	h.c.handle(context.Background(), text, nil)
	h.c.show()
	return h.out.String()
}

// try types one line and reports whether it went through.
func (h *terminal) try(text string) bool {
	before := h.c.refused + h.c.mistakes
	screen := h.line(text)
	for l := range strings.SplitSeq(screen, "\n") {
		if title, ok := strings.CutPrefix(l, "[form] "); ok {
			h.forms[h.c.who] = append(h.forms[h.c.who], title)
		}
	}
	return h.c.refused+h.c.mistakes == before
}

// stand brings a person to a place.
func (h *terminal) stand(t *testing.T, who string, at chat.Place) {
	t.Helper()
	lines := []string{}
	if h.c.who != who {
		lines = append(lines, "/as "+strings.TrimPrefix(who, "u-"))
	}
	if strings.HasPrefix(at.Channel, "dm-") {
		lines = append(lines, "/join @tierwise")
	} else {
		lines = append(lines, "/join #"+strings.TrimPrefix(at.Channel, "c-"))
	}
	if n := h.c.world.ThreadNumber(at); n > 0 {
		lines = append(lines, fmt.Sprintf("/thread %d", n))
	}
	for _, l := range lines {
		if !h.try(l) {
			t.Fatalf("%q failed: %s", l, h.out)
		}
	}
}

var live = strings.NewReplacer("{bot}", "@tierwise", "{other}", "@omar")

func (h *terminal) Say(t *testing.T, s bottest.Said) bottest.Delivery {
	t.Helper()
	if s.By == "u-builds" || s.By == localchat.BotID { // programs have no terminal
		m, err := h.c.desk.Say(context.Background(), s.By, s.At, live.Replace(s.Text))
		return bottest.Delivery{Ref: m.Ref, Acked: err == nil}
	}
	h.stand(t, s.By, s.At)
	acked := h.try(live.Replace(s.Text))
	all := h.c.world.Read(s.At, s.By)
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Author == s.By {
			return bottest.Delivery{Ref: all[i].Ref, Acked: acked}
		}
	}
	t.Fatalf("%q was not posted", s.Text)
	return bottest.Delivery{}
}

func (h *terminal) Again(t *testing.T, d bottest.Delivery) bottest.Delivery {
	d.Acked = h.c.desk.Hear(context.Background(), "town", d.Ref) == nil
	return d
}

func (h *terminal) Edit(t *testing.T, d bottest.Delivery, text string) bottest.Delivery {
	d.Acked = h.try(fmt.Sprintf("/edit %d %s", h.number(t, h.c.at, d.Ref), live.Replace(text)))
	return d
}

// number is the number of a message in /read.
func (h *terminal) number(t *testing.T, at chat.Place, ref chat.Ref) int {
	t.Helper()
	for i, m := range h.c.world.Read(at, h.c.who) {
		if m.Ref.ID == ref.ID {
			return i + 1
		}
	}
	t.Fatalf("message %q is not to be seen", ref.ID)
	return 0
}

func (h *terminal) Command(t *testing.T, by string, at chat.Place, name, text string) bottest.Delivery {
	h.stand(t, by, at)
	return bottest.Delivery{Acked: h.try("/" + name + " " + text)}
}

func (h *terminal) Shortcut(t *testing.T, by, name string, at chat.Place, on chat.Ref) bottest.Delivery {
	h.stand(t, by, at)
	word := map[string]string{"summarize_thread": "summarize", "draft_reply": "draft"}[name]
	if word == "" {
		word = name
	}
	return bottest.Delivery{Acked: h.try(fmt.Sprintf("/shortcut %s %d", word, h.number(t, at, on)))}
}

func (h *terminal) Click(t *testing.T, by string, at chat.Place, on chat.Ref, label string) bottest.Delivery {
	if h.c.who != by {
		h.stand(t, by, at)
	}
	h.c.show()
	for range 2 {
		for i, b := range h.c.pressable.choices {
			if b.ref.ID == on.ID && b.button.Label == label {
				return bottest.Delivery{Acked: h.try(fmt.Sprint(i + 1))}
			}
		}
		h.try("⋯")
	}
	t.Fatalf("no button %q is shown", label)
	return bottest.Delivery{}
}

func (h *terminal) Submit(_ *testing.T, by string, fields map[string]string) bottest.Delivery {
	for id, value := range fields {
		h.try(id + "=" + strings.ReplaceAll(value, "\n", `\n`))
	}
	acked := h.try("/submit")
	h.errs[by] = map[string]string{}
	for l := range strings.SplitSeq(h.out.String(), "\n") {
		if label, what, ok := strings.Cut(strings.TrimPrefix(l, "! "), ": "); ok {
			h.errs[by][strings.ToLower(label)] = what
		}
	}
	return bottest.Delivery{Acked: acked}
}

func (h *terminal) Messages(_ *testing.T, at chat.Place, viewer string) []bottest.Seen {
	var all []bottest.Seen
	for _, m := range h.c.world.Read(at, viewer) {
		s := bottest.Seen{Ref: m.Ref, Author: m.Author, Text: m.Text, Private: m.To != "", Mentions: m.Mentions}
		if p := m.Post; p != nil {
			lines := []string{p.Text}
			if p.Footer != "" {
				lines = append(lines, p.Footer)
			}
			if p.Table != nil {
				lines = append(lines, tableLines(p.Table)...)
			}
			if p.Chart != nil {
				lines = append(lines, chartLines(p.Chart)...)
			}
			s.Text = strings.Join(lines, "\n")
			s.Live = p.Stage != chat.Final
			for _, b := range p.Buttons {
				s.Buttons = append(s.Buttons, b.Label)
			}
			for _, f := range p.Files {
				s.Files = append(s.Files, f.Name)
			}
		}
		all = append(all, s)
	}
	return all
}

func (h *terminal) Forms(_ *testing.T, viewer string) []string { return h.forms[viewer] }

func (h *terminal) FormErrors(_ *testing.T, viewer string) map[string]string { return h.errs[viewer] }

type faults struct{ w *localchat.World }

func (f faults) CutAfterCommit()           { f.w.Strike(localchat.LostResult(localchat.OpPut)) }
func (f faults) RateLimit(d time.Duration) { f.w.Strike(localchat.Limited(localchat.OpPut, d)) }
func (f faults) Gone()                     { f.w.Strike(localchat.Vanished(localchat.AnyOp)) }

package discord

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/bots/discord/discordtest"
	"github.com/tierwise/tierwise/internal/chat"
)

func TestConformance(t *testing.T) {
	bottest.Run(t, func(t *testing.T, door chat.Door) bottest.Harness {
		w := open(t, door, discordtest.Options{})
		me, err := w.a.identity(t.Context(), w.guild)
		if err != nil {
			t.Fatal(err)
		}
		h := &client{w: w, opened: map[string][]*discordtest.Interaction{}, wrong: map[string]*discordtest.Message{}}
		return bottest.Harness{Opener: w.a.Opener(), People: h, Hands: h, Eyes: h, Faults: outages{w}, Cast: bottest.Cast{
			Bot: me, Asker: w.maya, Other: w.omar, Program: w.builds, Channel: w.at(w.market, ""), Thread: w.at(w.market, w.thread), Direct: w.at(w.direct, ""),
			Shared: w.at(w.news, ""), Secret: w.at(w.council, ""), ThreadLen: w.threadLen}}
	})
}

// client is People, Hands and Eyes: people at Discord's own client.
type client struct {
	w      *town
	opened map[string][]*discordtest.Interaction // forms, by person
	wrong  map[string]*discordtest.Message       // what said that a form was refused, by person
}

func (c *client) live(text string) string {
	return strings.NewReplacer("{bot}", "<@"+c.w.f.Bot().ID+">", "{other}", "<@"+c.w.omar+">").Replace(text)
}

// delivered waits until a delivery was handled. Discord's gateway knows no
// acknowledgement; a message counts as taken unless the adapter refused it.
func (c *client) delivered(ref chat.Ref, handle any, refused int) bottest.Delivery {
	c.w.settle()
	return bottest.Delivery{Ref: ref, Acked: c.w.tell.of("discord.refused") == refused, Handle: handle}
}

func (c *client) Say(_ *testing.T, s bottest.Said) bottest.Delivery {
	refused := c.w.tell.of("discord.refused")
	m := c.w.f.As(s.By).Say(apiChannel(s.At), c.live(s.Text))
	return c.delivered(chat.Ref{Channel: s.At.Channel, Thread: s.At.Thread, ID: m.ID}, m, refused)
}

func (c *client) Edit(_ *testing.T, d bottest.Delivery, text string) bottest.Delivery {
	refused := c.w.tell.of("discord.refused")
	m := d.Handle.(*discordtest.Message)
	c.w.f.Clock().Advance(time.Second)
	c.w.f.As(m.Author).Edit(m, c.live(text))
	return c.delivered(d.Ref, m, refused)
}

func (c *client) Again(_ *testing.T, d bottest.Delivery) bottest.Delivery {
	refused := c.w.tell.of("discord.refused")
	c.w.f.Again(d.Handle.(*discordtest.Message))
	return c.delivered(d.Ref, d.Handle, refused)
}

// answered waits for an interaction's end. It is acknowledged unless it was
// answered with a sentence, which is how Discord is told that nothing follows.
func (c *client) answered(i *discordtest.Interaction) bottest.Delivery {
	c.w.settle()
	now := c.w.f.Look(i)
	if now.Modal != nil {
		c.opened[i.User] = append(c.opened[i.User], i)
	}
	return bottest.Delivery{Acked: now.Answer == sayThinking || now.Answer == sayNothing || now.Answer == sayForm, Handle: i}
}

func (c *client) Command(_ *testing.T, by string, at chat.Place, name, text string) bottest.Delivery {
	return c.answered(c.w.f.As(by).Command(apiChannel(at), name, map[string]string{"what": text}))
}

func (c *client) Shortcut(t *testing.T, by, name string, at chat.Place, on chat.Ref) bottest.Delivery {
	for _, m := range c.w.f.Messages(apiChannel(at), by) {
		if m.ID == on.ID {
			i := slices.IndexFunc(shortcuts, func(s [2]string) bool { return s[1] == name })
			return c.answered(c.w.f.As(by).MessageCommand(&m, shortcuts[i][0]))
		}
	}
	t.Fatalf("message %q is not to be seen", on.ID)
	return bottest.Delivery{}
}

func (c *client) Click(_ *testing.T, by string, _ chat.Place, on chat.Ref, label string) bottest.Delivery {
	return c.answered(c.w.f.As(by).Press(apiChannelOf(on), on.ID, label))
}

func (c *client) Submit(_ *testing.T, by string, fields map[string]string) bottest.Delivery {
	forms := c.opened[by]
	last := forms[len(forms)-1]
	if wrong := c.wrong[by]; wrong != nil { // the form was closed: open it again
		again := c.w.f.As(by).Press(wrong.Channel, wrong.ID, "Correct it")
		c.w.settle()
		last = again
	}
	i := c.w.f.As(by).Submit(last, fields)
	d := c.answered(i)
	c.wrong[by] = nil
	if c.w.f.Look(i).Answer == sayMessage {
		all := c.w.f.Messages(i.Channel, by)
		c.wrong[by] = &all[len(all)-1]
	}
	return d
}

func (c *client) Messages(_ *testing.T, at chat.Place, viewer string) []bottest.Seen {
	var all []bottest.Seen
	for _, m := range c.w.f.Messages(apiChannel(at), viewer) {
		s := bottest.Seen{Ref: chat.Ref{Channel: at.Channel, Thread: at.Thread, ID: m.ID}, Author: m.Author, Text: m.Content, Private: m.To != "",
			Live: m.Flags&flagLoading != 0 || strings.HasSuffix(m.Content, " …"), Mentions: m.Notified}
		for _, r := range m.Components {
			for _, b := range r.(map[string]any)["components"].([]any) {
				if label, ok := b.(map[string]any)["label"].(string); ok {
					s.Buttons = append(s.Buttons, label)
				}
			}
		}
		for _, f := range m.Files {
			s.Files = append(s.Files, f.Name)
		}
		all = append(all, s)
	}
	return all
}

func (c *client) Forms(_ *testing.T, viewer string) []string {
	var titles []string
	for _, i := range c.opened[viewer] {
		titles = append(titles, c.w.f.Look(i).Modal["title"].(string))
	}
	return titles
}

func (c *client) FormErrors(_ *testing.T, viewer string) map[string]string {
	errs := map[string]string{}
	if m := c.wrong[viewer]; m != nil {
		for line := range strings.SplitSeq(m.Content, "\n") {
			if field, what, ok := strings.Cut(strings.TrimPrefix(line, "- **"), "**: "); ok {
				errs[field] = what
			}
		}
	}
	return errs
}

// outages are the platform's bad days.
type outages struct{ w *town }

func (o outages) CutAfterCommit() { o.w.f.CutAfterCommit() }

func (o outages) RateLimit(after time.Duration) { o.w.f.LimitNext(discordtest.Limit{After: after}) }

func (o outages) Gone() { o.w.f.Vanish() }

package gatetest

import (
	"context"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/localchat"
	"github.com/tierwise/tierwise/internal/settings"
	"github.com/tierwise/tierwise/usage"
)

// Say lets somebody write a message and waits for what comes of it.
func (h *House) Say(who string, at chat.Place, text string) localchat.Message {
	h.T.Helper()
	m, err := h.Desk.Say(context.Background(), who, at, text)
	if err != nil {
		h.T.Fatalf("say: %v", err)
	}
	h.Idle()
	return m
}

// Command lets somebody run a slash command and waits for what comes of it.
func (h *House) Command(who string, at chat.Place, name, text string) {
	h.T.Helper()
	if _, err := h.Desk.Command(context.Background(), who, at, name, text); err != nil {
		h.T.Fatalf("/%s: %v", name, err)
	}
	h.Idle()
}

// Ask runs a command and returns the answer to it, for who alone.
func (h *House) Ask(who string, at chat.Place, name, text string) localchat.Message {
	h.T.Helper()
	before := len(h.World.Read(at.InChannel(), who))
	h.Command(who, at, name, text)
	seen := h.World.Read(at.InChannel(), who)
	for _, m := range seen[min(before, len(seen)):] {
		if m.Post != nil && m.To == who {
			return m
		}
	}
	h.T.Fatalf("/%s %s: no private answer for %s", name, text, who)
	return localchat.Message{}
}

// Press presses a button under a message by the first words of its label, and
// returns the form or sentence that opened.
func (h *House) Press(who string, m localchat.Message, label string) localchat.Opened {
	h.T.Helper()
	b, ok := Button(m, label)
	if !ok {
		h.T.Fatalf("no button %q under %q: %+v", label, m.Post.Text, m.Post.Buttons)
	}
	o, err := h.Desk.Press(context.Background(), who, Workspace, m.Ref, b)
	if err != nil {
		h.T.Fatalf("press %q: %v", label, err)
	}
	h.Idle()
	return o
}

// Submit hands a form in and returns the errors by field.
func (h *House) Submit(who string, o localchat.Opened, fields map[string]string) map[string]string {
	h.T.Helper()
	errs, err := h.Desk.Submit(context.Background(), who, o, fields)
	if err != nil {
		h.T.Fatalf("submit: %v", err)
	}
	h.Idle()
	return errs
}

// Button finds a button by the first words of its label.
func Button(m localchat.Message, label string) (chat.Button, bool) {
	if m.Post == nil {
		return chat.Button{}, false
	}
	for _, b := range append(append([]chat.Button(nil), m.Post.Buttons...), m.Post.More...) {
		if strings.HasPrefix(b.Label, label) {
			return b, true
		}
	}
	return chat.Button{}, false
}

// Posts are the bot's posts that somebody sees at a place, oldest first.
func (h *House) Posts(at chat.Place, who string) []localchat.Message {
	var out []localchat.Message
	for _, m := range h.World.Read(at, who) {
		if m.Post != nil {
			out = append(out, m)
		}
	}
	return out
}

// Last is the newest post of the bot that somebody sees at a place.
func (h *House) Last(at chat.Place, who string) localchat.Message {
	h.T.Helper()
	posts := h.Posts(at, who)
	if len(posts) == 0 {
		h.T.Fatalf("%s sees no post at %s; log:\n%s", who, at, h.Log)
	}
	return posts[len(posts)-1]
}

// Entries are the ledger's rows in the order they were booked.
func (h *House) Entries() []usage.Entry {
	h.T.Helper()
	var all []usage.Entry
	tenant := In("").Tenant()
	months, err := h.Store.Months(context.Background(), tenant)
	if err != nil {
		h.T.Fatal(err)
	}
	for _, m := range months {
		rows, _, err := h.Store.Entries(context.Background(), tenant, m, "", 10_000)
		if err != nil {
			h.T.Fatal(err)
		}
		all = append(all, rows...)
	}
	return all
}

// Held is what is reserved now.
func (h *House) Held() []usage.OpenHold {
	h.T.Helper()
	open, err := h.Store.OpenHolds(context.Background(), In("").Tenant())
	if err != nil {
		h.T.Fatal(err)
	}
	return open
}

// Limit sets a limit as the ledger keeps it.
func (h *House) Limit(l ...usage.Limit) {
	h.T.Helper()
	if err := (Books{h.Store, h.Guard}).SetLimits(context.Background(), In("").Tenant(), l, nil); err != nil {
		h.T.Fatal(err)
	}
}

// Set changes a setting of a channel as an admin; "" is the workspace.
func (h *House) Set(channel, key, value string) {
	h.T.Helper()
	c := settings.Change{Tenant: In("").Tenant(), Level: settings.Workspace, Key: key, Value: value, By: h.ID(Ada), ByRole: settings.Admin}
	if channel != "" {
		c.Level, c.ID = settings.Channel, channel
	}
	if _, err := h.Settings.Set(context.Background(), c); err != nil {
		h.T.Fatal(err)
	}
}

// ID is somebody's pseudonym.
func (h *House) ID(who string) string {
	h.T.Helper()
	id, err := h.People.Pseudonym(context.Background(), In("").Tenant(), who)
	if err != nil {
		h.T.Fatal(err)
	}
	return id
}

package discord

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
)

// live are the forms in which Discord writes ids into a text: people, roles,
// channels, custom emoji and clickable commands.
var live = regexp.MustCompile(`<(@!?|@&|#|a?:\w{2,32}:|/[^:>]{1,64}:)(\d{6,20})>`)

// read is a message in chat's words.
func (a *Adapter) read(ctx context.Context, guildID string, m message, me chat.Identity) chat.Message {
	out := chat.Message{ID: m.ID, At: instant(m.At), Text: a.text(ctx, guildID, m), Permalink: permalink(guildID, m.Channel, m.ID), Edited: m.Edited != ""}
	out.Named = slices.Contains(people(m, me.User), me.User) || slices.ContainsFunc(m.Roles, func(r string) bool { return slices.Contains(me.Roles, r) })
	if m.Author != nil {
		out.Author = author(m).actor("")
		out.Author.Self = m.Author.ID == me.User
		out.Author.Bot = m.Author.Bot || m.Webhook != ""
	}
	if m.Reference != nil && m.Type == replyMessage {
		out.ReplyTo = m.Reference.Message
	}
	for _, f := range m.Files {
		out.Files = append(out.Files, chat.File{Name: f.Name, Type: f.Type, Size: f.Size, Alt: f.Alt})
	}
	for _, r := range m.Reactions {
		out.Reactions += r.Count
	}
	return out
}

// author is who wrote a message, with what the message says of the membership.
func author(m message) member {
	var who member
	if m.Member != nil {
		who = *m.Member
	}
	if m.Author != nil {
		who.User = *m.Author
	}
	return who
}

// shown is what a message without a text of its own shows: what it forwards,
// its cards, and the texts among its components.
func shown(m message) []string {
	var lines []string
	for _, f := range m.Forwarded {
		lines = append(lines, f.Message.Content)
	}
	for _, e := range m.Embeds {
		lines = append(lines, strings.TrimSpace(e.Title+"\n"+e.Text))
	}
	type part struct {
		Content    string            `json:"content"`
		Components []json.RawMessage `json:"components"`
	}
	var walk func(raw json.RawMessage, deep int)
	walk = func(raw json.RawMessage, deep int) {
		var p part
		if json.Unmarshal(raw, &p) != nil || deep > 5 {
			return
		}
		if p.Content != "" {
			lines = append(lines, p.Content)
		}
		for _, c := range p.Components {
			walk(c, deep+1)
		}
	}
	var top []json.RawMessage
	if json.Unmarshal(m.Components, &top) == nil {
		for _, c := range top {
			walk(c, 0)
		}
	}
	return lines
}

// text is what a message says, with names where the platform has ids.
func (a *Adapter) text(ctx context.Context, guildID string, m message) string {
	text := m.Content
	if text == "" {
		text = strings.TrimSpace(strings.Join(shown(m), "\n"))
	}
	if !strings.Contains(text, "<") {
		return text
	}
	return live.ReplaceAllStringFunc(text, func(s string) string { return a.name(ctx, guildID, m, s) })
}

// words are what was typed for a command; see chat.KeepsIDs.
func (a *Adapter) words(ctx context.Context, guildID, command, typed string) string {
	return live.ReplaceAllStringFunc(typed, func(s string) string {
		if chat.KeepsIDs(command) && strings.HasPrefix(s, "<@") {
			return s
		}
		return a.name(ctx, guildID, message{}, s)
	})
}

// name is what stands for one id. An id nobody can name is said to be unknown
// rather than shown.
func (a *Adapter) name(ctx context.Context, guildID string, m message, s string) string {
	parts := live.FindStringSubmatch(s)
	kind, id := parts[1], parts[2]
	switch {
	case kind == "@&":
		if g, err := a.world.guild(ctx, guildID); err == nil {
			for _, r := range g.Roles {
				if r.ID == id {
					return "@" + strings.TrimPrefix(r.Name, "@")
				}
			}
		}
		return "@unknown-role"
	case kind == "#":
		if c, err := a.world.channel(ctx, id); err == nil {
			return "#" + c.Name
		}
		return "#unknown-channel"
	case strings.HasPrefix(kind, "@"):
		return "@" + a.person(ctx, guildID, m, id)
	}
	if strings.HasPrefix(kind, "/") {
		return strings.TrimSuffix(kind, ":")
	}
	return strings.TrimPrefix(kind, "a") // a moving emoji is :wave: too
}

// person names a person: by the membership where it is known, else as the
// message has it.
func (a *Adapter) person(ctx context.Context, guildID string, m message, id string) string {
	if who, err := a.world.member(ctx, guildID, id); err == nil {
		return who.label()
	}
	for _, u := range m.Mentions {
		if u.ID == id {
			return u.label()
		}
	}
	return "unknown-person"
}

// withoutUs takes the mentions of the bot out of a text.
func withoutUs(text string, me chat.Identity) string {
	for _, id := range append([]string{"@" + me.User, "@!" + me.User}, prefixed("@&", me.Roles)...) {
		text = strings.ReplaceAll(text, "<"+id+">", "")
	}
	return strings.TrimSpace(text)
}

func prefixed(p string, list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = p + s
	}
	return out
}

// permalink is the jump link of a message.
func permalink(guildID, channelID, id string) string {
	return "https://discord.com/channels/" + guildID + "/" + channelID + "/" + id
}

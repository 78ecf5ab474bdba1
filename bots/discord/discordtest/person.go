package discordtest

import (
	"fmt"
	"strconv"
	"strings"
)

// Person is a user at a client. What a person does reaches the adapter through
// the gateway, as Discord would deliver it.
type Person struct {
	f  *Fake
	ID string
}

// As is the person of a user id.
func (f *Fake) As(user string) Person { return Person{f, user} }

// Say writes into a channel; "<@id>" and "<@&id>" are live mentions.
func (p Person) Say(channel, text string) *Message { return p.say(channel, text, "") }

// Reply answers a message, with Discord's ping of its author.
func (p Person) Reply(to *Message, text string) *Message { return p.say(to.Channel, text, to.ID) }

func (p Person) say(channel, text, replyTo string) *Message {
	p.f.mu.Lock()
	defer p.f.mu.Unlock()
	m := &Message{ID: p.f.id(), Channel: channel, Author: p.ID, Content: text, ReplyTo: replyTo, At: p.f.clock.Now()}
	if replyTo != "" {
		m.Type = 19
	}
	p.f.append(m)
	return m
}

// Edit changes an own message.
func (p Person) Edit(m *Message, text string) {
	p.f.mu.Lock()
	defer p.f.mu.Unlock()
	m.Content, m.Edited = text, p.f.clock.Now()
	p.f.announce(m, "MESSAGE_UPDATE")
}

// Again delivers a message once more, as after a resumed connection.
func (f *Fake) Again(m *Message) {
	f.mu.Lock()
	defer f.mu.Unlock()
	kind := "MESSAGE_CREATE"
	if !m.Edited.IsZero() {
		kind = "MESSAGE_UPDATE"
	}
	f.announce(m, kind)
}

// Command runs a slash command with its options by name.
func (p Person) Command(channel, name string, options map[string]string) *Interaction {
	return p.act(channel, 2, "", obj{"id": "1", "name": name, "type": 1, "options": optionList(options, "")})
}

// Complete asks for completions of an option.
func (p Person) Complete(channel, name, option, typed string) *Interaction {
	return p.act(channel, 4, "", obj{"id": "1", "name": name, "type": 1, "options": optionList(map[string]string{option: typed}, option)})
}

func optionList(options map[string]string, focused string) []any {
	out := []any{}
	for name, value := range options {
		o := obj{"name": name, "type": 3, "value": value}
		if name == focused {
			o["focused"] = true
		}
		out = append(out, o)
	}
	return out
}

// MessageCommand runs a command on a message.
func (p Person) MessageCommand(m *Message, label string) *Interaction {
	p.f.mu.Lock()
	target := p.f.odd(p.f.messageJSON(m, true))
	p.f.mu.Unlock()
	return p.act(m.Channel, 2, "", obj{"id": "1", "name": label, "type": 3, "target_id": m.ID, "resolved": obj{"messages": obj{m.ID: target}}})
}

// Press presses the button, or chooses the menu entry, that is shown with a
// label under a message. It fails the test where there is none.
func (p Person) Press(channel, message, label string) *Interaction {
	p.f.t.Helper()
	p.f.mu.Lock()
	m := p.f.message(channel, message)
	p.f.mu.Unlock()
	if m == nil || m.To != "" && m.To != p.ID {
		p.f.t.Fatalf("discordtest: %s does not see message %s", p.ID, message)
	}
	for _, r := range m.Components {
		for _, c := range r.(map[string]any)["components"].([]any) {
			one := c.(map[string]any)
			if one["label"] == label {
				return p.act(channel, 3, message, obj{"component_type": 2, "custom_id": one["custom_id"]})
			}
			options, _ := one["options"].([]any)
			for _, o := range options {
				if o.(map[string]any)["label"] == label {
					return p.act(channel, 3, message, obj{"component_type": 3, "custom_id": one["custom_id"], "values": []any{o.(map[string]any)["value"]}})
				}
			}
		}
	}
	p.f.t.Fatalf("discordtest: no button %q under message %s", label, message)
	return nil
}

// PressID presses a button by its id, whether it exists or not.
func (p Person) PressID(channel, message, id string) *Interaction {
	return p.act(channel, 3, message, obj{"component_type": 2, "custom_id": id})
}

// Submit hands in the form that an interaction opened.
func (p Person) Submit(opened *Interaction, fields map[string]string) *Interaction {
	p.f.t.Helper()
	p.f.mu.Lock()
	form, channel, source := opened.Modal, opened.Channel, opened.Source
	p.f.mu.Unlock()
	if form == nil {
		p.f.t.Fatal("discordtest: no form was opened")
	}
	parts := []any{}
	for _, raw := range form["components"].([]any) {
		l := raw.(map[string]any)
		inner, there := l["component"].(map[string]any)
		if !there {
			parts = append(parts, obj{"type": l["type"], "id": 1})
			continue
		}
		id, _ := inner["custom_id"].(string)
		c := obj{"type": inner["type"], "id": 2, "custom_id": id}
		if inner["type"] == float64(3) {
			c["values"] = list(strings.Split(fields[id], "\n"))
		} else {
			c["value"] = fields[id]
		}
		parts = append(parts, obj{"type": 18, "id": 3, "component": c})
	}
	return p.act(channel, 5, source, obj{"custom_id": form["custom_id"], "components": parts})
}

// act makes an interaction and delivers it.
func (p Person) act(channel string, kind int, source string, data obj) *Interaction {
	f := p.f
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.channels[channel]
	i := &Interaction{ID: f.id(), Type: kind, User: p.ID, Channel: channel, Source: source, Made: f.clock.Now()}
	i.Token = fmt.Sprintf("aW50ZXJhY3Rpb246%s:%0180d", i.ID, len(f.interactions))
	f.interactions[i.ID], f.byToken[i.Token] = i, i
	e := obj{"id": i.ID, "application_id": f.app, "type": kind, "token": i.Token, "version": 1, "channel_id": channel, "locale": "en-US", "data": data,
		"channel": f.channelJSON(c), "app_permissions": strconv.FormatUint(f.may(f.bot.ID, c), 10), "entitlements": []any{}}
	if m := f.message(channel, source); m != nil {
		e["message"] = f.odd(f.messageJSON(m, true))
	}
	if g := f.guilds[c.Guild]; g != nil {
		who := f.memberJSON(g, p.ID)
		who["permissions"] = strconv.FormatUint(f.may(p.ID, c), 10)
		e["guild_id"], e["member"], e["context"] = g.ID, who, 0
	} else {
		e["user"], e["context"] = f.userJSON(p.ID), 1
	}
	f.tell(c.Guild, "INTERACTION_CREATE", func(*session) any { return e })
	return i
}

// Look is an interaction as it stands now.
func (f *Fake) Look(i *Interaction) Interaction {
	f.mu.Lock()
	defer f.mu.Unlock()
	return *i
}

// Forget drops interactions and their messages, which a long run would pile up.
func (f *Fake) Forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.interactions)
	clear(f.byToken)
	clear(f.messages)
	f.requests = nil
	for _, s := range f.gateway.sessions {
		s.events = nil
	}
}

// Added announces that the bot was added to a guild just now; system is the
// channel for notices, or "".
func (f *Fake) Added(guild, system string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	g := f.guilds[guild]
	g.System = system
	me := g.Members[f.bot.ID]
	if me == nil {
		me = &Member{User: f.bot.ID, Roles: []string{g.Roles[1].ID}}
		g.Members[f.bot.ID] = me
	}
	me.Joined = f.clock.Now()
	f.announceGuild(g)
}

// Back announces a guild after an outage.
func (f *Fake) Back(guild string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.guilds[guild].Out = false
	f.announceGuild(f.guilds[guild])
}

func (f *Fake) announceGuild(g *Guild) {
	f.tell(g.ID, "GUILD_CREATE", func(*session) any { return f.guildEvent(g) })
}

// Kick removes the bot from a guild, or plays an outage of it.
func (f *Fake) Kick(guild string, outage bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := obj{"id": guild}
	if outage {
		e["unavailable"] = true
		f.guilds[guild].Out = true
	} else {
		delete(f.guilds[guild].Members, f.bot.ID)
	}
	f.tell(guild, "GUILD_DELETE", func(*session) any { return e })
}

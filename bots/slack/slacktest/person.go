package slacktest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// Person acts as one user would in a Slack client. Its methods return when the
// app has answered. What cannot be done in Slack, such as pressing a button that
// is not shown, ends the test.
type Person struct {
	f    *Fake
	user *User
}

// User is the person with an id; an unknown id ends the test.
func (f *Fake) User(id string) *Person {
	defer f.lock()()
	u := f.state.user(id)
	if u == nil {
		f.misuse("there is no user %s", id)
	}
	return &Person{f: f, user: u}
}

// Say writes in a channel.
func (p *Person) Say(channel, text string) Delivery { return p.Reply(channel, "", text) }

// Reply writes in the thread of a root.
func (p *Person) Reply(channel, thread, text string) Delivery {
	return p.write(channel, thread, text, "", nil)
}

// Mention writes in a channel with the app's name in front.
func (p *Person) Mention(channel, text string) Delivery { return p.MentionIn(channel, "", text) }

// MentionIn writes in a thread with the app's name in front.
func (p *Person) MentionIn(channel, thread, text string) Delivery {
	return p.Reply(channel, thread, "<@"+p.appIn(channel).ID+"> "+text)
}

// Tell writes to the app in the direct message with it.
func (p *Person) Tell(text string) Delivery { return p.Say(p.Direct(), text) }

// Direct is the id of the person's direct message with the app.
func (p *Person) Direct() string {
	defer p.f.lock()()
	bot := p.f.state.bot(p.user.Team)
	if bot == nil {
		p.f.misuse("the app is not installed in %s", p.user.Team)
	}
	return p.f.openIM(bot, p.user.ID).ID
}

// Upload shares a file in a channel or thread, with a comment.
func (p *Person) Upload(channel, thread, name, comment string, data []byte) Delivery {
	unlock := p.f.lock()
	defer unlock()
	x := &file{id: p.f.state.next("F"), name: name, title: name, kind: http.DetectContentType(data), data: data, done: true, team: p.user.Team, user: p.user.ID}
	p.f.state.files[x.id] = x
	unlock()
	return p.write(channel, thread, comment, "file_share", []*file{x})
}

func (p *Person) write(channel, thread, text, subtype string, files []*file) Delivery {
	unlock := p.f.lock()
	defer unlock()
	ch := p.f.state.channel(channel)
	if ch == nil || !ch.has(p.user.ID) {
		p.f.misuse("%s cannot write in %s: not a member", p.user.ID, channel)
	}
	m := p.f.said(channel, thread, p.user.ID, text)
	m.subtype, m.files = subtype, files
	p.f.insert(m)
	unlock()
	return p.f.deliverMessage(channel, m.ts)
}

// appIn is the app's bot that hears a channel, or that of the person's team.
func (p *Person) appIn(channel string) *User {
	defer p.f.lock()()
	if ch := p.f.state.channel(channel); ch != nil {
		if bot := p.f.hears(ch); bot != nil {
			return bot
		}
		if bot := p.f.state.bot(ch.Team); bot != nil {
			return bot
		}
	}
	p.f.misuse("no app to mention in %s", channel)
	return nil
}

// Edit changes the text of a message.
func (p *Person) Edit(at Ref, text string) Delivery {
	unlock := p.f.lock()
	defer unlock()
	m := p.f.state.message(at.Channel, at.TS)
	if m == nil || m.user != p.user.ID {
		p.f.misuse("%s has no message %s to edit", p.user.ID, at.TS)
	}
	before := clone(p.f.json(m))
	m.text, m.edited = text, true
	unlock()
	return p.f.changed(m, "message_changed", before)
}

// Delete takes a message back.
func (p *Person) Delete(at Ref) Delivery {
	unlock := p.f.lock()
	defer unlock()
	m := p.f.state.message(at.Channel, at.TS)
	if m == nil {
		p.f.misuse("there is no message %s to delete", at.TS)
	}
	before := clone(p.f.json(m))
	p.f.state.remove(m)
	unlock()
	return p.f.changed(m, "message_deleted", before)
}

// React puts an emoji under a message.
func (p *Person) React(at Ref, emoji string) Delivery {
	unlock := p.f.lock()
	defer unlock()
	m := p.f.state.message(at.Channel, at.TS)
	if m == nil || !m.addReaction(emoji, p.user.ID) {
		p.f.misuse("%s cannot react to %s", p.user.ID, at.TS)
	}
	author := m.user
	unlock()
	if !p.f.subscribed("reaction_added") {
		return Delivery{Acked: true, Message: at}
	}
	d := p.f.event(p.team(at.Channel), at.Channel, object{"type": "reaction_added", "user": p.user.ID, "reaction": emoji, "item_user": author,
		"item": object{"type": "message", "channel": at.Channel, "ts": at.TS}})
	d.Message = at
	return d
}

// Invite brings a user into a channel and tells the app.
func (p *Person) Invite(channel, user string) Delivery {
	unlock := p.f.lock()
	defer unlock()
	ch := p.f.state.channel(channel)
	if ch == nil || !ch.has(p.user.ID) {
		p.f.misuse("%s cannot invite to %s", p.user.ID, channel)
	}
	if !ch.has(user) {
		ch.Members = append(ch.Members, user)
	}
	kind := map[ChannelKind]string{Public: "C", Private: "G"}[ch.Kind]
	unlock()
	return p.f.event(p.team(channel), channel, object{"type": "member_joined_channel", "user": user, "channel": channel, "channel_type": kind,
		"team": p.user.Team, "inviter": p.user.ID})
}

// Stop presses the native stop button of a thread: streams there end and the
// app is told.
func (p *Person) Stop(channel, thread string) Delivery {
	unlock := p.f.lock()
	defer unlock()
	var stoppedTS []string
	for _, m := range p.f.state.messages[channel] {
		if m.stream != nil && m.root() == thread && p.f.streamState(m) == streaming {
			m.stream.state = stopped
			stoppedTS = append(stoppedTS, m.ts)
		}
	}
	unlock()
	return p.f.event(p.team(channel), channel, object{"type": "agent_session_stopped", "user": p.user.ID, "channel": channel,
		"thread_ts": thread, "streaming_message_ts": stoppedTS})
}

// OpenHome opens the app's home tab.
func (p *Person) OpenHome() Delivery { return p.openApp("home") }

// OpenMessages opens the app's messages tab.
func (p *Person) OpenMessages() Delivery { return p.openApp("messages") }

func (p *Person) openApp(tab string) Delivery {
	e := object{"type": "app_home_opened", "user": p.user.ID, "channel": p.Direct(), "tab": tab}
	if p.f.subscribed("app_context_changed") {
		e["context"] = p.context()
	}
	unlock := p.f.lock()
	defer unlock()
	if v := p.f.state.homes[p.user.Team+"/"+p.user.ID]; v != nil && tab == "home" {
		e["view"] = p.f.viewJSON(v)
	}
	unlock()
	return p.f.event(p.user.Team, "", e)
}

// team is the workspace whose app is meant when the person acts in a channel.
func (p *Person) team(channel string) string {
	defer p.f.lock()()
	if ch := p.f.state.channel(channel); ch != nil {
		if bot := p.f.hears(ch); bot != nil {
			return bot.Team
		}
		return ch.Team
	}
	return p.user.Team
}

// Command runs a slash command in a channel: Command("/summarize", "24h", "C1").
// What the app answers at once is shown to the person, or to all when it says
// in_channel.
func (p *Person) Command(command, text, channel string) Delivery {
	unlock := p.f.lock()
	defer unlock()
	ch := p.f.state.channel(channel)
	if ch == nil || !ch.has(p.user.ID) {
		p.f.misuse("%s cannot run a command in %s: not a member", p.user.ID, channel)
	}
	team := p.f.state.team(p.user.Team)
	if bot := p.f.hears(ch); bot != nil {
		team = p.f.state.team(bot.Team)
	}
	fields := map[string]string{
		"token": "", "api_app_id": AppID, "team_id": team.ID, "team_domain": team.Domain, "channel_id": ch.ID, "channel_name": channelName(ch),
		"user_id": p.user.ID, "user_name": p.user.Name, "command": command, "text": text, "is_enterprise_install": "false",
		"trigger_id": p.f.trigger(p.user, team.ID, nil), "response_url": p.f.responseURL(team.ID, p.user.ID, ch.ID, "", nil),
	}
	if team.Enterprise != "" {
		fields["enterprise_id"], fields["enterprise_name"] = team.Enterprise, team.Enterprise
	}
	address := p.f.endpoints.Commands
	unlock()
	form, payload := url.Values{}, object{}
	for k, v := range fields {
		form.Set(k, v)
		payload[k] = v
	}
	d := p.f.send(&parcel{socket: "slash_commands", address: address, kind: "application/x-www-form-urlencoded", body: []byte(form.Encode()),
		payload: payload, id: fields["trigger_id"]})
	p.showAnswer(d, fields["response_url"])
	return d
}

// channelName is the name as commands and clicks carry it.
func channelName(ch *Channel) string {
	switch ch.Kind {
	case IM:
		return "directmessage"
	case Private:
		return "privategroup"
	}
	return ch.Name
}

// showAnswer shows what the app answered a command with: JSON or bare text.
func (p *Person) showAnswer(d Delivery, responseURL string) {
	body := strings.TrimSpace(string(d.Body))
	if !d.Acked || body == "" || body == "null" {
		return
	}
	args := map[string]any{}
	if json.Unmarshal([]byte(body), &args) != nil {
		args["text"] = body
	}
	if args["text"] == nil && args["blocks"] == nil {
		return
	}
	unlock := p.f.lock()
	defer unlock()
	id := responseURL[strings.LastIndex(responseURL, "/")+1:]
	p.f.state.responses[id].uses-- // the answer itself is no use of the address
	unlock()
	c := &call{Fake: p.f, method: "response_url", args: args, isJSON: true}
	c.respond(id)
}

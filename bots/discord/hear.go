package discord

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// on takes one event of the gateway. It runs in the reader's goroutine and
// therefore only learns, looks and queues.
func (a *Adapter) on(kind string, raw json.RawMessage) {
	defer a.recovered()
	a.world.learn(kind, raw)
	switch kind {
	case "MESSAGE_CREATE", "MESSAGE_UPDATE":
		a.onMessage(raw, kind == "MESSAGE_UPDATE")
	case "INTERACTION_CREATE":
		var i interaction
		if err := json.Unmarshal(raw, &i); err != nil || i.ID == "" {
			a.count("discord.unreadable_interaction")
			return
		}
		if !a.lanes.now(func(ctx context.Context) { a.interact(ctx, i) }) {
			a.log.Warn("discord: too many interactions at once; one was left unanswered")
		}
	}
}

// onMessage queues what may be for us.
func (a *Adapter) onMessage(raw json.RawMessage, edit bool) {
	var m message
	if err := json.Unmarshal(raw, &m); err != nil || m.ID == "" || m.Channel == "" {
		a.count("discord.unreadable_message")
		return
	}
	if edit && m.Edited == "" {
		return // a link was unfurled
	}
	if a.ours(m) || m.Author == nil || m.Author.Bot || m.Webhook != "" || !m.spoken() || !a.maybe(m) {
		a.count("discord.ignored")
		return
	}
	if !a.lanes.put(m.Channel, func(ctx context.Context) { a.hear(ctx, m, edit) }) {
		a.log.Warn("discord: a channel is flooded; a message was not handled")
	}
}

// ours notes our own messages: where they are, by their nonce, and that
// somebody has answered there.
func (a *Adapter) ours(m message) bool {
	me, err := a.self(context.Background())
	if err != nil || m.Author == nil || m.Author.ID != me.User {
		return false
	}
	a.typing.stop(m.Channel)
	ref := chat.Ref{Channel: m.Channel, ID: m.ID}
	if c, ok := a.world.channels.get(m.Channel); ok && c.isThread() {
		ref.Channel, ref.Thread = c.Parent, m.Channel
		a.typing.stop(c.Parent)
	}
	if m.Nonce != "" && m.Flags&flagEphemeral == 0 {
		a.posts.heard(string(m.Nonce), ref)
	}
	return true
}

// maybe reports, from the message alone, whether it can be for us: it names
// somebody we may be, answers us, is direct, or is in what may be a thread.
func (a *Adapter) maybe(m message) bool {
	me, err := a.self(context.Background())
	if err != nil || m.Guild == "" || len(m.Roles) > 0 || m.answers(me.User) {
		return true
	}
	if slices.ContainsFunc(m.Mentions, func(u mentioned) bool { return u.ID == me.User }) {
		return true
	}
	c, known := a.world.channels.get(m.Channel)
	return !known || c.isThread()
}

// answers reports whether a message is the platform's own reply to a post of
// a person.
func (m message) answers(id string) bool {
	return m.Type == replyMessage && m.Referenced != nil && m.Referenced.Author != nil && m.Referenced.Author.ID == id
}

// hear decides whether a message is for us and hands it to the door.
func (a *Adapter) hear(ctx context.Context, m message, edit bool) {
	e, err := a.heard(ctx, m, edit)
	if err != nil && a.sleep(ctx, acceptPause) == nil {
		e, err = a.heard(ctx, m, edit) // a look-up may have failed for a moment
	}
	if err != nil {
		a.log.Warn("discord: a message was not understood", "err", err)
		a.count("discord.not_understood")
		return
	}
	if e == nil {
		a.count("discord.ignored")
		return
	}
	// Before it is accepted, because a quick answer must find a sign to end.
	a.typing.start(a.lanes.ctx, m.Channel)
	if err := a.accept(ctx, *e); err != nil {
		a.typing.stop(m.Channel)
		a.count("discord.refused")
		a.log.Error("discord: a message was not accepted", "err", err)
		a.sorry(ctx, *e)
		return
	}
	a.named.put(m.ID, struct{}{})
	a.asked(ctx, m.Channel, m.Guild)
	a.count("discord.accepted")
}

// acceptTries and acceptPause: a gateway message has no acknowledgement and is
// not delivered again, so handing it over is tried again here. The marks of an
// event make a second copy harmless.
const (
	acceptTries = 3
	acceptPause = 500 * time.Millisecond
)

func (a *Adapter) accept(ctx context.Context, e chat.Event) error {
	var err error
	for try := range acceptTries {
		if try > 0 && a.sleep(ctx, acceptPause<<try) != nil {
			break
		}
		if err = a.cfg.Door.Accept(ctx, e); err == nil {
			return nil
		}
	}
	return err
}

const notTaken = "I could not take this down just now, so it will not be answered. Please try again in a minute."

// sorry says that a message was not taken.
func (a *Adapter) sorry(ctx context.Context, e chat.Event) {
	to := e.ReplyTo
	to.Place = e.Place // no thread is made for a failure
	r, err := a.responder(ctx, to)
	if err == nil {
		_, err = r.Put(ctx, chat.Post{Job: "refused/" + e.ID, Stage: chat.Final, Text: notTaken})
	}
	if err != nil {
		a.log.Warn("discord: the failure could not be said", "err", err)
	}
}

// heard is the event of a message; nil when it is not for us.
func (a *Adapter) heard(ctx context.Context, m message, edit bool) (*chat.Event, error) {
	guildID, ok, err := a.tenant(ctx, m)
	if err != nil || !ok {
		return nil, err
	}
	me, err := a.identity(ctx, guildID)
	if err != nil {
		return nil, err
	}
	at, ch, err := a.world.placeOf(ctx, guildID, m.Channel)
	if err != nil {
		return nil, err
	}
	_, before := a.named.get(m.ID)
	heard := chat.Heard{Author: author(m).actor(""), Direct: ch.Kind == chat.DirectMessage, MentionRoles: m.Roles, WasMentioned: before, Edit: edit,
		Thread: at.Thread, ReplyToBot: m.answers(me.User)}
	heard.Mentions = people(m, me.User)
	var owned chat.Owned
	followUps := false
	if at.Thread != "" && !edit {
		if owned, err = a.cfg.Owned(ctx, at); err != nil {
			a.count("discord.owned_unknown")
			owned = chat.Owned{}
		}
		followUps = owned.Owner != "" && a.cfg.FollowUps(ctx, at, ch)
	}
	address := chat.AddressOf(heard, me, owned, followUps)
	switch {
	case address == chat.NotForUs:
		return nil, nil
	case (address == chat.ByThread || address == chat.ByReply) && a.blindTo(m):
		return nil, a.askForMention(ctx, m, at)
	}
	return a.mention(ctx, m, edit, at, ch, me)
}

// blindTo reports whether the text of a message was withheld from us.
func (a *Adapter) blindTo(m message) bool {
	return (a.cfg.WithoutContent || a.hidden.Load()) && m.Content == "" && len(m.Files) == 0
}

// askForMention says, once a day in a channel, why a follow-up is not answered.
func (a *Adapter) askForMention(ctx context.Context, m message, at chat.Place) error {
	key := "blind/" + m.Channel
	if _, told := a.named.get(key); told {
		return nil
	}
	a.named.put(key, struct{}{})
	r := &responder{a: a, to: chat.ReplyTo{Place: at}}
	_, err := r.Put(ctx, chat.Post{Job: "blind/" + m.ID, Stage: chat.Final,
		Text: "I cannot see the text of messages that do not mention me, so please mention me here. An admin can change that: see *Message Content Intent* in the manual."})
	return err
}

// people are those whom a message names itself. A reply lists the person it
// answers among them without a word of it in the text; naming us by a reply is
// the reply, not a mention.
func people(m message, bot string) []string {
	var ids []string
	for _, u := range m.Mentions {
		replied := m.Type == replyMessage && m.Referenced != nil && m.Referenced.Author != nil && m.Referenced.Author.ID == u.ID
		if replied && u.ID == bot && !mentionsInText(m.Content, u.ID) {
			continue
		}
		ids = append(ids, u.ID)
	}
	return ids
}

func mentionsInText(text, id string) bool {
	return slices.ContainsFunc(live.FindAllStringSubmatch(text, -1), func(p []string) bool { return p[2] == id && p[1] != "#" })
}

package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tierwise/tierwise/internal/chat"
)

func (a *Adapter) mention(ctx context.Context, m message, edit bool, at chat.Place, ch chat.Channel, me chat.Identity) (*chat.Event, error) {
	actor, err := a.speaker(ctx, at.Workspace, m)
	if err != nil {
		return nil, err
	}
	e := chat.Event{ID: m.ID, Kind: chat.Mention, Place: at, Channel: ch, Actor: actor, At: instant(m.At),
		Message: chat.Ref{Channel: at.Channel, Thread: at.Thread, ID: m.ID}, ReplyTo: chat.ReplyTo{Place: at, To: actor.ID, Message: m.ID}}
	if edit {
		e.ID, e.At = m.ID+"/edit", instant(m.Edited)
	}
	said := m
	said.Content = withoutUs(m.Content, me)
	e.Text = a.text(ctx, at.Workspace, said)
	for _, f := range m.Files {
		e.Files = append(e.Files, chat.File{Name: f.Name, Type: f.Type, Size: f.Size, Alt: f.Alt})
	}
	if m.Type == replyMessage && m.Referenced != nil {
		target := a.read(ctx, at.Workspace, *m.Referenced, me)
		e.Target = &target
	}
	if a.threadable(ctx, at, me) {
		e.ReplyTo.Place.Thread = m.ID // a thread has the id of its first message
		if e.ReplyTo.Address, err = json.Marshal(address{Title: clip(e.Text, 90)}); err != nil {
			return nil, fmt.Errorf("discord: address: %w", err)
		}
	}
	return &e, nil
}

// speaker is who wrote a message, with what the guild says of them.
func (a *Adapter) speaker(ctx context.Context, guildID string, m message) (chat.Actor, error) {
	who := author(m)
	if m.Member == nil {
		fresh, err := a.world.member(ctx, guildID, who.User.ID)
		if err != nil && !errors.Is(err, chat.ErrNotFound) {
			return chat.Actor{}, err
		}
		if err == nil {
			who = fresh
		}
	}
	if m.Member != nil { // fresher than what is known
		a.world.members.put(guildID+"/"+who.User.ID, who)
	}
	actor := who.actor("")
	if g, err := a.world.guild(ctx, guildID); err == nil {
		actor.Admin = administers(g, who)
	}
	return actor, nil
}

// threadable reports whether a mention in this channel gets a thread of its own.
func (a *Adapter) threadable(ctx context.Context, at chat.Place, me chat.Identity) bool {
	if at.Thread != "" {
		return false
	}
	c, err := a.world.channel(ctx, at.Channel)
	if err != nil || c.Type != textChannel && c.Type != announcementChannel {
		return false
	}
	g, err := a.world.guild(ctx, at.Workspace)
	if err != nil {
		return false
	}
	m, err := a.world.member(ctx, at.Workspace, me.User)
	if err != nil {
		return false
	}
	const needed = permCreateThreads | permSendInThreads
	return permissions(g, c, m, a.clock.Now())&needed == needed
}

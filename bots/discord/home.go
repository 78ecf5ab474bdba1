package discord

import (
	"context"
	"fmt"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// A direct message has no guild, but every request is charged to one. It is
// the only one we share with the person, or the one the person picked.

const (
	homeTenant = "discord/direct"
	homeButton = "discord.home"
	homeLife   = 365 * 24 * time.Hour
	homeMost   = 4 // guilds offered at once
)

// tenant is the guild a message is charged to. ok is false when there is none
// and the person was told what to do.
func (a *Adapter) tenant(ctx context.Context, m message) (guildID string, ok bool, err error) {
	if m.Guild != "" {
		return m.Guild, true, nil
	}
	guildID, choices, err := a.home(ctx, m.Author.ID)
	if err != nil || guildID != "" {
		return guildID, guildID != "", err
	}
	return "", false, a.offer(ctx, m, choices)
}

// home is the guild of a person's direct messages, or those to choose from.
func (a *Adapter) home(ctx context.Context, person string) (string, []guild, error) {
	if v, ok, err := a.memory.Recall(ctx, homeTenant, "home/"+person); err != nil {
		return "", nil, fmt.Errorf("discord: home: %w", err)
	} else if ok {
		if _, err := a.world.member(ctx, string(v), person); err == nil {
			return string(v), nil, nil
		}
	}
	both, err := a.world.mutual(ctx, person, homeMost+1)
	if err != nil {
		return "", nil, fmt.Errorf("discord: home: %w", err)
	}
	if len(both) == 1 {
		return both[0].ID, nil, nil
	}
	return "", both, nil
}

// offer asks which guild pays, or says why nobody is answered here.
func (a *Adapter) offer(ctx context.Context, m message, choices []guild) error {
	p := chat.Post{Job: "home/" + m.ID, Stage: chat.Final, Text: "I answer members of a server, and we share none that I can see. Please mention me in a server."}
	if len(choices) > 0 {
		p.Text = "Direct messages are charged to a server. Which one is it for you? Then ask again."
	}
	for _, g := range choices[:min(homeMost, len(choices))] {
		p.Buttons = append(p.Buttons, chat.Button{Name: homeButton, Label: clip(g.Name, maxLabel), Value: g.ID})
	}
	r := &responder{a: a, to: chat.ReplyTo{Place: place("", m.Channel, "")}}
	_, err := r.Put(ctx, p)
	return err
}

// choose keeps the guild a person picked, if they are in it.
func (a *Adapter) choose(ctx context.Context, person, guildID string) string {
	if _, err := a.world.member(ctx, guildID, person); err != nil {
		return "You are not in that server any more, so your direct messages cannot be charged to it."
	}
	if err := a.memory.Remember(ctx, homeTenant, "home/"+person, []byte(guildID), homeLife); err != nil {
		return notTaken
	}
	return "Noted. Your direct messages with me are charged to that server from now on. Please ask again."
}

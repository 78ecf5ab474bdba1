package gate

import (
	"context"
	"fmt"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/redact"
	"github.com/tierwise/tierwise/internal/turn"
)

// Tell says to who asked, alone, what their question waits for; see
// intake.Teller. It says nothing
//   - where another place than a thread is full: whose question has it is not
//     known to everybody there;
//   - to who will be refused: that is said at their turn;
//   - in a direct message, where the person sees their own question at work;
//   - where the platform has nothing private that goes by itself: Discord shows
//     there that it is typing, from the acceptance on.
func (g *Gate) Tell(ctx context.Context, w turn.Waiting) error {
	e := w.Event
	if e.Place.Thread == "" || e.Place != w.Behind.Place {
		return nil
	}
	t, err := g.task(ctx, &turn.Delivery{Event: e})
	if err == nil {
		err = g.standing(t)
	}
	switch {
	case err != nil && retry(err):
		return err
	case err != nil, t.Channel.Kind == chat.DirectMessage:
		return nil
	}
	e.ReplyTo.Private, e.ReplyTo.To = true, e.Actor.ID
	resp, err := g.Openers(e.Place.Platform).Open(ctx, e.ReplyTo)
	if err != nil {
		return fmt.Errorf("gate: tell: %w", err)
	}
	if !resp.Capabilities().Ephemeral {
		return nil
	}
	if still, err := w.Still(ctx); err != nil || !still {
		return err
	}
	_, err = resp.Put(ctx, chat.Post{Job: w.Job + "/waits", Stage: chat.Final, Private: true, Text: waits(w)})
	if err != nil {
		return fmt.Errorf("gate: tell: %w", err)
	}
	return nil
}

// waits words what a question waits for. The name may be said: who asks in a
// thread reads what others ask there.
func waits(w turn.Waiting) string {
	whose, name := "your earlier question", redact.Name(w.Behind.Actor.Name)
	switch {
	case w.Behind.Actor.ID == w.Event.Actor.ID:
	case name == "":
		whose = "the question of somebody else"
	default:
		whose = "the question of " + name
	}
	text := "I am still answering " + whose + " in this thread."
	switch more := w.Ahead - 1; more {
	case 0:
		return text + " Yours comes after it."
	case 1:
		return text + " Yours comes after it and one more."
	default:
		return text + fmt.Sprintf(" Yours comes after it and %d more.", more)
	}
}

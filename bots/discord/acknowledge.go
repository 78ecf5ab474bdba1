package discord

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/tierwise/tierwise/internal/chat"
)

// complete offers words while a person types.
func (a *Adapter) complete(ctx context.Context, i interaction, e chat.Event) {
	q := question(e, chat.Autocomplete)
	q.Name = i.Data.Name
	for _, o := range i.Data.Options {
		if o.Focused {
			q.Field = o.Name
			_ = json.Unmarshal(o.Value, &q.Value) // a number is completed as nothing
		}
	}
	choices := []map[string]string{}
	answer, err := a.cfg.Door.Ask(ctx, q)
	if err == nil {
		for _, c := range answer.Choices[:min(maxOptions, len(answer.Choices))] {
			choices = append(choices, map[string]string{"name": clip(c.Label, 100), "value": clip(c.Value, 100)})
		}
	}
	a.answer(ctx, i, sayChoices, map[string]any{"choices": choices})
}

// take accepts an event and then acknowledges it: with "thinking", which the
// answer replaces, or with nothing where a message is there already.
func (a *Adapter) take(ctx context.Context, i interaction, e chat.Event, thinking bool) {
	var err error
	addr := address{App: i.App, ID: i.ID, Token: i.Token, Issued: a.clock.Now().Unix(), Deferred: thinking}
	if i.Message != nil {
		addr.Origin = i.Message.ID
	}
	a.answered.put(i.ID, false) // before a quick answer can look
	if e.ReplyTo.Address, err = json.Marshal(addr); err == nil {
		err = a.cfg.Door.Accept(ctx, e)
	}
	if err != nil {
		a.count("discord.refused")
		a.log.Error("discord: an interaction was not accepted", "err", err)
		a.tell(ctx, i, notTaken)
		return
	}
	a.count("discord.accepted")
	if thinking {
		a.answer(ctx, i, sayThinking, map[string]any{"flags": flagEphemeral})
		return
	}
	a.answer(ctx, i, sayNothing, nil)
}

// tell answers an interaction at once with a sentence for the person alone.
func (a *Adapter) tell(ctx context.Context, i interaction, text string) {
	if i.Type == askComplete {
		a.answer(ctx, i, sayChoices, map[string]any{"choices": []any{}})
		return
	}
	a.answer(ctx, i, sayMessage, payload(outgoing{text: clip(text, maxText)}, flagEphemeral))
}

// answer is the first answer to an interaction. It never waits: its deadline is
// nearer than any limit. Where it fails, the event is accepted all the same,
// and its answer comes as a direct message.
func (a *Adapter) answer(ctx context.Context, i interaction, kind int, data any) {
	body := map[string]any{"type": kind}
	if data != nil {
		body["data"] = data
	}
	err := a.rest.do(ctx, call{method: http.MethodPost, route: "/interactions/{}/{}/callback", args: []string{i.ID, i.Token}, body: body, token: true}, nil)
	if err != nil {
		a.count("discord.callback_failed")
		a.log.Warn("discord: an interaction was not acknowledged", "err", fmt.Errorf("callback: %w", err))
	}
}

// question is what an event asks at once.
func question(e chat.Event, kind chat.QuestionKind) chat.Question {
	return chat.Question{Kind: kind, Place: e.Place, Channel: e.Channel, Actor: e.Actor, Name: e.Name, Value: e.Value, Fields: e.Fields, State: e.State, Target: e.Target}
}

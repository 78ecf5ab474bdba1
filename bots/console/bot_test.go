package console_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/console"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/localchat"
)

// bot is a door with a small bot behind it that answers at once.
type bot struct {
	world  *localchat.World
	mu     sync.Mutex
	events []chat.Event
	refuse error
	answer func(b *bot, e chat.Event) []chat.Post // nil: answer repeats what it was told
}

func (b *bot) Accept(ctx context.Context, e chat.Event) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refuse != nil {
		return b.refuse
	}
	b.events = append(b.events, e)
	answer := b.answer
	if answer == nil {
		answer = (*bot).repeat
	}
	for _, p := range answer(b, e) {
		if err := b.post(ctx, e, p); err != nil {
			return err
		}
	}
	return nil
}

func (b *bot) post(ctx context.Context, e chat.Event, p chat.Post) error {
	r, err := b.world.Opener().Open(ctx, e.ReplyTo)
	if err != nil {
		return err
	}
	if p.Job == "" {
		p.Job = fmt.Sprintf("job-%d/1", len(b.events))
	}
	_, err = r.Put(ctx, p)
	return err
}

// repeat answers every event with what it holds, a footer and three buttons.
func (b *bot) repeat(e chat.Event) []chat.Post {
	switch e.Kind {
	case chat.Cancelled:
		return nil
	case chat.Click:
		return []chat.Post{{Stage: chat.Final, Text: fmt.Sprintf("pressed %s %s", e.Name, e.Value)}}
	case chat.Submit:
		return []chat.Post{{Stage: chat.Final, Text: fmt.Sprintf("form %s: %s until %s because %q", e.Name, e.Fields["amount"], e.Fields["until"], e.Fields["reason"])}}
	case chat.Command:
		return []chat.Post{{Stage: chat.Final, Text: fmt.Sprintf("/%s with %q", e.Name, e.Text)}}
	case chat.Shortcut:
		return []chat.Post{{Stage: chat.Final, Text: fmt.Sprintf("%s on %q", e.Name, e.Target.Text)}}
	}
	return []chat.Post{{Stage: chat.Final, Text: fmt.Sprintf("heard %q", e.Text), Footer: "economy · why?", Sample: true,
		Buttons: []chat.Button{{Name: "good", Label: "👍", Value: "1"}, {Name: "more", Label: "Ask for more", OpensForm: true}},
		More:    []chat.Button{{Name: "retract", Label: "Retract", Value: "j"}}}}
}

func (b *bot) Ask(_ context.Context, q chat.Question) (chat.Answer, error) {
	switch {
	case q.Kind == chat.OpenForm && (q.Name == "more" || q.Name == "ai-config"):
		return chat.Answer{Form: &chat.Form{ID: "ask_more", Title: "Ask for more", Fields: []chat.Field{
			{ID: "amount", Label: "Amount", Kind: chat.TextField, Value: "$1", Hint: "in dollars"},
			{ID: "until", Label: "Until", Kind: chat.ChoiceField, Choices: []chat.Choice{{Label: "Today", Value: "day"}, {Label: "This month", Value: "month"}}},
			{ID: "reason", Label: "Reason", Kind: chat.LongField, Optional: true},
		}}}, nil
	case q.Kind == chat.CheckForm && q.Fields["amount"] == "-1":
		return chat.Answer{Errors: map[string]string{"amount": "must be more than nothing"}}, nil
	}
	return chat.Answer{}, nil
}

func (b *bot) accepted() []chat.Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.events
}

// opened is the instant the demo workspace of these tests was opened.
var opened = time.Date(2026, 11, 24, 14, 0, 0, 0, time.UTC)

func demo(t *testing.T) (*localchat.World, *bot) {
	t.Helper()
	world, err := localchat.Open(localchat.Config{Clock: clock.NewManual(opened)}, localchat.Demo)
	if err != nil {
		t.Fatal(err)
	}
	return world, &bot{world: world}
}

// script runs lines and returns what was printed.
func script(t *testing.T, b *bot, style console.Style, lines ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	c, err := console.New(console.Config{In: strings.NewReader(strings.Join(lines, "\n")), Out: &out, World: b.world, Door: b, Style: style})
	if err != nil {
		t.Fatal(err)
	}
	err = c.Run(context.Background())
	return out.String(), err
}

func wantIn(t *testing.T, out string, wanted ...string) {
	t.Helper()
	rest := out
	for _, w := range wanted {
		at := strings.Index(rest, w)
		if at < 0 {
			t.Fatalf("want %q, in this order, in:\n%s", w, out)
		}
		rest = rest[at+len(w):]
	}
}

var errDown = errors.New("store and spool are down")

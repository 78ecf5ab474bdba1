package localchat

import (
	"context"
	"fmt"

	"github.com/tierwise/tierwise/internal/chat"
)

// Following says what is known of a thread and whether its channel lets the
// bot answer there without a new mention.
type Following func(ctx context.Context, at chat.Place) (owned chat.Owned, followUps bool)

// Desk is where people act: what they do becomes an event at the bot's door,
// as a platform's servers would deliver it. A client (terminal, browser) shows
// the World and calls the Desk.
type Desk struct {
	world  *World
	door   chat.Door
	follow Following
}

// NewDesk returns a Desk. follow may be nil: then the bot follows every thread
// in which it has answered, for the person it answered first.
func NewDesk(w *World, door chat.Door, follow Following) *Desk {
	if follow == nil {
		follow = func(_ context.Context, at chat.Place) (chat.Owned, bool) { return w.owned(at), true }
	}
	return &Desk{world: w, door: door, follow: follow}
}

// Opened is what a press or a command showed at once instead of an answer
// later: a form to fill in, or a sentence. Both empty means that the event was
// accepted and will be answered.
type Opened struct {
	Form *chat.Form
	Say  string
	// Where it was opened; given back to Submit.
	At      chat.Place
	Message chat.Ref
}

// Say posts a person's message and delivers it. The message stands even when
// the door does not take it; Hear delivers it again.
func (d *Desk) Say(ctx context.Context, who string, at chat.Place, text string) (Message, error) {
	m, err := d.world.say(who, at, text)
	if err != nil {
		return Message{}, fmt.Errorf("localchat: say: %w", err)
	}
	return m, d.hear(ctx, at.Workspace, m, false)
}

// Edit changes a person's own message and delivers the change.
func (d *Desk) Edit(ctx context.Context, who, workspace string, ref chat.Ref, text string) error {
	before, after, err := d.world.edit(who, workspace, ref, text)
	if err != nil {
		return fmt.Errorf("localchat: edit: %w", err)
	}
	after.Named = before.Named
	return d.hear(ctx, workspace, after, true)
}

// Hear delivers a message again, as a platform does that saw no
// acknowledgement.
func (d *Desk) Hear(ctx context.Context, workspace string, ref chat.Ref) error {
	m, ok := d.world.Message(workspace, ref)
	if !ok {
		return fmt.Errorf("localchat: hear: %w", chat.ErrNotFound)
	}
	edit := m.Edited
	m.Named = false // the delivery is judged as it was the first time
	return d.hear(ctx, workspace, m, edit)
}

func (d *Desk) hear(ctx context.Context, workspace string, m Message, edit bool) error {
	at := d.world.place(workspace, m.Ref.Channel, m.Ref.Thread)
	e, err := d.event(at, m.Author, chat.Mention)
	if err != nil {
		return err
	}
	heard := chat.Heard{Author: e.Actor, Direct: e.Channel.Kind == chat.DirectMessage, Mentions: m.Mentions,
		WasMentioned: m.Named, Edit: edit, Thread: m.Ref.Thread}
	owned, followUps := d.follow(ctx, at)
	if chat.AddressOf(heard, chat.Identity{User: BotID, Name: BotName}, owned, followUps) == chat.NotForUs {
		return nil
	}
	e.ID = m.Ref.ID
	e.At = m.At
	e.Message = m.Ref
	e.Text = withoutBot(m.Text)
	e.ReplyTo.Message = m.Ref.ID
	if e.Channel.Kind != chat.DirectMessage {
		e.ReplyTo.Place.Thread = m.thread()
	}
	return d.door.Accept(ctx, e)
}

// Command runs a slash command. Without arguments it may open a form.
func (d *Desk) Command(ctx context.Context, who string, at chat.Place, name, text string) (Opened, error) {
	e, err := d.private(at, who, chat.Command)
	if err != nil {
		return Opened{}, err
	}
	e.Name, e.Text = name, text
	if text == "" {
		answer, err := d.door.Ask(ctx, question(e, chat.OpenForm))
		if err == nil && answer.Form != nil {
			return Opened{Form: answer.Form, At: at}, nil
		}
	}
	return Opened{}, d.door.Accept(ctx, e)
}

// Shortcut runs a command on a message: "summarize_thread", "draft_reply" or
// "classify".
func (d *Desk) Shortcut(ctx context.Context, who, workspace, name string, ref chat.Ref) error {
	m, ok := d.world.Message(workspace, ref)
	if !ok || (m.To != "" && m.To != who) {
		return fmt.Errorf("localchat: shortcut: %w", chat.ErrNotFound)
	}
	e, err := d.private(d.world.place(workspace, ref.Channel, m.Ref.Thread), who, chat.Shortcut)
	if err != nil {
		return err
	}
	target := d.world.read(workspace, m)
	e.Name, e.Message, e.Target = name, m.Ref, &target
	e.ReplyTo.Message = m.Ref.ID
	return d.door.Accept(ctx, e)
}

// Press presses a button under a post.
func (d *Desk) Press(ctx context.Context, who, workspace string, ref chat.Ref, b chat.Button) (Opened, error) {
	m, ok := d.world.Message(workspace, ref)
	if !ok || (m.To != "" && m.To != who) {
		return Opened{}, fmt.Errorf("localchat: press: %w", chat.ErrNotFound)
	}
	at := d.world.place(workspace, ref.Channel, m.Ref.Thread)
	e, err := d.private(at, who, chat.Click)
	if err != nil {
		return Opened{}, err
	}
	e.Name, e.Value, e.Message = b.Name, b.Value, m.headRef()
	e.ReplyTo.Message = e.Message.ID
	if !b.OpensForm {
		return Opened{}, d.door.Accept(ctx, e)
	}
	answer, err := d.door.Ask(ctx, question(e, chat.OpenForm))
	if err != nil {
		return Opened{}, fmt.Errorf("localchat: press: %w", err)
	}
	return Opened{Form: answer.Form, Say: answer.Say, At: at, Message: e.Message}, nil
}

// Submit hands a form in. Errors by field mean that nothing was accepted and
// the form stays open; a sentence under "" belongs to no field.
func (d *Desk) Submit(ctx context.Context, who string, o Opened, fields map[string]string) (map[string]string, error) {
	e, err := d.formEvent(who, o, chat.Submit)
	if err != nil {
		return nil, err
	}
	e.Fields = fields
	answer, err := d.door.Ask(ctx, question(e, chat.CheckForm))
	if err != nil {
		return nil, fmt.Errorf("localchat: submit: %w", err)
	}
	if len(answer.Errors) > 0 {
		return answer.Errors, nil
	}
	if answer.Say != "" {
		return map[string]string{"": answer.Say}, nil
	}
	return nil, d.door.Accept(ctx, e)
}

// Cancel closes a form without handing it in.
func (d *Desk) Cancel(ctx context.Context, who string, o Opened) error {
	e, err := d.formEvent(who, o, chat.Cancelled)
	if err != nil {
		return err
	}
	return d.door.Accept(ctx, e)
}

// Stop stops a post of the bot that is on its way; the event's value is the
// post's job.
func (d *Desk) Stop(ctx context.Context, who, workspace string, ref chat.Ref) error {
	at, err := d.world.stop(who, workspace, ref)
	if err != nil {
		return fmt.Errorf("localchat: stop: %w", err)
	}
	e, err := d.private(at, who, chat.Stop)
	if err != nil {
		return err
	}
	e.Message = ref
	if m, ok := d.world.Message(workspace, ref); ok && m.Post != nil {
		e.Value = m.Post.Job
	}
	return d.door.Accept(ctx, e)
}

func (d *Desk) formEvent(who string, o Opened, kind chat.EventKind) (chat.Event, error) {
	if o.Form == nil {
		return chat.Event{}, fmt.Errorf("localchat: form: %w", chat.ErrNotFound)
	}
	e, err := d.private(o.At, who, kind)
	if err != nil {
		return chat.Event{}, err
	}
	e.Name, e.State, e.Message = o.Form.ID, o.Form.State, o.Message
	e.ReplyTo.Message = o.Message.ID
	return e, nil
}

// private is an event whose answer only the person sees.
func (d *Desk) private(at chat.Place, who string, kind chat.EventKind) (chat.Event, error) {
	e, err := d.event(at, who, kind)
	e.ReplyTo.Private = true
	return e, err
}

// event fills in who, where and when; its id is new.
func (d *Desk) event(at chat.Place, who string, kind chat.EventKind) (chat.Event, error) {
	w := d.world
	w.mu.Lock()
	defer w.mu.Unlock()
	s, r := w.find(at)
	if r == nil || !s.reads(r, who) {
		return chat.Event{}, fmt.Errorf("localchat: %s: %w", kind, chat.ErrNotFound)
	}
	return chat.Event{ID: w.newID(), Kind: kind, Place: at, Actor: s.actor(who), At: w.clock.Now(), Channel: w.channel(s, r),
		ReplyTo: chat.ReplyTo{Place: at, To: who}}, nil
}

// question is what an event asks at once.
func question(e chat.Event, kind chat.QuestionKind) chat.Question {
	return chat.Question{Kind: kind, Place: e.Place, Channel: e.Channel, Actor: e.Actor, Name: e.Name, Value: e.Value,
		Fields: e.Fields, State: e.State, Target: e.Target}
}

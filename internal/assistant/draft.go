package assistant

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/intent"
	"github.com/tierwise/tierwise/internal/outcome"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/redact"
	"github.com/tierwise/tierwise/internal/settings"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/internal/turn"
)

// longestDraft bounds an edited draft, in bytes.
const longestDraft = 12_000

// post sends a draft into its conversation, if the asker may write there now.
func (a *Assistant) post(ctx context.Context, t *turn.Task, id string, s *saved) (turn.Result, error) {
	if strings.Contains(s.Text, "[…") || strings.Contains(s.Text, "[...") {
		return privately(t, "There are gaps marked […] in the draft. Press Edit, fill them in, then post it."), nil
	}
	at, err := a.mayWrite(ctx, t, s)
	if err == nil {
		err = a.out(ctx, t, id, s)
	}
	if err != nil {
		return a.failed(ctx, t, nil, err)
	}
	done := "Posted."
	if s.Target != "" {
		done = "Posted in " + s.Target + "."
	}
	r, err := a.send(ctx, t, at, id, s, done)
	if err != nil {
		return r, err
	}
	return a.with(t, r, id, s, outcome.Posted, outcome.Edited(s.First, s.Text))
}

// share shows a private answer where it was asked for, if the asker may write
// there and everybody there could read what it is about.
func (a *Assistant) share(ctx context.Context, t *turn.Task, id string, s *saved) (turn.Result, error) {
	at, err := a.mayWrite(ctx, t, s)
	if err != nil {
		return a.failed(ctx, t, nil, err)
	}
	if s.Want.Read != nil && !s.Want.Read.InChannelOf(at) {
		return privately(t, "That answer is about another conversation; I share it only where everybody could read that one."), nil
	}
	if err := a.out(ctx, t, id, s); err != nil {
		return a.failed(ctx, t, nil, err)
	}
	r, err := a.send(ctx, t, at, id, s, "")
	if err != nil {
		return r, err
	}
	return a.with(t, r, id, s, outcome.Shared, 0)
}

// send posts a text for a person, as theirs, and confirms it to them. A draft's
// preview gives way to the confirmation; a shared answer stays.
func (a *Assistant) send(ctx context.Context, t *turn.Task, at chat.Place, id string, s *saved, instead string) (turn.Result, error) {
	r := turn.Result{Replies: []turn.Reply{
		{To: chat.ReplyTo{Place: at}, At: &at, Sends: id, Post: chat.Post{Job: t.PostID(1), Stage: chat.Final, Text: s.Text, Footer: byline(t), Sample: a.Models.Sample()}},
	}}
	told, err := turn.Reply{To: t.Event.ReplyTo, Post: chat.Post{Job: t.PostID(2), Stage: chat.Final, Private: true, Text: "Shared."}}, error(nil)
	again := ""
	if instead != "" {
		again = " `/draft last` brings the draft back."
		told, err = a.instead(ctx, t, s, chat.Post{Job: t.PostID(2), Stage: chat.Final, Text: instead})
	}
	told.After, told.Otherwise = t.PostID(1), "It could not be posted there, so nobody else has seen it."+again+" Here is the text again:\n\n"+s.Text
	r.Replies = append(r.Replies, told)
	return r, err
}

// instead is a post in the place of the one a button was pressed under: where
// that is public, for all; where it is private, as far as the platform can
// replace one, else as a new one. On a page there is none; it is said to the
// person alone.
func (a *Assistant) instead(ctx context.Context, t *turn.Task, s *saved, p chat.Post) (turn.Reply, error) {
	p.Ref = t.Event.Message
	if t.Event.Place.Channel == "" {
		p.Private = true
		return turn.Reply{To: t.Event.ReplyTo, Post: p}, nil
	}
	if !s.Private {
		return turn.Reply{To: s.Event.ReplyTo, Post: p}, nil
	}
	p.Private = true
	resp, err := a.Openers(t.Event.Place.Platform).Open(ctx, t.Event.ReplyTo)
	if err != nil {
		return turn.Reply{}, fmt.Errorf("assistant: open: %w", err)
	}
	if !resp.Capabilities().EditEphemeral {
		p.Ref = chat.Ref{}
	}
	return turn.Reply{To: t.Event.ReplyTo, Post: p}, nil
}

// byline says who stands behind what the bot posts for a person.
func byline(t *turn.Task) string {
	return "by " + or(redact.Name(t.Event.Actor.Name), "a member") + " with Tierwise"
}

// mayWrite checks, at the moment of posting, that the asker may write where the
// text goes, and returns the place.
func (a *Assistant) mayWrite(ctx context.Context, t *turn.Task, s *saved) (chat.Place, error) {
	at := s.goes()
	acc, err := a.Openers(at.Platform).Directory().Access(ctx, at, t.Event.Actor.ID)
	switch {
	case errors.Is(err, chat.ErrNotFound), errors.Is(err, chat.ErrNoAccess), err == nil && !acc.Write:
		return at, fault.New(fault.NotAllowed, "You cannot write there at the moment, so I do not post it for you.")
	case err != nil:
		return at, fmt.Errorf("assistant: access: %w", err)
	case !acc.BotPost:
		return at, fault.New(fault.NotAllowed, "I may not post there. Invite me to the channel, then press Post again.")
	case !acc.Attach:
		if err := a.withoutFile(ctx, t, at, s); err != nil {
			return at, err
		}
	}
	if s.Text == s.First {
		return at, nil
	}
	stays, err := a.editedStays(ctx, at, acc.Channel)
	if err == nil && stays {
		err = errEdited
	}
	return at, err
}

// withoutFile refuses what would go out as a file, for an asker who may not
// attach one there.
func (a *Assistant) withoutFile(ctx context.Context, t *turn.Task, at chat.Place, s *saved) error {
	resp, err := a.Openers(at.Platform).OpenPlace(ctx, at)
	if err != nil {
		return fmt.Errorf("assistant: open: %w", err)
	}
	if resp.Capabilities().NeedsFile(chat.Post{Text: s.Text, Footer: byline(t)}) {
		return errFile
	}
	return nil
}

// errFile: the bot attaches nothing for who may not attach it.
var errFile = fault.New(fault.NotAllowed, "This is so long that it would go out as a file, and you may not attach files there, so I do not post it for you. Ask for a shorter one, or post it in parts yourself.")

// errEdited: what a person wrote does not go out as the bot's.
var errEdited = fault.New(fault.NotAllowed, "You edited this draft, and here I do not post edited text in public channels: it would stand there under my name. "+
	"Copy it and post it yourself. An admin can allow it with /ai-config set post_edited on.")

// editedStays reports whether a draft may not be posted in a channel any more
// once a person edited it. A channel of unknown kind counts as public.
func (a *Assistant) editedStays(ctx context.Context, at chat.Place, ch chat.Channel) (bool, error) {
	if ch.Kind != chat.PublicChannel && ch.Kind != chat.UnknownChannel {
		return false, nil
	}
	s, err := a.Settings.Resolve(ctx, at, ch, "")
	if err != nil {
		return false, fmt.Errorf("assistant: edited draft: %w", err)
	}
	return !s.PostEdited(), nil
}

// edited takes the text of the edit form and shows the draft again.
func (a *Assistant) edited(ctx context.Context, t *turn.Task, id string, s *saved) (turn.Result, error) {
	if s.Out != "" {
		return a.failed(ctx, t, nil, errOut)
	}
	text := strings.TrimSpace(t.Event.Fields["text"])
	if text == "" || len(text) > longestDraft {
		return privately(t, fmt.Sprintf("A draft needs some text and at most %d characters; yours is unchanged.", longestDraft)), nil
	}
	s.Text = text
	w, err := a.store(t.Event.Place.Tenant(), id, s)
	if err != nil {
		return turn.Result{}, err
	}
	again, err := a.instead(ctx, t, s, a.shown(t, id, s))
	return turn.Result{Writes: []record.Write{w, listed(s.Person, id)}, Replies: []turn.Reply{again}}, err
}

// shown is a draft with its buttons.
func (a *Assistant) shown(t *turn.Task, id string, s *saved) chat.Post {
	return chat.Post{Job: t.PostID(1), Stage: chat.Final, Text: s.Text, Sample: a.Models.Sample(), Buttons: draftButtons(id, s.Target)}
}

// draftButtons are those under a draft; target names where it goes when that is
// not where it was asked for.
func draftButtons(id, target string) []chat.Button {
	label := "Post"
	if target != "" {
		label += " in " + target
	}
	return []chat.Button{
		{Name: "draft.post", Label: label, Value: id, Style: chat.Primary},
		{Name: "draft.edit", Label: "Edit", Value: id, OpensForm: true},
		{Name: "draft.discard", Label: "Discard", Value: id},
	}
}

// wantsLast reports whether the task is "/draft last".
func (a *Assistant) wantsLast(t *turn.Task) (bool, error) {
	if t.Event.Kind != chat.Command || t.Event.Name != string(step.Draft) {
		return false, nil
	}
	args, err := intent.ParseDraft(t.Event.Text)
	return args.Last, err
}

// last shows the person's newest draft again, or an answer that could not be
// delivered.
func (a *Assistant) last(ctx context.Context, t *turn.Task, err error) (turn.Result, error) {
	if err != nil {
		return a.failed(ctx, t, nil, err)
	}
	mine, err := a.Drafts(ctx, t.Event.Place.Tenant(), t.Event.Actor.ID, 1)
	if err != nil {
		return turn.Result{}, err
	}
	if len(mine) > 0 {
		d := mine[0]
		post := chat.Post{Job: t.PostID(1), Stage: chat.Final, Text: d.Text, Sample: a.Models.Sample(), Buttons: d.Buttons, Private: true}
		return turn.Result{Replies: []turn.Reply{{To: t.Event.ReplyTo, Post: post}}}, nil
	}
	return privately(t, "You have no draft from the last three days."), nil
}

// discard throws a draft away.
func (a *Assistant) discard(ctx context.Context, t *turn.Task, id string, s *saved) (turn.Result, error) {
	gone, err := a.instead(ctx, t, s, chat.Post{Job: t.PostID(1), Stage: chat.Final, Text: "Discarded."})
	if err != nil {
		return turn.Result{}, err
	}
	r := turn.Result{Writes: []record.Write{record.Remove(record.Draft, id), unlisted(s.Person, id)}, Replies: []turn.Reply{gone}}
	return a.with(t, r, id, s, outcome.Discarded, 0)
}

// Answer opens and checks the forms of answers; see gate.Room.
func (a *Assistant) Answer(ctx context.Context, q chat.Question, who turn.Caller, _ settings.Resolved) (chat.Answer, error) {
	if q.Name != "draft.edit" {
		return chat.Answer{}, fault.New(fault.BadInput, "There is no form for that.")
	}
	switch q.Kind {
	case chat.CheckForm:
		if n := len(strings.TrimSpace(q.Fields["text"])); n == 0 || n > longestDraft {
			return chat.Answer{Errors: map[string]string{"text": fmt.Sprintf("Between 1 and %d characters, please.", longestDraft)}}, nil
		}
		return chat.Answer{}, nil
	case chat.OpenForm:
		s, err := a.load(ctx, q.Place.Tenant(), q.Value)
		if err != nil {
			return chat.Answer{}, err
		}
		if s.By != who.Actor.ID {
			return chat.Answer{}, fault.New(fault.NotAllowed, "Only the person who asked can edit this draft.")
		}
		f := &chat.Form{ID: "draft.edit", Title: "Edit the draft", Submit: "Save", State: q.Value, Fields: []chat.Field{
			{ID: "text", Label: "Draft", Kind: chat.LongField, Value: s.Text, Max: longestDraft},
		}}
		stays, err := a.editedStays(ctx, s.Event.Place, s.Event.Channel)
		if stays && s.Event.Channel.Kind == chat.PublicChannel {
			f.Intro = "Once you change it, I do not post it in this public channel; copy it then and post it yourself."
		}
		return chat.Answer{Form: f}, err
	}
	return chat.Answer{}, nil
}

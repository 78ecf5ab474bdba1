package assistant

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/intent"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/internal/turn"
)

// want is what a task asks for, in the assistant's own terms. It is kept sealed
// with the answer for the buttons under it, so that "stronger" or an approved
// request repeats exactly this.
type want struct {
	Intent      step.Intent  `json:"intent"`
	Instruction string       `json:"instruction,omitempty"`
	Text        string       `json:"text,omitempty"` // to work on, instead of a conversation
	Flags       intent.Flags `json:"flags,omitzero"`
	// Read is the conversation; nil when none is read.
	Read  *chat.Place `json:"read,omitempty"`
	Since time.Time   `json:"since,omitzero"`
	One   string      `json:"one,omitempty"` // only this message of the place
	// Viewed is set when Read is what the person had open beside a direct
	// message: a draft of it goes there.
	Viewed bool `json:"viewed,omitempty"`
	// Previous is an earlier answer that the instruction asks to change.
	Previous string `json:"previous,omitempty"`
	// By says where a tier came from, for the reasons.
	By string `json:"by,omitempty"`
	// Alternatives are the other readings of a mention, for buttons.
	Alternatives []step.Intent `json:"alternatives,omitempty"`
}

// defaultRange is how far back a channel is read when nothing else was said.
const defaultRange = 24 * time.Hour

// wanted understands a task. Errors are faults with what to write instead.
func (a *Assistant) wanted(ctx context.Context, t *turn.Task) (*want, error) {
	switch t.Event.Kind {
	case chat.Command:
		return a.byCommand(ctx, t)
	case chat.Shortcut:
		return byShortcut(t), nil
	default:
		return a.byMention(ctx, t)
	}
}

func (a *Assistant) byMention(ctx context.Context, t *turn.Task) (*want, error) {
	e, d := &t.Event, &t.Wish
	if len(d.Flags.Problems) > 0 {
		return nil, fault.New(fault.BadInput, strings.Join(d.Flags.Problems, " "))
	}
	w := &want{Intent: d.Intent, Instruction: d.Instruction, Flags: d.Flags, By: "message", Alternatives: d.Alternatives}
	at := e.Place
	switch {
	case beside(t):
		if err := w.view(e); err != nil {
			return w, err
		}
	case at.Thread != "" && at.Thread != e.Message.ID:
		w.Read = &at
	case w.Intent == step.Summarize:
		ch := at.InChannel()
		w.Read, w.Since = &ch, e.At.Add(-defaultRange)
	}
	if d.Revise {
		if err := a.revise(ctx, t, w); err != nil {
			return w, err
		}
	}
	if w.Intent == step.Classify && w.Read == nil {
		w.Text = w.Instruction
	}
	return w, nil
}

// beside reports whether a direct message is about what the person has open
// beside it.
func beside(t *turn.Task) bool {
	e := &t.Event
	return t.Channel.Kind == chat.DirectMessage && e.Viewing.Channel != "" && !e.Viewing.InChannelOf(e.Place) && t.Wish.MeansOpen()
}

// view points the want at what the person has open: a thread as a whole, of a
// channel what is new. That they may read it, and that the bot may, is asked
// like for any other place.
func (w *want) view(e *chat.Event) error {
	at := e.Viewing
	if at.Tenant() != e.Place.Tenant() {
		return fault.New(fault.NotAllowed, "What you have open belongs to another workspace. Ask me there.")
	}
	w.Read, w.Viewed = &at, true
	if at.Thread == "" {
		w.Since = e.At.Add(-defaultRange)
	}
	return nil
}

// revise turns "shorter" or "use a stronger model" into a change of the last
// answer in the thread. Without one the text is taken as it stands.
func (a *Assistant) revise(ctx context.Context, t *turn.Task, w *want) error {
	at := t.Event.Place
	th, err := a.thread(ctx, at)
	if err != nil || th.Last == "" {
		return err
	}
	s, err := a.load(ctx, at.Tenant(), th.Last)
	if errors.Is(err, errExpired) {
		return nil
	}
	if err != nil {
		return err
	}
	if s.Private && s.By != t.Event.Actor.ID {
		return nil
	}
	flags := w.Flags
	if w.Flags.Stronger {
		*w = s.Want
		w.Flags.Stronger, w.Flags.Tier, w.Flags.HasTier = true, flags.Tier, flags.HasTier
		w.By = "message"
		if up, ok := stronger(s); ok && !flags.HasTier {
			w.Flags.Tier, w.Flags.HasTier = up, true
		}
		return nil
	}
	w.Intent, w.Previous = s.Want.Intent, s.Text
	return nil
}

func (a *Assistant) byCommand(ctx context.Context, t *turn.Task) (*want, error) {
	e := &t.Event
	w := &want{Intent: step.Intent(e.Name), By: "message"}
	at := e.Place
	switch w.Intent {
	case step.Summarize:
		args, err := intent.ParseSummarize(e.Text)
		if err != nil {
			return w, err
		}
		w.Flags = args.Flags
		switch w.Since = args.Since(e.At.In(t.Settings.Zone())); {
		case args.Link != "":
			return w, a.link(ctx, t, args.Link, w)
		case w.Since.IsZero() && at.Thread != "":
			w.Read = &at
		default:
			ch := at.InChannel()
			w.Read = &ch
			if w.Since.IsZero() {
				w.Since = e.At.Add(-defaultRange)
			}
		}
	case step.Draft:
		args, err := intent.ParseDraft(e.Text)
		if err != nil {
			return w, err
		}
		w.Instruction, w.Flags = args.Instruction, args.Flags
		if at.Thread != "" {
			w.Read = &at
		}
	case step.Classify:
		args, err := intent.ParseClassify(e.Text)
		if err != nil {
			return w, err
		}
		w.Text, w.Flags = args.Text, args.Flags
		if args.Link != "" {
			return w, a.link(ctx, t, args.Link, w)
		}
	default:
		return w, fault.Newf(fault.BadInput, "I don't know /%s.", e.Name)
	}
	if len(w.Flags.Problems) > 0 {
		return w, fault.New(fault.BadInput, strings.Join(w.Flags.Problems, " "))
	}
	return w, nil
}

// link points the want at the conversation a permalink names.
func (a *Assistant) link(ctx context.Context, t *turn.Task, link string, w *want) error {
	at, err := a.Openers(t.Event.Place.Platform).Directory().Resolve(ctx, t.Event.Place.Workspace, link)
	if errors.Is(err, chat.ErrNotFound) {
		return fault.New(fault.NotFound, "I could not find that message. Use the link that \"Copy link\" gives for a message in this workspace.")
	}
	if err != nil {
		return err
	}
	w.Read = &at
	if w.Intent == step.Classify {
		w.One = at.Thread
	}
	return nil
}

// byShortcut: the message shortcuts work on the thread of their target, or on
// the target itself.
func byShortcut(t *turn.Task) *want {
	e := &t.Event
	at := e.Place
	if at.Thread == "" {
		at.Thread = e.Message.ID
	}
	w := &want{Read: &at, By: "message"}
	switch {
	case strings.HasPrefix(e.Name, "summarize"):
		w.Intent = step.Summarize
	case strings.HasPrefix(e.Name, "draft"):
		w.Intent = step.Draft
	default:
		w.Intent, w.One = step.Classify, e.Message.ID
		if e.Target != nil {
			w.Read, w.Text = nil, e.Target.Text
		}
	}
	return w
}

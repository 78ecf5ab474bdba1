package assistant

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/outcome"
	"github.com/tierwise/tierwise/internal/redact"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/internal/turn"
)

// click serves a button or a form of ours. Whoever presses is judged now, not
// by what was true when the button was drawn.
func (a *Assistant) click(ctx context.Context, t *turn.Task) (turn.Result, error) {
	id, rest, _ := strings.Cut(pressed(&t.Event), "|")
	switch t.Event.Name {
	case "answer.stop":
		return a.stop(ctx, t, id, rest)
	case "answer.why":
		r, err := a.receiptOf(ctx, t, id)
		if err != nil {
			return a.failed(ctx, t, nil, err)
		}
		return privately(t, r.Text()), nil
	case "answer.up", "answer.down":
		return a.thumb(ctx, t, id)
	case "answer.retract":
		return a.retract(ctx, t, id)
	}
	s, err := a.load(ctx, t.Event.Place.Tenant(), id)
	if err != nil {
		return a.failed(ctx, t, nil, err)
	}
	if s.By != t.Event.Actor.ID {
		return privately(t, onlyAsker), nil
	}
	return a.own(ctx, t, id, rest, s)
}

const onlyAsker = "Only the person who asked can do that."

// stop ends a running job for its asker or an admin. by is the asker's
// pseudonym, as the button carries it; the platform's own stop button has none.
func (a *Assistant) stop(ctx context.Context, t *turn.Task, id, by string) (turn.Result, error) {
	if by != "" && by != t.Caller.ID && !t.Caller.Roles.Admin {
		return privately(t, "Only the person who asked, or an admin, can stop it."), nil
	}
	if err := a.Stopper.Stop(ctx, t.Event.Place.Tenant(), id); err != nil {
		return turn.Result{}, fmt.Errorf("assistant: stop: %w", err)
	}
	return turn.Result{}, nil
}

// pressed is the value of a button, or the state of a submitted form.
func pressed(e *chat.Event) string {
	if e.Kind == chat.Submit {
		return e.State
	}
	return e.Value
}

// own serves what only the asker may do.
func (a *Assistant) own(ctx context.Context, t *turn.Task, id, rest string, s *saved) (turn.Result, error) {
	switch t.Event.Name {
	case "answer.stronger":
		up, ok := stronger(s)
		if !ok {
			return privately(t, "There is no stronger tier within the ceiling here."), nil
		}
		s.Want.Flags.Tier, s.Want.Flags.HasTier, s.Want.By = up, true, "button"
		return a.again(ctx, t, id, s, outcome.Escalated)
	case "answer.as":
		return a.as(ctx, t, id, rest, s)
	case "answer.resume": // the house itself presses this when a request for more was approved
		return a.again(ctx, t, id, s, "")
	case "draft.redo":
		return a.again(ctx, t, id, s, outcome.Redone)
	case "draft.shorter":
		s.Want.Previous, s.Want.Instruction = s.Text, "Make it clearly shorter."
		return a.again(ctx, t, id, s, outcome.Redone)
	case "draft.post":
		return a.post(ctx, t, id, s)
	case "draft.edit":
		return a.edited(ctx, t, id, s)
	case "draft.discard":
		return a.discard(ctx, t, id, s)
	case "answer.share":
		return a.share(ctx, t, id, s)
	case "classify.correct":
		n, err := strconv.Atoi(rest)
		if err != nil || n < 0 || n >= len(s.Labels) {
			break
		}
		r := privately(t, fmt.Sprintf("Noted: **%s**. That counts as a correction.", redact.Name(s.Labels[n])))
		return a.with(t, r, id, s, outcome.Corrected, 0)
	}
	return a.failed(ctx, t, nil, fault.New(fault.BadInput, "That button is from an older version. Please ask again."))
}

// again runs the saved want once more, as the original event's answer, and
// books what was thought of the first one.
func (a *Assistant) again(ctx context.Context, t *turn.Task, id string, s *saved, why outcome.Why) (turn.Result, error) {
	if why != "" {
		if err := a.verdict(ctx, t, id, s, why, 0); err != nil {
			return turn.Result{}, err
		}
	}
	again := *t
	again.Event = s.Event
	again.Event.ReplyTo, again.Event.Actor = fresh(&t.Event, &s.Event), t.Event.Actor
	return a.run(ctx, &again, &s.Want)
}

// fresh is the newest address for an answer: the click's own where the answer
// is private (its token is young), the original thread where it is public.
func fresh(click, asked *chat.Event) chat.ReplyTo {
	if asked.Kind == chat.Mention && !asked.ReplyTo.Private {
		return asked.ReplyTo
	}
	return click.ReplyTo
}

// as repeats the request as another intent, or on the free local tier.
func (a *Assistant) as(ctx context.Context, t *turn.Task, id, rest string, s *saved) (turn.Result, error) {
	if rest == catalog.Local.String() {
		s.Want.Flags.Tier, s.Want.Flags.HasTier, s.Want.By = catalog.Local, true, "button"
		return a.again(ctx, t, id, s, "")
	}
	for _, i := range step.Intents() {
		if string(i) == rest {
			s.Want.Intent = i
			return a.again(ctx, t, id, s, outcome.Corrected)
		}
	}
	return a.failed(ctx, t, nil, fault.New(fault.BadInput, "I don't know that way of reading it."))
}

// retract takes a public answer back, for who asked, a moderator or an admin.
func (a *Assistant) retract(ctx context.Context, t *turn.Task, id string) (turn.Result, error) {
	rc, err := a.receiptOf(ctx, t, id)
	if err != nil {
		return a.failed(ctx, t, nil, err)
	}
	if rc.By != t.Caller.ID && !t.Caller.Roles.Admin && !t.Caller.Roles.Moderator {
		return privately(t, "Only the person who asked, a moderator or an admin can do that."), nil
	}
	resp, err := a.Openers(t.Event.Place.Platform).OpenPlace(ctx, t.Event.Place)
	if err != nil {
		return turn.Result{}, fmt.Errorf("assistant: retract: %w", err)
	}
	if err := resp.Remove(ctx, t.Event.Message); err != nil {
		return turn.Result{}, fmt.Errorf("assistant: retract: %w", err)
	}
	return a.with(t, privately(t, "Taken back."), id, ofReceipt(rc), outcome.Retracted, 0)
}

// thumb records 👍 or 👎; anyone who sees the answer may give one.
func (a *Assistant) thumb(ctx context.Context, t *turn.Task, id string) (turn.Result, error) {
	rc, err := a.receiptOf(ctx, t, id)
	if err != nil {
		return a.failed(ctx, t, nil, err)
	}
	why, text := outcome.ThumbsUp, "Thanks, noted as helpful."
	if t.Event.Name == "answer.down" {
		why, text = outcome.ThumbsDn, "Thanks, noted as not helpful. \"Stronger\" tries it one tier up."
	}
	return a.with(t, privately(t, text), id, ofReceipt(rc), why, 0)
}

// ofReceipt is what an outcome needs of an answer whose content may be gone.
func ofReceipt(r *turn.Receipt) *saved {
	tier, _ := catalog.ParseTier(r.Tier)
	return &saved{Want: want{Intent: step.Intent(r.Intent)}, Tier: tier, Model: r.Model, Cost: r.Cost, Workflow: r.Workflow, Event: chat.Event{Place: r.Place}}
}

// verdict stores an outcome at once.
func (a *Assistant) verdict(ctx context.Context, t *turn.Task, id string, s *saved, why outcome.Why, edited int) error {
	r, err := a.with(t, turn.Result{}, id, s, why, edited)
	if err != nil {
		return err
	}
	if err := a.Records.Write(ctx, t.Event.Place.Tenant(), r.Writes...); err != nil {
		return fmt.Errorf("assistant: outcome: %w", err)
	}
	return nil
}

// with adds an outcome to a result.
func (a *Assistant) with(t *turn.Task, r turn.Result, id string, s *saved, why outcome.Why, edited int) (turn.Result, error) {
	w, err := outcome.Outcome{
		Job: id, State: outcome.Of(why, edited), Why: why, Edited: edited, By: t.Caller.ID, At: a.Clock.Now(), Intent: string(s.Want.Intent),
		Tier: s.Tier.String(), Model: s.Model, Channel: s.Event.Place.Channel, Workflow: s.Workflow, Cost: s.Cost,
	}.Write()
	if err != nil {
		return r, err
	}
	r.Writes = append(r.Writes, w)
	return r, nil
}

package gate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/intent"
	"github.com/tierwise/tierwise/internal/turn"
)

// errSilent refuses without a word.
var errSilent = fault.New(fault.NotAllowed, "")

// notApproved refuses a workspace that the operator has not approved, and says
// by which name to approve it.
func notApproved(at chat.Place) error {
	return fault.Newf(fault.NotAllowed, "Tierwise is not switched on for this workspace yet. Your operator can approve it by its id, %s, in TIERWISE_WORKSPACES.", at.Workspace)
}

// quiet is how long one kind of refusal is said to one person in one channel
// only once.
const quiet = 10 * time.Minute

// refuse says no to the asker alone. Standing refusals are said once per
// window; a throttle has counted its own window already.
func (g *Gate) refuse(ctx context.Context, d *turn.Delivery, err error) (turn.Result, error) {
	if errors.Is(err, errSilent) {
		return turn.Result{}, nil
	}
	e := d.Event
	if kind := fault.KindOf(err); kind != fault.Throttled && e.Kind == chat.Mention {
		key := fmt.Sprintf("refused/%s/%s/%s", kind, e.Place.Channel, e.Actor.ID)
		ok, _, _, takeErr := g.Rate.Take(ctx, e.Place.Tenant(), key, d.Ticket.Job.ID, 1, quiet)
		if takeErr != nil {
			return turn.Result{}, fmt.Errorf("gate: refuse: %w", takeErr)
		}
		if !ok {
			return turn.Result{}, nil
		}
	}
	e.ReplyTo.Private, e.ReplyTo.To = true, e.Actor.ID
	return turn.Say(e.ReplyTo, chat.Post{Stage: chat.Final, Job: d.PostID(1), Text: fault.Sentence(err, fault.NewRef())}), nil
}

// Ask answers a question at once; see chat.Door. A failure becomes a sentence.
func (g *Gate) Ask(ctx context.Context, q chat.Question) (chat.Answer, error) {
	a, err := g.ask(ctx, q)
	if err != nil {
		ref := fault.NewRef()
		if retry(err) {
			g.Log.Warn("a question was not answered", "kind", q.Kind, "ref", ref, "err", err)
		}
		return chat.Answer{Say: fault.Sentence(err, ref)}, nil
	}
	return a, nil
}

func (g *Gate) ask(ctx context.Context, q chat.Question) (chat.Answer, error) {
	if !g.Approved(q.Place.Tenant()) {
		return chat.Answer{}, notApproved(q.Place)
	}
	if q.Kind == chat.OpenForm && isCommand(q.Name) {
		return chat.Answer{}, nil
	}
	actor, err := g.actor(ctx, q.Place, q.Actor)
	if err != nil {
		return chat.Answer{}, err
	}
	who, s, err := g.caller(ctx, q.Place, q.Channel, actor)
	if err != nil {
		return chat.Answer{}, err
	}
	t := &turn.Task{Caller: who, Settings: s, Channel: q.Channel}
	t.Event = chat.Event{Kind: chat.Command, Place: q.Place, Name: q.Name, Actor: actor}
	if err := outside(t); err != nil && q.Kind != chat.HomeView {
		return chat.Answer{}, err
	}
	return g.byName(q.Name).Answer(ctx, q, who, s)
}

// isCommand reports whether a name is a slash command. None of them opens a
// form by itself: without arguments it is accepted and answered.
func isCommand(name string) bool {
	switch name {
	case "summarize", "draft", "classify", "ai-spend", "ai-config":
		return true
	}
	return name == string(intent.Help)
}

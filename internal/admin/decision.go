package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/redact"
	"github.com/tierwise/tierwise/internal/settings"
	"github.com/tierwise/tierwise/internal/turn"
	"github.com/tierwise/tierwise/usage"
)

// pressed serves the room's buttons and forms.
func (a *Admin) pressed(ctx context.Context, t turn.Task) (said, error) {
	e := t.Event
	switch e.Name {
	case "ask.more":
		return a.asked(ctx, t)
	case "config.edit":
		return a.saved(ctx, t)
	case "setup.step", "setup.skip", "setup.dismiss":
		return a.setup(ctx, t)
	case "request.approve", "request.decline":
		return a.decide(ctx, t, e.Value, nil)
	case "request.less":
		amount, err := money.Parse(e.Fields["amount"])
		if err != nil || amount <= 0 {
			return said{}, fault.New(fault.BadInput, "The amount is in dollars and more than 0, such as 0.25.")
		}
		return a.decide(ctx, t, e.State, &amount)
	}
	return said{}, fault.New(fault.BadInput, "That button is from an older version. Please ask again.")
}

// decide approves or declines a request once. The decision is stored first, with
// the extras an approval lays over the limits; a second delivery of the same press then
// does the rest again without adding anything.
func (a *Admin) decide(ctx context.Context, t turn.Task, id string, amount *money.Nano) (said, error) {
	r, version, err := a.request(ctx, t.Event.Place.Tenant(), id)
	if err != nil {
		return said{}, err
	}
	if err := a.mayDecide(ctx, t, r); err != nil {
		return said{}, err
	}
	if r.State == waiting {
		err = a.settle(ctx, t, &r, version, amount)
	}
	if errors.Is(err, record.ErrConflict) || err == nil && r.By != t.Ticket.Job.ID {
		return said{post: chat.Post{Text: "Somebody decided that already."}}, nil
	}
	if err != nil {
		return said{}, err
	}
	by := or(redact.Name(t.Event.Actor.Name), "Somebody")
	var s said
	if r.State == declined {
		s.post.Text = "Declined."
		a.close(ctx, t, &s, r, fmt.Sprintf("%s declined %s more for %s.", by, r.Amount, or(redact.Name(r.Asker.Name), "somebody")))
		a.tell(t, &s, r, by+" declined more budget for now. The local tier stays free.")
		return s, nil
	}
	if err := a.grant(ctx, t, r); err != nil {
		return said{}, err
	}
	s.post.Text = fmt.Sprintf("Approved %s for %s; the question goes on.", r.Amount, or(redact.Name(r.Asker.Name), "the asker"))
	a.close(ctx, t, &s, r, fmt.Sprintf("%s approved %s more for %s.", by, r.Amount, or(redact.Name(r.Asker.Name), "somebody")))
	a.tell(t, &s, r, fmt.Sprintf("%s approved %s more. Your question goes on now.", by, r.Amount))
	return s, nil
}

// mayDecide: an admin and finance decide everything; an owner decides about what
// they own, and not about the workspace's own limit.
func (a *Admin) mayDecide(ctx context.Context, t turn.Task, r request) error {
	no := fault.New(fault.NotAllowed, "Only an admin, finance or the owner of the budget can decide that.")
	if t.Caller.Roles.SeesAll() {
		return nil
	}
	if !slices.ContainsFunc(r.Scopes, func(s usage.Scope) bool { return t.Caller.Roles.Owner(s.Key()) }) && !a.ownsChannelOf(ctx, t, r) {
		return no
	}
	levels, err := a.short(ctx, t, r)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(levels, func(l usage.Level) bool { return l.Scope.Kind == usage.Workspace }) {
		return fault.New(fault.NotAllowed, "This needs more than the workspace's own limit, so an admin or finance has to decide it.")
	}
	return nil
}

// ownsChannelOf reports whether the caller owns the channel a request is from,
// also when that is decided on from somewhere else.
func (a *Admin) ownsChannelOf(ctx context.Context, t turn.Task, r request) bool {
	s, err := a.Settings.Resolve(ctx, r.Place, r.Channel, t.Caller.ID)
	return err == nil && s.RoleOf(t.Caller.ID, t.Caller.Actor) == settings.Owner
}

// settle stores the decision, so that nobody else can take another one.
// record.ErrConflict when somebody did.
func (a *Admin) settle(ctx context.Context, t turn.Task, r *request, version int64, amount *money.Nano) error {
	tenant := t.Event.Place.Tenant()
	r.State, r.By = declined, t.Ticket.Job.ID
	if t.Event.Name != "request.decline" {
		r.State = approved
		if amount != nil {
			r.Amount = *amount
		}
		var err error
		if r.Raised, err = a.raised(ctx, t, *r); err != nil {
			return err
		}
	}
	w, err := a.put(tenant, *r, version)
	if err != nil {
		return err
	}
	if err := a.Records.Write(ctx, tenant, w); err != nil {
		return fmt.Errorf("admin: decision: %w", err)
	}
	return nil
}

// grant puts an approved request into force and lets the question in again.
func (a *Admin) grant(ctx context.Context, t turn.Task, r request) error {
	for _, l := range r.Raised {
		if err := a.lay(ctx, t, r, l); err != nil {
			return err
		}
	}
	e := chat.Event{ID: "resume/" + r.ID, Kind: chat.Click, Name: "answer.resume", Value: r.Job, Place: r.Place, Actor: r.Asker, At: a.Clock.Now(), ReplyTo: r.ReplyTo, Channel: r.Channel}
	if err := a.Accept(ctx, e); err != nil {
		return fmt.Errorf("admin: resume: %w", err)
	}
	return nil
}

// close takes the buttons off the posts of a request that was decided on. The one
// that was pressed is known, any other is looked up; one that is not found keeps
// its buttons, which then say that somebody decided already.
func (a *Admin) close(ctx context.Context, t turn.Task, s *said, r request, text string) {
	shown := hearers{place: r.Shown, people: r.Told}.replies(chat.Post{Stage: chat.Final, Text: text}, func(n int) string { return t.PostID(announced + n) })
	for n, reply := range shown {
		if reply.Post.Ref = a.postOf(ctx, t, r, n, reply); reply.Post.Ref.IsZero() {
			a.Log.Info("a post of a decided request was not found", "job", t.Ticket.Job.ID)
			continue
		}
		s.replies = append(s.replies, reply)
	}
}

// postOf finds the n-th post that shows a request; zero when it is not found.
func (a *Admin) postOf(ctx context.Context, t turn.Task, r request, n int, shown turn.Reply) chat.Ref {
	e := t.Event
	pressed := len(r.Told) == 0 && e.Place.Channel == r.Shown.Channel
	if len(r.Told) > 0 {
		pressed = r.Told[n] == e.Actor.ID && t.Channel.Kind == chat.DirectMessage
	}
	if pressed && e.Place.Channel != "" && !e.Message.IsZero() {
		return e.Message
	}
	o := a.Openers(r.Shown.Platform)
	open := func() (chat.Responder, error) { return o.OpenPlace(ctx, r.Shown) }
	if len(r.Told) > 0 {
		open = func() (chat.Responder, error) { return o.Open(ctx, shown.To) }
	}
	resp, err := open()
	if err != nil {
		return chat.Ref{}
	}
	ref, err := resp.Find(ctx, shownAs(r, n))
	if err != nil {
		return chat.Ref{}
	}
	return ref
}

// tell says something to the asker alone, in their direct conversation: they may
// have left the place where they asked days ago.
func (a *Admin) tell(t turn.Task, s *said, r request, text string) {
	s.replies = append(s.replies, turn.Reply{To: direct(r.Place, r.Asker.ID), Post: chat.Post{Job: t.PostID(3), Stage: chat.Final, Text: text, Private: true}})
}

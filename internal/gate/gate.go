// Package gate stands between the queue and the rooms that work. It decides
// whether an event may be served here, for this person, now: outsiders and
// shared channels, allow and deny lists, roles, the rate of one person. What
// passes becomes a Task and goes to the assistant or to the admin room. A
// refusal is said to the asker alone, once per window, and then it is silent.
// The gate reads no content beyond the mention's own words, calls no model and
// spends nothing.
package gate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/intent"
	"github.com/tierwise/tierwise/internal/settings"
	"github.com/tierwise/tierwise/internal/turn"
)

// Settings resolves what holds at a place and which roles a person has.
type Settings interface {
	Resolve(ctx context.Context, at chat.Place, ch chat.Channel, person string) (settings.Resolved, error)
}

// People knows pseudonyms.
type People interface {
	See(ctx context.Context, tenant string, a chat.Actor) (string, error)
}

// Rate counts requests; see storetest.Once.
type Rate interface {
	Take(ctx context.Context, tenant, key, id string, limit int, window time.Duration) (ok, told bool, reset time.Time, err error)
}

// Room serves tasks. The assistant and the admin room are rooms.
type Room interface {
	Serve(ctx context.Context, t *turn.Task) (turn.Result, error)
	Answer(ctx context.Context, q chat.Question, who turn.Caller, s settings.Resolved) (chat.Answer, error)
}

// Deps is what a Gate needs.
type Deps struct {
	Settings Settings
	People   People
	Rate     Rate
	Openers  func(chat.Platform) chat.Opener
	// Approved says whether a workspace is switched on.
	Approved  func(tenant string) bool
	Assistant Room
	Admin     Room
	// Notices words what the house itself has to say.
	Notices func(context.Context, *turn.Task) (turn.Result, error)
	Clock   clock.Clock
	Log     *slog.Logger
}

// Gate is the handler of the queue and the asker of the door.
type Gate struct{ Deps }

// New returns a Gate.
func New(d Deps) *Gate { return &Gate{d} }

// Handle serves one delivery; see intake.Handler. One that was stopped before it
// had anything to say says so, and does not come back.
func (g *Gate) Handle(ctx context.Context, d *turn.Delivery) (turn.Result, error) {
	r, err := g.handle(ctx, d)
	if err != nil && errors.Is(context.Cause(ctx), turn.ErrStop) {
		return stopped(d, r), nil
	}
	return r, err
}

// stopped says that there is no answer; what was used is booked all the same.
func stopped(d *turn.Delivery, r turn.Result) turn.Result {
	said := turn.Say(d.Event.ReplyTo, chat.Post{Job: d.PostID(1), Ref: d.Placeholder, Stage: chat.Final, Text: "Stopped before there was an answer."})
	said.Last = r.Last
	return said
}

// handle and what it calls on the way to a room take the delivery and the task
// by reference: thousands of turns wait below it for a provider, and each keeps
// its stack.
func (g *Gate) handle(ctx context.Context, d *turn.Delivery) (turn.Result, error) {
	switch d.Event.Kind {
	case chat.Notice:
		return g.notice(ctx, d)
	case chat.Removed: // the platform may answer nothing about this workspace any more
		return g.removed(ctx, d)
	}
	t, err := g.task(ctx, d)
	if err == nil {
		err = g.admit(ctx, t)
	}
	switch {
	case err == nil:
		return g.room(t).Serve(ctx, t)
	case retry(err):
		return turn.Result{}, err
	}
	return g.refuse(ctx, d, err)
}

func (g *Gate) removed(ctx context.Context, d *turn.Delivery) (turn.Result, error) {
	return g.Admin.Serve(ctx, &turn.Task{Delivery: *d, Channel: d.Event.Channel})
}

// notice passes on what the house itself has to say.
func (g *Gate) notice(ctx context.Context, d *turn.Delivery) (turn.Result, error) {
	s, err := g.Settings.Resolve(ctx, d.Event.Place, d.Event.Channel, "")
	if err != nil {
		return turn.Result{}, err
	}
	return g.Notices(ctx, &turn.Task{Delivery: *d, Settings: s})
}

// retry reports whether an error is a passing failure of ours, which the queue
// tries again, rather than an answer.
func retry(err error) bool {
	var f *fault.Fault
	return !errors.As(err, &f) || f.Kind == fault.Unavailable
}

// task finds out who asks, where, and what holds there.
func (g *Gate) task(ctx context.Context, d *turn.Delivery) (*turn.Task, error) {
	e := &d.Event
	t := &turn.Task{Delivery: *d, Channel: e.Channel}
	if !g.Approved(e.Place.Tenant()) {
		return t, notApproved(e.Place)
	}
	actor, err := g.actor(ctx, e.Place, e.Actor)
	if err != nil {
		return t, err
	}
	if t.Channel.Place == (chat.Place{}) {
		acc, err := g.access(ctx, e.Place, actor.ID)
		if err != nil {
			return t, err
		}
		t.Channel = acc.Channel
	}
	t.Caller, t.Settings, err = g.caller(ctx, e.Place, t.Channel, actor)
	if err != nil {
		return t, err
	}
	if e.Kind == chat.Mention {
		t.Wish = intent.Detect(e.Text, e.Place.Thread != "")
	}
	return t, nil
}

// actor asks the platform who this is now, so that a role taken away yesterday
// gives nothing today. A platform that asks to wait is waited for: many people
// who are new to us must not be taken for outsiders. One that does not answer
// leaves the event's word, without the admin flag.
func (g *Gate) actor(ctx context.Context, at chat.Place, a chat.Actor) (chat.Actor, error) {
	o := g.Openers(at.Platform)
	if o == nil {
		return a, fault.New(fault.Unavailable, "This platform is not connected here.")
	}
	fresh, err := o.Directory().Actor(ctx, at.Workspace, a.ID)
	var limited *chat.RateLimited
	switch {
	case err == nil:
		return fresh, nil
	case ctx.Err() != nil:
		return a, err
	case errors.As(err, &limited):
		return a, fmt.Errorf("gate: who asks: %w", err)
	case errors.Is(err, chat.ErrNotFound):
		a.Admin, a.External = false, true // unknown means outside
		return a, nil
	}
	g.Log.Warn("the platform did not say who this is; no admin rights for this event", "err", err)
	a.Admin = false
	return a, nil
}

func (g *Gate) access(ctx context.Context, at chat.Place, actor string) (chat.Access, error) {
	o := g.Openers(at.Platform)
	if o == nil {
		return chat.Access{}, fault.New(fault.Unavailable, "This platform is not connected here.")
	}
	acc, err := o.Directory().Access(ctx, at, actor)
	if err != nil && !errors.Is(err, chat.ErrNotFound) && !errors.Is(err, chat.ErrNoAccess) {
		return acc, err
	}
	acc.Channel.Place = at.InChannel()
	return acc, nil
}

func (g *Gate) caller(ctx context.Context, at chat.Place, ch chat.Channel, a chat.Actor) (turn.Caller, settings.Resolved, error) {
	c := turn.Caller{Actor: a}
	var err error
	if c.ID, err = g.People.See(ctx, at.Tenant(), a); err != nil {
		return c, settings.Resolved{}, err
	}
	s, err := g.Settings.Resolve(ctx, at, ch, c.ID)
	if err != nil {
		return c, s, err
	}
	c.Roles = rolesOf(s, c, at)
	return c, s, nil
}

// rolesOf are the roles of a caller at a place, by the platform's word and the
// lists of the workspace.
func rolesOf(s settings.Resolved, c turn.Caller, at chat.Place) turn.Roles {
	var r turn.Roles
	for _, role := range s.Roles(c.ID, c.Actor) {
		switch role {
		case settings.Admin:
			r.Admin = true
		case settings.Finance:
			r.Finance = true
		case settings.Moderator:
			r.Moderator = true
		case settings.Owner:
			r.Owns = append(r.Owns, "channel:"+at.Channel)
		}
	}
	if c.Actor.Guest || c.Actor.External {
		return r
	}
	teams, workflows := s.Owned(c.ID, c.Actor)
	for _, id := range teams {
		r.Owns = append(r.Owns, "team:"+id)
	}
	for _, id := range workflows {
		r.Owns = append(r.Owns, "workflow:"+id)
	}
	return r
}

// GiveUp words the end of a job that failed too often.
func (g *Gate) GiveUp(_ context.Context, d *turn.Delivery) turn.Result {
	ref := fault.NewRef()
	g.Log.Error("giving up a job", "job", d.Ticket.Job.ID, "ref", ref, "cause", d.Ticket.Cause)
	p := chat.Post{Stage: chat.Final, Ref: d.Placeholder, Job: d.PostID(1),
		Text: "I tried this several times and could not finish it. You were not charged for an answer. Please ask again, or tell your operator this reference: " + ref + "."}
	return turn.Say(d.Event.ReplyTo, p)
}

package admin

import (
	"context"
	"fmt"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/journal"
	"github.com/tierwise/tierwise/internal/money"
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

// decide approves or declines a request once. The limits an approval sets are
// stored with it first, in full; a second delivery then does the rest again
// without adding anything.
func (a *Admin) decide(ctx context.Context, t turn.Task, id string, amount *money.Nano) (said, error) {
	tenant := t.Event.Place.Tenant()
	r, version, err := a.request(ctx, tenant, id)
	if err != nil {
		return said{}, err
	}
	if !mayDecide(t, r) {
		return said{}, fault.New(fault.NotAllowed, "Only an admin, finance or the owner of the budget can decide that.")
	}
	if r.State != waiting && r.By != t.Ticket.Job.ID {
		return said{post: chat.Post{Text: "That was decided already: " + string(r.State) + "."}}, nil
	}
	if t.Event.Name == "request.decline" {
		return a.decline(t, r, version)
	}
	if amount != nil {
		r.Amount = *amount
	}
	if r.State == waiting {
		if err := a.approve(ctx, t, &r, version); err != nil {
			return said{}, err
		}
	}
	if err := a.grant(ctx, t, r); err != nil {
		return said{}, err
	}
	s := said{post: chat.Post{Text: fmt.Sprintf("Approved %s for %s; the question goes on.", r.Amount, r.Asker.Name)}}
	a.tell(t, &s, r, fmt.Sprintf("%s approved %s more. Your question goes on now.", t.Event.Actor.Name, r.Amount))
	return s, nil
}

func mayDecide(t turn.Task, r request) bool {
	if t.Caller.Roles.SeesAll() {
		return true
	}
	for _, s := range r.Scopes {
		if t.Caller.Roles.Owner(s.Key()) {
			return true
		}
	}
	return false
}

// approve computes the raised limits and stores them with the decision.
func (a *Admin) approve(ctx context.Context, t turn.Task, r *request, version int64) error {
	tenant := t.Event.Place.Tenant()
	levels, err := a.short(ctx, t, *r)
	if err != nil {
		return err
	}
	limits, err := a.Books.Limits(ctx, tenant)
	if err != nil {
		return fmt.Errorf("admin: limits: %w", err)
	}
	now := a.Clock.Now()
	for _, l := range levels {
		own := usage.Limit{Scope: l.Scope.Kind, ID: l.Scope.ID, Window: l.Window, Amount: l.Limit, Then: l.Then}
		for _, have := range limits {
			if have.Key() == own.Key() {
				own = have
			}
		}
		if !now.Before(own.ExtraUntil) {
			own.Extra = 0
		}
		own.Extra += r.Amount
		own.ExtraUntil = l.Ends
		r.Raised = append(r.Raised, own)
	}
	r.State, r.By = approved, t.Ticket.Job.ID
	w, err := a.put(tenant, *r, version)
	if err != nil {
		return err
	}
	return a.Records.Write(ctx, tenant, w)
}

// grant puts an approved request into force and lets the question in again.
func (a *Admin) grant(ctx context.Context, t turn.Task, r request) error {
	tenant := t.Event.Place.Tenant()
	for _, l := range r.Raised {
		e := journal.Entry{At: a.Clock.Now(), Who: t.Caller.ID, Role: t.Caller.Roles.String(), Subject: journal.Limit, Level: string(l.Scope), Place: l.ID, Key: l.Key(),
			From: l.Amount.String(), To: fmt.Sprintf("%s + %s until %s", l.Amount, l.Extra, l.ExtraUntil.UTC().Format("2006-01-02 15:04")), Why: r.Reason}
		if err := a.applyLimits(ctx, tenant, []usage.Limit{l}, nil, e); err != nil {
			return err
		}
	}
	return a.Accept(ctx, chat.Event{ID: "resume/" + r.ID, Kind: chat.Click, Name: "answer.resume", Value: r.Job, Place: r.Place, Actor: r.Asker, At: a.Clock.Now(), ReplyTo: r.ReplyTo, Channel: t.Channel})
}

func (a *Admin) decline(t turn.Task, r request, version int64) (said, error) {
	r.State, r.By = declined, t.Ticket.Job.ID
	w, err := a.put(t.Event.Place.Tenant(), r, version)
	if err != nil {
		return said{}, err
	}
	s := said{post: chat.Post{Text: "Declined."}}
	s.writes = append(s.writes, w)
	a.tell(t, &s, r, t.Event.Actor.Name+" declined more budget for now. The local tier stays free.")
	return s, nil
}

// tell says something to the asker alone.
func (a *Admin) tell(t turn.Task, s *said, r request, text string) {
	to := r.ReplyTo
	to.Private, to.To = true, r.Asker.ID
	s.replies = append(s.replies, turn.Reply{To: to, Post: chat.Post{Job: t.PostID(3), Stage: chat.Final, Text: text, Private: true, Sample: a.Sample}})
}

// Answer opens and checks the room's forms, completes words and draws the home
// page; see gate.Room.
func (a *Admin) Answer(ctx context.Context, q chat.Question, who turn.Caller, s settings.Resolved) (chat.Answer, error) {
	switch q.Kind {
	case chat.OpenForm:
		return a.form(q)
	case chat.CheckForm:
		if amount, err := money.Parse(q.Fields["amount"]); err != nil || amount <= 0 {
			return chat.Answer{Errors: map[string]string{"amount": "An amount in dollars, more than 0, such as 0.50."}}, nil
		}
		return chat.Answer{}, nil
	case chat.Autocomplete:
		return a.complete(q), nil
	case chat.HomeView:
		t := turn.Task{Caller: who, Settings: s, Channel: q.Channel}
		t.Event = chat.Event{Place: q.Place, Actor: who.Actor}
		home, err := a.summary(ctx, t, SpendQuery{Window: usage.Month})
		if err != nil {
			return chat.Answer{}, err
		}
		return chat.Answer{Home: &home.post}, nil
	}
	return chat.Answer{}, nil
}

func (a *Admin) form(q chat.Question) (chat.Answer, error) {
	amount := chat.Field{ID: "amount", Label: "How many dollars more", Kind: chat.TextField, Value: "0.50", Max: 12}
	switch q.Name {
	case "ask.more":
		return chat.Answer{Form: &chat.Form{ID: q.Name, Title: "Ask for more", Submit: "Ask", State: q.Value, Fields: []chat.Field{
			amount, {ID: "reason", Label: "What for", Kind: chat.LongField, Optional: true, Max: 300},
		}}}, nil
	case "request.less":
		return chat.Answer{Form: &chat.Form{ID: q.Name, Title: "Approve less", Submit: "Approve", State: q.Value, Fields: []chat.Field{amount}}}, nil
	}
	return chat.Answer{}, fault.New(fault.BadInput, "There is no form for that.")
}

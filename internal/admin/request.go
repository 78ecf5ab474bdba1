package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/redact"
	"github.com/tierwise/tierwise/internal/turn"
	"github.com/tierwise/tierwise/usage"
)

// requestFor is how long a request for more waits for a decision: as long as
// the refused question itself is kept.
const requestFor = 72 * time.Hour

// sealRequest is the purpose of sealed requests.
const sealRequest = "request"

// state is where a request stands.
type state string

const (
	waiting  state = "waiting"
	approved state = "approved"
	declined state = "declined"
)

// request is somebody's wish for more budget.
type request struct {
	ID      string        `json:"id"`  // the job of the form that made it
	Job     string        `json:"job"` // the refused request, which resumes on approval
	Asker   chat.Actor    `json:"asker"`
	Person  string        `json:"person"`
	Place   chat.Place    `json:"place"`
	Channel chat.Channel  `json:"channel"`
	ReplyTo chat.ReplyTo  `json:"reply_to"`
	Amount  money.Nano    `json:"amount"`
	Reason  string        `json:"reason"`
	Scopes  []usage.Scope `json:"scopes"` // what the refused request was charged to
	Shown   chat.Place    `json:"shown"`  // where the post with the buttons is
	// Told are those who got it in a direct message, by platform id.
	Told  []string `json:"told,omitempty"`
	State state    `json:"state"`
	// Raised are the extras that approval lays over the limits, named after the
	// request, so that doing it twice changes nothing.
	Raised []usage.Limit `json:"raised,omitempty"`
	By     string        `json:"by,omitempty"` // the job of the press that decided
}

// asked files a request for more and shows it to the hearers, with the figures;
// where there are none, in the conversation and without them.
func (a *Admin) asked(ctx context.Context, t turn.Task) (said, error) {
	e := t.Event
	amount, err := money.Parse(e.Fields["amount"])
	if err != nil || amount <= 0 {
		return said{}, fault.New(fault.BadInput, "The amount is in dollars and more than 0, such as 0.50. Please press the button again.")
	}
	scopes, err := a.chargedTo(ctx, t, e.State)
	if err != nil {
		return said{}, err
	}
	r := request{ID: t.Ticket.Job.ID, Job: e.State, Asker: e.Actor, Person: t.Caller.ID, Place: e.Place, Channel: t.Channel, ReplyTo: e.ReplyTo, Amount: amount, Reason: clip(e.Fields["reason"], 300), Scopes: scopes, State: waiting}
	var owners []string
	for _, s := range scopes {
		owners = append(owners, ownersOf(t, s)...)
	}
	h, err := a.hearers(ctx, t, true, owners...)
	if err != nil {
		return said{}, err
	}
	if r.Shown, r.Told = h.place, h.people; h.public {
		r.Shown = e.Place // in the thread, beside the question
		h.place = r.Shown
	}
	w, err := a.put(e.Place.Tenant(), r, 0)
	if err != nil {
		return said{}, err
	}
	s := said{post: chat.Post{Text: fmt.Sprintf("I asked for %s more for you. Your question goes on by itself when somebody approves.", amount)}, writes: []record.Write{w}}
	if h.public && t.Channel.Kind == chat.DirectMessage {
		s.post.Text += " I know nobody to ask directly: tell an admin or finance that it waits on their page of mine."
		return s, nil
	}
	p := chat.Post{Stage: chat.Final, Text: wishText(r), Sample: a.Sample && !h.public, Buttons: requestButtons(r.ID)}
	if !h.public {
		figures, err := a.figuresOf(ctx, t, r)
		if err != nil {
			return said{}, err
		}
		p.Text += figures
	}
	s.replies = h.replies(p, func(n int) string { return shownAs(r, n) })
	return s, nil
}

// shownAs is the id of the n-th post that shows a request, from 0.
func shownAs(r request, n int) string { return fmt.Sprintf("%s/%d", r.ID, 2+n) }

// wishText says who asks for what.
func wishText(r request) string {
	return fmt.Sprintf("**%s** asks for %s more budget: %s", or(redact.Name(r.Asker.Name), "Somebody"), r.Amount, or(redact.Neutralise(r.Reason), "no reason given"))
}

// figuresOf is what leaves too little for a request, a line each.
func (a *Admin) figuresOf(ctx context.Context, t turn.Task, r request) (string, error) {
	levels, err := a.short(ctx, t, r)
	if err != nil {
		return "", err
	}
	text := ""
	for _, l := range levels {
		text += fmt.Sprintf("\n- %s: %s of %s used%s", whoseFor(l, r), (l.Settled + l.Held).Short(), l.Limit, extraText(l, t))
	}
	return text, nil
}

// requestButtons decide about a request.
func requestButtons(id string) []chat.Button {
	return []chat.Button{
		{Name: "request.approve", Label: "Approve", Value: id, Style: chat.Primary},
		{Name: "request.less", Label: "Approve less", Value: id, OpensForm: true},
		{Name: "request.decline", Label: "Decline", Value: id, Style: chat.Danger},
	}
}

// whoseFor is whose for somebody else's eyes than the asker's.
func whoseFor(l usage.Level, r request) string {
	if l.Scope.Kind == usage.User {
		return strings.Replace(whose(l), "you", or(redact.Name(r.Asker.Name), "the person"), 1)
	}
	return strings.Replace(whose(l), thisChannel, "the channel", 1)
}

// chargedTo reads from the receipt what the refused request was charged to. It
// is the asker's own request, or there is none.
func (a *Admin) chargedTo(ctx context.Context, t turn.Task, job string) ([]usage.Scope, error) {
	none := fault.New(fault.NotFound, "I no longer have that request. Please ask your question again.")
	rec, err := a.Records.Get(ctx, t.Event.Place.Tenant(), record.Receipt, job)
	if errors.Is(err, record.ErrNotFound) {
		return nil, none
	}
	if err != nil {
		return nil, fmt.Errorf("admin: receipt: %w", err)
	}
	rc, err := turn.ReadReceipt(rec)
	if err != nil {
		return nil, fmt.Errorf("admin: receipt: %w", err)
	}
	if rc.By != t.Caller.ID {
		return nil, none
	}
	return t.Caller.Scopes(t.Event.Place.Channel, rc.Team, rc.Workflow), nil
}

// short lists the hard limits that leave less than the amount.
func (a *Admin) short(ctx context.Context, t turn.Task, r request) ([]usage.Level, error) {
	levels, err := a.Books.Levels(ctx, r.Place.Tenant(), r.Scopes, t.Calendar().Windows(a.Clock.Now()))
	if err != nil {
		return nil, fmt.Errorf("admin: levels: %w", err)
	}
	var out []usage.Level
	for _, l := range levels {
		if l.Limited && l.Then.Hard() && l.Headroom() < r.Amount {
			out = append(out, l)
		}
	}
	return out, nil
}

func (a *Admin) put(tenant string, r request, version int64) (record.Write, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return record.Write{}, fmt.Errorf("admin: request: %w", err)
	}
	w := record.Put(record.Request, r.ID, a.Sealer.Seal(tenant, sealRequest, b), requestFor)
	w.Expect = version
	return w, nil
}

func (a *Admin) request(ctx context.Context, tenant, id string) (request, int64, error) {
	var r request
	rec, err := a.Records.Get(ctx, tenant, record.Request, id)
	if errors.Is(err, record.ErrNotFound) {
		return r, 0, fault.New(fault.NotFound, "That request is no longer waiting.")
	}
	if err != nil {
		return r, 0, fmt.Errorf("admin: request: %w", err)
	}
	r, err = a.opened(tenant, rec)
	return r, rec.Version, err
}

func (a *Admin) opened(tenant string, rec record.Record) (request, error) {
	var r request
	b, err := a.Sealer.Open(tenant, sealRequest, rec.Body)
	if err == nil {
		err = json.Unmarshal(b, &r)
	}
	if err != nil {
		return r, fmt.Errorf("admin: request: %w", err)
	}
	return r, nil
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

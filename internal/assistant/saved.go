package assistant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/internal/turn"
)

// keepFor is how long an answer is kept for its buttons (and a refused request
// for its approval); then its content is gone.
const keepFor = 72 * time.Hour

// sealDraft is the purpose of sealed drafts.
const sealDraft = "draft"

// errExpired: the content behind a button is no longer kept.
var errExpired = fault.New(fault.NotFound, "That is more than three days old, so I no longer keep its content. Please ask again.")

// saved is an answer (or a refused request) as its buttons need it. It is
// stored sealed and only for keepFor.
type saved struct {
	Event  chat.Event   `json:"event"`
	Want   want         `json:"want"`
	By     string       `json:"by"` // the asker's platform id: who may press
	Person string       `json:"person"`
	Text   string       `json:"text,omitempty"`
	First  string       `json:"first,omitempty"` // the draft before any edit
	Tier   catalog.Tier `json:"tier"`
	Model  string       `json:"model,omitempty"`
	// Up is the tier above, when there was one.
	Up       *catalog.Tier `json:"up,omitempty"`
	Cost     money.Nano    `json:"cost"`
	Workflow string        `json:"workflow"`
	At       time.Time     `json:"at"`
	Private  bool          `json:"private,omitempty"` // only the asker saw it
	Labels   []string      `json:"labels,omitempty"`  // classify: what could have been chosen
	Target   string        `json:"target,omitempty"`  // a draft's channel, when it goes elsewhere than it was asked for
	// Out is the job of the press that sent it out (posted a draft, shared an
	// answer); "" before. It goes out once, also when two presses race.
	Out string `json:"out,omitempty"`

	version int64 // of its record
}

// saved is what is kept of an answer.
func (w *work) saved(out *answer) *saved {
	text := w.text(out)
	if w.want.Intent == step.Draft {
		text = w.plain(out)
	}
	s := &saved{
		Event: w.t.Event, Want: *w.want, By: w.t.Event.Actor.ID, Person: w.t.Caller.ID, Text: text, First: text, Tier: out.model.Tier, Model: out.model.ID,
		Cost: w.spent, Workflow: w.charge.workflow, At: w.a.Clock.Now(), Private: w.private(),
		Target: w.target(),
	}
	s.Event.Target = nil
	if o := w.decision.Stronger; o != nil {
		s.Up = &o.Tier
	}
	if w.want.Intent == step.Classify {
		for _, l := range out.step.Input.Labels {
			s.Labels = append(s.Labels, l.Name)
		}
	}
	return s
}

// target names where a draft goes when that is not where it was asked for.
func (w *work) target() string {
	if w.want.Intent != step.Draft || !w.want.Viewed {
		return ""
	}
	return w.source
}

// goes is where a draft or a shared answer goes: what the person had open, the
// thread of a shortcut's message, or where it was asked for.
func (s *saved) goes() chat.Place {
	at := s.Event.Place
	switch {
	case s.Want.Viewed && s.Want.Read != nil:
		return *s.Want.Read
	case s.Event.Kind == chat.Shortcut && at.Thread == "":
		at.Thread = s.Event.Message.ID
	}
	return at
}

// store is the record of a saved answer.
func (a *Assistant) store(tenant, jobID string, s *saved) (record.Write, error) {
	b, err := json.Marshal(s)
	if err != nil {
		return record.Write{}, fmt.Errorf("assistant: save: %w", err)
	}
	return record.Put(record.Draft, jobID, a.Sealer.Seal(tenant, sealDraft, b), keepFor), nil
}

// load reads what was saved for a job, or errExpired.
func (a *Assistant) load(ctx context.Context, tenant, jobID string) (*saved, error) {
	r, err := a.Records.Get(ctx, tenant, record.Draft, jobID)
	if errors.Is(err, record.ErrNotFound) {
		return nil, errExpired
	}
	if err != nil {
		return nil, fmt.Errorf("assistant: load: %w", err)
	}
	return a.open(tenant, r)
}

func (a *Assistant) open(tenant string, r record.Record) (*saved, error) {
	b, err := a.Sealer.Open(tenant, sealDraft, r.Body)
	if err != nil {
		return nil, fmt.Errorf("assistant: load: %w", err)
	}
	s := &saved{}
	if err := json.Unmarshal(b, s); err != nil {
		return nil, fmt.Errorf("assistant: load: %w", err)
	}
	s.version = r.Version
	return s, nil
}

// errOut: somebody sent it out already.
var errOut = fault.New(fault.Conflict, "That went out already.")

// out claims the right to send an answer or draft out for one press; a second
// delivery of the same press has it already. errOut when another press has it.
func (a *Assistant) out(ctx context.Context, t *turn.Task, id string, s *saved) error {
	me := t.Ticket.Job.ID
	switch s.Out {
	case me:
		return nil
	case "":
	default:
		return errOut
	}
	s.Out = me
	w, err := a.store(t.Event.Place.Tenant(), id, s)
	if err != nil {
		return err
	}
	w.Expect = s.version
	if err := a.Records.Write(ctx, t.Event.Place.Tenant(), w, unlisted(s.Person, id)); errors.Is(err, record.ErrConflict) {
		return errOut
	} else if err != nil {
		return fmt.Errorf("assistant: send out: %w", err)
	}
	return nil
}

// stronger is the tier above a saved answer's.
func stronger(s *saved) (catalog.Tier, bool) {
	if s.Up == nil {
		return 0, false
	}
	return *s.Up, true
}

// receipt is the record of why and for how much, of an answer or a refusal.
func (w *work) receipt(out *answer) *turn.Receipt {
	r := &turn.Receipt{
		Job: w.t.Ticket.Job.ID, At: w.a.Clock.Now(), By: w.t.Caller.ID, Place: w.t.Event.ReplyTo.Place, Private: w.private(), Intent: string(w.want.Intent),
		Workflow: w.charge.workflow, Team: w.charge.team, Model: out.model.ID, Cost: w.spent, Reasons: w.decision.Reasons, Request: w.request,
		Sample: w.a.Models.Sample(),
	}
	if out.model.ID != "" {
		r.Tier = out.model.Tier.String()
	}
	for _, f := range out.failed {
		r.Checks = append(r.Checks, f.Code)
	}
	return r
}

// receiptOf reads the receipt of an answer, if the caller may see the answer:
// the one who asked, or, for an answer in a thread, whoever reads it there.
func (a *Assistant) receiptOf(ctx context.Context, t *turn.Task, jobID string) (*turn.Receipt, error) {
	none := fault.New(fault.NotFound, "I no longer have the receipt of that answer.")
	rec, err := a.Records.Get(ctx, t.Event.Place.Tenant(), record.Receipt, jobID)
	if errors.Is(err, record.ErrNotFound) {
		return nil, none
	}
	if err != nil {
		return nil, fmt.Errorf("assistant: receipt: %w", err)
	}
	r, err := turn.ReadReceipt(rec)
	if err == nil && r.By != t.Caller.ID && (r.Private || !r.Place.InChannelOf(t.Event.Place)) {
		return nil, none
	}
	return &r, err
}

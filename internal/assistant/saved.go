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
	// Posted is set once a draft went out.
	Posted bool `json:"posted,omitempty"`
}

// store is the record of a saved answer.
func (a *Assistant) store(tenant, jobID string, s saved) (record.Write, error) {
	b, err := json.Marshal(s)
	if err != nil {
		return record.Write{}, fmt.Errorf("assistant: save: %w", err)
	}
	return record.Put(record.Draft, jobID, a.Sealer.Seal(tenant, sealDraft, b), keepFor), nil
}

// load reads what was saved for a job, or errExpired.
func (a *Assistant) load(ctx context.Context, tenant, jobID string) (saved, error) {
	r, err := a.Records.Get(ctx, tenant, record.Draft, jobID)
	if errors.Is(err, record.ErrNotFound) {
		return saved{}, errExpired
	}
	if err != nil {
		return saved{}, fmt.Errorf("assistant: load: %w", err)
	}
	return a.open(tenant, r)
}

func (a *Assistant) open(tenant string, r record.Record) (saved, error) {
	var s saved
	b, err := a.Sealer.Open(tenant, sealDraft, r.Body)
	if err != nil {
		return s, fmt.Errorf("assistant: load: %w", err)
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return s, fmt.Errorf("assistant: load: %w", err)
	}
	return s, nil
}

// stronger is the tier above a saved answer's.
func stronger(s saved) (catalog.Tier, bool) {
	if s.Up == nil {
		return 0, false
	}
	return *s.Up, true
}

// undeliveredMark ends the id of a reply that is kept because it could not be
// sent.
const undeliveredMark = "/undelivered"

// Undelivered keeps a private reply that may not be sent again as a draft, so
// that the person finds it; see intake.Undelivered. A public one is dropped
// with its placeholder gone, which the poster has logged.
func (a *Assistant) Undelivered(ctx context.Context, r turn.Reply) error {
	if !r.To.Private || r.Post.Text == "" {
		return nil
	}
	s := saved{
		Event: chat.Event{Place: r.To.Place, Actor: chat.Actor{ID: r.To.To}, ReplyTo: r.To}, By: r.To.To, Text: r.Post.Text, First: r.Post.Text, At: a.Clock.Now(),
	}
	w, err := a.store(r.To.Place.Tenant(), r.Post.Job+undeliveredMark, s)
	if err != nil {
		return err
	}
	return a.Records.Write(ctx, r.To.Place.Tenant(), w)
}

// threadState is what is kept of a thread the bot answers in.
type threadState struct {
	Owner   string `json:"owner"` // platform id of who began
	Stopped bool   `json:"stopped,omitempty"`
	Last    string `json:"last,omitempty"` // job of the newest answer
}

// threadFor is how long follow-ups are answered after the last answer.
const threadFor = 14 * 24 * time.Hour

func threadID(p chat.Place) string { return p.Channel + "/" + p.Thread }

func (a *Assistant) thread(ctx context.Context, p chat.Place) (threadState, error) {
	var th threadState
	if p.Thread == "" {
		return th, nil
	}
	r, err := a.Records.Get(ctx, p.Tenant(), record.Thread, threadID(p))
	if errors.Is(err, record.ErrNotFound) {
		return th, nil
	}
	if err != nil {
		return th, fmt.Errorf("assistant: thread: %w", err)
	}
	if err := json.Unmarshal(r.Body, &th); err != nil {
		return th, fmt.Errorf("assistant: thread: %w", err)
	}
	return th, nil
}

func (a *Assistant) putThread(p chat.Place, th threadState) (record.Write, error) {
	b, err := json.Marshal(th)
	if err != nil {
		return record.Write{}, fmt.Errorf("assistant: thread: %w", err)
	}
	return record.Put(record.Thread, threadID(p), b, threadFor), nil
}

// Owned tells an adapter whether the bot answers in a thread; see
// chat.AddressOf.
func (a *Assistant) Owned(ctx context.Context, p chat.Place) (chat.Owned, error) {
	th, err := a.thread(ctx, p)
	return chat.Owned{Owner: th.Owner, Stopped: th.Stopped}, err
}

// unfollow stops answering without a mention in a thread.
func (a *Assistant) unfollow(ctx context.Context, t turn.Task) (turn.Result, error) {
	p := t.Event.Place
	th, err := a.thread(ctx, p)
	if err != nil {
		return turn.Result{}, err
	}
	th.Stopped = true
	w, err := a.putThread(p, th)
	if err != nil {
		return turn.Result{}, err
	}
	r := say(t, "All right, I answer in this thread only when I am mentioned.")
	r.Writes = append(r.Writes, w)
	return r, nil
}

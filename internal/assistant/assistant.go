// Package assistant runs one turn from start to ledger line: what is wanted,
// which conversation may be read, which tier it warrants, what it may cost, the
// calls, the checks, the answer with its footer and buttons, and later what
// came of it. It promises that every call is held for before and booked after,
// that a person always gets an answer or a sentence, and that only what the
// asker may see is read, checked when the job runs. It chooses no model by name
// and knows no platform; money, routing and storing are asked for through small
// interfaces.
package assistant

import (
	"context"
	"log/slog"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/settings"
	"github.com/tierwise/tierwise/internal/turn"
	"github.com/tierwise/tierwise/usage"
)

// Ledger is what a turn asks of the books.
type Ledger interface {
	Hold(ctx context.Context, r usage.HoldRequest) (usage.Held, error)
	Dispatch(ctx context.Context, r usage.DispatchRequest) error
	Settle(ctx context.Context, s usage.Settlement) (usage.Settled, error)
	Levels(ctx context.Context, tenant string, scopes []usage.Scope, windows []usage.Window) ([]usage.Level, error)
}

// Records is what a turn asks of the store of records.
type Records interface {
	Get(ctx context.Context, tenant string, kind record.Kind, id string) (record.Record, error)
	List(ctx context.Context, tenant string, kind record.Kind, prefix string) ([]record.Record, error)
	Write(ctx context.Context, tenant string, writes ...record.Write) error
}

// Sealer seals what is kept of content for a short while.
type Sealer interface {
	Seal(tenant, purpose string, plain []byte) []byte
	Open(tenant, purpose string, sealed []byte) ([]byte, error)
}

// Stopper asks a running job to stop.
type Stopper interface {
	Stop(ctx context.Context, tenant, jobID string) error
}

// People knows everybody by pseudonym.
type People interface {
	// Pseudonym is the same for the same person of a workspace for ever.
	Pseudonym(ctx context.Context, tenant, platformID string) (string, error)
}

// Settings resolves what holds at a place other than the task's own.
type Settings interface {
	Resolve(ctx context.Context, at chat.Place, ch chat.Channel, person string) (settings.Resolved, error)
}

// Deps is what an Assistant needs.
type Deps struct {
	Ledger   Ledger
	Records  Records
	Sealer   Sealer
	Stopper  Stopper
	Models   *Models
	Settings Settings
	People   People
	Openers  func(chat.Platform) chat.Opener
	Clock    clock.Clock
	Log      *slog.Logger
}

// Assistant serves tasks that may call a model, and the buttons under their
// answers.
type Assistant struct{ Deps }

// New returns an Assistant.
func New(d Deps) *Assistant { return &Assistant{d} }

// Serve runs a task to its result; see gate.Room. An error is a passing failure
// that the queue tries again.
func (a *Assistant) Serve(ctx context.Context, t *turn.Task) (turn.Result, error) {
	switch t.Event.Kind {
	case chat.Mention, chat.Command, chat.Shortcut:
		return a.turn(ctx, t)
	case chat.Click, chat.Submit:
		return a.click(ctx, t)
	case chat.Stop:
		id, _, _ := strings.Cut(t.Event.Value, "/") // a job, or one of its posts
		return a.stop(ctx, t, id, "")
	}
	return turn.Result{}, nil
}

// say is a Result that answers with a sentence.
func say(t *turn.Task, text string) turn.Result {
	return turn.Say(t.Event.ReplyTo, chat.Post{Job: t.PostID(1), Ref: t.Placeholder, Stage: chat.Final, Text: text})
}

// privately is say to the asker alone, whatever the event's address is.
func privately(t *turn.Task, text string) turn.Result {
	to := t.Event.ReplyTo
	to.Private, to.To = true, t.Event.Actor.ID
	return turn.Say(to, chat.Post{Job: t.PostID(1), Stage: chat.Final, Text: text})
}

// sentence words an error, logs its cause beside the reference, and marks what
// the person can do about it.
func (a *Assistant) sentence(t *turn.Task, err error) string {
	ref := fault.NewRef()
	a.Log.Warn("a turn ended in an error", "job", t.Ticket.Job.ID, "ref", ref, "kind", fault.KindOf(err), "err", err)
	return fault.Sentence(err, ref)
}

package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/job"
)

// acceptTime is how long the store has to make an event durable before the
// spool takes it, so that an acknowledgement fits every platform's deadline
// (Slack and Discord both allow 3 s).
const acceptTime = 700 * time.Millisecond

// acceptPatience is how long the store has when there is no spool. Refusing
// earlier would help nobody: a terminal waits, and a platform whose deadline is
// over delivers again, which the marks make a copy.
const acceptPatience = 10 * time.Second

// Sealer seals bodies for one workspace and one purpose.
type Sealer interface {
	Seal(tenant, purpose string, plain []byte) []byte
	Open(tenant, purpose string, sealed []byte) ([]byte, error)
}

// Spool keeps accepted jobs on this machine while the store cannot be reached.
type Spool interface {
	Keep(ctx context.Context, j job.Job) error
}

// Asker answers questions at once; see chat.Door.
type Asker interface {
	Ask(ctx context.Context, q chat.Question) (chat.Answer, error)
}

// Caps are how many jobs of one kind of lane run at once.
type Caps struct {
	Person  int
	Channel int
}

// Door is the chat.Door adapters knock at.
type Door struct {
	queue  Queue
	sealer Sealer
	spool  Spool // nil: the store is on this machine, there is nothing to fall back to
	asker  Asker
	caps   Caps
}

// NewDoor returns a Door. spool may be nil.
func NewDoor(q Queue, s Sealer, spool Spool, a Asker, caps Caps) *Door {
	return &Door{queue: q, sealer: s, spool: spool, asker: a, caps: caps}
}

// Accept seals the event and stores it once; see chat.Door.
func (d *Door) Accept(ctx context.Context, e chat.Event) error {
	j, err := d.job(e)
	if err != nil {
		return err
	}
	patience := acceptTime
	if d.spool == nil {
		patience = acceptPatience
	}
	storing, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err = d.queue.Enqueue(storing, j)
	if err == nil {
		return nil
	}
	if d.spool == nil {
		return fmt.Errorf("intake: accept: %w", err)
	}
	// The store may have taken the job without telling us; the same marks make
	// the spooled copy a copy then.
	if kept := d.spool.Keep(context.WithoutCancel(ctx), j); kept != nil {
		return fmt.Errorf("intake: accept: %w", errors.Join(err, kept))
	}
	return nil
}

// Ask passes the question on.
func (d *Door) Ask(ctx context.Context, q chat.Question) (chat.Answer, error) {
	return d.asker.Ask(ctx, q)
}

func (d *Door) job(e chat.Event) (job.Job, error) {
	tenant := e.Place.Tenant()
	plain, err := json.Marshal(e)
	if err != nil {
		return job.Job{}, fmt.Errorf("intake: accept: %w", err)
	}
	sealed := d.sealer.Seal(tenant, sealEvent, plain)
	return job.Job{ID: ulid.Make().String(), Tenant: tenant, Marks: e.Marks(), Lanes: d.lanes(e), Event: sealed}, nil
}

// Purposes of sealed bodies.
const (
	sealEvent = "event"
	sealPost  = "post"
	sealNote  = "note"
)

// lanes are the queues an event waits in. Whatever may call a model waits for
// its thread, its channel and its person; what steers (a button, a form, the
// stop button) waits for nobody, else "stop" would queue behind what it stops.
func (d *Door) lanes(e chat.Event) []job.Lane {
	switch e.Kind {
	case chat.Mention, chat.Command, chat.Shortcut:
	default:
		return nil
	}
	lanes := make([]job.Lane, 0, 3)
	if e.Place.Thread != "" && e.Kind == chat.Mention {
		lanes = append(lanes, job.Lane{Key: "thread:" + e.Place.Channel + "/" + e.Place.Thread, Cap: 1})
	}
	if d.caps.Channel > 0 {
		lanes = append(lanes, job.Lane{Key: "channel:" + e.Place.Channel, Cap: d.caps.Channel})
	}
	if d.caps.Person > 0 {
		lanes = append(lanes, job.Lane{Key: "person:" + e.Actor.ID, Cap: d.caps.Person})
	}
	return lanes
}

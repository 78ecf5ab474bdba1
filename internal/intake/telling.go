package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/turn"
)

// Teller tells who asked what their question waits for.
type Teller interface {
	// Tell is a courtesy: an error is logged and nothing is tried again. ctx
	// ends after a few seconds and when the process shuts down.
	Tell(ctx context.Context, w turn.Waiting) error
}

const (
	// tellers tell at the same time, tellMost more are kept; what is beyond goes
	// untold, so that a flood costs neither work nor memory.
	tellers  = 4
	tellMost = 64
	// tellTime bounds one telling. Later the question is often answered.
	tellTime = 5 * time.Second
)

// telling passes on which jobs wait, beside the work and never in its way.
type telling struct {
	w      *Worker
	parked chan job.Parked
	over   sync.WaitGroup
}

// tell begins to tell, until ctx ends.
func (w *Worker) tell(ctx context.Context) *telling {
	t := &telling{w: w}
	if w.teller == nil {
		return t
	}
	t.parked = make(chan job.Parked, tellMost)
	for range tellers {
		t.over.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case p := <-t.parked:
					t.one(ctx, p)
				}
			}
		})
	}
	return t
}

// about takes over what a claim parked. It does not wait.
func (t *telling) about(parked []job.Parked) {
	for _, p := range parked {
		select {
		case t.parked <- p: // never where nobody tells
		default:
		}
	}
}

// end returns when nothing is told any more.
func (t *telling) end() { t.over.Wait() }

func (t *telling) one(ctx context.Context, p job.Parked) {
	log := t.w.log.With("job", p.Job.ID)
	defer func() {
		if recover() != nil {
			log.Error("panic in telling what a job waits for", "stack", string(debug.Stack()))
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, tellTime)
	defer cancel()
	waiting, err := t.w.waiting(p)
	if err == nil {
		err = t.w.teller.Tell(ctx, waiting)
	}
	if err != nil && context.Cause(ctx) != context.Canceled {
		log.Warn("who asked was not told what the job waits for", "err", err)
	}
}

func (w *Worker) waiting(p job.Parked) (turn.Waiting, error) {
	e, err := w.event(p.Job)
	if err != nil {
		return turn.Waiting{}, err
	}
	before, err := w.event(p.Behind)
	still := func(ctx context.Context) (bool, error) { return w.queue.Pending(ctx, p.Behind.Tenant, p.Behind.ID) }
	return turn.Waiting{Job: p.Job.ID, Event: e, Behind: before, Ahead: p.Ahead, Still: still}, err
}

// event opens the envelope of a job.
func (w *Worker) event(j job.Job) (e chat.Event, err error) {
	plain, err := w.sealer.Open(j.Tenant, sealEvent, j.Event)
	if err == nil {
		err = json.Unmarshal(plain, &e)
	}
	if err != nil {
		return e, fmt.Errorf("intake: open an event: %w", err)
	}
	return e, nil
}

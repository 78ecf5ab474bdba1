package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/turn"
	"github.com/tierwise/tierwise/usage"
)

// Closer books and finishes: usage.Ledger's Settle.
type Closer interface {
	Settle(ctx context.Context, s usage.Settlement) (usage.Settled, error)
}

// Pace is the worker's timing. DefaultPace is what serves; tests may differ.
type Pace struct {
	Slots      int           // jobs run at once
	Lease      time.Duration // how long a silent worker keeps a job
	Beat       time.Duration // how often a running job says it lives, and learns that it was stopped; well below Lease
	Wait       time.Duration // longest wait for work in one claim
	Deliveries int           // after this many the job is given up
	Grace      time.Duration // how long running jobs may go on after shutdown begins
	Close      time.Duration // how long the closing step is tried before the job is left to its lease
}

// DefaultPace recovers the jobs of a dead worker within 15 seconds and lets a
// stop take effect within one.
func DefaultPace() Pace {
	return Pace{Slots: 512, Lease: 12 * time.Second, Beat: time.Second, Wait: 2 * time.Second, Deliveries: 5, Grace: 20 * time.Second, Close: 30 * time.Second}
}

// Worker runs jobs.
type Worker struct {
	name    string
	queue   Queue
	closer  Closer
	sealer  Sealer
	handler Handler
	teller  Teller // nil: nobody is told
	pace    Pace
	log     *slog.Logger
}

// NewWorker returns a worker. name is unique among all replicas; with a nil
// Teller nobody is told what a question waits for.
func NewWorker(name string, q Queue, c Closer, s Sealer, h Handler, t Teller, p Pace, log *slog.Logger) *Worker {
	return &Worker{name: name, queue: q, closer: c, sealer: s, handler: h, teller: t, pace: p, log: log}
}

// Run claims and runs jobs until ctx ends; then it claims no more, lets the
// running ones finish within the grace time, cancels the rest with the cause
// turn.ErrShutdown, gives those back, and returns.
func (w *Worker) Run(ctx context.Context) {
	work, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	telling := w.tell(ctx)
	defer telling.end()
	var running sync.WaitGroup
	slots := make(chan struct{}, w.pace.Slots)
	for free := acquire(ctx, slots); free > 0; free = acquire(ctx, slots) {
		claimed, err := w.queue.Claim(ctx, w.name, free, w.pace.Lease, w.pace.Wait)
		for range free - len(claimed.Given) {
			<-slots
		}
		for _, t := range claimed.Given {
			running.Go(func() {
				defer func() { <-slots }()
				w.run(work, t)
			})
		}
		telling.about(claimed.Parked)
		if err != nil && ctx.Err() == nil {
			w.log.Error("claiming jobs failed", "err", err)
			pause(ctx, time.Second)
		}
	}
	late := time.AfterFunc(w.pace.Grace, func() { cancel(turn.ErrShutdown) })
	defer late.Stop()
	running.Wait()
}

// acquire takes all free slots, at least one, waiting for it if need be. It
// returns 0 when ctx has ended.
func acquire(ctx context.Context, slots chan struct{}) int {
	select {
	case <-ctx.Done():
		return 0
	case slots <- struct{}{}:
	}
	if ctx.Err() != nil {
		return 0
	}
	for n := 1; ; n++ {
		select {
		case slots <- struct{}{}:
		default:
			return n
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// run takes one ticket from open envelope to closed job.
func (w *Worker) run(ctx context.Context, t job.Ticket) {
	log := w.log.With("job", t.Job.ID, "delivery", t.Delivery)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	defer w.beat(ctx, stop, t)()
	d, err := w.open(t)
	if err != nil {
		// The event cannot be read (a lost key): nobody can be told, and
		// running it again will not help.
		log.Error("job given up: its event cannot be opened", "err", err)
		w.close(ctx, log, d, buried(t, turn.Result{}))
		return
	}
	if t.Delivery > w.pace.Deliveries {
		log.Error("job given up", "cause", t.Cause)
		w.close(ctx, log, d, buried(t, w.giveUp(ctx, log, d)))
		return
	}
	result, err := w.handle(ctx, log, d)
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, job.ErrLost):
		log.Warn("ticket lost; another delivery took over")
		w.book(ctx, log, result)
	case errors.Is(cause, turn.ErrShutdown):
		// What a cancelled delivery has to say is about the cancelling.
		w.book(ctx, log, result)
		w.giveBack(ctx, log, t, turn.ErrShutdown)
	case err != nil:
		w.book(ctx, log, result)
		w.giveBack(ctx, log, t, err)
	default:
		w.close(ctx, log, d, result)
	}
}

// handle calls the handler and turns a panic into an error, so that one bad
// job never takes the process down. The panic's own text may hold content and
// is not repeated.
func (w *Worker) handle(ctx context.Context, log *slog.Logger, d *turn.Delivery) (r turn.Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			log.Error("panic in a job", "stack", string(debug.Stack()))
			err = errPanic
		}
	}()
	return w.handler.Handle(ctx, d)
}

// giveUp asks the handler for the last words, and has its own when the handler
// panics even there: a given up job is never silent.
func (w *Worker) giveUp(ctx context.Context, log *slog.Logger, d *turn.Delivery) (r turn.Result) {
	defer func() {
		if p := recover(); p != nil {
			log.Error("panic in giving a job up", "stack", string(debug.Stack()))
			r = turn.Say(d.Event.ReplyTo, chat.Post{Stage: chat.Final, Ref: d.Placeholder, Text: fault.Sentence(errPanic, d.Ticket.Job.ID)})
		}
	}()
	return w.handler.GiveUp(ctx, d)
}

// errPanic stands for a panic in a handler.
var errPanic = errors.New("intake: panic in a job")

func (w *Worker) open(t job.Ticket) (*turn.Delivery, error) {
	d := &turn.Delivery{Ticket: t}
	var err error
	if d.Event, err = w.event(t.Job); err != nil {
		return d, err
	}
	if note, err := w.sealer.Open(t.Job.Tenant, sealNote, t.Note); len(t.Note) > 0 && err == nil {
		_ = json.Unmarshal(note, &d.Placeholder) // an unreadable note is no note
	}
	d.Keep = func(ctx context.Context, at chat.Ref) error { return w.keep(ctx, t, at) }
	return d, nil
}

func (w *Worker) keep(ctx context.Context, t job.Ticket, at chat.Ref) error {
	plain, err := json.Marshal(at)
	if err != nil {
		return fmt.Errorf("intake: keep: %w", err)
	}
	note := w.sealer.Seal(t.Job.Tenant, sealNote, plain)
	if _, err := w.queue.Beat(ctx, t, w.pace.Lease, note); err != nil {
		return fmt.Errorf("intake: keep: %w", err)
	}
	return nil
}

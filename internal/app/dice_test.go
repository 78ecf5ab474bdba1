package app_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tierwise/tierwise/internal/app"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/llm"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/token"
	"github.com/tierwise/tierwise/usage"
)

// dice decide which faults happen; the same seed gives the same throws. Calm
// dice let nothing go wrong.
type dice struct {
	mu     sync.Mutex
	rng    *rand.Rand
	calm   bool
	thrown int // faults so far
}

// fault is true once in so many throws.
func (d *dice) fault(onceIn int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.calm || d.rng.IntN(onceIn) != 0 {
		return false
	}
	d.thrown++
	return true
}

func (d *dice) upTo(limit time.Duration) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return time.Duration(d.rng.Int64N(int64(limit)))
}

func (d *dice) n(limit int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rng.IntN(limit)
}

// still ends all faults and returns how many there were.
func (d *dice) still() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calm = true
	return d.thrown
}

// driftClock is the bubble's clock, set to another day and moved by jumps.
type driftClock struct{ offset atomic.Int64 }

func (c *driftClock) Now() time.Time {
	return time.Now().Add(time.Duration(c.offset.Load())).UTC()
}

// wires is a process's connection to the store: calls get lost on the way there
// or on the way back, and after cut all of them do, as when the process died.
type wires struct {
	app.Store
	dice *dice
	cut  atomic.Bool
}

var errWire = errors.New("connection lost")

func through[T any](w *wires, op func() (T, error)) (T, error) {
	var none T
	if w.cut.Load() || w.dice.fault(60) {
		return none, errWire
	}
	v, err := op()
	if w.cut.Load() || w.dice.fault(60) {
		return none, fmt.Errorf("%w after it was done", errWire)
	}
	return v, err
}

func along(w *wires, op func() error) error {
	_, err := through(w, func() (struct{}, error) { return struct{}{}, op() })
	return err
}

func (w *wires) Enqueue(ctx context.Context, j job.Job) (bool, error) {
	return through(w, func() (bool, error) { return w.Store.Enqueue(ctx, j) })
}

func (w *wires) Claim(ctx context.Context, worker string, n int, lease, wait time.Duration) (job.Claimed, error) {
	return through(w, func() (job.Claimed, error) { return w.Store.Claim(ctx, worker, n, lease, wait) })
}

func (w *wires) Beat(ctx context.Context, t job.Ticket, lease time.Duration, note []byte) (job.Beat, error) {
	return through(w, func() (job.Beat, error) { return w.Store.Beat(ctx, t, lease, note) })
}

func (w *wires) Return(ctx context.Context, t job.Ticket, after time.Duration, cause string) error {
	return along(w, func() error { return w.Store.Return(ctx, t, after, cause) })
}

func (w *wires) Posts(ctx context.Context, sender string, n int, lease, wait time.Duration) ([]job.PostTicket, error) {
	return through(w, func() ([]job.PostTicket, error) { return w.Store.Posts(ctx, sender, n, lease, wait) })
}

func (w *wires) Confirm(ctx context.Context, t job.PostTicket) error {
	return along(w, func() error { return w.Store.Confirm(ctx, t) })
}

func (w *wires) Postpone(ctx context.Context, t job.PostTicket, after time.Duration, known bool) error {
	return along(w, func() error { return w.Store.Postpone(ctx, t, after, known) })
}

func (w *wires) Hold(ctx context.Context, r usage.HoldRequest) (usage.Held, error) {
	return through(w, func() (usage.Held, error) { return w.Store.Hold(ctx, r) })
}

func (w *wires) Dispatch(ctx context.Context, r usage.DispatchRequest) error {
	return along(w, func() error { return w.Store.Dispatch(ctx, r) })
}

func (w *wires) Settle(ctx context.Context, s usage.Settlement) (usage.Settled, error) {
	return through(w, func() (usage.Settled, error) { return w.Store.Settle(ctx, s) })
}

func (w *wires) Get(ctx context.Context, tenant string, kind record.Kind, id string) (record.Record, error) {
	return through(w, func() (record.Record, error) { return w.Store.Get(ctx, tenant, kind, id) })
}

func (w *wires) Write(ctx context.Context, tenant string, writes ...record.Write) error {
	return along(w, func() error { return w.Store.Write(ctx, tenant, writes...) })
}

// moody is a platform that is slow, asks to wait, and loses calls on the way
// there or on the way back.
type moody struct {
	*platform
	dice *dice
	w    *wires // the process that speaks; a dead one does not
}

func (m moody) do(ctx context.Context, op func() error) error {
	if err := nap(ctx, m.dice.upTo(800*time.Millisecond)); err != nil {
		return fmt.Errorf("%w: %w", chat.ErrUnknownResult, err)
	}
	switch {
	case m.w.cut.Load(), m.dice.fault(25):
		return fmt.Errorf("%w: lost on the way there", chat.ErrUnknownResult)
	case m.dice.fault(30):
		return &chat.RateLimited{After: time.Second + m.dice.upTo(20*time.Second)}
	case m.dice.fault(30):
		return errors.New("500 from the platform")
	}
	err := op()
	if m.w.cut.Load() || m.dice.fault(25) {
		return fmt.Errorf("%w: lost on the way back", chat.ErrUnknownResult)
	}
	return err
}

func (m moody) Put(ctx context.Context, event string, at chat.Place, p chat.Post) (ref chat.Ref, err error) {
	err = m.do(ctx, func() (err error) { ref, err = m.platform.Put(ctx, event, at, p); return err })
	if err != nil {
		ref = chat.Ref{}
	}
	return ref, err
}

func (m moody) Find(ctx context.Context, at chat.Place, job string) (ref chat.Ref, err error) {
	err = m.do(ctx, func() (err error) { ref, err = m.platform.Find(ctx, at, job); return err })
	if err != nil {
		ref = chat.Ref{}
	}
	return ref, err
}

func (m moody) Remove(ctx context.Context, ref chat.Ref) error {
	return m.do(ctx, func() error { return m.platform.Remove(ctx, ref) })
}

func nap(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// fickle is a provider that is slow, refuses, hangs and breaks off.
func fickle(d *dice) llm.Client {
	engine := simulated()
	return clientFunc(func(ctx context.Context, r llm.Request) iter.Seq2[llm.Chunk, error] {
		return func(yield func(llm.Chunk, error) bool) {
			if err := nap(ctx, d.upTo(6*time.Second)); err != nil {
				yield(llm.Chunk{}, &llm.CutOff{Sent: true, Tokens: token.Count{Input: 100}, Err: err})
				return
			}
			switch {
			case d.fault(12):
				refusals := []error{llm.ErrUnavailable, &llm.RateLimited{After: 2 * time.Second}, llm.ErrBadAnswer, llm.ErrFiltered, llm.ErrQuota}
				yield(llm.Chunk{}, refusals[d.n(len(refusals))])
				return
			case d.fault(40): // hangs until somebody loses patience
				err := nap(ctx, 90*time.Second)
				yield(llm.Chunk{}, &llm.CutOff{Sent: true, Tokens: token.Count{Input: 100}, Err: cmpErr(err)})
				return
			}
			left := -1
			if d.fault(15) {
				left = 1 + d.n(4)
			}
			for c, err := range engine.Stream(ctx, r) {
				if left == 0 {
					yield(llm.Chunk{}, &llm.CutOff{Sent: true, Tokens: token.Count{Input: 100, Output: 20}, Chars: 80, Err: llm.ErrUnavailable})
					return
				}
				left--
				if !yield(c, err) || err != nil {
					return
				}
			}
		}
	})
}

// cmpErr is the error of a wait, or that of a provider that gave up.
func cmpErr(err error) error {
	if err == nil {
		return llm.ErrUnavailable
	}
	return err
}

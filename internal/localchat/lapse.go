package localchat

import (
	"context"
	"fmt"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// Op names a call of the bot that can be made to fail.
type Op string

// The calls. AnyOp stands for all of them.
const (
	AnyOp       Op = ""
	OpOpen      Op = "open"
	OpPut       Op = "put"
	OpAppend    Op = "append"
	OpFind      Op = "find"
	OpRemove    Op = "remove"
	OpHistory   Op = "history"
	OpDirectory Op = "directory"
)

// Lapse is a fault of the platform, for tests and drills.
type Lapse struct {
	Op    Op
	Times int           // how many calls it strikes; 0 means until Heal
	Delay time.Duration // the call takes this long before anything happens
	Err   error         // what the call returns; nil is merely slow
	// After lets the call take effect before it returns Err.
	After bool
}

// LostResult makes the next call take effect and its answer get lost.
func LostResult(op Op) Lapse {
	return Lapse{Op: op, Times: 1, Err: chat.ErrUnknownResult, After: true}
}

// Limited makes the next call be refused for a while.
func Limited(op Op, wait time.Duration) Lapse {
	return Lapse{Op: op, Times: 1, Err: &chat.RateLimited{After: wait}}
}

// Vanished makes all calls fail because the address is no more.
func Vanished(op Op) Lapse { return Lapse{Op: op, Err: chat.ErrGone} }

// Slow makes all calls take a while.
func Slow(op Op, wait time.Duration) Lapse { return Lapse{Op: op, Delay: wait} }

// Strike adds a fault; the earliest that fits a call strikes it.
func (w *World) Strike(l Lapse) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lapses = append(w.lapses, l)
}

// Heal ends all faults.
func (w *World) Heal() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lapses = nil
}

// lapse fails a call that has no effect to lose.
func (w *World) lapse(ctx context.Context, op Op) error {
	after, err := w.struck(ctx, op)
	if err != nil {
		return err
	}
	return after()
}

// struck applies the fault of a call, if any. With an error the call must end
// without effect; after gives the error with which it must end once it took
// effect.
func (w *World) struck(ctx context.Context, op Op) (after func() error, err error) {
	l := w.takeLapse(op)
	if l.Delay > 0 {
		timer := time.NewTimer(l.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", chat.ErrUnknownResult, err)
	}
	if l.Err != nil && !l.After {
		return nil, l.Err
	}
	return func() error { return l.Err }, nil
}

func (w *World) takeLapse(op Op) Lapse {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, l := range w.lapses {
		if l.Op != AnyOp && l.Op != op {
			continue
		}
		if l.Times == 1 {
			w.lapses = append(w.lapses[:i:i], w.lapses[i+1:]...)
		} else if l.Times > 1 {
			w.lapses[i].Times--
		}
		return l
	}
	return Lapse{}
}

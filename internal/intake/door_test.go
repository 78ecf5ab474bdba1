package intake_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/intake"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/turn"
)

// hangingQueue takes a job, or not, and never says so.
type hangingQueue struct {
	intake.Queue
	takes bool
}

func (q hangingQueue) Enqueue(ctx context.Context, j job.Job) (bool, error) {
	if q.takes {
		if _, err := q.Queue.Enqueue(ctx, j); err != nil {
			return false, err
		}
	}
	<-ctx.Done()
	return false, ctx.Err()
}

type spool struct {
	kept []job.Job
	err  error
}

func (s *spool) Keep(_ context.Context, j job.Job) error {
	if s.err == nil {
		s.kept = append(s.kept, j)
	}
	return s.err
}

func TestAcceptFallsBackToTheSpoolInTimeAndTheCopyIsHarmless(t *testing.T) {
	for _, takes := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w, s := newWorld(t), &spool{}
			door := intake.NewDoor(hangingQueue{w.store, takes}, w.sealer, s, nil, intake.Caps{})
			begun := time.Now()
			if err := door.Accept(t.Context(), mention("1", "7", "hello")); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(begun); took > 700*time.Millisecond {
				t.Errorf("accepted after %v", took)
			}
			if len(s.kept) != 1 {
				t.Fatalf("%d spooled", len(s.kept))
			}
			if first, err := w.store.Enqueue(t.Context(), s.kept[0]); err != nil || first == takes {
				t.Errorf("draining the spool: first %t, %v, although the store had taken it: %t", first, err, takes)
			}
			defer w.work("w1", echo)()
			defer w.post("p1")()
			time.Sleep(time.Second)
			w.says("re: hello")
		})
	}
}

func TestAcceptSaysWhenAnEventIsNowhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for _, s := range []intake.Spool{nil, &spool{err: errSome}} {
			door := intake.NewDoor(hangingQueue{w.store, false}, w.sealer, s, nil, intake.Caps{})
			if err := door.Accept(t.Context(), mention("1", "7", "hello")); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("accept without a place to keep it: %v", err)
			}
		}
	})
}

// slowQueue is a store on a machine that is busy with other things.
type slowQueue struct{ intake.Queue }

func (q slowQueue) Enqueue(ctx context.Context, j job.Job) (bool, error) {
	select {
	case <-time.After(5 * time.Second):
	case <-ctx.Done():
		return false, ctx.Err()
	}
	return q.Queue.Enqueue(ctx, j)
}

// TestAcceptWaitsWhereNoSpoolIs: the event would be refused for nothing.
func TestAcceptWaitsWhereNoSpoolIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		door := intake.NewDoor(slowQueue{w.store}, w.sealer, nil, nil, intake.Caps{})
		if err := door.Accept(t.Context(), mention("1", "7", "hello")); err != nil {
			t.Fatal(err)
		}
		if b, err := w.store.Backlog(t.Context()); err != nil || b.Ready != 1 {
			t.Errorf("%+v, %v", b, err)
		}
	})
}

func TestWhatSteersWaitsForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.door = intake.NewDoor(w.store, w.sealer, nil, nil, intake.Caps{Person: 1, Channel: 2})
		defer w.work("w1", func(ctx context.Context, d *turn.Delivery) (turn.Result, error) {
			if d.Event.Kind != chat.Click {
				time.Sleep(time.Minute)
			}
			return echo(ctx, d)
		})()
		defer w.post("p1")()
		by := func(e chat.Event, who string) chat.Event {
			e.Actor.ID = who
			return e
		}
		click := mention("3", "7", "stop")
		click.Kind = chat.Click
		w.accept(
			by(mention("1", "7", "busy"), "ann"), by(mention("2", "8", "hers too"), "ann"), by(click, "ann"),
			by(mention("4", "9", "another's"), "ben"), by(mention("5", "10", "channel is full"), "cleo"),
		)
		time.Sleep(time.Second)
		w.says("re: stop")
		time.Sleep(61 * time.Second)
		if n := len(w.platform.said()); n != 3 {
			t.Errorf("%d answers after a minute, want the click and two at once", n)
		}
		time.Sleep(3 * time.Minute)
		if n := len(w.platform.said()); n != 5 {
			t.Errorf("%d answers at the end", n)
		}
		w.idle()
	})
}

package intake_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tierwise/tierwise/internal/turn"
)

// teller keeps what it is told.
type teller struct {
	onTell func(ctx context.Context, n int) error // n counts from 1

	mu   sync.Mutex
	told []turn.Waiting
}

func (t *teller) Tell(ctx context.Context, w turn.Waiting) error {
	t.mu.Lock()
	t.told = append(t.told, w)
	n := len(t.told)
	t.mu.Unlock()
	if t.onTell == nil {
		return nil
	}
	return t.onTell(ctx, n)
}

func (t *teller) all() []turn.Waiting {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]turn.Waiting(nil), t.told...)
}

// slowly answers what begins with "long" after ten minutes, the rest at once.
func slowly(ctx context.Context, d *turn.Delivery) (turn.Result, error) {
	if strings.HasPrefix(d.Event.Text, "long") {
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Minute):
		}
	}
	return echo(ctx, d)
}

func TestWhoWaitsIsToldForWhatOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, tell := newWorld(t), &teller{}
		w.teller = tell
		defer w.post("p1")()
		defer w.work("w1", slowly)()
		w.accept(mention("1", "7", "long first"))
		synctest.Wait()
		defer w.work("w2", slowly)() // another process
		w.accept(mention("2", "7", "second"), mention("3", "7", "third"), mention("4", "8", "elsewhere"))
		time.Sleep(time.Minute)
		told := tell.all()
		var got []string
		for _, one := range told {
			got = append(got, fmt.Sprintf("%s behind %s, %d ahead", one.Event.Text, one.Behind.Text, one.Ahead))
			if still, err := one.Still(t.Context()); err != nil || !still || one.Job == "" {
				t.Errorf("%s: still %v, %v", one.Job, still, err)
			}
		}
		if len(got) == 2 && strings.HasPrefix(got[0], "third") {
			got[0], got[1] = got[1], got[0] // they are told beside each other
		}
		if s := strings.Join(got, "; "); s != "second behind long first, 1 ahead; third behind long first, 2 ahead" {
			t.Errorf("told: %s", s)
		}
		time.Sleep(time.Hour)
		w.says("re: elsewhere", "re: long first", "re: second", "re: third")
		if n := len(tell.all()); n != 2 {
			t.Errorf("told %d times", n)
		}
		if still, err := told[0].Still(t.Context()); err != nil || still {
			t.Errorf("after the end: still %v, %v", still, err)
		}
	})
}

func TestTellingIsNeverInTheWayOfWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		tell := &teller{onTell: func(ctx context.Context, _ int) error { <-ctx.Done(); return ctx.Err() }}
		w.teller = tell
		defer w.post("p1")()
		w.accept(mention("1", "7", "long"))
		for i := range 300 {
			w.accept(mention(fmt.Sprint("flood", i), "7", "again"))
		}
		w.accept(mention("2", "8", "elsewhere"))
		stop := w.work("w1", slowly)
		synctest.Wait()
		w.says("re: elsewhere") // and no time has passed
		time.Sleep(2 * time.Minute)
		if n := len(tell.all()); n < 64 || n > 68 {
			t.Errorf("%d of 300 are told; 4 at a time and 64 kept are meant to be", n)
		}
		w.accept(mention("3", "7", "late"))
		time.Sleep(time.Second)
		begun := time.Now()
		stop() // the last one is being told; the long job ends with the grace
		if took := time.Since(begun); took != w.pace.Grace {
			t.Errorf("stopped after %v, want %v", took, w.pace.Grace)
		}
	})
}

func TestAPanicOfTheTellerIsSurvived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		tell := &teller{onTell: func(_ context.Context, n int) error {
			if n < 9 {
				panic("secret words")
			}
			return errSome
		}}
		w.teller = tell
		defer w.post("p1")()
		defer w.work("w1", slowly)()
		w.accept(mention("1", "7", "long"))
		for i := range 12 {
			w.accept(mention(fmt.Sprint("q", i), "7", "again"))
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(tell.all()); n != 12 {
			t.Errorf("told %d of 12", n)
		}
		if logs := w.logs.String(); strings.Contains(logs, "secret") || strings.Count(logs, "was not told") != 4 {
			t.Errorf("the log: %s", logs)
		}
	})
}

package intake_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/intake"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/turn"
	"github.com/tierwise/tierwise/usage"
)

// dice are shared by goroutines; a seed gives the same throws, not the same
// order of them.
type dice struct {
	mu sync.Mutex
	r  *rand.Rand
}

func (d *dice) chance(percent int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.r.IntN(100) < percent
}

func (d *dice) upTo(most time.Duration) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return time.Duration(d.r.Int64N(int64(most)))
}

func TestTwoWorkersAndTwoPostersWithFaultsAnswerEverythingOnceAndInOrder(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { storm(t, &dice{r: rand.New(rand.NewPCG(seed, 1))}) })
		})
	}
}

const threads, perThread = 12, 5

func storm(t *testing.T, d *dice) {
	w := newWorld(t)
	w.platform.onPut = func(int, chat.Post) fate {
		switch {
		case d.chance(8):
			return fate{err: errUnclear}
		case d.chance(8):
			return fate{swallow: true, err: errUnclear}
		case d.chance(4):
			return fate{hang: true}
		case d.chance(4):
			return fate{swallow: true, err: &chat.RateLimited{After: d.upTo(time.Minute)}}
		}
		return fate{}
	}
	w.platform.onFind = func(int) error {
		if d.chance(10) {
			return errSome
		}
		return nil
	}
	w.closer = closer(func(ctx context.Context, s usage.Settlement) (usage.Settled, error) {
		if d.chance(5) {
			return usage.Settled{}, errSome
		}
		out, err := w.store.Settle(ctx, s)
		if err == nil && d.chance(5) {
			return usage.Settled{}, errSome // done, and the line was cut
		}
		return out, err
	})
	q := flakyQueue{w.store, d}
	run := func(ctx context.Context, dl *turn.Delivery) (turn.Result, error) {
		time.Sleep(d.upTo(20 * time.Second))
		if dl.Ticket.Delivery < 5 && d.chance(10) {
			return turn.Result{}, errSome
		}
		return echo(ctx, dl)
	}
	defer w.workWith("w1", q, handler{run: run})()
	defer w.workWith("w2", q, handler{run: run})()
	defer w.post("p1")()
	defer w.post("p2")()
	for i := range perThread {
		for th := range threads {
			e := mention(fmt.Sprint(th, ".", i), fmt.Sprint("t", th), fmt.Sprint(th, ".", i))
			w.accept(e)
			if d.chance(20) {
				w.accept(e)
			}
			time.Sleep(d.upTo(time.Second))
		}
	}
	time.Sleep(2 * time.Hour)
	w.idle()
	said := map[string][]string{}
	for _, text := range w.platform.said() {
		th, _, _ := strings.Cut(strings.TrimPrefix(text, "re: "), ".")
		said[th] = append(said[th], text)
	}
	for th := range threads {
		var want []string
		for i := range perThread {
			want = append(want, fmt.Sprint("re: ", th, ".", i))
		}
		if got := said[fmt.Sprint(th)]; !slices.Equal(got, want) {
			t.Errorf("thread %d: %q", th, got)
		}
	}
	if n := w.undelivered(); n != 0 {
		t.Errorf("%d public answers kept as undelivered", n)
	}
}

// flakyQueue loses answers on the way: what was asked for is sometimes done and
// sometimes not.
type flakyQueue struct {
	intake.Queue
	d *dice
}

func (q flakyQueue) Beat(ctx context.Context, t job.Ticket, lease time.Duration, note []byte) (job.Beat, error) {
	if q.d.chance(10) {
		return job.Beat{}, errSome
	}
	return q.Queue.Beat(ctx, t, lease, note)
}

func (q flakyQueue) Claim(ctx context.Context, name string, most int, lease, wait time.Duration) (job.Claimed, error) {
	c, err := q.Queue.Claim(ctx, name, most, lease, wait)
	if q.d.chance(3) {
		return job.Claimed{}, errSome // tickets are lost; their leases run out
	}
	return c, err
}

func (q flakyQueue) Return(ctx context.Context, t job.Ticket, after time.Duration, cause string) error {
	if q.d.chance(20) {
		return errSome
	}
	return q.Queue.Return(ctx, t, after, cause)
}

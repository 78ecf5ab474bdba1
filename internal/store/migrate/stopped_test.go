package migrate_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/store/memory"
	"github.com/tierwise/tierwise/internal/store/migrate"
	"github.com/tierwise/tierwise/internal/store/redis/redistest"
	"github.com/tierwise/tierwise/internal/store/storetest"
	"github.com/tierwise/tierwise/usage"
)

// errPulled is the plug being pulled.
var errPulled = errors.New("pulled")

// fragile is a target that works for a number of calls; the one that fails is
// done, and its answer lost.
type fragile struct {
	storetest.Store
	left int
}

func (f *fragile) breaks() bool { f.left--; return f.left < 0 }

func (f *fragile) Settle(ctx context.Context, s usage.Settlement) (usage.Settled, error) {
	out, err := f.Store.Settle(ctx, s)
	if f.breaks() {
		err = errPulled
	}
	return out, err
}

func (f *fragile) Write(ctx context.Context, t string, w ...record.Write) error {
	err := f.Store.Write(ctx, t, w...)
	if f.breaks() {
		err = errPulled
	}
	return err
}

func (f *fragile) SetLimits(ctx context.Context, t string, put []usage.Limit, remove []string) error {
	err := f.Store.SetLimits(ctx, t, put, remove)
	if f.breaks() {
		err = errPulled
	}
	return err
}

func (f *fragile) Rebuild(ctx context.Context, t string, k usage.WindowKind, id string, rows map[usage.Key]usage.Cell, settled map[string]money.Nano) error {
	err := f.Store.Rebuild(ctx, t, k, id, rows, settled)
	if f.breaks() {
		err = errPulled
	}
	return err
}

func (f *fragile) Beat(ctx context.Context, k job.Ticket, l time.Duration, note []byte) (job.Beat, error) {
	b, err := f.Store.Beat(ctx, k, l, note)
	if f.breaks() {
		err = errPulled
	}
	return b, err
}

func (f *fragile) Postpone(ctx context.Context, k job.PostTicket, after time.Duration, known bool) error {
	err := f.Store.Postpone(ctx, k, after, known)
	if f.breaks() {
		err = errPulled
	}
	return err
}

func (f *fragile) Enqueue(ctx context.Context, j job.Job) (bool, error) {
	first, err := f.Store.Enqueue(ctx, j)
	if f.breaks() {
		err = errPulled
	}
	return first, err
}

func (f *fragile) Claim(ctx context.Context, w string, max int, l, wait time.Duration) (job.Claimed, error) {
	c, err := f.Store.Claim(ctx, w, max, l, wait)
	if f.breaks() {
		err = errPulled
	}
	return c, err
}

func (f *fragile) Return(ctx context.Context, k job.Ticket, after time.Duration, cause string) error {
	err := f.Store.Return(ctx, k, after, cause)
	if f.breaks() {
		err = errPulled
	}
	return err
}

func (f *fragile) Posts(ctx context.Context, s string, max int, l, wait time.Duration) ([]job.PostTicket, error) {
	ps, err := f.Store.Posts(ctx, s, max, l, wait)
	if f.breaks() {
		err = errPulled
	}
	return ps, err
}

// pairing is two stores for one copy: a source in use, and an empty target with
// a way to let time pass in it.
type pairing func(t *testing.T) (src source, dst storetest.Store, clk clock.Clock, advance func(time.Duration))

func TestACopyThatWasStoppedIsCompleted(t *testing.T) {
	t.Run("memory to memory", func(t *testing.T) {
		stopEverywhere(t, func(t *testing.T) (source, storetest.Store, clock.Clock, func(time.Duration)) {
			clk := clock.NewManual(now)
			src, dst := memory.New(clk), memory.New(clk)
			used(t, src, clk, 1)
			return src, dst, clk, clk.Advance
		})
	})
	t.Run("sqlite to redis", func(t *testing.T) {
		clk := clock.NewManual(now)
		src := openSQLite(t, clk) // a copy changes nothing in it, so one serves all
		used(t, src, clk, 1)
		server := redistest.Start(t, redistest.Off)
		stopEverywhere(t, func(t *testing.T) (source, storetest.Store, clock.Clock, func(time.Duration)) {
			server.Flush(t)
			dst, advance := openServer(t, server)
			return src, dst, clk, advance
		})
	})
}

// stopEverywhere stops a copy after each of its calls, takes it up again, and
// demands that the target is then what it would have been.
func stopEverywhere(t *testing.T, fresh pairing) {
	whole, stride := false, 1
	if testing.Short() {
		stride = 9
	}
	for step := 0; !whole; step += stride {
		src, dst, clk, advance := fresh(t)
		f := &fragile{Store: dst, left: step}
		c := copyOf(t, src, f, clk)
		_, err := c.Run(ctx)
		if whole = err == nil; !whole {
			if !errors.Is(err, errPulled) {
				t.Fatalf("stopped at %d: %v", step, err)
			}
			f.left = 1 << 30
			advance(2 * time.Minute) // the operator needs a moment; leases run out
			if _, err := c.Run(ctx); err != nil && !errors.Is(err, migrate.ErrDone) {
				t.Fatalf("taken up after a stop at %d: %v", step, err)
			}
		}
		want, got := stateOf(t, src, true), stateOf(t, dst, true)
		expiriesAside(&want, &got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("stopped at %d: the copy differs (-source +copy):\n%s", step, diff)
		}
		checkStopped(t, dst, advance, step)
		if whole {
			t.Logf("the copy was stopped at %d of its steps and then whole", step/stride)
		}
	}
}

// checkStopped is checkWork for a copy that was stopped: a post that was being
// looked at then may count as tried, and a job as delivered once more.
func checkStopped(tb testing.TB, to storetest.Store, advance func(time.Duration), step int) {
	tb.Helper()
	advance(2 * time.Minute)
	var posts []string
	for range 3 {
		for _, p := range must(to.Posts(ctx, "p", 10, time.Hour, 0))(tb) {
			posts = append(posts, p.Post.ID)
			if p.Post.ID == "poster/1" && !p.Sent {
				tb.Fatalf("stopped at %d: a post that may have been sent is taken for new", step)
			}
			do(tb, to.Confirm(ctx, p))
		}
	}
	var jobs []string
	for range 4 {
		for _, k := range must(to.Claim(ctx, "w", 10, time.Hour, 0))(tb).Given {
			jobs = append(jobs, k.Job.ID)
			if k.Job.ID == "tried" && (k.Delivery < 4 || string(k.Note) != "note 2") {
				tb.Fatalf("stopped at %d: the tried job comes as delivery %d with %q", step, k.Delivery, k.Note)
			}
			must(to.Settle(ctx, usage.Settlement{Tenant: k.Job.Tenant, Hold: k.Hold(), Finish: &job.Finish{Ticket: k}}))(tb)
		}
	}
	slices.Sort(posts)
	if !slices.Equal(posts, []string{"poster/1", "poster/2", "poster/3"}) || !slices.Equal(jobs, []string{"tried", "fresh", "behind"}) {
		tb.Fatalf("stopped at %d: posts %q, jobs %q", step, posts, jobs)
	}
}

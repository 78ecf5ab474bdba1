package outage_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/store/memory"
	"github.com/tierwise/tierwise/internal/store/outage"
)

// replaced is a store that is replaced by an older state of itself, over a new
// connection, in the middle of the next claim or beat.
type replaced struct {
	*line
	doubt *outage.Doubt
	older *memory.Store // nil: not now
}

func (r *replaced) swap() {
	if r.older != nil {
		r.line.Store, r.older = r.older, nil
		r.doubt.Met("another run")
	}
}

func (r *replaced) Claim(ctx context.Context, worker string, most int, lease, wait time.Duration) (job.Claimed, error) {
	r.swap()
	return r.line.Claim(ctx, worker, most, lease, wait)
}

func (r *replaced) Beat(ctx context.Context, t job.Ticket, lease time.Duration, note []byte) (job.Beat, error) {
	r.swap()
	return r.line.Beat(ctx, t, lease, note)
}

func doubtful(t *testing.T) (*world, *replaced) {
	t.Helper()
	w := open(t)
	r := &replaced{line: w.line, doubt: outage.NewDoubt()}
	w.front = outage.New(outage.Parts{Store: r, Spool: w.spool, Name: "a", Doubt: r.doubt, Says: says, Clock: w.clock, Log: slog.New(slog.DiscardHandler)})
	w.tend(t)
	return w, r
}

// accept accepts a job and claims it.
func (w *world) accept(t *testing.T) job.Ticket {
	t.Helper()
	if _, err := w.front.Enqueue(t.Context(), job.Job{ID: "job1", Tenant: tenant, Marks: []string{"1"}, Event: []byte("sealed")}); err != nil {
		t.Fatal(err)
	}
	c, err := w.front.Claim(t.Context(), "w", 1, time.Minute, 0)
	if err != nil || len(c.Given) != 1 {
		t.Fatalf("claimed %+v, %v", c, err)
	}
	return c.Given[0]
}

// TestWhatAnOlderStateGivesIsGivenBack: the store is replaced while a claim waits.
// The job it gives, which was answered, is not run; when the store was told what
// was, nothing is left to do, and nothing was given before all had told.
func TestWhatAnOlderStateGivesIsGivenBack(t *testing.T) {
	w, r := doubtful(t)
	older := memory.New(w.clock)
	ticket := w.accept(t)
	if _, err := older.Enqueue(t.Context(), ticket.Job); err != nil {
		t.Fatal(err)
	}
	w.end(t, 1, ticket)
	r.older = older
	if c, err := w.front.Claim(t.Context(), "w", 1, time.Minute, 0); err != nil || len(c.Given) != 0 {
		t.Errorf("claimed %+v, %v from a store that had lost its end", c, err)
	}
	w.line.missing.Store(int64(time.Second))
	w.tend(t)
	if w.front.Ready(t.Context(), 0) {
		t.Error("ready before others have told what they remember")
	}
	if _, err := w.front.Enqueue(t.Context(), job.Job{ID: "job2", Tenant: tenant, Marks: []string{"2"}}); err == nil {
		t.Error("an event was accepted by a store that is being put back, and not by the spool")
	}
	w.line.missing.Store(0)
	w.tend(t)
	if b, err := w.line.Backlog(t.Context()); err != nil || b.Ready+b.Running+b.Waiting != 0 || b.Outbox != 1 || !w.front.Ready(t.Context(), 0) {
		t.Errorf("backlog %+v, %v; want the answer only", b, err)
	}
}

// TestARunningJobOutlivesItsStore: the store comes back without the job that runs.
// Its beats are not answered that it is lost, and what it then says goes out, once.
func TestARunningJobOutlivesItsStore(t *testing.T) {
	w, r := doubtful(t)
	ticket := w.accept(t)
	r.older = memory.New(w.clock)
	if _, err := w.front.Beat(t.Context(), ticket, time.Minute, nil); err == nil || errors.Is(err, job.ErrLost) {
		t.Errorf("a beat to a store that had lost the job: %v", err)
	}
	w.end(t, 1, ticket) // it waits on this machine
	w.tend(t)
	w.tend(t)
	if _, err := w.front.Beat(t.Context(), ticket, time.Minute, nil); !errors.Is(err, job.ErrLost) {
		t.Errorf("a beat of a job that has ended: %v", err)
	}
	posts, err := w.front.Posts(t.Context(), "p", 8, time.Minute, 0)
	if err != nil || len(posts) != 1 || posts[0].Sent {
		t.Errorf("posts %+v, %v; want the answer", posts, err)
	}
	if p := w.proof(t); p.Entries != 1 || p.Cost != 100 {
		t.Errorf("books %+v", p)
	}
}

package outage_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/store/memory"
	"github.com/tierwise/tierwise/internal/store/outage"
	"github.com/tierwise/tierwise/usage"
)

// running gives the ticket of a job that holds money and has called its
// provider.
func (w *world) running(t *testing.T, n int) job.Ticket {
	t.Helper()
	ctx, s := t.Context(), w.settlement(n)
	if _, err := w.line.Store.Enqueue(ctx, job.Job{ID: fmt.Sprint("job", n), Tenant: tenant, Marks: []string{fmt.Sprint(n)}}); err != nil {
		t.Fatal(err)
	}
	claim, err := w.line.Store.Claim(ctx, "w", 1, 12*time.Second, 0)
	ts := claim.Given
	if err != nil || len(ts) != 1 {
		t.Fatalf("claimed %d, %v", len(ts), err)
	}
	if h, err := w.line.Store.Hold(ctx, usage.HoldRequest{
		Tenant: tenant, Hold: s.Hold, Scopes: s.Entry.Scopes(), Windows: s.Fallback, Steps: []usage.StepHold{{N: 1, Amount: 200}}, TTL: time.Hour,
	}); err != nil || !h.Granted {
		t.Fatalf("hold %+v, %v", h, err)
	}
	e := *s.Entry
	e.Status, e.Cost = usage.Uncertain, 200
	if err := w.line.Store.Dispatch(ctx, usage.DispatchRequest{Tenant: tenant, Hold: s.Hold, Step: 1, Provisional: e}); err != nil {
		t.Fatal(err)
	}
	return ts[0]
}

// end settles a running job's call and ends the job with a post.
func (w *world) end(t *testing.T, n int, ticket job.Ticket) {
	t.Helper()
	s := w.settlement(n)
	s.Finish = &job.Finish{Ticket: ticket, Posts: []job.Outgoing{{ID: ticket.Job.ID + "/1", Tenant: tenant, Body: []byte("sealed")}}}
	if _, err := w.front.Settle(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

func TestAJobThatEndsInAnOutageAnswersAfterIt(t *testing.T) {
	w := open(t)
	ticket := w.running(t, 1)
	w.line.before.Store(true)
	w.end(t, 1, ticket)
	w.clock.Advance(time.Minute) // its lease has run out
	if w.front.Ready(t.Context(), time.Millisecond) {
		t.Error("ready during the outage")
	}
	ready := make(chan bool)
	go func() { ready <- w.front.Ready(context.Background(), time.Minute) }()
	w.line.before.Store(false)
	if err := w.front.Tend(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !<-ready {
		t.Error("not ready after the outage")
	}
	posts, err := w.line.Posts(t.Context(), "p", 8, time.Minute, 0)
	if err != nil || len(posts) != 1 {
		t.Errorf("%d posts, %v; want the answer", len(posts), err)
	}
	if b, err := w.line.Backlog(t.Context()); err != nil || b.Running+b.Ready != 0 {
		t.Errorf("backlog %+v, %v; the job is not to run again", b, err)
	}
	if p := w.proof(t); p.Entries != 1 || p.Cost != 100 || p.Held != 0 {
		t.Errorf("books %+v", p)
	}
}

func TestAJobTakenOverMeanwhileIsOnlyBooked(t *testing.T) {
	w := open(t)
	ticket := w.running(t, 1)
	w.line.before.Store(true)
	w.end(t, 1, ticket)
	w.clock.Advance(time.Minute)
	if c, err := w.line.Store.Claim(t.Context(), "other", 1, time.Minute, 0); err != nil || len(c.Given) != 1 {
		t.Fatalf("another replica claimed %d, %v", len(c.Given), err)
	}
	w.line.before.Store(false)
	if err := w.front.Tend(t.Context()); err != nil {
		t.Fatal(err)
	}
	if posts, err := w.line.Posts(t.Context(), "p", 8, time.Minute, 0); err != nil || len(posts) != 0 {
		t.Errorf("%d posts, %v; the other replica answers", len(posts), err)
	}
	if p := w.proof(t); p.Entries != 2 || p.Cost != 100 {
		t.Errorf("%d entries, %d; want the uncertain one and its correction, 100 together", p.Entries, p.Cost)
	}
}

func TestMoneyOfYesterdayIsBookedYesterday(t *testing.T) {
	w := open(t)
	w.clock.Set(time.Date(2026, 11, 30, 23, 59, 0, 0, time.UTC))
	w.line.before.Store(true)
	if _, err := w.front.Settle(t.Context(), w.settlement(1)); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(49 * time.Hour)
	w.line.before.Store(false)
	if err := w.front.Tend(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows, _, err := w.line.Entries(t.Context(), tenant, "2026-11", "", 10)
	if err != nil || len(rows) != 1 || rows[0].Windows.Day != "2026-11-30" {
		t.Errorf("entries of the month in which it was spent: %+v, %v", rows, err)
	}
}

// refusing is a store that will not take one job and one settlement.
type refusing struct{ *line }

var errRefused = errors.New("refused")

func (r refusing) Enqueue(ctx context.Context, j job.Job) (bool, error) {
	if j.ID == "bad" {
		return false, errRefused
	}
	return r.line.Enqueue(ctx, j)
}

func (r refusing) Settle(ctx context.Context, s usage.Settlement) (usage.Settled, error) {
	if s.Entry.ID == "job1.1.1" {
		return usage.Settled{}, errRefused
	}
	return r.line.Settle(ctx, s)
}

func TestWhatTheStoreRefusesIsKeptAndHoldsNothingUp(t *testing.T) {
	w := open(t)
	var logs bytes.Buffer
	w.front = front(refusing{w.line}, w.spool, w.clock, slog.New(slog.NewTextHandler(&logs, nil)))
	w.line.before.Store(true)
	w.clock.Advance(-time.Minute)
	_, _ = w.front.Hold(t.Context(), usage.HoldRequest{})
	w.clock.Advance(time.Minute) // down: nothing asks the store first
	for n := range 3 {
		if _, err := w.front.Settle(t.Context(), w.settlement(n)); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{"bad", "good"} {
		if err := w.spool.Keep(t.Context(), job.Job{ID: id, Tenant: tenant, Marks: []string{id}}); err != nil {
			t.Fatal(err)
		}
	}
	w.line.before.Store(false)
	for range 5 {
		if err := w.front.Tend(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if st := w.front.Status(); st.Jobs != 1 || st.Settlements != 1 || st.State != outage.OK {
		t.Errorf("status %+v; want the refused job and settlement", st)
	}
	if n := strings.Count(logs.String(), "refuses"); n != 2 {
		t.Errorf("told %d times of two refusals", n)
	}
	if !w.front.Ready(t.Context(), 0) {
		t.Error("a refused settlement keeps work from being claimed")
	}
	if p := w.proof(t); p.Entries != 2 {
		t.Errorf("%d entries", p.Entries)
	}
}

func TestARollbackThatNobodySawIsFound(t *testing.T) {
	w := open(t)
	w.tend(t)
	for n := range 300 {
		w.clock.Advance(100 * time.Millisecond)
		if _, err := w.front.Settle(t.Context(), w.settlement(n)); err != nil {
			t.Fatal(err)
		}
	}
	older := memory.New(w.clock)
	for n := range 40 { // the end is missing
		if _, err := older.Settle(t.Context(), w.settlement(n)); err != nil {
			t.Fatal(err)
		}
	}
	w.line.Store = older
	if err := w.front.Tend(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p := w.proof(t); p.Entries != 300 || p.Cost != 30_000 {
		t.Errorf("%d entries, %d after the rollback", p.Entries, p.Cost)
	}
}

func TestACallerThatGivesUpSaysNothingOfTheStore(t *testing.T) {
	w := open(t)
	w.line.before.Store(true)
	_, _ = w.front.Hold(t.Context(), usage.HoldRequest{})
	w.clock.Advance(3 * time.Second)
	if st := w.front.Status(); st.State != outage.Down {
		t.Fatalf("status %+v", st)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	w.line.cancelled.Store(true)
	if err := w.front.Tend(gone); err == nil {
		t.Error("tending for a caller that is gone")
	}
	if st := w.front.Status(); st.State != outage.Down {
		t.Errorf("status %+v after a cancelled call", st)
	}
}

func (w *world) tend(t *testing.T) {
	t.Helper()
	if err := w.front.Tend(t.Context()); err != nil {
		t.Fatal(err)
	}
}

package outage_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/store/outage"
	"github.com/tierwise/tierwise/usage"
)

// TestWhatIsNotConfirmedHoldsNothingUp: the store does everything and confirms
// nothing. Callers get their answers, money is held, jobs are given and end;
// what was done is kept here until the store confirms it, once each.
func TestWhatIsNotConfirmedHoldsNothingUp(t *testing.T) {
	w := open(t)
	ctx := t.Context()
	w.line.alone.Store(true)
	for n := range 5 {
		first, err := w.front.Enqueue(ctx, job.Job{ID: fmt.Sprint("job", n), Tenant: tenant, Marks: []string{fmt.Sprint(n)}})
		if err != nil || !first {
			t.Fatalf("enqueue: %v, %v", first, err)
		}
	}
	claim, err := w.line.Claim(ctx, "w", 8, time.Minute, 0)
	tickets := claim.Given
	if err != nil || len(tickets) != 5 {
		t.Fatalf("claimed %d, %v", len(tickets), err)
	}
	for n, ticket := range tickets {
		s := w.settlement(n)
		h, err := w.front.Hold(ctx, usage.HoldRequest{Tenant: tenant, Hold: s.Hold, Scopes: s.Entry.Scopes(), Windows: s.Fallback, Steps: []usage.StepHold{{N: 1, Amount: 200}}, TTL: time.Minute})
		if err != nil || !h.Granted {
			t.Fatalf("hold %+v, %v", h, err)
		}
		s.Finish = &job.Finish{Ticket: ticket, Posts: []job.Outgoing{{ID: ticket.Job.ID + "/1", Tenant: tenant}}}
		if out, err := w.front.Settle(ctx, s); err != nil || !out.Booked || out.Entry.At.IsZero() {
			t.Fatalf("settled %+v, %v; want the store's answer", out, err)
		}
	}
	for range 2 {
		if err := w.front.Tend(ctx); err != nil {
			t.Fatal(err)
		}
		st := w.front.Status()
		if st.State != outage.OK || st.Unconfirmed != 10 || st.Jobs+st.Settlements != 0 || st.Oldest.IsZero() {
			t.Errorf("status %+v; want ten unconfirmed and nothing else", st)
		}
		if !w.front.Ready(ctx, 0) {
			t.Error("what is not confirmed keeps work from being claimed")
		}
	}
	w.line.alone.Store(false)
	if err := w.front.Tend(ctx); err != nil {
		t.Fatal(err)
	}
	if st := w.front.Status(); st.Unconfirmed != 0 || !st.Oldest.IsZero() {
		t.Errorf("status %+v after the confirmation", st)
	}
	if p := w.proof(t); p.Entries != 5 || p.Cost != 500 || p.Held != 0 {
		t.Errorf("books %+v", p)
	}
	if posts, err := w.line.Posts(ctx, "p", 16, time.Minute, 0); err != nil || len(posts) != 5 {
		t.Errorf("%d posts, %v", len(posts), err)
	}
	if b, err := w.line.Backlog(ctx); err != nil || b.Running+b.Ready != 0 {
		t.Errorf("backlog %+v, %v", b, err)
	}
}

// TestWhatWaitedIsDoneThoughNotConfirmed: settlements that waited over an outage
// are booked when the store is back alone, work goes on, and they are confirmed
// later; an event that is never confirmed is not offered for longer than the
// store knows it for a copy.
func TestWhatWaitedIsDoneThoughNotConfirmed(t *testing.T) {
	w := open(t)
	ctx := t.Context()
	w.line.before.Store(true)
	for n := range 3 {
		if _, err := w.front.Settle(ctx, w.settlement(n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.spool.Keep(ctx, job.Job{ID: "a", Tenant: tenant, Marks: []string{"a"}}); err != nil {
		t.Fatal(err)
	}
	w.line.before.Store(false)
	w.line.alone.Store(true)
	if err := w.front.Tend(ctx); err != nil {
		t.Fatal(err)
	}
	if st := w.front.Status(); st.State != outage.OK || st.Unconfirmed != 4 || st.Jobs+st.Settlements != 0 || !w.front.Ready(ctx, 0) {
		t.Errorf("status %+v", st)
	}
	if p := w.proof(t); p.Entries != 3 {
		t.Errorf("%d entries", p.Entries)
	}
	w.clock.Advance(24*time.Hour + time.Second)
	if err := w.front.Tend(ctx); err != nil {
		t.Fatal(err)
	}
	if st := w.front.Status(); st.Unconfirmed != 3 {
		t.Errorf("status %+v; the event is too old to be offered", st)
	}
	w.line.alone.Store(false)
	if err := w.front.Tend(ctx); err != nil {
		t.Fatal(err)
	}
	if b, err := w.line.Backlog(ctx); err != nil || b.Ready != 1 || w.front.Status().Unconfirmed != 0 {
		t.Errorf("backlog %+v, %v", b, err)
	}
}

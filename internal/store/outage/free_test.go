package outage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/store/outage"
	"github.com/tierwise/tierwise/usage"
)

// TestTheLocalTierWorksWithoutTheStore: a turn that costs nothing goes from its
// hold to its end while the store is away; afterwards it is booked once and its
// answer is in the outbox. What costs something is refused meanwhile.
func TestTheLocalTierWorksWithoutTheStore(t *testing.T) {
	w := open(t)
	ctx := t.Context()
	if _, err := w.front.Enqueue(ctx, job.Job{ID: "job1", Tenant: tenant, Marks: []string{"1"}}); err != nil {
		t.Fatal(err)
	}
	claim, err := w.line.Claim(ctx, "w", 1, time.Minute, 0)
	tickets := claim.Given
	if err != nil || len(tickets) != 1 {
		t.Fatalf("claimed %d, %v", len(tickets), err)
	}
	w.line.before.Store(true)
	hold := usage.HoldRequest{
		Tenant: tenant, Hold: tickets[0].Hold(), Scopes: []usage.Scope{usage.WholeWorkspace()}, Windows: usage.Calendar{}.Windows(w.clock.Now()),
		Steps: []usage.StepHold{{N: 1}}, TTL: time.Minute,
	}
	paid := hold
	paid.Hold, paid.Steps = "paid", []usage.StepHold{{N: 1}, {N: 2, Amount: 1}}
	for _, state := range []outage.State{outage.Degraded, outage.Down} {
		if _, err := w.front.Hold(ctx, paid); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: a hold of money: %v", state, err)
		}
		h, err := w.front.Hold(ctx, hold)
		if err != nil || !h.Granted || h.Windows != (usage.Booked{Day: "2026-11-24", Week: "2026-W48", Month: "2026-11"}) {
			t.Errorf("%s: a hold of nothing: %+v, %v", state, h, err)
		}
		if got := w.front.Status().State; got != state {
			t.Errorf("state %s, want %s", got, state)
		}
		w.clock.Advance(3 * time.Second)
	}
	s := w.settlement(1)
	s.Entry.Tier, s.Entry.Cost, s.Entry.Estimate, s.Entry.Source = "local", 0, 0, usage.Free
	provisional := *s.Entry
	provisional.Status = usage.Uncertain
	if err := w.front.Dispatch(ctx, usage.DispatchRequest{Tenant: tenant, Hold: "paid", Step: 1, Provisional: provisional}); !errors.Is(err, errCut) {
		t.Errorf("a step of a hold that was not granted was sent: %v", err)
	}
	if err := w.front.Dispatch(ctx, usage.DispatchRequest{Tenant: tenant, Hold: hold.Hold, Step: 1, Provisional: provisional}); err != nil {
		t.Fatal(err)
	}
	s.Hold = hold.Hold
	s.Finish = &job.Finish{Ticket: tickets[0], Posts: []job.Outgoing{{ID: "job1/1", Tenant: tenant, Body: []byte("sealed")}}}
	if _, err := w.front.Settle(ctx, s); err != nil {
		t.Fatal(err)
	}
	w.line.before.Store(false)
	if err := w.front.Tend(ctx); err != nil {
		t.Fatal(err)
	}
	posts, err := w.line.Posts(ctx, "p", 8, time.Minute, 0)
	if err != nil || len(posts) != 1 {
		t.Errorf("%d posts, %v; want the answer", len(posts), err)
	}
	if p := w.proof(t); p.Entries != 1 || p.Cost != 0 {
		t.Errorf("books %+v", p)
	}
}

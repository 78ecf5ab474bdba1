package intake_test

import (
	"context"
	"time"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/usage"
)

func row(t job.Ticket, step int, cost money.Nano) usage.Entry {
	return usage.Entry{
		ID: t.Attempt(step), Tenant: tenant, Job: t.Job.ID, Channel: "C1", Actor: "p_ann", Team: "red", Workflow: "triage",
		Cost: cost, Status: usage.OK, Source: usage.Computed,
	}
}

// dispatch holds money for one step and marks it sent.
func (w *world) dispatch(t job.Ticket, step int, estimate money.Nano) {
	w.t.Helper()
	ctx, e := context.Background(), row(t, step, estimate)
	held, err := w.store.Hold(ctx, usage.HoldRequest{
		Tenant: tenant, Hold: t.Hold(), Scopes: e.Scopes(), Windows: usage.Calendar{}.Windows(time.Now()),
		Steps: []usage.StepHold{{N: step, Amount: estimate}}, TTL: time.Hour,
	})
	if err != nil || !held.Granted {
		w.t.Fatalf("hold: %+v, %v", held, err)
	}
	e.Status, e.Source = usage.Uncertain, usage.Estimated
	if err := w.store.Dispatch(ctx, usage.DispatchRequest{Tenant: tenant, Hold: t.Hold(), Step: step, Provisional: e}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) settlement(t job.Ticket, step int, cost money.Nano) usage.Settlement {
	e := row(t, step, cost)
	return usage.Settlement{Tenant: tenant, Hold: t.Hold(), Step: step, Entry: &e}
}

// books fails the test unless the ledger proves right and comes to this.
func (w *world) books(cost money.Nano, entries int64) {
	w.t.Helper()
	p, err := usage.Verify(context.Background(), w.store, tenant)
	if err != nil {
		w.t.Fatal(err)
	}
	if len(p.Differences) > 0 || p.Cost != cost || p.Entries != entries || p.Held != 0 {
		w.t.Errorf("books: %d entries, cost %d, held %d, differences %v; want %d entries, cost %d", p.Entries, p.Cost, p.Held, p.Differences, entries, cost)
	}
}

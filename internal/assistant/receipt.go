package assistant

import (
	"context"
	"errors"
	"fmt"

	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/turn"
)

// receipt is the record of why and for how much, of an answer or a refusal.
func (w *work) receipt(out answer) turn.Receipt {
	r := turn.Receipt{
		Job: w.t.Ticket.Job.ID, At: w.a.Clock.Now(), By: w.t.Caller.ID, Place: w.t.Event.ReplyTo.Place, Private: w.private(), Intent: string(w.want.Intent),
		Workflow: w.charge.workflow, Team: w.charge.team, Model: out.model.ID, Cost: w.spent, Reasons: w.decision.Reasons, Request: w.request,
		Sample: w.a.Models.Sample(),
	}
	if out.model.ID != "" {
		r.Tier = out.model.Tier.String()
	}
	for _, f := range out.failed {
		r.Checks = append(r.Checks, f.Code)
	}
	return r
}

// receiptOf reads the receipt of an answer, if the caller may see the answer:
// the one who asked, or, for an answer in a thread, whoever reads it there.
func (a *Assistant) receiptOf(ctx context.Context, t turn.Task, jobID string) (turn.Receipt, error) {
	none := fault.New(fault.NotFound, "I no longer have the receipt of that answer.")
	rec, err := a.Records.Get(ctx, t.Event.Place.Tenant(), record.Receipt, jobID)
	if errors.Is(err, record.ErrNotFound) {
		return turn.Receipt{}, none
	}
	if err != nil {
		return turn.Receipt{}, fmt.Errorf("assistant: receipt: %w", err)
	}
	r, err := turn.ReadReceipt(rec)
	if err == nil && r.By != t.Caller.ID && (r.Private || !r.Place.InChannelOf(t.Event.Place)) {
		return turn.Receipt{}, none
	}
	return r, err
}

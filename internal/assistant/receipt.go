package assistant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/router"
)

// receiptFor is how long a receipt is kept. It holds no content.
const receiptFor = 90 * 24 * time.Hour

// Receipt says why a tier was chosen and what the answer cost. It holds the
// router's recorded input, so that the decision can be replayed.
type Receipt struct {
	Job      string          `json:"job"`
	At       time.Time       `json:"at"`
	Intent   string          `json:"intent"`
	Workflow string          `json:"workflow"`
	Team     string          `json:"team"`
	Tier     string          `json:"tier"`
	Model    string          `json:"model"`
	Cost     money.Nano      `json:"cost"`
	Checks   []string        `json:"checks,omitempty"` // codes of checks that failed
	Reasons  []router.Reason `json:"reasons"`
	Request  router.Request  `json:"request"`
	Sample   bool            `json:"sample,omitempty"`
}

func (w *work) receipt(out answer) Receipt {
	r := Receipt{
		Job: w.t.Ticket.Job.ID, At: w.a.Clock.Now(), Intent: string(w.want.Intent), Workflow: w.charge.workflow, Team: w.charge.team,
		Model: out.model.ID, Cost: w.spent, Reasons: w.decision.Reasons, Request: w.request, Sample: w.a.Models.Sample(),
	}
	if out.model.ID != "" {
		r.Tier = out.model.Tier.String()
	}
	for _, f := range out.failed {
		r.Checks = append(r.Checks, f.Code)
	}
	return r
}

func (r Receipt) write() (record.Write, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return record.Write{}, fmt.Errorf("assistant: receipt: %w", err)
	}
	return record.Put(record.Receipt, r.Job, b, receiptFor), nil
}

// ReadReceipt reads a stored receipt.
func ReadReceipt(rec record.Record) (Receipt, error) {
	var r Receipt
	if err := json.Unmarshal(rec.Body, &r); err != nil {
		return r, fmt.Errorf("assistant: receipt: %w", err)
	}
	return r, nil
}

func (a *Assistant) receipt(ctx context.Context, tenant, jobID string) (Receipt, error) {
	rec, err := a.Records.Get(ctx, tenant, record.Receipt, jobID)
	if errors.Is(err, record.ErrNotFound) {
		return Receipt{}, fault.New(fault.NotFound, "I no longer have the receipt of that answer.")
	}
	if err != nil {
		return Receipt{}, fmt.Errorf("assistant: receipt: %w", err)
	}
	return ReadReceipt(rec)
}

// Text is the receipt for a person.
func (r Receipt) Text() string {
	var b strings.Builder
	if r.Model != "" {
		fmt.Fprintf(&b, "**%s** (%s) answered for %s", r.Tier, r.Model, r.Cost)
	} else {
		b.WriteString("**No model answered**")
	}
	fmt.Fprintf(&b, ", charged to the workflow %s, team %s.\n", r.Workflow, r.Team)
	for _, reason := range r.Reasons {
		b.WriteString("- " + reason.Text + "\n")
	}
	if len(r.Checks) > 0 {
		b.WriteString("- Checks that did not pass: " + strings.Join(r.Checks, ", ") + ".\n")
	}
	return b.String()
}

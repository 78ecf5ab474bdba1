package turn

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/router"
)

// receiptFor is how long a receipt is kept. It holds no content.
const receiptFor = 90 * 24 * time.Hour

// Receipt says why a tier was chosen and what the answer cost. It holds the
// router's recorded input, so that the decision can be replayed, and whose
// answer it was, so that nobody else reads what is not theirs to see.
type Receipt struct {
	Job      string          `json:"job"`
	At       time.Time       `json:"at"`
	By       string          `json:"by"`    // pseudonym of who asked
	Place    chat.Place      `json:"place"` // where the answer went
	Private  bool            `json:"private,omitempty"`
	Intent   string          `json:"intent"`
	Workflow string          `json:"workflow"`
	Team     string          `json:"team"`
	Tier     string          `json:"tier"`  // "" when no model answered
	Model    string          `json:"model"` // "" when no model answered
	Cost     money.Nano      `json:"cost"`
	Checks   []string        `json:"checks,omitempty"` // codes of checks that failed
	Reasons  []router.Reason `json:"reasons"`
	Request  router.Request  `json:"request"`
	Sample   bool            `json:"sample,omitempty"`
}

// Write is the record to store.
func (r Receipt) Write() (record.Write, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return record.Write{}, fmt.Errorf("turn: receipt: %w", err)
	}
	return record.Put(record.Receipt, r.Job, b, receiptFor), nil
}

// ReadReceipt reads a stored receipt.
func ReadReceipt(rec record.Record) (Receipt, error) {
	var r Receipt
	if err := json.Unmarshal(rec.Body, &r); err != nil {
		return r, fmt.Errorf("turn: receipt %s: %w", rec.ID, err)
	}
	return r, nil
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

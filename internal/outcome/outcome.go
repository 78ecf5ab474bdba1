// Package outcome records what came of an answer: accepted, rejected or
// unknown, and why. An outcome belongs to a job and is made by something a
// person did (posted, edited, discarded, thumbs, asked for more, corrected),
// never by silence: silence stays unknown. The rows hold no content and no
// name, only the pseudonym of who decided. Adding outcomes up is the audit's
// work.
package outcome

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/record"
)

// State is the verdict.
type State string

// The three states. A later deed of the same person replaces an earlier one.
const (
	Accepted State = "accepted"
	Rejected State = "rejected"
	Unknown  State = "unknown"
)

// Why is what the person did.
type Why string

// The deeds and what they mean.
const (
	Posted    Why = "posted"    // a draft went out
	Shared    Why = "shared"    // a private answer was shown to others
	ThumbsUp  Why = "thumbs_up" // 👍
	ThumbsDn  Why = "thumbs_dn" // 👎
	Discarded Why = "discarded" // a draft was thrown away
	Redone    Why = "redone"    // another try was asked for
	Escalated Why = "escalated" // a stronger model was asked for
	Right     Why = "right"     // a label was confirmed
	Corrected Why = "corrected" // a label was changed
	Retracted Why = "retracted" // the answer was taken back
)

// light is the edit distance, in thousandths of the words, up to which an
// edited draft still counts as accepted.
const light = 300

// Of is the verdict a deed gives. edited is how much of a posted draft was
// changed, in thousandths of its words.
func Of(w Why, edited int) State {
	switch w {
	case Posted:
		if edited > light {
			return Rejected
		}
		return Accepted
	case Shared, ThumbsUp, Right:
		return Accepted
	case ThumbsDn, Discarded, Redone, Escalated, Corrected, Retracted:
		return Rejected
	}
	return Unknown
}

// Outcome is one verdict on one answer.
type Outcome struct {
	Job      string     `json:"job"`
	State    State      `json:"state"`
	Why      Why        `json:"why"`
	Edited   int        `json:"edited,omitempty"` // thousandths of the words
	By       string     `json:"by"`               // pseudonym
	At       time.Time  `json:"at"`
	Intent   string     `json:"intent"`
	Tier     string     `json:"tier"`
	Model    string     `json:"model"`
	Channel  string     `json:"channel"`
	Workflow string     `json:"workflow"`
	Cost     money.Nano `json:"cost"` // all attempts of the answer
}

// Write is the record to store; a person's newer verdict on the same answer
// takes the place of the older one.
func (o Outcome) Write() (record.Write, error) {
	b, err := json.Marshal(o)
	if err != nil {
		return record.Write{}, fmt.Errorf("outcome: %w", err)
	}
	return record.Put(record.Outcome, o.Job+"/"+o.By, b, 0), nil
}

// Withdraw takes a person's verdict on an answer back: what it was drawn from did
// not happen.
func Withdraw(job, by string) record.Write { return record.Remove(record.Outcome, job+"/"+by) }

// Read reads a stored outcome.
func Read(r record.Record) (Outcome, error) {
	var o Outcome
	if err := json.Unmarshal(r.Body, &o); err != nil {
		return o, fmt.Errorf("outcome: %s: %w", r.ID, err)
	}
	return o, nil
}

// Package llm is one call to one model, provider-neutral. A Client streams
// deltas and ends with what was used; every failure is one of this package's
// typed errors, so that callers decide by kind. It retries the same model only
// before the first token, and knows nothing of routing, money or chat: which
// model is called and what it costs is decided elsewhere.
package llm

import (
	"context"
	"iter"
	"time"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/internal/token"
)

// Request is one call. Who makes it leaves Model and Step alone until the call
// is over; who serves it only reads them.
type Request struct {
	Model *catalog.Model
	Step  *step.Step
	// User is a pseudonym passed to providers that want one; it may be empty.
	User string
}

// Chunk is one piece of an answer. Text chunks come first; the last chunk has
// Done set and no text.
type Chunk struct {
	Text string
	Done *Done
}

// Done is how a call ended and what it used.
type Done struct {
	Finish Finish
	Tokens token.Count
	// Counted is false when the provider sent no usage: Tokens is then what was
	// counted here, as an estimate.
	Counted bool
	// Cost is the provider's own figure in nano-USD; nil when it sent none.
	Cost    *int64
	Served  string        // the model that answered, as the provider names it
	Service string        // service tier that was used, "" is standard
	ID      string        // the provider's id of the call
	First   time.Duration // to the first token
	Total   time.Duration
	Retries int      // tries before the one that answered
	Fields  []string // names of the usage fields that were seen
}

// Finish is why an answer ended.
type Finish string

// The ways an answer can end.
const (
	Stopped  Finish = "stop"   // the model was done
	Length   Finish = "length" // MaxOutput was reached
	Filtered Finish = "filter" // the provider's content filter cut it
	Other    Finish = "other"
)

// Client calls models.
type Client interface {
	// Stream makes the call and yields its chunks. The sequence ends after a
	// Done chunk or an error; an error after some text is a *CutOff that
	// carries what was received. Breaking out of the loop or ending ctx cancels
	// the call upstream at once.
	Stream(ctx context.Context, r Request) iter.Seq2[Chunk, error]
}

// Health tells how a provider has been doing; the router reads it as a value.
type Health struct {
	Provider string
	Open     bool // the breaker is open: do not send
	Until    time.Time
	Failures int // in the current window
	Calls    int
}

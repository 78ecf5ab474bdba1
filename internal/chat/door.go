package chat

import "context"

// Door is what an adapter knows of the rest of the house: two calls.
type Door interface {
	// Accept makes the event durable; it is answered later. When it returns nil
	// the event is in the store or in the spool and may be acknowledged to the
	// platform. A second copy of an event is accepted silently. On an error the
	// event is nowhere and must not be acknowledged.
	Accept(ctx context.Context, e Event) error
	// Ask answers at once: forms, autocomplete, form checks and the home page.
	// It never calls a provider and never books anything. A failing store gives
	// an Answer with a sentence, not an error.
	Ask(ctx context.Context, q Question) (Answer, error)
}

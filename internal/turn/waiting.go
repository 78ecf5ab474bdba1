package turn

import (
	"context"

	"github.com/tierwise/tierwise/internal/chat"
)

// Waiting is an accepted event that waits for its turn, and the one that has
// the place it waits for.
type Waiting struct {
	Job    string // of Event
	Event  chat.Event
	Behind chat.Event
	// Ahead is how many come before Event, Behind among them; at least 1.
	Ahead int
	// Still reports whether Behind is not at its end yet. What is said of it
	// is true only while it is.
	Still func(ctx context.Context) (bool, error)
}

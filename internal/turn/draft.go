package turn

import (
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// Draft is a text of somebody's that was not sent yet, as its owner alone sees
// it: an unsent draft, or a private answer that could not be delivered.
type Draft struct {
	ID    string
	Text  string // already neutralised
	At    time.Time
	Place chat.Place // it was asked for here
	// Lost is set for an answer that could not be delivered.
	Lost bool
	// Buttons are what can be done with it.
	Buttons []chat.Button
}

package assistant

import (
	"encoding/json"
	"fmt"

	"github.com/tierwise/tierwise/internal/record"
)

// DraftOf reports whether a saved answer belongs to a person, given as
// pseudonym and platform id; erasing a person removes it then.
func (a *Assistant) DraftOf(tenant string, r record.Record, pseudonym, id string) (bool, error) {
	s, err := a.open(tenant, r)
	if err != nil {
		return false, err
	}
	return s.By == id || s.Person == pseudonym, nil
}

// ThreadOf reports whether a person began the bot's presence in a thread.
func ThreadOf(r record.Record, id string) (bool, error) {
	var th threadState
	if err := json.Unmarshal(r.Body, &th); err != nil {
		return false, fmt.Errorf("assistant: thread: %w", err)
	}
	return th.Owner == id, nil
}

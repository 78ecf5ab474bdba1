package assistant

import (
	"context"
	"fmt"
	"strings"

	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/internal/turn"
)

// Drafts lists what a person has not sent yet, and the private answers that
// could not be delivered to them, the newest first and at most so many. actor
// is the platform's id of the person.
func (a *Assistant) Drafts(ctx context.Context, tenant, actor string, most int) ([]turn.Draft, error) {
	list, err := a.Records.List(ctx, tenant, record.Draft, "")
	if err != nil {
		return nil, fmt.Errorf("assistant: drafts: %w", err)
	}
	var out []turn.Draft
	for i := len(list) - 1; i >= 0 && len(out) < most; i-- { // ids are time-ordered
		s, err := a.open(tenant, list[i])
		if err != nil || !unsent(s, list[i].ID, actor) {
			continue
		}
		d := turn.Draft{ID: list[i].ID, Text: s.Text, At: s.At, Place: s.Event.Place, Lost: undelivered(list[i].ID)}
		if !d.Lost {
			d.Buttons = draftButtons(d.ID, s.Target)
		}
		out = append(out, d)
	}
	return out, nil
}

// unsent reports whether a saved answer is a draft of this person that did not
// go out, or an answer that did not reach them.
func unsent(s saved, id, actor string) bool {
	return s.By == actor && s.Out == "" && s.Text != "" && (s.Want.Intent == step.Draft || undelivered(id))
}

func undelivered(id string) bool { return strings.HasSuffix(id, undeliveredMark) }

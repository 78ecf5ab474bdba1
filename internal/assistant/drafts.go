package assistant

import (
	"context"
	"fmt"
	"strings"

	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/internal/turn"
)

// Drafts lists what a person has not sent yet, and the private answers that
// could not be delivered to them, the newest first and at most so many. actor
// is the platform's id of the person.
func (a *Assistant) Drafts(ctx context.Context, tenant, actor string, most int) ([]turn.Draft, error) {
	who, err := a.People.Pseudonym(ctx, tenant, actor)
	if err != nil {
		return nil, fmt.Errorf("assistant: drafts: %w", err)
	}
	list, err := a.Records.List(ctx, tenant, record.Unsent, who+"/")
	if err != nil {
		return nil, fmt.Errorf("assistant: drafts: %w", err)
	}
	var out []turn.Draft
	for i := len(list) - 1; i >= 0 && len(out) < most; i-- { // ids are time-ordered
		id := strings.TrimPrefix(list[i].ID, who+"/")
		s, err := a.load(ctx, tenant, id)
		switch {
		case fault.KindOf(err) == fault.NotFound: // it expired a moment before its row
			continue
		case err != nil:
			return nil, err
		case !unsent(s, id, actor):
			continue
		}
		d := turn.Draft{ID: id, Text: s.Text, At: s.At, Place: s.Event.Place, Lost: undelivered(id)}
		if !d.Lost {
			d.Buttons = draftButtons(d.ID, s.Target)
		}
		out = append(out, d)
	}
	return out, nil
}

// unsent reports whether a saved answer is a draft of this person that did not
// go out, or an answer that did not reach them.
func unsent(s *saved, id, actor string) bool {
	return s.By == actor && s.Out == "" && s.Text != "" && (s.Want.Intent == step.Draft || undelivered(id))
}

func undelivered(id string) bool { return strings.HasSuffix(id, undeliveredMark) }

// listed is the row by which a person finds a draft or a lost answer without
// reading anybody else's. It is written and removed together with it, lives as
// long, and holds no content.
func listed(pseudonym, id string) record.Write {
	return record.Put(record.Unsent, pseudonym+"/"+id, nil, keepFor)
}

// unlisted removes the row of a draft that is sent or thrown away.
func unlisted(pseudonym, id string) record.Write {
	return record.Remove(record.Unsent, pseudonym+"/"+id)
}

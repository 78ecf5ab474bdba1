package settings

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/record"
)

// OwnedChannels lists the ids of the channels whose owner list names a person
// (a pseudonym) or a group of theirs. A guest or an outsider owns none. It reads
// what every channel has set, and is meant for a page, not for each request.
func (s *Settings) OwnedChannels(ctx context.Context, tenant, person string, actor chat.Actor) ([]string, error) {
	if actor.Guest || actor.External || actor.Bot {
		return nil, nil
	}
	prefix := string(Channel) + "/"
	records, err := s.store.List(ctx, tenant, record.Setting, prefix)
	if err != nil {
		return nil, fmt.Errorf("settings: owned channels: %w", err)
	}
	var out []string
	for _, r := range records {
		var d document
		if err := json.Unmarshal(r.Body, &d); err != nil {
			return nil, fmt.Errorf("settings: owned channels: record %s: %w", r.ID, err)
		}
		owners := strings.Split(d.Values["owner"].Value, ",")
		if named(owners, person, actor) || anyGroup(owners, actor) {
			out = append(out, strings.TrimPrefix(r.ID, prefix))
		}
	}
	return out, nil
}

package slack

import (
	"context"
	"fmt"
	"net/url"

	"github.com/tierwise/tierwise/internal/chat"
)

// direct is the channel of a person's direct conversation with us, which is
// opened where there is none yet. Where the app may not open one, the person's
// id stands for it: Slack takes it for posting, though not for reading.
func (a *Adapter) direct(ctx context.Context, team, person string) (string, error) {
	key := team + "/" + person
	if id, ok := a.directs.get(key); ok {
		return id, nil
	}
	var got struct {
		Channel text `json:"channel"`
	}
	_, err := a.call(ctx, team, call{method: convOpen, args: url.Values{"users": {person}}, patience: lookupPatience}, &got)
	switch {
	case code(err) == "missing_scope":
		return person, nil
	case err != nil:
		return "", fmt.Errorf("slack: open a direct conversation: %w", err)
	case got.Channel == "":
		return "", fmt.Errorf("slack: open a direct conversation: %w", chat.ErrNotFound)
	}
	a.directs.put(key, string(got.Channel))
	return string(got.Channel), nil
}

// directOf is the same where it only would be nice to know: "" when it fails.
func (a *Adapter) directOf(ctx context.Context, team, person string) string {
	if !looksLikeUser(person) {
		return ""
	}
	id, err := a.direct(ctx, team, person)
	if err != nil {
		return ""
	}
	return id
}

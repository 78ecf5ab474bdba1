package gate

import (
	"context"
	"fmt"

	"github.com/tierwise/tierwise/internal/chat"
)

// Threads knows in which threads the bot answers.
type Threads interface {
	Owned(ctx context.Context, at chat.Place) (chat.Owned, error)
}

// Pseudonyms gives the name under which the settings know a person.
type Pseudonyms interface {
	Pseudonym(ctx context.Context, tenant, platformID string) (string, error)
}

// Following is what adapters ask before they take a message without a mention
// as a follow-up; see chat.AddressOf. Follow-ups serve only the person who
// began, so that it is that person's own preference which counts beside the
// channel's.
type Following struct {
	threads  Threads
	people   Pseudonyms
	settings Settings
}

// NewFollowing returns a Following.
func NewFollowing(t Threads, p Pseudonyms, s Settings) *Following { return &Following{t, p, s} }

// Owned is what is known of a thread. One whose owner wants no follow-ups, or
// whose channel wants none, counts as stopped: a mention still works there.
func (f *Following) Owned(ctx context.Context, at chat.Place) (chat.Owned, error) {
	owned, err := f.threads.Owned(ctx, at)
	if err != nil || owned.Owner == "" || owned.Stopped {
		return owned, err
	}
	who, err := f.people.Pseudonym(ctx, at.Tenant(), owned.Owner)
	if err != nil {
		return chat.Owned{}, fmt.Errorf("gate: following: %w", err)
	}
	s, err := f.settings.Resolve(ctx, at, chat.Channel{Place: at.InChannel()}, who)
	if err != nil {
		return chat.Owned{}, fmt.Errorf("gate: following: %w", err)
	}
	owned.Stopped = !s.FollowUps()
	return owned, nil
}

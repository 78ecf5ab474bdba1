package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tierwise/tierwise/internal/chat"
)

// uninstalled: the whole workspace goes.
func (a *Adapter) uninstalled(ctx context.Context, e envelope, _ inner) error {
	return a.removed(ctx, e, nil)
}

// revoked removes only what it lists: the bot's own token, or nothing of ours.
func (a *Adapter) revoked(ctx context.Context, e envelope, in inner) error {
	if len(in.Tokens.Bot) == 0 {
		return nil
	}
	if a.cfg.Store != nil {
		is, _, err := a.installs.load(ctx, e.workspace())
		if err == nil && is.Bot != "" && !slices.Contains(in.Tokens.Bot, is.Bot) {
			return nil // an older token of this app
		}
	}
	return a.removed(ctx, e, in.Tokens.Bot)
}

func (a *Adapter) removed(ctx context.Context, e envelope, bots []string) error {
	team := e.workspace()
	fields := map[string]string{"what": "app"}
	if bots != nil {
		listed, err := json.Marshal(bots)
		if err != nil {
			return nil
		}
		fields = map[string]string{"what": "tokens", "bots": string(listed)}
	}
	at := chat.Place{Platform: chat.Slack, Workspace: team}
	if err := a.accept(ctx, chat.Event{ID: e.ID, Kind: chat.Removed, Place: at, At: a.clock.Now(), Fields: fields, ReplyTo: chat.ReplyTo{Place: at}}); err != nil {
		return err
	}
	a.names.forget(team)
	if err := a.installs.remove(ctx, team); err != nil {
		return fmt.Errorf("%w: %w", errNotDurable, err)
	}
	return nil
}

func (a *Adapter) personChanged(_ context.Context, e envelope, in inner) error {
	a.names.users.drop(e.workspace() + "/" + in.User)
	a.names.missing.drop(e.workspace() + "/" + in.User)
	return nil
}

func (a *Adapter) channelChanged(_ context.Context, e envelope, in inner) error {
	team := e.workspace()
	a.names.channels.drop(team + "/" + string(in.Channel))
	a.names.members.drop(team + "/" + string(in.Channel) + "/" + in.User)
	a.names.lists.drop(team)
	return nil
}

func (a *Adapter) groupsChanged(_ context.Context, e envelope, _ inner) error {
	a.names.groups.drop(e.workspace())
	a.names.memberOf.drop(e.workspace())
	return nil
}

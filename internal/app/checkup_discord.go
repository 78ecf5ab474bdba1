package app

import (
	"context"
	"log/slog"

	"github.com/tierwise/tierwise/bots/discord"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/config"
)

// CheckDiscord asks Discord about the configured token: whether it is accepted,
// what the app may see, whether its commands are registered, and what it may do
// in each server it was added to. It returns nothing where Discord is not
// configured, and changes nothing.
func CheckDiscord(ctx context.Context, cfg config.Config, log *slog.Logger) []Finding {
	if !cfg.HasDiscord() {
		return nil
	}
	allowed := approved(cfg)
	a, err := discord.New(discord.Config{
		Door: closedDoor{}, Owned: func(context.Context, chat.Place) (chat.Owned, error) { return chat.Owned{}, nil },
		FollowUps: func(context.Context, chat.Place, chat.Channel) bool { return false },
		Approved:  func(guild string) bool { return allowed(chat.Place{Platform: chat.Discord, Workspace: guild}.Tenant()) },
		Token:     cfg.DiscordToken, APIURL: cfg.DiscordAPIURL, Log: log,
	})
	if err != nil {
		return []Finding{{false, err.Error(), "Set DISCORD_TOKEN: https://discord.com/developers/applications, your app, page \"Bot\"."}}
	}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	var out []Finding
	for _, f := range a.Diagnose(ctx) {
		out = append(out, Finding{f.OK, f.Say, f.Mend})
	}
	return out
}

package app

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/bots/discord"
	"github.com/tierwise/tierwise/bots/discord/discordtest"
	"github.com/tierwise/tierwise/internal/config"
)

// TestCheckDiscord: what the adapter finds comes through, with what to do.
func TestCheckDiscord(t *testing.T) {
	fake := discordtest.New(t, discordtest.Options{})
	guild := fake.AddGuild("Harbour", fake.AddUser("ruth", false))
	approved := "*"
	check := func(token string) string {
		var said strings.Builder
		for _, f := range CheckDiscord(t.Context(), config.Config{WorkspaceList: approved, DiscordToken: config.NewSecret(token), DiscordAPIURL: fake.URL()}, slog.New(slog.DiscardHandler)) {
			said.WriteString(map[bool]string{true: "ok ", false: "no "}[f.OK] + f.Say + " | " + f.Mend + "\n")
		}
		return said.String()
	}
	has(t, "a new server", check(discordtest.Token), "ok the bot is tierwise | \n", "ok message contents may be seen | \n", "ok the commands are not registered", "ok in Harbour with all permissions it needs | \n")
	approved = ""
	has(t, "a server nobody approved", check(discordtest.Token), "no Harbour is off: it is not approved | Add "+guild+" to TIERWISE_WORKSPACES")
	second := fake.AddGuild("Lighthouse", fake.AddUser("nora", false))
	approved = guild
	has(t, "one of two approved", check(discordtest.Token), "ok Lighthouse is off: it is not approved | Add "+second+" to TIERWISE_WORKSPACES")
	fake.Kick(second, false)
	fake.Revoke(guild, discordtest.ReadHistory)
	fake.SwitchApp(false, false)
	has(t, "a server that lacks something", check(discordtest.Token), "no in Harbour without Read Message History it does not answer | Server Settings", "ok MESSAGE_CONTENT is off", "Message Content Intent")
	has(t, "a wrong token", check("wrong"), "no Discord does not accept DISCORD_TOKEN", "Reset Token")
	if found := CheckDiscord(t.Context(), config.Config{}, slog.New(slog.DiscardHandler)); found != nil {
		t.Errorf("not configured, and it says %+v", found)
	}
}

func TestManifestOfDiscord(t *testing.T) {
	b, err := Manifest(ManifestQuery{Platform: "discord", App: "42"})
	if err != nil {
		t.Fatal(err)
	}
	has(t, "the manifest", string(b), discord.InviteURL("42"), "Read Message History", "Message Content Intent")
	if _, err := Manifest(ManifestQuery{Platform: "discord", App: "4 2"}); err == nil {
		t.Error("an id that is none was taken")
	}
}

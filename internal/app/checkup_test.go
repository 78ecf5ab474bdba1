package app

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/bots/slack"
	"github.com/tierwise/tierwise/bots/slack/slacktest"
	"github.com/tierwise/tierwise/internal/config"
)

// TestCheckSlack: token, scopes and membership, each with what to do.
func TestCheckSlack(t *testing.T) {
	token := config.NewSecret
	cases := []struct {
		name   string
		change func(*slacktest.Fake, *config.Config)
		want   []string // parts of "mark what | mend"
	}{
		{"all is well", nil, []string{"ok Slack workspace T1", "ok all scopes", "ok invited to #"}},
		{"a token that is not one", func(_ *slacktest.Fake, c *config.Config) { c.SlackBotToken = token("xoxb-wrong") },
			[]string{"no Slack refuses SLACK_BOT_TOKEN", "invalid_auth", "begins with xoxb-"}},
		{"an app token that is not one", func(_ *slacktest.Fake, c *config.Config) { c.SlackAppToken = token("xapp-wrong") },
			[]string{"ok Slack workspace", "no Slack refuses SLACK_APP_TOKEN", "connections:write"}},
		{"the smallest manifest", func(f *slacktest.Fake, _ *config.Config) {
			f.Grant("T1", slack.Scopes(slack.Options{Minimal: true})...)
		}, []string{"ok without files:write it does not do", "reinstall the app"}},
		{"a scope for the first answer is missing", func(f *slacktest.Fake, _ *config.Config) {
			f.Grant("T1", "chat:write", "channels:read", "groups:read", "im:read", "mpim:read", "commands")
		}, []string{"no app_mentions:read missing, needed for a first answer"}},
		{"invited nowhere", func(f *slacktest.Fake, _ *config.Config) {
			for _, id := range []string{"C1", "C2", "C3", "C4"} {
				f.ChangeChannel(id, func(c *slacktest.Channel) { c.Members = []string{"U1"} })
			}
		}, []string{"ok the bot is in no channel yet", "/invite", "nothing was ever received", "Start `tierwise serve`"}},
		{"neither way in", func(_ *slacktest.Fake, c *config.Config) { c.SlackSigningSecret = config.Secret{} },
			[]string{"no nothing can reach the bot", "SLACK_APP_TOKEN"}},
		{"no Slack there", func(_ *slacktest.Fake, c *config.Config) { c.SlackAPIURL = "http://127.0.0.1:1/api/" },
			[]string{"no Slack did not answer", "SLACK_API_URL"}},
		{"not configured", func(_ *slacktest.Fake, c *config.Config) { *c = config.Config{} }, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			fake := slacktest.New(t, slacktest.Config{})
			cfg := config.Config{SlackBotToken: token(fake.Sample()), SlackSigningSecret: token(slacktest.SigningSecret), SlackAPIURL: fake.API()}
			fake.Grant("T1", slack.Scopes(slack.Options{})...)
			if c.change != nil {
				c.change(fake, &cfg)
			}
			var said strings.Builder
			for _, f := range CheckSlack(t.Context(), cfg, slog.New(slog.DiscardHandler)) {
				said.WriteString(map[bool]string{true: "ok ", false: "no "}[f.OK] + f.Say + " | " + f.Mend + "\n")
			}
			has(t, "the checkup", said.String(), c.want...)
			if c.want == nil && said.Len() > 0 {
				t.Errorf("it says %q", said.String())
			}
			hasNot(t, "the checkup", said.String(), "xoxb-wrong", "xapp-wrong")
		})
	}
}

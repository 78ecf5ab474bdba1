package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/tierwise/tierwise/bots/slack"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/fault"
)

// Finding is one thing that a look at an installation found.
type Finding struct {
	OK   bool
	Say  string // what is so
	Mend string // what to do about it; "" when it is well
}

// checkTime bounds a look at a platform.
const checkTime = 15 * time.Second

// CheckSlack asks Slack about the configured tokens: whose they are, what they
// may do, where the bot was invited. It returns nothing where Slack is not
// configured, and changes nothing.
func CheckSlack(ctx context.Context, cfg config.Config, log *slog.Logger) []Finding {
	switch {
	case !cfg.HasSlack():
		return nil
	case !cfg.SlackBotToken.IsSet() && cfg.SlackClientID != "":
		return checkInstalls(ctx, cfg, log)
	}
	a, err := slack.New(slack.Config{
		Door: closedDoor{}, Owned: func(context.Context, chat.Place) (chat.Owned, error) { return chat.Owned{}, nil },
		FollowUps: func(context.Context, chat.Place, chat.Channel) bool { return false },
		BotToken:  cfg.SlackBotToken, AppToken: cfg.SlackAppToken, APIURL: cfg.SlackAPIURL, Log: log,
	})
	if err != nil {
		return []Finding{{false, err.Error(), "Set SLACK_BOT_TOKEN: api.slack.com/apps, your app, Install App. It begins with xoxb-."}}
	}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	c, err := a.Checkup(ctx, "")
	if err != nil {
		return []Finding{refusedToken(err, "SLACK_BOT_TOKEN", "Install App, copy the token that begins with xoxb-")}
	}
	out := []Finding{{true, fmt.Sprintf("Slack workspace %s at %s, as %s", c.Team, c.URL, c.Bot), ""}}
	if c.Socket != nil {
		out = append(out, refusedToken(c.Socket, "SLACK_APP_TOKEN", "Basic Information, App-Level Tokens, with the scope connections:write"))
	}
	if !cfg.SlackAppToken.IsSet() && !cfg.SlackSigningSecret.IsSet() {
		out = append(out, Finding{false, "nothing can reach the bot: neither SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET is set",
			"Set SLACK_APP_TOKEN for Socket Mode (Basic Information, App-Level Tokens), or SLACK_SIGNING_SECRET for requests over HTTP."})
	}
	return append(append(append(out, scopesFound(c)...), membershipFound(c)), checkHeard(ctx, cfg, c.Team, log)...)
}

// refusedToken tells a token that Slack does not take from a Slack that cannot
// be reached.
func refusedToken(err error, name, where string) Finding {
	if fault.KindOf(err) == fault.Unavailable {
		return Finding{false, "Slack did not answer for " + name, "Look whether this machine reaches https://slack.com, or what SLACK_API_URL says."}
	}
	return Finding{false, fmt.Sprintf("Slack refuses %s: %v", name, err), "api.slack.com/apps, your app: " + where + "."}
}

// scopesFound is a line for each feature that lacks scopes.
func scopesFound(c slack.Checkup) []Finding {
	if len(c.Missing) == 0 {
		return []Finding{{true, "all scopes of the manifest are granted", ""}}
	}
	var out []Finding
	for _, m := range c.Missing {
		say := fmt.Sprintf("without %s it does not do: %s", strings.Join(m.Scopes, ", "), m.Feature)
		if m.Minimal {
			say = fmt.Sprintf("%s missing, needed for a first answer: %s", strings.Join(m.Scopes, ", "), m.Feature)
		}
		out = append(out, Finding{!m.Minimal, say, "OAuth & Permissions, Bot Token Scopes: add it, then reinstall the app; or paste `tierwise manifest slack` anew."})
	}
	return out
}

func membershipFound(c slack.Checkup) Finding {
	switch n := len(c.Channels); {
	case c.Channels == nil:
		return Finding{true, "Slack does not say in which channels the bot is", "Grant channels:read and groups:read."}
	case n == 0:
		return Finding{true, "the bot is in no channel yet; it answers in direct messages", "In a channel: /invite @tierwise."}
	case n > 8:
		return Finding{true, fmt.Sprintf("invited to %d channels", n), ""}
	}
	return Finding{true, "invited to #" + strings.Join(c.Channels, ", #"), ""}
}

// closedDoor takes nothing: a checkup only asks.
type closedDoor struct{}

var errClosed = errors.New("app: nothing is taken during a checkup")

// Accept refuses.
func (closedDoor) Accept(context.Context, chat.Event) error { return errClosed }

// Ask refuses.
func (closedDoor) Ask(context.Context, chat.Question) (chat.Answer, error) {
	return chat.Answer{}, errClosed
}

package app

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/tierwise/tierwise/bots/slack"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/record"
)

// checkInstalls asks Slack about the token of every workspace that installed
// the app. It reads the store beside a running server and renews nothing.
func checkInstalls(ctx context.Context, cfg config.Config, log *slog.Logger) []Finding {
	if !HasLedger(cfg, false) {
		return []Finding{{true, "no workspace has installed the app yet", "Start tierwise and open /slack/install."}}
	}
	unread := func(err error) []Finding {
		return []Finding{{false, "the installations cannot be read: " + err.Error(), "Look at the store, and whether TIERWISE_SECRET_KEY is the server's."}}
	}
	s, err := sealer(cfg, false)
	if err != nil {
		return unread(err)
	}
	store, err := OpenStore(ctx, cfg, Where{ReadOnly: true, Clock: clock.System{}}, log)
	if err != nil {
		return unread(err)
	}
	defer func() { _ = store.Close() }()
	a, err := slack.New(slack.Config{
		Door: closedDoor{}, Owned: func(context.Context, chat.Place) (chat.Owned, error) { return chat.Owned{}, nil },
		FollowUps: func(context.Context, chat.Place, chat.Channel) bool { return false },
		ClientID:  cfg.SlackClientID, ClientSecret: cfg.SlackClientSecret, APIURL: cfg.SlackAPIURL, Store: store, Sealer: s, Leases: store, Log: log,
	})
	if err != nil {
		return unread(err)
	}
	tenants, err := store.Tenants(ctx)
	if err != nil {
		return unread(err)
	}
	allowed := approved(cfg)
	var out []Finding
	for _, tenant := range tenants {
		team, ours := strings.CutPrefix(tenant, string(chat.Slack)+"/")
		if installed, err := store.List(ctx, tenant, record.Install, ""); !ours || err != nil || len(installed) == 0 {
			continue
		}
		out = append(out, checkInstall(ctx, a, team)...)
		if !allowed(tenant) {
			out = append(out, Finding{true, "workspace " + team + " is off: it is not approved", "Add it to TIERWISE_WORKSPACES, or set that to *."})
		}
		for _, f := range heardFound(ctx, store, team, false, clock.System{}.Now()) {
			out = append(out, Finding{f.OK, "workspace " + team + ": " + f.Say, f.Mend})
		}
	}
	if len(out) == 0 {
		return []Finding{{true, "no workspace has installed the app yet", "Open /slack/install."}}
	}
	return out
}

// checkInstall is one workspace: its token, and the scopes it was given.
func checkInstall(ctx context.Context, a *slack.Adapter, team string) []Finding {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	c, err := a.Checkup(ctx, team)
	switch {
	case c.Ended:
		return []Finding{{true, fmt.Sprintf("workspace %s: its token ended %s and is renewed when it is next used", team, c.Ends.UTC().Format("2006-01-02 15:04 MST")),
			"When the bot stays silent there, an admin installs it again at /slack/install."}}
	case err != nil:
		return []Finding{refusedToken(err, "the token of workspace "+team, "an admin of it installs the app again at /slack/install")}
	}
	out := []Finding{{true, fmt.Sprintf("workspace %s at %s, as %s", c.Team, c.URL, c.Bot), ""}}
	for _, f := range scopesFound(c) {
		if f.Mend != "" {
			out = append(out, Finding{f.OK, "workspace " + team + ": " + f.Say, "An admin of it installs the app again at /slack/install, after the manifest was updated."})
		}
	}
	return out
}

package app

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/slack"
	"github.com/tierwise/tierwise/bots/slack/slacktest"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
)

// TestCheckInstalls: every workspace that installed the app is looked at, beside
// a running server, and a token that has ended is not taken for a lost one.
func TestCheckInstalls(t *testing.T) {
	now := clock.NewManual(time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC))
	fake := slacktest.New(t, slacktest.Config{Clock: now, Rotate: true})
	fake.Sample()
	cfg := config.Config{SlackClientID: slacktest.ClientID, SlackClientSecret: config.NewSecret(slacktest.ClientSecret), SlackSigningSecret: config.NewSecret(slacktest.SigningSecret),
		SlackAPIURL: fake.API(), DataDir: t.TempDir(), SecretKey: config.NewSecret("0f1e2d3c4b5a69788796a5b4c3d2e1f0")}
	said := func() string {
		var b strings.Builder
		for _, f := range CheckSlack(t.Context(), cfg, slog.New(slog.DiscardHandler)) {
			b.WriteString(map[bool]string{true: "ok ", false: "no "}[f.OK] + f.Say + " | " + f.Mend + "\n")
		}
		return b.String()
	}
	has(t, "before anything was started", said(), "ok no workspace has installed")

	store, err := OpenStore(t.Context(), cfg, Where{Clock: now}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	s, err := sealer(cfg, false)
	if err != nil {
		t.Fatal(err)
	}
	a, err := slack.New(slack.Config{Door: closedDoor{}, Store: store, Sealer: s, Leases: store, ClientID: cfg.SlackClientID, ClientSecret: cfg.SlackClientSecret,
		SigningSecret: cfg.SlackSigningSecret, APIURL: cfg.SlackAPIURL, Clock: now,
		Owned:     func(context.Context, chat.Place) (chat.Owned, error) { return chat.Owned{}, nil },
		FollowUps: func(context.Context, chat.Place, chat.Channel) bool { return false }})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(a.Handler())
	t.Cleanup(server.Close)
	if status, body := fake.User("U1").Install(server.URL + "/slack/install"); status != 200 || !strings.Contains(body, "installed") {
		t.Fatalf("installing gave %d: %s", status, body)
	}
	has(t, "after installing", said(), "ok workspace T1 at https://", "ok workspace T1 is off", "TIERWISE_WORKSPACES",
		"ok workspace T1: no event was ever received", "Event Subscriptions must be on", "app_mention, app_uninstalled")
	hasNot(t, "after installing", "\n"+said(), "\nno ", "xox")

	fake.Fail("auth.test", 1, slacktest.Code("account_inactive"))
	if c, err := a.Checkup(t.Context(), "T404"); err == nil {
		t.Errorf("a workspace without an installation gave %+v", c)
	}
	has(t, "a removed app", said(), "no Slack refuses the token of workspace T1: ", "account_inactive", "installs the app again")

	now.Advance(13 * time.Hour)
	has(t, "a token that ended", said(), "ok workspace T1: its token ended 2026-01-05 21:00 UTC and is renewed when it is next used")
	refreshed := 0
	for _, c := range fake.Requests("oauth.v2.access") {
		if c.Args["grant_type"] == "refresh_token" {
			refreshed++
		}
	}
	if refreshed != 0 {
		t.Error("looking renewed the token")
	}
}

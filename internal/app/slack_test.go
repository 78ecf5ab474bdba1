package app

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/slack/slacktest"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/intake"
	"github.com/tierwise/tierwise/internal/seal"
	"github.com/tierwise/tierwise/internal/store/memory"
	"github.com/tierwise/tierwise/usage"
)

// closing adds the Close that the memory store does not need.
type closing struct{ *memory.Store }

func (closing) Close() error { return nil }

// slackHouse is the whole house behind a fake Slack: HTTP in, Web API out.
func slackHouse(t *testing.T) (*slacktest.Fake, *House, Store) {
	t.Helper()
	return slackHouseAt(t, clock.NewManual(time.Now().UTC()))
}

// slackHouseAt is slackHouse by a clock of the test's.
func slackHouseAt(t *testing.T, now *clock.Manual) (*slacktest.Fake, *House, Store) {
	t.Helper()
	fake := slacktest.New(t, slacktest.Config{Clock: now})
	fake.Sample()
	keys, err := seal.ParseKeys(strings.Repeat("0123456789abcdef", 4))
	if err != nil {
		t.Fatal(err)
	}
	s, err := seal.New(keys)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	cfg := config.Config{Policy: config.DefaultPolicy(), SlackBotToken: config.NewSecret(fake.Token("T1")), SlackSigningSecret: config.NewSecret(slacktest.SigningSecret), SlackAPIURL: fake.API()}
	models, err := LoadModels(t.Context(), cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	view, err := models.Sample(now)
	if err != nil {
		t.Fatal(err)
	}
	store := closing{memory.New(now)}
	h := Build(Parts{Config: cfg, Store: store, Models: view, Clock: now, Log: log, Pace: intake.DefaultPace(), Sealer: s})
	routes, _, err := h.platforms(cfg, s, log)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(routes)
	t.Cleanup(srv.Close)
	fake.Connect(srv.URL)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { h.Run(ctx); close(done) }()
	t.Cleanup(func() { stop(); <-done })
	return fake, h, store
}

// TestSlackFromMentionToLedgerLine: a thread in Slack is summarised, the answer
// is in the thread, and the books hold one entry for it.
func TestSlackFromMentionToLedgerLine(t *testing.T) {
	fake, h, store := slackHouse(t)
	root := fake.Seed("C1", "", "U2", "The export fails with error 502 since this morning")
	fake.Seed("C1", root, "U3", "Decision: we roll back to 4.1 now")
	fake.Seed("C1", root, "U2", "I will write the post-mortem by Friday")
	d := fake.User("U1").MentionIn("C1", root, "summarize this")
	if !d.Acked {
		t.Fatal("the mention was not acknowledged")
	}
	if err := h.Idle(t.Context()); err != nil {
		t.Fatal(err)
	}
	last := fake.User("U1").Last("C1", root)
	if !strings.Contains(last.Text, "roll back to 4.1") {
		t.Errorf("the answer in the thread is %q", last.Text)
	}
	proof, err := usage.Verify(t.Context(), store, "slack/T1")
	if err != nil || proof.Entries < 1 || len(proof.Differences) > 0 || proof.Held != 0 {
		t.Errorf("books %+v, %v", proof, err)
	}
}

// TestSlackCommandsArePrivate: /summarize and /ai-spend answer the asker alone.
func TestSlackCommandsArePrivate(t *testing.T) {
	fake, h, _ := slackHouse(t)
	fake.Seed("C1", "", "U2", "We move the release to Friday because of the migration")
	fake.Seed("C1", "", "U3", "Fine, I tell the customers")
	for _, c := range []struct{ command, args, want string }{{"/summarize", "24h", "Friday"}, {"/ai-spend", "", "You:"}} {
		if d := fake.User("U1").Command(c.command, c.args, "C1"); !d.Acked {
			t.Fatalf("%s was not acknowledged", c.command)
		}
		if err := h.Idle(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := fake.User("U1").Last("C1", "").Text; !strings.Contains(got, c.want) {
			t.Errorf("%s: the asker sees %q", c.command, got)
		}
		for _, seen := range fake.User("U2").See("C1", "") {
			if strings.Contains(seen.Text, "You:") || strings.Contains(seen.Text, "Key messages") {
				t.Errorf("%s: another member sees %q", c.command, seen.Text)
			}
		}
	}
}

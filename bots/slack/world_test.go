package slack

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/slack/slacktest"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
)

// dawn is when tests begin.
var dawn = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

// world is a fake Slack with the adapter connected to it by HTTP.
type world struct {
	*slacktest.Fake
	adapter *Adapter
	now     *clock.Manual
	counts  map[string]int
	logs    *strings.Builder
	mu      sync.Mutex
}

func (w *world) count(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.counts[what]++
}

func (w *world) counted(what string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.counts[what]
}

// Write takes log lines.
func (w *world) Write(line []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.logs.Write(line)
}

// open starts a fake with the sample workspace. change may change the
// adapter's configuration.
func open(t *testing.T, door chat.Door, change ...func(*Config)) *world {
	t.Helper()
	now := clock.NewManual(dawn)
	w := &world{Fake: slacktest.New(t, slacktest.Config{Clock: now, Events: Events(Options{})}), now: now, counts: map[string]int{}, logs: &strings.Builder{}}
	token := w.Sample()
	cfg := Config{
		Door: door, Clock: now, Replica: "r1", APIURL: w.API(), BotToken: config.NewSecret(token), SigningSecret: config.NewSecret(slacktest.SigningSecret),
		Owned:     func(context.Context, chat.Place) (chat.Owned, error) { return chat.Owned{}, nil },
		FollowUps: func(context.Context, chat.Place, chat.Channel) bool { return true },
		Log:       slog.New(slog.NewTextHandler(w, nil)), Count: w.count,
	}
	for _, f := range change {
		f(&cfg)
	}
	w.adapter = w.replica(t, cfg)
	server := httptest.NewServer(w.adapter.Handler())
	t.Cleanup(server.Close)
	w.Connect(server.URL)
	return w
}

// replica is an adapter whose waiting moves the clock.
func (w *world) replica(t *testing.T, cfg Config) *Adapter {
	t.Helper()
	a, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	a.api.limit.sleep = func(_ context.Context, d time.Duration) error {
		w.now.Advance(d)
		return nil
	}
	return a
}

// place is a place in the sample workspace.
func place(channel, thread string) chat.Place {
	return chat.Place{Platform: chat.Slack, Workspace: "T1", Channel: channel, Thread: thread}
}

// refOf is a fake's ref in chat's words.
func refOf(r slacktest.Ref) chat.Ref { return chat.Ref{Channel: r.Channel, Thread: r.Thread, ID: r.TS} }

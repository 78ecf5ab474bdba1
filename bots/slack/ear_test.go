package slack

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/bots/slack/slacktest"
	"github.com/tierwise/tierwise/internal/config"
)

// ear keeps what it hears; changed tells of connections.
type ear struct {
	mu      sync.Mutex
	heard   []string
	changed chan int
}

// Heard keeps it.
func (e *ear) Heard(workspace, what string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, workspace+" "+what)
}

// Connected tells of it.
func (e *ear) Connected(change int) { e.changed <- change }

func (e *ear) all() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.heard)
}

// TestTheEarHearsWhatComes: every delivery of a workspace, whether it is for us
// or not, and nothing that did not come from one.
func TestTheEarHearsWhatComes(t *testing.T) {
	e := &ear{changed: make(chan int, 100)}
	w := open(t, bottest.NewRecorder(), func(c *Config) { c.Ear = e })
	w.User("U1").Say("C1", "nothing for the bot")
	w.User("U1").Command("/summarize", "24h", "C1")
	m := w.Seed("C1", "", "U2", "A message")
	w.User("U1").Shortcut(slacktest.Ref{Channel: "C1", TS: m}, "classify")
	w.Raw([]byte(`{"type":"event_callback","event":{"type":"app_mention"}}`))
	if rec := w.post("/slack/commands", "ssl_check=1"); rec.Code != http.StatusOK {
		t.Errorf("a probe gave %d", rec.Code)
	}
	if got, want := e.all(), []string{"T1 event", "T1 press", "T1 press"}; !slices.Equal(got, want) {
		t.Errorf("heard %q, want %q", got, want)
	}
}

// TestTheEarKnowsTheConnections: each opens once, ends once, and comes back.
func TestTheEarKnowsTheConnections(t *testing.T) {
	e := &ear{changed: make(chan int, 100)}
	w := open(t, bottest.NewRecorder(), func(c *Config) { c.AppToken, c.Ear = config.NewSecret(slacktest.AppToken), e })
	w.ConnectTo(slacktest.Endpoints{})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.adapter.Run(ctx) }()
	up, ended := 0, 0
	until := func(done func() bool) {
		for !done() {
			change := <-e.changed
			if up += change; up < 0 || up > 2 {
				t.Fatalf("%d connections", up)
			}
			if change < 0 {
				ended++
			}
		}
	}
	until(func() bool { return up == 2 })
	w.DropSockets() // one may be back before the other has ended
	until(func() bool { return up == 2 && ended >= 2 })
	if team, err := w.adapter.Workspace(ctx); err != nil || team != "T1" {
		t.Errorf("the connections serve %q, %v", team, err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("run ended with %v", err)
	}
	until(func() bool { return up == 0 })
}

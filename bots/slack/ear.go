package slack

import (
	"context"

	"github.com/slack-go/slack/socketmode"
)

// Ear is told what comes from Slack, so that somebody who looks at an
// installation from outside can see whether anything does. It must not wait.
type Ear interface {
	// Heard: a delivery of a workspace came, and of which kind.
	Heard(workspace, what string)
	// Connected: a Socket Mode connection has opened (1) or ended (-1).
	Connected(change int)
}

// The kinds of delivery an Ear tells apart. They come to different addresses
// of the manifest, so one can arrive while the other never does.
const (
	HeardEvent = "event" // of the Events API
	HeardPress = "press" // a command, button, form or shortcut
)

// deaf is the Ear of who wants none.
type deaf struct{}

// Heard forgets it.
func (deaf) Heard(string, string) {}

// Connected forgets it.
func (deaf) Connected(int) {}

// Workspace asks Slack which workspace the configured bot token is for, the
// one that Socket Mode serves.
func (a *Adapter) Workspace(ctx context.Context) (string, error) {
	g, err := a.installs.identify(ctx, "", a.cfg.BotToken)
	return g.Team, err
}

// line is one connection of Socket Mode as the Ear knows it. The library opens
// it anew by itself, so it can come and go several times.
type line struct {
	ear  Ear
	open bool
}

// see follows what the library says of the connection.
func (l *line) see(t socketmode.EventType) {
	switch t {
	case socketmode.EventTypeHello:
		if !l.open {
			l.open = true
			l.ear.Connected(1)
		}
	case socketmode.EventTypeConnecting, socketmode.EventTypeDisconnect:
		l.end()
	}
}

func (l *line) end() {
	if l.open {
		l.open = false
		l.ear.Connected(-1)
	}
}

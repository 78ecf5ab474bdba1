package slacktest

import (
	"context"
	"io"
	"log"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// client runs the Socket Mode client of a well-known library against the fake,
// acknowledging what ack says.
func (s *stage) client(ack func(*socketmode.Client, socketmode.Event)) {
	s.Helper()
	api := slack.New(s.token, slack.OptionAPIURL(s.API()), slack.OptionAppLevelToken(AppToken))
	c := socketmode.New(api, socketmode.OptionLog(log.New(io.Discard, "", 0)))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case e := <-c.Events:
				if e.Request != nil && e.Request.EnvelopeID != "" {
					ack(c, e)
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	ran := make(chan struct{})
	go func() {
		defer close(ran)
		if err := c.RunContext(ctx); err != nil && ctx.Err() == nil {
			s.Errorf("socket mode: %v", err)
		}
	}()
	s.Cleanup(func() { cancel(); <-ran; <-done })
}

func TestSocketAcknowledgement(t *testing.T) {
	s := newStage(t, Config{})
	var kinds []socketmode.EventType
	s.client(func(c *socketmode.Client, e socketmode.Event) {
		kinds = append(kinds, e.Type)
		s.clock.Advance(40 * time.Millisecond)
		if e.Type == socketmode.EventTypeSlashCommand {
			c.Ack(*e.Request, map[string]any{"text": "working"})
			return
		}
		c.Ack(*e.Request)
	})
	if !s.WaitSockets(1) {
		t.Fatal("no connection came")
	}
	d := s.User("U1").Mention("C1", "hello")
	if !d.Acked || d.Took != 40*time.Millisecond {
		t.Errorf("acked %v after %v of the fake's time", d.Acked, d.Took)
	}
	if d := s.User("U1").Command("/summarize", "", "C1"); !d.Acked {
		t.Error("the command was not acknowledged")
	}
	if m := s.User("U1").Last("C1", ""); m.Text != "working" || !m.Private {
		t.Errorf("the payload of the acknowledgement is shown as %+v", m)
	}
	if len(kinds) != 2 || kinds[0] != socketmode.EventTypeEventsAPI || kinds[1] != socketmode.EventTypeSlashCommand {
		t.Errorf("envelopes %v", kinds)
	}
}

func TestSocketIsRefreshed(t *testing.T) {
	s := newStage(t, Config{})
	s.client(func(c *socketmode.Client, e socketmode.Event) { c.Ack(*e.Request) })
	if !s.WaitSockets(1) {
		t.Fatal("no connection came")
	}
	s.Disconnect("refresh_requested")
	if !s.WaitSockets(1) {
		t.Fatal("the client did not come back")
	}
	if d := s.User("U1").Mention("C1", "hello"); !d.Acked {
		t.Error("nothing is acknowledged after the refresh")
	}
}

func TestSocketWithoutAnAcknowledgement(t *testing.T) {
	s := newStage(t, Config{AckWait: 50 * time.Millisecond})
	s.client(func(*socketmode.Client, socketmode.Event) {})
	for !s.WaitSockets(1) {
	}
	if d := s.User("U1").Mention("C1", "hello"); d.Acked {
		t.Error("an envelope counts as acknowledged without an acknowledgement")
	}
}

func TestSeveralConnectionsShareTheWork(t *testing.T) {
	s := newStage(t, Config{})
	heard := make(chan int, 4)
	for i := range 2 {
		s.client(func(c *socketmode.Client, e socketmode.Event) { c.Ack(*e.Request); heard <- i })
	}
	if !s.WaitSockets(2) {
		t.Fatal("two connections did not come")
	}
	s.User("U1").Mention("C1", "one")
	s.User("U1").Mention("C1", "two")
	if a, b := <-heard, <-heard; a == b {
		t.Error("one connection got both events")
	}
	s.DropSockets()
	if !s.WaitSockets(2) {
		t.Error("the clients did not come back after a cut")
	}
}

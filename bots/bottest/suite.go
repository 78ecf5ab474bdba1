package bottest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/internal/chat"
)

// New makes a fresh adapter wired to the door, on a fresh platform. Clean-up
// belongs to t.
type New func(t *testing.T, door chat.Door) Harness

// Run runs every case of the suite against an adapter.
func Run(t *testing.T, create New) {
	groups := map[string][]testCase{
		"hearing": hearing(), "pressing": pressing(), "speaking": speaking(),
		"failing": failing(), "reading": reading(), "capabilities": capabilities(),
	}
	for name, cases := range groups {
		t.Run(name, func(t *testing.T) {
			for _, c := range cases {
				t.Run(strings.ReplaceAll(c.says, " ", "_"), func(t *testing.T) {
					door := NewRecorder()
					c.run(&stage{T: t, Harness: create(t, door), door: door})
				})
			}
		})
	}
}

// testCase is one sentence of the contract.
type testCase struct {
	says string
	run  func(s *stage)
}

// stage is one case's harness with what the cases share.
type stage struct {
	*testing.T
	Harness
	door *Recorder
}

// said delivers a message of the asker.
func (s *stage) said(at chat.Place, text string) Delivery {
	s.Helper()
	return s.People.Say(s.T, Said{By: s.Cast.Asker, At: at, Text: text})
}

// only is the one event that was accepted, of the kind given.
func (s *stage) only(kind chat.EventKind) chat.Event {
	s.Helper()
	events := s.door.Events()
	if len(events) != 1 || events[0].Kind != kind {
		s.Fatalf("accepted %s, want one %s", kinds(events), kind)
	}
	return events[0]
}

// ofKind are the accepted events of a kind.
func (s *stage) ofKind(kind chat.EventKind) []chat.Event {
	var of []chat.Event
	for _, e := range s.door.Events() {
		if e.Kind == kind {
			of = append(of, e)
		}
	}
	return of
}

func kinds(events []chat.Event) string {
	var names []string
	for _, e := range events {
		names = append(names, string(e.Kind))
	}
	return fmt.Sprintf("%d events (%s)", len(names), strings.Join(names, ", "))
}

// asked is the responder for a mention by the asker in the channel.
func (s *stage) asked() (chat.Responder, chat.Event) {
	s.Helper()
	s.said(s.Cast.Channel, "{bot} what is open here?")
	e := s.only(chat.Mention)
	return s.open(e.ReplyTo), e
}

// commanded is the responder for a command by the asker in the channel.
func (s *stage) commanded() (chat.Responder, chat.Event) {
	s.Helper()
	s.Hands.Command(s.T, s.Cast.Asker, s.Cast.Channel, "summarize", "24h")
	e := s.only(chat.Command)
	return s.open(e.ReplyTo), e
}

func (s *stage) open(to chat.ReplyTo) chat.Responder {
	s.Helper()
	r, err := s.Opener.Open(context.Background(), to)
	if err != nil {
		s.Fatalf("open: %v", err)
	}
	return r
}

func (s *stage) put(r chat.Responder, p chat.Post) chat.Ref {
	s.Helper()
	ref, err := r.Put(context.Background(), p)
	if err != nil {
		s.Fatalf("put %s: %v", p.Job, err)
	}
	if ref.IsZero() {
		s.Fatalf("put %s gave no ref", p.Job)
	}
	return ref
}

// seen are the bot's messages that a viewer sees with a word in them.
func (s *stage) seen(at chat.Place, viewer, word string) []Seen {
	s.Helper()
	var with []Seen
	for _, m := range s.Eyes.Messages(s.T, at, viewer) {
		if m.Author == s.Cast.Bot.User && strings.Contains(m.Text, word) {
			with = append(with, m)
		}
	}
	return with
}

// one is the only message of the bot that a viewer sees with a word in it.
func (s *stage) one(at chat.Place, viewer, word string) Seen {
	s.Helper()
	with := s.seen(at, viewer, word)
	if len(with) != 1 {
		s.Fatalf("%d messages with %q are seen, want 1", len(with), word)
	}
	return with[0]
}

// final is a finished post.
func final(job, text string) chat.Post {
	return chat.Post{Job: job, Stage: chat.Final, Text: text}
}

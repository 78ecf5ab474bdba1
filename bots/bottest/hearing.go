package bottest

import (
	"errors"
	"slices"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
)

// hearing are the cases of messages on their way in.
func hearing() []testCase {
	return []testCase{
		{"a mention in a channel is accepted with who where and what", mentionInChannel},
		{"a mention in a thread is answered in that thread", mentionInThread},
		{"a direct message needs no mention", directMessage},
		{"what is not for us is acknowledged and never accepted", notForUs},
		{"other programs and we ourselves are never heard", programs},
		{"a second delivery has the marks of the first", duplicate},
		{"an edit counts when it names us for the first time", editNames},
		{"what cannot be accepted is not acknowledged", refused},
		{"a channel with outsiders is said to be one", sharedChannel},
		{"names stand where the platform has ids", namesResolved},
	}
}

func mentionInChannel(s *stage) {
	d := s.said(s.Cast.Channel, "{bot} what is open here?")
	if !d.Acked {
		s.Error("an accepted mention was not acknowledged")
	}
	e := s.only(chat.Mention)
	if e.Text != "what is open here?" {
		s.Errorf("text %q still has the mention or lost words", e.Text)
	}
	if e.Actor.ID != s.Cast.Asker || e.Actor.Name == "" || e.Actor.Bot || e.Actor.Self {
		s.Errorf("actor %+v is not the asker with a name", e.Actor)
	}
	if e.Place.InChannel() != s.Cast.Channel || e.Channel.Kind != chat.PublicChannel || e.Channel.Shared != chat.NotShared {
		s.Errorf("place %v, channel %+v: want the inside public channel", e.Place, e.Channel)
	}
	if e.ID == "" || e.At.IsZero() || e.Message != d.Ref {
		s.Errorf("event %q at %v of message %+v: want an id, a time and message %+v", e.ID, e.At, e.Message, d.Ref)
	}
	if e.ReplyTo.Private || e.ReplyTo.To != s.Cast.Asker || e.ReplyTo.Message != d.Ref.ID {
		s.Errorf("reply address %+v: want a public answer to the message", e.ReplyTo)
	}
}

func mentionInThread(s *stage) {
	s.said(s.Cast.Thread, "{bot} summarize this")
	e := s.only(chat.Mention)
	if e.Place != s.Cast.Thread || e.ReplyTo.Place != s.Cast.Thread {
		s.Errorf("heard at %v, answered at %v: want both in the thread", e.Place, e.ReplyTo.Place)
	}
	s.put(s.open(e.ReplyTo), final("thread-1", "walrus one"))
	s.put(s.open(e.ReplyTo), final("thread-2", "walrus two"))
	seen := s.seen(s.Cast.Thread, s.Cast.Other, "walrus")
	if len(seen) != 2 || !strings.Contains(seen[0].Text, "one") || !strings.Contains(seen[1].Text, "two") {
		s.Errorf("the thread shows %d answers, want two in order", len(seen))
	}
}

func directMessage(s *stage) {
	d := s.said(s.Cast.Direct, "what is open?")
	e := s.only(chat.Mention)
	if !d.Acked || e.Channel.Kind != chat.DirectMessage || e.Place.InChannel() != s.Cast.Direct {
		s.Errorf("acked %v, channel %+v: want an acknowledged direct message", d.Acked, e.Channel)
	}
	s.put(s.open(e.ReplyTo), final("direct-1", "walrus"))
	s.one(e.ReplyTo.Place, s.Cast.Asker, "walrus")
}

func notForUs(s *stage) {
	for _, text := range []string{"lunch anyone?", "{other} can you look?"} {
		if d := s.said(s.Cast.Channel, text); !d.Acked {
			s.Errorf("%q was not acknowledged", text)
		}
	}
	if d := s.said(s.Cast.Thread, "I think so too"); !d.Acked {
		s.Error("a message in a thread we are not in was not acknowledged")
	}
	if n := len(s.door.Events()); n != 0 {
		s.Errorf("%d messages were accepted that are not for us", n)
	}
}

func programs(s *stage) {
	for _, by := range []string{s.Cast.Program, s.Cast.Bot.User} {
		if d := s.People.Say(s.T, Said{By: by, At: s.Cast.Channel, Text: "{bot} hello"}); !d.Acked {
			s.Errorf("a message by %s was not acknowledged", by)
		}
	}
	if n := len(s.door.Events()); n != 0 {
		s.Errorf("%d messages of programs were accepted", n)
	}
}

func duplicate(s *stage) {
	d := s.said(s.Cast.Channel, "{bot} once only")
	if again := s.People.Again(s.T, d); !again.Acked {
		s.Error("the second delivery was not acknowledged")
	}
	events := s.door.Events()
	if len(events) == 0 {
		s.Fatal("nothing was accepted")
	}
	for _, e := range events[1:] {
		if !shareMark(events[0], e) {
			s.Errorf("marks %q and %q have nothing in common", events[0].Marks(), e.Marks())
		}
	}
	s.said(s.Cast.Channel, "{bot} once only")
	events = s.door.Events()
	if last := events[len(events)-1]; shareMark(events[0], last) {
		s.Error("another message with the same words has a mark of the first")
	}
}

func shareMark(a, b chat.Event) bool {
	return slices.ContainsFunc(a.Marks(), func(m string) bool { return slices.Contains(b.Marks(), m) })
}

func editNames(s *stage) {
	plain := s.said(s.Cast.Channel, "what is open?")
	edited := s.People.Edit(s.T, plain, "{bot} what is open?")
	if !edited.Acked {
		s.Error("the edit was not acknowledged")
	}
	if e := s.only(chat.Mention); e.Text != "what is open?" || e.Message.ID != plain.Ref.ID {
		s.Errorf("event on message %q with text %q: want the edited message", e.Message.ID, e.Text)
	}
	s.People.Edit(s.T, edited, "{bot} what is open today?")
	if n := len(s.door.Events()); n != 1 {
		s.Errorf("an edit of a message that named us was accepted; %d events", n)
	}
}

func refused(s *stage) {
	s.door.Refuse(errors.New("store and spool are down"))
	if d := s.said(s.Cast.Channel, "{bot} hello?"); d.Acked {
		s.Error("a mention was acknowledged that is nowhere")
	}
	if d := s.Hands.Command(s.T, s.Cast.Asker, s.Cast.Channel, "summarize", "24h"); d.Acked {
		s.Error("a command was acknowledged that is nowhere")
	}
	s.door.Refuse(nil)
	d := s.said(s.Cast.Channel, "{bot} and now?")
	if !d.Acked || len(s.door.Events()) != 1 {
		s.Error("after the fault the next mention was not taken")
	}
}

func sharedChannel(s *stage) {
	s.said(s.Cast.Shared, "{bot} what is open?")
	for _, e := range s.door.Events() {
		if e.Channel.Shared == chat.NotShared {
			s.Errorf("channel %+v is called inside", e.Channel)
		}
	}
	access, err := s.Opener.Directory().Access(s.Context(), s.Cast.Shared, s.Cast.Asker)
	if err != nil {
		s.Fatalf("access: %v", err)
	}
	if access.Channel.Shared == chat.NotShared {
		s.Error("the directory calls a channel with outsiders inside")
	}
}

func namesResolved(s *stage) {
	s.said(s.Cast.Channel, "{bot} ask {other} about it")
	e := s.only(chat.Mention)
	other, err := s.Opener.Directory().Actor(s.Context(), s.Cast.Channel.Workspace, s.Cast.Other)
	if err != nil {
		s.Fatalf("actor: %v", err)
	}
	if other.Name == "" || !strings.Contains(e.Text, other.Name) || strings.Contains(e.Text, s.Cast.Other) {
		s.Errorf("text does not have the name of who was mentioned, or has the id")
	}
}

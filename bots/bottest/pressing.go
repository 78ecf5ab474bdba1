package bottest

import (
	"maps"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
)

// pressing are the cases of commands, shortcuts, buttons and forms.
func pressing() []testCase {
	return []testCase{
		{"a command is private to who ran it", commandPrivate},
		{"a shortcut carries its target and is private", shortcutPrivate},
		{"a button gives back its name and value and is private", buttonRoundTrip},
		{"a button pressed by somebody else is theirs and changes nothing", pressedByAnother},
		{"a form that somebody else may not open is not opened", formForAnother},
		{"a button that opens a form asks and accepts nothing", buttonOpensForm},
		{"a form with errors stays open and is not accepted", formErrors},
		{"a form handed in gives back its fields and state", formSubmitted},
	}
}

func (s *stage) wantPrivate(e chat.Event) {
	s.Helper()
	if !e.ReplyTo.Private || e.ReplyTo.To != s.Cast.Asker {
		s.Errorf("reply address private %v, to %q: want private to the asker", e.ReplyTo.Private, e.ReplyTo.To)
	}
	if e.Actor.ID != s.Cast.Asker || e.ID == "" || e.Place.Workspace != s.Cast.Channel.Workspace {
		s.Errorf("event %q by %q in %v: want an id, the asker, the workspace", e.ID, e.Actor.ID, e.Place)
	}
}

func commandPrivate(s *stage) {
	d := s.Hands.Command(s.T, s.Cast.Asker, s.Cast.Channel, "summarize", "24h")
	e := s.only(chat.Command)
	if !d.Acked || e.Name != "summarize" || e.Text != "24h" {
		s.Errorf("acked %v, command %q with %q", d.Acked, e.Name, e.Text)
	}
	s.wantPrivate(e)
	s.put(s.open(e.ReplyTo), final("command-1", "walrus"))
	if m := s.one(e.ReplyTo.Place, s.Cast.Asker, "walrus"); !m.Private {
		s.Error("the answer is not marked as private")
	}
	if n := len(s.seen(e.ReplyTo.Place, s.Cast.Other, "walrus")); n != 0 {
		s.Error("somebody else sees the answer of a command")
	}
}

func shortcutPrivate(s *stage) {
	on := s.said(s.Cast.Channel, "the invoice export is broken")
	d := s.Hands.Shortcut(s.T, s.Cast.Asker, "classify", s.Cast.Channel, on.Ref)
	e := s.only(chat.Shortcut)
	if !d.Acked || e.Name != "classify" || e.Message.ID != on.Ref.ID {
		s.Errorf("acked %v, shortcut %q on %q", d.Acked, e.Name, e.Message.ID)
	}
	if e.Target == nil || !strings.Contains(e.Target.Text, "invoice export") || e.Target.Author.ID != s.Cast.Asker {
		s.Error("the target message is missing, or not the one it was run on")
	}
	s.wantPrivate(e)
}

// withButtons posts an answer with two buttons.
func (s *stage) withButtons(buttons ...chat.Button) (chat.Ref, chat.Event) {
	s.Helper()
	r, e := s.asked()
	p := final("buttons-1", "walrus")
	p.Buttons = buttons
	return s.put(r, p), e
}

// longValue is as long as a button's value may be.
var longValue = "job_01JX/" + strings.Repeat("v", 71)

func buttonRoundTrip(s *stage) {
	ref, asked := s.withButtons(
		chat.Button{Name: "thumbs", Label: "Good", Value: longValue},
		chat.Button{Name: "thumbs", Label: "Bad", Value: "-", Style: chat.Danger})
	d := s.Hands.Click(s.T, s.Cast.Asker, asked.ReplyTo.Place, ref, "Good")
	clicks := s.ofKind(chat.Click)
	if !d.Acked || len(clicks) != 1 {
		s.Fatalf("acked %v, %d clicks accepted, want one", d.Acked, len(clicks))
	}
	if e := clicks[0]; e.Name != "thumbs" || e.Value != longValue || e.Message.ID != ref.ID {
		s.Errorf("click %q with %q on %q: name, value or message was lost", e.Name, e.Value, e.Message.ID)
	}
	s.wantPrivate(clicks[0])
}

// pressedByAnother: who pressed is who is told, whoever the answer was for. The
// core can refuse only what it is told of truly.
func pressedByAnother(s *stage) {
	ref, asked := s.withButtons(chat.Button{Name: "draft.post", Label: "Post", Value: "J1"})
	at := asked.ReplyTo.Place
	before := len(s.Eyes.Messages(s.T, at, s.Cast.Asker))
	s.Hands.Click(s.T, s.Cast.Other, at, ref, "Post")
	clicks := s.ofKind(chat.Click)
	if len(clicks) != 1 {
		s.Fatalf("%d clicks accepted, want one", len(clicks))
	}
	e := clicks[0]
	if e.Actor.ID != s.Cast.Other || e.ReplyTo.To != s.Cast.Other || !e.ReplyTo.Private {
		s.Errorf("pressed by %q, answered to %q, private %v: want the one who pressed", e.Actor.ID, e.ReplyTo.To, e.ReplyTo.Private)
	}
	s.put(s.open(e.ReplyTo), final("refused-1", "narwhal"))
	if m := s.one(at, s.Cast.Other, "narwhal"); !m.Private {
		s.Error("the refusal is not marked as private")
	}
	if n := len(s.Eyes.Messages(s.T, at, s.Cast.Asker)); n != before || len(s.seen(at, s.Cast.Asker, "narwhal")) != 0 {
		s.Errorf("the others see %d messages instead of %d", n, before)
	}
	if m := s.one(at, s.Cast.Asker, "walrus"); len(m.Buttons) != 1 {
		s.Errorf("the answer has the buttons %q after a refused press", m.Buttons)
	}
}

// formForAnother is the same for a button that opens a form; how the sentence in
// its place is shown is the platform's.
func formForAnother(s *stage) {
	s.door.Answer(func(q chat.Question) chat.Answer {
		if q.Actor.ID != s.Cast.Asker {
			return chat.Answer{Say: "narwhal"}
		}
		return chat.Answer{Form: amountForm()}
	})
	ref, asked := s.withButtons(chat.Button{Name: "draft.edit", Label: "Edit", Value: "J1", OpensForm: true})
	at := asked.ReplyTo.Place
	s.Hands.Click(s.T, s.Cast.Other, at, ref, "Edit")
	if forms := s.Eyes.Forms(s.T, s.Cast.Other); len(forms) != 0 {
		s.Errorf("forms opened: %q", forms)
	}
	if n := len(s.seen(at, s.Cast.Asker, "narwhal")); n != 0 {
		s.Error("somebody else sees the sentence")
	}
	if n := len(s.ofKind(chat.Click)); n != 0 {
		s.Errorf("%d clicks were accepted", n)
	}
}

// amountForm is a form with a field of each kind that needs an answer.
func amountForm() *chat.Form {
	return &chat.Form{ID: "ask_more", Title: "Ask for more", State: `{"scope":"person"}`, Fields: []chat.Field{
		{ID: "amount", Label: "Amount", Kind: chat.TextField},
		{ID: "until", Label: "Until", Kind: chat.ChoiceField, Choices: []chat.Choice{{Label: "Today", Value: "day"}, {Label: "This month", Value: "month"}}},
		{ID: "reason", Label: "Reason", Kind: chat.LongField, Optional: true},
	}}
}

// opened presses a button that opens amountForm.
func (s *stage) opened(check func(chat.Question) chat.Answer) {
	s.Helper()
	s.door.Answer(func(q chat.Question) chat.Answer {
		switch q.Kind {
		case chat.OpenForm:
			return chat.Answer{Form: amountForm()}
		case chat.CheckForm:
			return check(q)
		}
		return chat.Answer{}
	})
	ref, asked := s.withButtons(chat.Button{Name: "more", Label: "Ask for more", Value: "v1", OpensForm: true})
	s.Hands.Click(s.T, s.Cast.Asker, asked.ReplyTo.Place, ref, "Ask for more")
}

func valid(chat.Question) chat.Answer { return chat.Answer{} }

func buttonOpensForm(s *stage) {
	s.opened(valid)
	questions := s.door.Questions(chat.OpenForm)
	if len(questions) == 0 {
		s.Fatal("nothing was asked at the second door")
	}
	q := questions[len(questions)-1]
	if q.Name != "more" || q.Value != "v1" || q.Actor.ID != s.Cast.Asker || q.Place.Workspace != s.Cast.Channel.Workspace {
		s.Errorf("question %+v: want the button, the asker and the workspace", q)
	}
	if forms := s.Eyes.Forms(s.T, s.Cast.Asker); len(forms) != 1 || forms[0] != "Ask for more" {
		s.Errorf("forms opened for the asker: %q", forms)
	}
	if forms := s.Eyes.Forms(s.T, s.Cast.Other); len(forms) != 0 {
		s.Errorf("forms opened for somebody else: %q", forms)
	}
	if n := len(s.ofKind(chat.Click)); n != 0 {
		s.Error("a button that opens a form was accepted as a click too")
	}
}

func formErrors(s *stage) {
	s.opened(func(q chat.Question) chat.Answer {
		if q.Fields["amount"] == "-1" {
			return chat.Answer{Errors: map[string]string{"amount": "must be more than nothing"}}
		}
		return chat.Answer{}
	})
	s.Hands.Submit(s.T, s.Cast.Asker, map[string]string{"amount": "-1", "until": "day"})
	if errs := s.Eyes.FormErrors(s.T, s.Cast.Asker); !strings.Contains(errs["amount"], "more than nothing") {
		s.Errorf("errors shown: %q", errs)
	}
	if n := len(s.ofKind(chat.Submit)); n != 0 {
		s.Fatal("a form with errors was accepted")
	}
	s.Hands.Submit(s.T, s.Cast.Asker, map[string]string{"amount": "5", "until": "day"})
	if n := len(s.ofKind(chat.Submit)); n != 1 {
		s.Errorf("the corrected form was accepted %d times", n)
	}
}

func formSubmitted(s *stage) {
	s.opened(valid)
	fields := map[string]string{"amount": "5", "until": "month", "reason": "two\nlines"}
	d := s.Hands.Submit(s.T, s.Cast.Asker, fields)
	submits := s.ofKind(chat.Submit)
	if !d.Acked || len(submits) != 1 {
		s.Fatalf("acked %v, %d submits accepted, want one", d.Acked, len(submits))
	}
	e := submits[0]
	if e.Name != "ask_more" || e.State != `{"scope":"person"}` || !maps.Equal(e.Fields, fields) {
		s.Errorf("form %q, state %q, fields %q", e.Name, e.State, e.Fields)
	}
	s.wantPrivate(e)
	checks := s.door.Questions(chat.CheckForm)
	if len(checks) != 1 || checks[0].Name != "ask_more" || checks[0].State != e.State || !maps.Equal(checks[0].Fields, fields) {
		s.Errorf("%d checks, want one with the form's fields and state", len(checks))
	}
}

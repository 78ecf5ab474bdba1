package slack

import (
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/bots/slack/slacktest"
	"github.com/tierwise/tierwise/internal/chat"
)

// TestASignStandsWhileAnOrdinaryMessageIsWorkedOn, is set again when it grows
// old, and goes with the final text.
func TestASignStandsWhileAnOrdinaryMessageIsWorkedOn(t *testing.T) {
	w, r, d := asked(t)
	w.Behave(slacktest.Behaviour{NoStreaming: true})
	ref := put(t, r, chat.Post{Job: "J/1", Stage: chat.Placeholder, Text: "Reading …"})
	session := func() string { return w.Status("C1", d.Message.TS).Session }
	if session() != "processing" {
		t.Errorf("while it reads the session is %q", session())
	}
	live := chat.Post{Job: "J/1", Ref: ref, Stage: chat.Live, Text: "so far"}
	w.now.Advance(10 * time.Second)
	put(t, r, live)
	if n := len(w.Requests("agents.sessions.setStatus")); n != 1 {
		t.Errorf("the sign was set %d times in ten seconds", n)
	}
	w.now.Advance(signFresh)
	put(t, r, live)
	if n := len(w.Requests("agents.sessions.setStatus")); n != 2 {
		t.Errorf("an old sign was set %d times", n)
	}
	put(t, r, chat.Post{Job: "J/1", Ref: ref, Stage: chat.Final, Text: "done"})
	if session() != "active" {
		t.Errorf("after the answer the session is %q", session())
	}
	before := len(w.Requests("agents.sessions.setStatus"))
	put(t, r, chat.Post{Job: "J/1", Ref: ref, Stage: chat.Final, Text: "done", Footer: "👍"})
	if n := len(w.Requests("agents.sessions.setStatus")); n != before {
		t.Error("a later change of the answer touched the sign")
	}
}

// TestTheSignGoesAlsoWhenAPostFails, on the replica that set it and on any other,
// whether a stream or a message stood for the answer.
func TestTheSignGoesAlsoWhenAPostFails(t *testing.T) {
	for name, c := range map[string]struct{ streaming, here bool }{"a message": {false, true}, "a message of a lost replica": {false, false}, "a stream": {true, true}, "a stream of a lost replica": {true, false}} {
		w, r, d := asked(t)
		w.Behave(slacktest.Behaviour{NoStreaming: !c.streaming})
		ref := put(t, r, chat.Post{Job: "J/1", Stage: chat.Placeholder, Text: "Reading …"})
		if got := w.Status("C1", d.Message.TS).Session; got != "processing" {
			t.Errorf("%s: the session begins %q", name, got)
		}
		if !c.here {
			w.adapter.signs, w.adapter.streams = newSigns(), newStreams()
		}
		w.Fail("chat.update", 2, slacktest.Code("restricted_action"))
		if _, err := r.Put(t.Context(), chat.Post{Job: "J/1", Ref: ref, Stage: chat.Final, Text: "done"}); err == nil {
			t.Fatalf("%s: the post did not fail", name)
		}
		if got := w.Status("C1", d.Message.TS).Session; got != "active" {
			t.Errorf("%s: the session is left %q", name, got)
		}
	}
}

// TestWithoutSessionsTheOlderSignStands: it would vanish after two minutes, so
// it is set again, and nothing of it is left.
func TestWithoutSessionsTheOlderSignStands(t *testing.T) {
	w, r, d := asked(t)
	w.Behave(slacktest.Behaviour{NoStreaming: true, NotAgent: true})
	ref := put(t, r, chat.Post{Job: "J/1", Stage: chat.Placeholder, Text: "Reading …"})
	standing := func() string { return w.Status("C1", d.Message.TS).Text }
	for range 4 {
		if standing() != busyText {
			t.Errorf("the status reads %q", standing())
		}
		w.now.Advance(signFresh)
		put(t, r, chat.Post{Job: "J/1", Ref: ref, Stage: chat.Live, Text: "so far"})
	}
	if err := r.Remove(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	if standing() != "" {
		t.Errorf("after the post is gone the status reads %q", standing())
	}
}

// TestTheStopButtonOfAnOrdinaryMessage names its job, on the replica that works
// and on any other; a finished answer is not stopped.
func TestTheStopButtonOfAnOrdinaryMessage(t *testing.T) {
	for _, here := range []bool{true, false} {
		door := bottest.NewRecorder()
		w := open(t, door)
		w.Behave(slacktest.Behaviour{NoStreaming: true})
		d := w.User("U1").Mention("C1", "write a lot")
		r := answerTo(t, w, one(t, door, chat.Mention).ReplyTo)
		put(t, r, chat.Post{Job: "J6/1", Stage: chat.Final, Text: "an earlier answer"})
		ref := put(t, r, chat.Post{Job: "J7/1", Stage: chat.Placeholder, Text: "Reading …"})
		if !here {
			w.adapter.signs = newSigns()
		}
		w.User("U1").Stop("C1", d.Message.TS)
		if e := one(t, door, chat.Stop); e.Value != "J7" {
			t.Errorf("here %v: stop of %q", here, e.Value)
		}
		put(t, r, chat.Post{Job: "J7/1", Ref: ref, Stage: chat.Final, Text: "Stopped."})
		w.User("U1").Stop("C1", d.Message.TS)
		one(t, door, chat.Stop) // nothing is left to stop
		if got := w.Status("C1", d.Message.TS).Session; got != "active" {
			t.Errorf("here %v: the session is left %q", here, got)
		}
	}
}

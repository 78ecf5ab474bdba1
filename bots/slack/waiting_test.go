package slack

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/bots/slack/slacktest"
	"github.com/tierwise/tierwise/internal/chat"
)

// waitingFor are the sentences of a person about what their questions wait for.
func waitingFor(w *world, person, thread string) []string {
	var all []string
	for _, m := range w.User(person).See("C1", thread) {
		if strings.Contains(m.Text, "Yours comes after it") {
			if !m.Private {
				return []string{"in public: " + m.Text}
			}
			all = append(all, m.Text)
		}
	}
	return all
}

// TestASecondQuestionSaysWhatItWaitsFor, to who asked it alone and once in all
// its deliveries, whether a stream or a message stands for the answer under way;
// the first question and one after the answer wait for nothing.
func TestASecondQuestionSaysWhatItWaitsFor(t *testing.T) {
	for name, streaming := range map[string]bool{"a stream": true, "a message": false} {
		t.Run(name, func(t *testing.T) {
			door := bottest.NewRecorder()
			w := open(t, door)
			w.Behave(slacktest.Behaviour{NoStreaming: !streaming, Pair: true, Copies: 3})
			root := w.Seed("C1", "", "U3", "the export is broken")
			w.now.Advance(time.Second)
			w.User("U1").MentionIn("C1", root, "why?")
			r := answerTo(t, w, door.Events()[0].ReplyTo)
			ref := put(t, r, chat.Post{Job: "J1/1", Stage: chat.Placeholder, Text: "Thinking …"})
			w.now.Advance(time.Second)
			w.User("U2").MentionIn("C1", root, "and since when?")
			if got := waitingFor(w, "U2", root); len(got) != 1 || !strings.Contains(got[0], "the question of ana") {
				t.Errorf("ben reads %q", got)
			}
			w.now.Advance(time.Second)
			w.User("U1").MentionIn("C1", root, "and who knows it?")
			if got := waitingFor(w, "U1", root); len(got) != 1 || !strings.Contains(got[0], "your earlier question") {
				t.Errorf("ana reads %q", got)
			}
			put(t, r, chat.Post{Job: "J1/1", Ref: ref, Stage: chat.Final, Text: "A timeout."})
			w.now.Advance(time.Second)
			w.User("U3").MentionIn("C1", root, "thanks, and now?")
			if got := waitingFor(w, "U3", root); len(got) != 0 {
				t.Errorf("after the answer cleo reads %q", got)
			}
		})
	}
}

// TestNothingIsSaidToWaitThatDoesNot: another thread, an answer that another
// replica ended, a question that was not accepted, and a copy of the question
// whose own answer is under way.
func TestNothingIsSaidToWaitThatDoesNot(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door)
	root, other := w.Seed("C1", "", "U3", "the export is broken"), w.Seed("C1", "", "U3", "lunch?")
	w.now.Advance(time.Second)
	w.User("U1").MentionIn("C1", root, "why?")
	to := door.Events()[0].ReplyTo
	r := answerTo(t, w, to)
	ref := put(t, r, chat.Post{Job: "J1/1", Stage: chat.Placeholder, Text: "Thinking …"})
	w.User("U2").MentionIn("C1", other, "where?")
	if got := waitingFor(w, "U2", other); len(got) != 0 {
		t.Errorf("in another thread: %q", got)
	}
	if ahead := w.adapter.ahead(door.Events()[0]); len(ahead) != 0 {
		t.Errorf("a copy waits for %+v", ahead)
	}
	door.Refuse(errors.New("down"))
	w.User("U2").MentionIn("C1", root, "since when?")
	if got := waitingFor(w, "U2", root); len(got) != 0 {
		t.Errorf("not accepted: %q", got)
	}
	door.Refuse(nil)
	w.now.Advance(time.Minute)
	if w.Retries(); len(waitingFor(w, "U2", root)) != 1 {
		t.Error("delivered again and accepted, nothing is said")
	}
	second, err := New(w.adapter.cfg)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := second.Opener().Open(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	put(t, elsewhere, chat.Post{Job: "J1/1", Ref: ref, Stage: chat.Final, Text: "A timeout."})
	w.now.Advance(time.Second)
	w.User("U3").MentionIn("C1", root, "thanks, and now?")
	if got := waitingFor(w, "U3", root); len(got) != 0 {
		t.Errorf("after another replica's answer: %q", got)
	}
}

package slack

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/bots/slack/slacktest"
	"github.com/tierwise/tierwise/internal/chat"
)

// told is what the person's direct message became.
func told(t *testing.T, w *world, door *bottest.Recorder, person string) chat.Event {
	t.Helper()
	before := len(door.Events())
	w.now.Advance(time.Second)
	w.User(person).Tell("summarize this")
	all := door.Events()
	if len(all) != before+1 {
		t.Fatalf("%d events, want one more than %d", len(all), before)
	}
	return all[before]
}

// TestThisIsWhatIsOpen beside a direct message: a channel, a thread also by one
// of its replies, and nothing.
func TestThisIsWhatIsOpen(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door)
	if e := told(t, w, door, "U1"); e.Viewing != (chat.Place{}) {
		t.Errorf("with nothing open: %+v", e.Viewing)
	}
	w.User("U1").LookAt("C1")
	if e := told(t, w, door, "U1"); e.Viewing != place("C1", "") || e.Place.Channel != w.User("U1").Direct() {
		t.Errorf("with a channel open: %+v at %+v", e.Viewing, e.Place)
	}
	root := w.Seed("C1", "", "U2", "the export is broken")
	w.now.Advance(time.Second)
	reply := w.Seed("C1", root, "U3", "since Monday")
	for _, ts := range []string{root, reply} {
		w.User("U1").LookAtMessage(slacktest.Ref{Channel: "C1", TS: ts})
		if e := told(t, w, door, "U1"); e.Viewing != place("C1", root) {
			t.Errorf("with message %s open: %+v, want the thread %s", ts, e.Viewing, root)
		}
	}
	// Reading may fail; then the message stands for its thread.
	w.Fail("conversations.replies", 1, slacktest.Code("internal_error"))
	if e := told(t, w, door, "U1"); e.Viewing != place("C1", reply) {
		t.Errorf("where it cannot be looked up: %+v", e.Viewing)
	}
	w.User("U1").LookAt("")
	if e := told(t, w, door, "U1"); e.Viewing != (chat.Place{}) {
		t.Errorf("after closing it: %+v", e.Viewing)
	}
	// In a channel "this" is the thread; nothing beside it counts.
	w.User("U1").LookAt("C2")
	w.User("U1").Mention("C1", "and this?")
	all := door.Events()
	if e := all[len(all)-1]; e.Viewing != (chat.Place{}) {
		t.Errorf("a mention in a channel views %+v", e.Viewing)
	}
}

// TestOddContextsAreNothing: what cannot be read, what is elsewhere, and our
// own conversation name no place, and never cost the message.
func TestOddContextsAreNothing(t *testing.T) {
	for raw, want := range map[string]chat.Place{
		`null`: {}, `[]`: {}, `7`: {}, `{}`: {}, `{"entities":null}`: {}, `{"entities":"C1"}`: {}, `{"entities":[7,null,"x",{}]}`: {},
		`{"entities":[{"type":"slack#/types/canvas_id","value":"F1"}]}`:                                                                                                       {},
		`{"entities":[{"type":"slack#/types/list_id","value":"F2"},{"type":"slack#/types/channel_id","value":"C1"}]}`:                                                         place("C1", ""),
		`{"entities":[{"type":"slack#/types/channel_id","value":{"id":"C1"}}]}`:                                                                                               {},
		`{"entities":[{"type":"slack#/types/channel_id","value":"../etc"}]}`:                                                                                                  {},
		`{"entities":[{"type":"slack#/types/channel_id","value":"C1","team_id":"T2"}]}`:                                                                                       {},
		`{"entities":[{"type":"slack#/types/channel_id","value":"D0","team_id":"T1"},{"type":"slack#/types/channel_id","value":"C3"}]}`:                                       place("C3", ""),
		`{"entities":[{"type":"slack#/types/message_context","value":{"channel_id":"C1","message_ts":"1795510800.000100"}},{"type":"slack#/types/channel_id","value":"C3"}]}`: place("C1", "1795510800.000100"),
		`{"entities":[{"type":"slack#/types/message_context","value":{"channel_id":"C1","message_ts":7}}]}`:                                                                   place("C1", ""),
		`{"entities":[{"type":"slack#/types/thread_ts","value":"1795510800.000100"}]}`:                                                                                        {},
		`{"entities":[{"type":"slack#/types/thread_ts","value":"1795510800.000100"},{"type":"slack#/types/channel_id","value":"C1"}]}`:                                        place("C1", "1795510800.000100"),
		`{"entities":[{"type":"slack#/types/thread_ts","value":"now"},{"type":"slack#/types/channel_id","value":"C1"}]}`:                                                      place("C1", ""),
	} {
		var v viewed
		if err := json.Unmarshal([]byte(raw), &v); err != nil {
			t.Errorf("%s is an error: %v", raw, err)
		}
		at, ok := v.place("T1", "D0")
		if ok != (want != chat.Place{}) || ok && at != want {
			t.Errorf("%s is %+v, %v", raw, at, ok)
		}
	}
	door := bottest.NewRecorder()
	w := open(t, door)
	odd := `{"type":"event_callback","team_id":"T1","event_id":"Ev1","event":{"type":"message","channel_type":"im","channel":"D9","user":"U1","ts":"1795510800.000100","text":"hello","app_context":"odd"}}`
	if rec := w.post("/slack/events", odd); rec.Code != http.StatusOK {
		t.Errorf("an odd context gave %d", rec.Code)
	}
	if e := one(t, door, chat.Mention); e.Text != "hello" || e.Viewing != (chat.Place{}) {
		t.Errorf("it became %+v", e)
	}
}

// TestPromptsFitWhatIsOpen, are not set anew while they fit, and do not follow
// every step of somebody who walks through channels.
func TestPromptsFitWhatIsOpen(t *testing.T) {
	w := open(t, bottest.NewRecorder())
	u := w.User("U1")
	first := func() string {
		p := w.Prompts(u.Direct())
		if len(p) == 0 || len(p) > 4 {
			t.Fatalf("%d prompts", len(p))
		}
		return p[0].Title
	}
	sets := func() int { return len(w.Requests("assistant.threads.setSuggestedPrompts")) }
	step := func(d slacktest.Delivery) {
		t.Helper()
		if !d.Acked {
			t.Error("not acknowledged")
		}
		w.now.Advance(promptPause)
	}
	step(u.OpenMessages())
	if first() != "What can you do?" {
		t.Errorf("with nothing open: %q", first())
	}
	step(u.LookAt("C1"))
	if first() != "Summarize this channel" {
		t.Errorf("beside a channel: %q", first())
	}
	before := sets()
	step(u.LookAt("C2"))
	if sets() != before {
		t.Error("the same prompts were set again")
	}
	root := w.Seed("C1", "", "U2", "the export is broken")
	step(u.LookAtMessage(slacktest.Ref{Channel: "C1", TS: root}))
	if first() != "Summarize this thread" {
		t.Errorf("beside a thread: %q", first())
	}
	// A channel we are not in is offered nothing about.
	w.AddChannel(slacktest.Channel{ID: "C8", Name: "elsewhere", Team: "T1", Members: []string{"U1"}})
	step(u.LookAt("C8"))
	if first() != "What can you do?" {
		t.Errorf("beside a channel we are not in: %q", first())
	}
	before = sets()
	u.LookAt("C1")
	u.LookAt("C8")
	u.LookAt("C1")
	if n := sets() - before; n != 1 {
		t.Errorf("three quick steps were answered %d times", n)
	}
	// A refusal is nobody's trouble.
	w.Behave(slacktest.Behaviour{NotAgent: true})
	w.now.Advance(promptPause)
	step(u.LookAt(""))
}

// TestTheDirectConversationIsOpened for what is for one person and names no
// channel, once; without the right to open it the person's id stands for it.
func TestTheDirectConversationIsOpened(t *testing.T) {
	w := open(t, bottest.NewRecorder())
	to := chat.ReplyTo{Place: chat.Place{Platform: chat.Slack, Workspace: "T1"}, Private: true, To: "U2"}
	r := answerTo(t, w, to)
	ref := put(t, r, chat.Post{Job: "N/1", Stage: chat.Final, Text: "Your request was approved."})
	direct := w.User("U2").Direct()
	if m := w.User("U2").Last(direct, ""); ref.Channel != direct || m.TS != ref.ID || m.Text != "Your request was approved." {
		t.Errorf("it was said at %+v, the last there is %q", ref, m.Text)
	}
	if found, err := r.Find(t.Context(), "N/1"); err != nil || found.ID != ref.ID {
		t.Errorf("found %+v, %v", found, err)
	}
	answerTo(t, w, to)
	if n := len(w.Requests("conversations.open")); n != 1 {
		t.Errorf("it was opened %d times", n)
	}
	if n := len(w.Requests("views.publish")); n != 0 {
		t.Error("a page nobody pressed anything on was shown anew")
	}
	w.Fail("conversations.open", 1, slacktest.MissingScope("im:write", "chat:write"))
	put(t, answerTo(t, w, chat.ReplyTo{Place: to.Place, Private: true, To: "U3"}), chat.Post{Job: "N/2", Stage: chat.Final, Text: "Hello."})
	if m := w.User("U3").Last(w.User("U3").Direct(), ""); m.Text != "Hello." {
		t.Errorf("without im:write the person reads %q", m.Text)
	}
	if _, err := w.adapter.Opener().Open(t.Context(), chat.ReplyTo{Place: to.Place, Private: true, To: "U404"}); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("a person nobody knows gave %v", err)
	}
}

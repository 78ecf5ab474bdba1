package chat

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMarks(t *testing.T) {
	message := Ref{Channel: "C1", Thread: "1.0", ID: "1.5"}
	mention := Event{ID: "Ev1", Kind: Mention, Message: message}
	same := func(a, b Event) bool {
		return slices.ContainsFunc(a.Marks(), func(m string) bool { return slices.Contains(b.Marks(), m) })
	}
	cases := []struct {
		name string
		a, b Event
		want bool
	}{
		{"the same delivery twice", mention, mention, true},
		{"one mention in two deliveries", mention, Event{ID: "Ev2", Kind: Mention, Message: message}, true},
		{"another message", mention, Event{ID: "Ev2", Kind: Mention, Message: Ref{Channel: "C1", ID: "1.6"}}, false},
		{"the same message id in another channel", mention, Event{ID: "Ev2", Kind: Mention, Message: Ref{Channel: "C2", ID: "1.5"}}, false},
		{"a shortcut on a message that was a mention", mention, Event{ID: "T1", Kind: Shortcut, Message: message}, false},
		{"two shortcuts on one message", Event{ID: "T1", Kind: Shortcut, Message: message}, Event{ID: "T2", Kind: Shortcut, Message: message}, false},
		{"two clicks on one button", Event{ID: "T1", Kind: Click, Message: message}, Event{ID: "T2", Kind: Click, Message: message}, false},
		{"one click delivered twice", Event{ID: "T1", Kind: Click, Message: message}, Event{ID: "T1", Kind: Click, Message: message}, true},
		{"ids of two kinds that happen to be equal", Event{ID: "1", Kind: Click}, Event{ID: "1", Kind: Submit}, false},
		{"mentions without a message", Event{ID: "Ev1", Kind: Mention}, Event{ID: "Ev2", Kind: Mention}, false},
	}
	for _, c := range cases {
		if got := same(c.a, c.b); got != c.want {
			t.Errorf("%s: same %v, want %v (%q and %q)", c.name, got, c.want, c.a.Marks(), c.b.Marks())
		}
	}
}

// An event is stored and read by another replica; nothing of it may be lost.
func TestAnEventSurvivesStorage(t *testing.T) {
	e := Event{ID: "Ev1", Kind: Submit, Place: Place{Slack, "T1", "C1", "1.0"}, Actor: Actor{ID: "U1", Name: "anna", Groups: []string{"S1"}},
		At: time.Date(2026, 11, 24, 9, 0, 0, 5, time.UTC), Channel: Channel{Place: Place{Slack, "T1", "C1", ""}, Kind: PublicChannel, Shared: NotShared},
		Message: Ref{Channel: "C1", ID: "1.5"}, Target: &Message{ID: "1.5", Text: "é\u0000"}, Text: "t", Files: []File{{Name: "a.png", Size: 3}},
		Name: "form", Value: "v", Fields: map[string]string{"a": "b\nc"}, State: "s",
		ReplyTo: ReplyTo{Place: Place{Slack, "T1", "C1", "1.0"}, Private: true, To: "U1", Message: "1.5", Address: json.RawMessage(`{"url":"https://x"}`)}}
	data, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var back Event
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e, back); diff != "" {
		t.Error(diff)
	}
}

func TestPlaces(t *testing.T) {
	p := Place{Discord, "G1", "C1", "T1"}
	if p.Tenant() != "discord/G1" || p.String() != "discord/G1/C1/T1" {
		t.Errorf("tenant %q, path %q", p.Tenant(), p)
	}
	if c := p.InChannel(); c.String() != "discord/G1/C1" || p.Thread != "T1" {
		t.Errorf("in channel %q, before %q", c, p)
	}
	if w := (Place{Platform: Discord, Workspace: "G1"}); w.String() != "discord/G1" {
		t.Errorf("workspace %q", w)
	}
}

func TestWhatIsNotKnownIsPrivateAndIncomplete(t *testing.T) {
	if !UnknownChannel.Private() || !DirectMessage.Private() || !GroupMessage.Private() || !PrivateChannel.Private() || PublicChannel.Private() {
		t.Error("only a public channel is not private")
	}
	for _, c := range []struct {
		coverage Coverage
		want     bool
	}{
		{Coverage{Read: 5, Total: 5}, true},
		{Coverage{Read: 5, Total: -1}, true},
		{Coverage{Read: 4, Total: 5}, false},
		{Coverage{Read: 5, Total: -1, Why: "newest kept"}, false},
		{Coverage{Hidden: true}, false},
	} {
		if got := c.coverage.Complete(); got != c.want {
			t.Errorf("%+v: complete %v", c.coverage, got)
		}
	}
}

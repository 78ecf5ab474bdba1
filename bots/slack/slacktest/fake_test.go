package slacktest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
)

// stage is a sample workspace with a client of the Web API.
type stage struct {
	*testing.T
	*Fake
	clock *clock.Manual
	token string
}

func newStage(t *testing.T, cfg Config) *stage {
	t.Helper()
	now := clock.NewManual(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	cfg.Clock = now
	f := New(t, cfg)
	return &stage{T: t, Fake: f, clock: now, token: f.Sample()}
}

// call calls a method with form arguments and returns the answer.
func (s *stage) call(method string, pairs ...string) map[string]any {
	s.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	req, err := http.NewRequest(http.MethodPost, s.API()+method, strings.NewReader(form.Encode()))
	if err != nil {
		s.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer "+s.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.Fatalf("%s: %v", method, err)
	}
	defer resp.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		s.Fatalf("%s: %v", method, err)
	}
	return out
}

// fine calls a method that must succeed.
func (s *stage) fine(method string, pairs ...string) map[string]any {
	s.Helper()
	out := s.call(method, pairs...)
	if out["ok"] != true {
		s.Fatalf("%s: refused with %v", method, out)
	}
	return out
}

// refused calls a method that must be refused with a code.
func (s *stage) refused(code, method string, pairs ...string) {
	s.Helper()
	if out := s.call(method, pairs...); out["error"] != code {
		s.Errorf("%s gave %v, want %s", method, out, code)
	}
}

// app is an app that answers every delivery with what answer says.
func (s *stage) app(answer func(w http.ResponseWriter, r *http.Request, body string)) {
	s.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			s.Error(err)
		}
		answer(w, r, string(body))
	}))
	s.Cleanup(server.Close)
	s.Connect(server.URL)
}

// bad needs a violation that says so, and no other.
func (s *stage) bad(words string) {
	s.Helper()
	if !s.Checked() {
		s.Skip(s.Notes())
	}
	v := s.Violations()
	if len(v) != 1 || !strings.Contains(v[0], words) {
		s.Errorf("violations %q, want one about %q", v, words)
	}
}

func TestSignatureVector(t *testing.T) {
	// The vector of Slack's own documentation and SDKs.
	const body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA" +
		"&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN" +
		"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
	got := Sign("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", []byte(body))
	if want := "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"; got != want {
		t.Errorf("signature %s, want %s", got, want)
	}
}

func TestReadingPages(t *testing.T) {
	s := newStage(t, Config{})
	root := s.Seed("C1", "", "U1", "root")
	for range 7 {
		s.Seed("C1", root, "U2", "reply")
	}
	seen, cursor, pages := 0, "", 0
	for {
		args := []string{"channel", "C1", "ts", root, "limit", "3"}
		if cursor != "" {
			args = append(args, "cursor", cursor)
		}
		out := s.fine("conversations.replies", args...)
		messages := out["messages"].([]any)
		if first := messages[0].(map[string]any)["ts"] == root; first != (pages == 0) {
			t.Errorf("page %d begins with the parent: %v", pages+1, first)
		}
		seen, pages = seen+len(messages), pages+1
		cursor = out["response_metadata"].(map[string]any)["next_cursor"].(string)
		if out["has_more"] != (cursor != "") {
			t.Error("has_more does not go with the cursor")
		}
		if cursor == "" {
			break
		}
	}
	if seen != 8 || pages != 3 {
		t.Errorf("%d messages on %d pages, want 8 on 3", seen, pages)
	}
	s.Behave(Behaviour{NonMarketplace: true})
	for range 30 {
		s.Seed("C2", "", "U1", "more")
	}
	out := s.fine("conversations.history", "channel", "C2", "limit", "200")
	if n := len(out["messages"].([]any)); n != 15 {
		t.Errorf("%d messages for an app that is not in the Marketplace, want 15", n)
	}
	s.refused("ratelimited", "conversations.history", "channel", "C2")
	s.clock.Advance(time.Minute)
	s.fine("conversations.history", "channel", "C2")
}

func TestEphemeralIsForOne(t *testing.T) {
	s := newStage(t, Config{})
	s.fine("chat.postEphemeral", "channel", "C1", "user", "U1", "text", "only you")
	if n := len(s.User("U2").See("C1", "")); n != 0 {
		t.Errorf("another person sees %d messages", n)
	}
	own := s.User("U1").See("C1", "")
	if len(own) != 1 || !own[0].Private || own[0].Text != "only you" {
		t.Fatalf("the person sees %+v", own)
	}
	if out := s.fine("conversations.history", "channel", "C1"); len(out["messages"].([]any)) != 0 {
		t.Error("history has the ephemeral message")
	}
	s.refused("message_not_found", "chat.update", "channel", "C1", "ts", own[0].TS, "text", "x")
	s.refused("user_not_in_channel", "chat.postEphemeral", "channel", "C1", "user", "U7", "text", "x")
	s.User("U1").Reload()
	if n := len(s.User("U1").See("C1", "")); n != 0 {
		t.Errorf("%d messages are left after a reload", n)
	}
}

func TestStreamStates(t *testing.T) {
	s := newStage(t, Config{})
	root := s.Seed("C1", "", "U1", "question")
	start := []string{"channel", "C1", "thread_ts", root, "recipient_user_id", "U1", "recipient_team_id", "T1", "markdown_text", "Once "}
	ts := s.fine("chat.startStream", start...)["ts"].(string)
	s.fine("chat.appendStream", "channel", "C1", "ts", ts, "markdown_text", "upon a time")
	if live := s.User("U1").Last("C1", root); live.Text != "Once upon a time" || !live.Live {
		t.Errorf("the recipient sees %q, live %v", live.Text, live.Live)
	}
	if other := s.User("U2").Last("C1", root); other.Text != "Once" {
		t.Errorf("somebody else sees %q, want the first chunk", other.Text)
	}
	s.refused("streaming_state_conflict", "chat.update", "channel", "C1", "ts", ts, "text", "x")
	s.refused("msg_too_long", "chat.appendStream", "channel", "C1", "ts", ts, "markdown_text", strings.Repeat("x", 11990))
	s.fine("chat.stopStream", "channel", "C1", "ts", ts, "markdown_text", ".")
	s.refused("message_not_in_streaming_state", "chat.appendStream", "channel", "C1", "ts", ts, "markdown_text", "x")
	if done := s.User("U2").Last("C1", root); done.Text != "Once upon a time." || done.Live {
		t.Errorf("at the end somebody else sees %q", done.Text)
	}
	ts = s.fine("chat.startStream", start...)["ts"].(string)
	s.clock.Advance(5 * time.Minute)
	s.refused("message_not_in_streaming_state", "chat.stopStream", "channel", "C1", "ts", ts)
	ts = s.fine("chat.startStream", start...)["ts"].(string)
	s.User("U1").Stop("C1", root)
	s.refused("stopped_by_user", "chat.appendStream", "channel", "C1", "ts", ts, "markdown_text", "x")
}

const modal = `{"type":"modal","callback_id":"ask","title":{"type":"plain_text","text":"Ask"},"submit":{"type":"plain_text","text":"Go"},` +
	`"blocks":[{"type":"input","block_id":"amount","label":{"type":"plain_text","text":"Amount"},"element":{"type":"plain_text_input","action_id":"v"}}]}`

func TestTriggersLiveShortAndOnce(t *testing.T) {
	s := newStage(t, Config{})
	var trigger string
	s.app(func(w http.ResponseWriter, r *http.Request, body string) {
		form, err := url.ParseQuery(body)
		if err != nil {
			t.Error(err)
		}
		trigger = form.Get("trigger_id")
	})
	p := s.User("U1")
	p.Command("/draft", "", "C1")
	s.fine("views.open", "trigger_id", trigger, "view", modal)
	s.refused("exchanged_trigger_id", "views.open", "trigger_id", trigger, "view", modal)
	s.refused("invalid_trigger_id", "views.open", "trigger_id", "nonsense", "view", modal)
	p.Command("/draft", "", "C1")
	s.clock.Advance(4 * time.Second)
	s.refused("expired_trigger_id", "views.open", "trigger_id", trigger, "view", modal)
	if v, open := p.View(); !open || v.Title != "Ask" {
		t.Errorf("the person has %+v open", v)
	}
}

func TestWrongRequestsAreViolations(t *testing.T) {
	cases := []struct {
		name, words, method string
		args                []string
	}{
		{"an unknown argument", "unknown argument colour", "chat.postMessage", []string{"channel", "C1", "text", "x", "colour", "red"}},
		{"a missing argument", "required argument channel", "chat.postMessage", []string{"text", "x"}},
		{"a boolean that is none", "not a boolean", "chat.postMessage", []string{"channel", "C1", "text", "x", "mrkdwn", "perhaps"}},
		{"a word outside of an enum", "not one of", "agents.sessions.setStatus", []string{"channel_id", "C1", "thread_ts", "1.2", "status", "busy"}},
		{"a limit above the most", "is more than 1000", "conversations.replies", []string{"channel", "C1", "ts", "1.2", "limit", "1001"}},
		{"an item too long", "item 1 has 51 characters", "assistant.threads.setStatus",
			[]string{"channel_id", "C1", "thread_ts", "1.2", "status", "x", "loading_messages", strings.Repeat("x", 51)}},
		{"a header too long", "header.text: 151", "chat.postMessage", []string{"channel", "C1", "text", "x", "blocks",
			`[{"type":"header","text":{"type":"plain_text","text":"` + strings.Repeat("x", 151) + `"}}]`}},
		{"an unknown block", "unsupported type", "chat.postMessage", []string{"channel", "C1", "text", "x", "blocks", `[{"type":"sparkle"}]`}},
		{"a method that is not", "no such method", "chat.sing", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, Config{Lenient: true})
			if out := s.call(c.method, c.args...); s.Checked() && out["ok"] == true {
				t.Error("the request was taken")
			}
			s.bad(c.words)
		})
	}
}

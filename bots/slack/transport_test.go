package slack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/bots/slack/slacktest"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
)

// TestTheSignatureVector is the example of Slack's own documentation.
// https://docs.slack.dev/authentication/verifying-requests-from-slack, read 2026-11-23.
func TestTheSignatureVector(t *testing.T) {
	body := []byte("token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&" +
		"command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c")
	secret := config.NewSecret("8f742231b10e8888abcd99yyyzzz85a5")
	const at, signature = 1531420618, "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
	header := func(stamp, sig string) http.Header {
		return http.Header{"X-Slack-Request-Timestamp": {stamp}, "X-Slack-Signature": {sig}}
	}
	for name, c := range map[string]struct {
		header http.Header
		body   []byte
		secret config.Secret
		off    time.Duration
		ok     bool
	}{
		"right":                    {header("1531420618", signature), body, secret, 0, true},
		"five minutes old":         {header("1531420618", signature), body, secret, 5 * time.Minute, true},
		"five minutes early":       {header("1531420618", signature), body, secret, -5 * time.Minute, true},
		"too old":                  {header("1531420618", signature), body, secret, 5*time.Minute + time.Second, false},
		"too early":                {header("1531420618", signature), body, secret, -5*time.Minute - time.Second, false},
		"another body":             {header("1531420618", signature), append([]byte("x"), body...), secret, 0, false},
		"another secret":           {header("1531420618", signature), body, config.NewSecret("other"), 0, false},
		"no secret":                {header("1531420618", signature), body, config.Secret{}, 0, false},
		"another time":             {header("1531420619", signature), body, secret, 0, false},
		"no version":               {header("1531420618", strings.TrimPrefix(signature, "v0=")), body, secret, 0, false},
		"no headers":               {http.Header{}, body, secret, 0, false},
		"a time that is no number": {header("soon", signature), body, secret, 0, false},
	} {
		_, err := verify(c.secret, clock.NewManual(time.Unix(at, 0).Add(c.off)), c.header, c.body)
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// post sends a signed body to a path of the adapter.
func (w *world) post(path, body string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	stamp := fmt.Sprint(w.now.Now().Unix())
	req.Header.Set("X-Slack-Request-Timestamp", stamp)
	req.Header.Set("X-Slack-Signature", sign(config.NewSecret(slacktest.SigningSecret), stamp, []byte(body)))
	rec := httptest.NewRecorder()
	w.adapter.Handler().ServeHTTP(rec, req)
	return rec
}

func TestWhatTheDoorLetsIn(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door)
	if !w.Verify() || !w.SSLCheck().Acked {
		t.Error("the challenge or the probe was not answered")
	}
	if rec := w.post("/slack/events", strings.Repeat(" ", maxBody+1)); rec.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a body over 1 MiB gave %d", rec.Code)
	}
	unsigned := httptest.NewRecorder()
	w.adapter.Handler().ServeHTTP(unsigned, httptest.NewRequest(http.MethodPost, "/slack/commands", strings.NewReader("command=/draft")))
	if unsigned.Code != http.StatusUnauthorized {
		t.Errorf("an unsigned command gave %d", unsigned.Code)
	}
	// The same signed bytes again are acknowledged and do nothing.
	form := url.Values{"team_id": {"T1"}, "channel_id": {"C1"}, "user_id": {"U1"}, "command": {"/summarize"}, "text": {"24h"}, "trigger_id": {"1.2.x"}}.Encode()
	for range 3 {
		if rec := w.post("/slack/commands", form); rec.Code != http.StatusOK {
			t.Errorf("a command gave %d", rec.Code)
		}
	}
	one(t, door, chat.Command)
	if w.counted("slack.replayed") != 2 {
		t.Errorf("%d replays counted, want 2", w.counted("slack.replayed"))
	}
}

// TestOddPayloadsAreAcknowledged: none is an error of ours, and odd fields do
// not cost the event.
func TestOddPayloadsAreAcknowledged(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door)
	for _, body := range []string{``, `null`, `[]`, `{}`, `{"type":"event_callback"}`, `{"type":"event_callback","event":null}`, `{"type":"event_callback","team_id":"T1","event":{"type":7}}`,
		`{"type":"event_callback","team_id":"T1","event":{"type":"workflow_step_execute"}}`, `{"type":"app_rate_limited","team_id":"T1"}`, `{"type":"event_callback","event":{"type":"message","channel":"C1"}}`,
		`{"type":"event_callback","team_id":"T9","event":{"type":"app_mention","channel":"C1","user":"U1","ts":"1.0","text":"<@UBOTT1>"}}`} {
		if rec := w.post("/slack/events", body); rec.Code != http.StatusOK {
			t.Errorf("%s gave %d", body, rec.Code)
		}
	}
	if n := len(door.Events()); n != 0 {
		t.Errorf("%d odd events were accepted", n)
	}
	odd := `{"type":"event_callback","team_id":"T1","event_id":"Ev1","event_time":"soon","authorizations":"none","event":{"type":"app_mention","channel":{"id":"C1"},"user":"U1",
		"ts":"1795510800.000100","text":"<@UBOTT1> hello","files":"","edited":7,"reply_count":"","blocks":{},"metadata":[]}}`
	if rec := w.post("/slack/events", odd); rec.Code != http.StatusOK {
		t.Errorf("an odd mention gave %d", rec.Code)
	}
	if e := one(t, door, chat.Mention); e.Text != "hello" || e.Place.Channel != "C1" {
		t.Errorf("the odd mention became %+v", e)
	}
}

// TestSamplesAreAcknowledged posts Slack's own payload samples.
func TestSamplesAreAcknowledged(t *testing.T) {
	shared(t, "spec/slack/samples/AppMentionPayload.json")
	w := open(t, bottest.NewRecorder())
	names, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "spec", "slack", "samples", "*Payload.json"))
	if err != nil || len(names) < 5 {
		t.Fatalf("%d samples: %v", len(names), err)
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, rec := range []*httptest.ResponseRecorder{w.post("/slack/events", string(raw)), w.post("/slack/interactions", url.Values{"payload": {string(raw)}}.Encode())} {
			if rec.Code != http.StatusOK {
				t.Errorf("%s gave %d", filepath.Base(name), rec.Code)
			}
		}
	}
	if w.counted("slack.panic") != 0 {
		t.Error("a sample broke the adapter")
	}
}

func FuzzTheHTTPDoor(f *testing.F) {
	f.Add("/slack/events", `{"type":"event_callback","team_id":"T1","event":{"type":"message","channel":"C1","user":"U1","ts":"1.2","text":"<@U1|x> <!date^1^x|y>"}}`)
	f.Add("/slack/events", `{"type":"event_callback","team_id":"T1","event":{"type":"message","subtype":"message_changed","message":{"ts":"1"},"previous_message":7}}`)
	f.Add("/slack/commands", "team_id=T1&command=/draft&text=<#C1|>&user_id=U1")
	f.Add("/slack/interactions", "payload="+url.QueryEscape(`{"type":"view_submission","team":{"id":"T1"},"user":{"id":"U1"},"view":{"callback_id":"f","private_metadata":"{}","state":{"values":{"a":{"v":{"value":null}}}}}}`))
	f.Add("/slack/interactions", "payload="+url.QueryEscape(`{"type":"block_actions","team":{"id":"T1"},"user":{"id":"U1"},"actions":[{"action_id":"tw:0:f:x"},{}]}`))
	door := bottest.NewRecorder()
	now := clock.NewManual(dawn)
	w := &world{now: now, counts: map[string]int{}, logs: &strings.Builder{}}
	a, err := New(Config{Door: door, Clock: now, BotToken: config.NewSecret("xoxb-1"), SigningSecret: config.NewSecret(slacktest.SigningSecret), Count: w.count,
		Owned:     func(context.Context, chat.Place) (chat.Owned, error) { return chat.Owned{Owner: "U1"}, nil },
		FollowUps: func(context.Context, chat.Place, chat.Channel) bool { return true }, Transport: silence{}})
	if err != nil {
		f.Fatal(err)
	}
	w.adapter = a
	f.Fuzz(func(t *testing.T, path, body string) {
		switch path {
		case "/slack/events", "/slack/commands", "/slack/interactions":
		default:
			path = "/slack/events"
		}
		if rec := w.post(path, body); rec.Code >= 500 && rec.Code != http.StatusServiceUnavailable {
			t.Errorf("status %d", rec.Code)
		}
		if w.counted("slack.panic") > 0 {
			t.Fatal("the adapter broke")
		}
	})
}

// BenchmarkAcknowledge is a mention from the signed request to the 200, with
// everything known and a door that takes no time.
func BenchmarkAcknowledge(b *testing.B) {
	now := clock.NewManual(dawn)
	a, err := New(Config{Door: instant{}, Clock: now, BotToken: config.NewSecret("xoxb-1"), SigningSecret: config.NewSecret(slacktest.SigningSecret),
		Owned:     func(context.Context, chat.Place) (chat.Owned, error) { return chat.Owned{}, nil },
		FollowUps: func(context.Context, chat.Place, chat.Channel) bool { return true }, Transport: silence{}})
	if err != nil {
		b.Fatal(err)
	}
	a.names.users.put("T1/U1", user{ID: "U1", Name: "ana", Team: "T1"})
	a.names.channels.put("T1/C1", conversation{ID: "C1", Name: "general"})
	w := &world{adapter: a, now: now}
	n := 0
	for b.Loop() {
		n++
		body := fmt.Sprintf(`{"type":"event_callback","team_id":"T1","event_id":"Ev%d","authorizations":[{"team_id":"T1","user_id":"UBOT","is_bot":true}],
			"event":{"type":"app_mention","channel":"C1","user":"U1","ts":"1795510800.%06d","text":"<@UBOT> what is open here? <@U1> asked too"}}`, n, n%1_000_000)
		if rec := w.post("/slack/events", body); rec.Code != http.StatusOK {
			b.Fatalf("status %d", rec.Code)
		}
	}
}

// instant is a door that takes everything at once.
type instant struct{}

func (instant) Accept(context.Context, chat.Event) error                { return nil }
func (instant) Ask(context.Context, chat.Question) (chat.Answer, error) { return chat.Answer{}, nil }

// silence is a Slack that knows who we are and nothing else.
type silence struct{}

func (silence) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	if strings.HasSuffix(r.URL.Path, string(authTest)) {
		fmt.Fprint(rec, `{"ok":true,"team_id":"T1","user_id":"UBOT","url":"https://acme.slack.com/"}`)
	} else {
		fmt.Fprint(rec, `{"ok":false,"error":"channel_not_found"}`)
	}
	return rec.Result(), nil
}

// socketWorld runs the adapter over Socket Mode.
func socketWorld(t *testing.T, door chat.Door) *world {
	t.Helper()
	w := open(t, door, func(c *Config) { c.AppToken = config.NewSecret(slacktest.AppToken) })
	w.ConnectTo(slacktest.Endpoints{})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.adapter.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("run ended with %v", err)
		}
	})
	if !w.WaitSockets(2) {
		t.Fatal("two connections did not open")
	}
	return w
}

// TestSocketMode: the same deliveries by the other way, an odd envelope
// acknowledged, and a refreshed connection.
func TestSocketMode(t *testing.T) {
	door := bottest.NewRecorder()
	w := socketWorld(t, door)
	if d := w.User("U1").Mention("C1", "hello"); !d.Acked {
		t.Error("the mention was not acked")
	}
	if d := w.User("U1").Command("/summarize", "24h", "C1"); !d.Acked {
		t.Error("the command was not acked")
	}
	if d := w.Raw([]byte(`{"type":"event_callback","team_id":"T1","event":{"type":"workflow_step_execute","ts":7}}`)); !d.Acked {
		t.Error("an odd envelope was not acked")
	}
	one(t, door, chat.Mention)
	one(t, door, chat.Command)
	w.Disconnect("refresh_requested")
	if !w.WaitSockets(2) {
		t.Fatal("the connections did not come back")
	}
	w.DropSockets()
	if !w.WaitSockets(2) {
		t.Fatal("the connections did not come back after a cut")
	}
	if d := w.User("U1").Mention("C1", "again"); !d.Acked || len(door.Events()) != 3 {
		t.Errorf("after the cut: acked %v, %d events", d.Acked, len(door.Events()))
	}
	door.Refuse(errors.New("down"))
	if d := w.User("U1").Mention("C1", "and now?"); d.Acked {
		t.Error("what was not accepted was acked")
	}
}

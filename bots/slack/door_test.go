package slack

import (
	"context"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/slack/slacktest"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
)

// knocks are requests of every kind, to be changed at random.
var knocks = []struct{ path, body string }{
	{"/slack/events", `{"type":"event_callback","team_id":"T1","event_id":"Ev1","is_ext_shared_channel":false,"authorizations":[{"team_id":"T1","user_id":"UBOT","is_bot":true}],"event":{"type":"app_mention","channel":"C1","user":"U1","ts":"1795510800.000100","text":"<@UBOT> see <#C1|x> <!date^1^d|y>","files":[{"name":"a","size":3}]}}`},
	{"/slack/events", `{"type":"event_callback","team_id":"T1","event":{"type":"message","channel_type":"im","channel":"D1","user":"U1","ts":"1795510800.000200","text":"this","app_context":{"entities":[{"type":"slack#/types/message_context","value":{"channel_id":"C1","message_ts":"1795510800.000100"}}]}}}`},
	{"/slack/events", `{"type":"event_callback","team_id":"T1","event":{"type":"message","subtype":"message_changed","channel":"C1","message":{"ts":"1.000001","user":"U1","text":"<@UBOT> a"},"previous_message":{"text":"b"}}}`},
	{"/slack/events", `{"type":"event_callback","team_id":"T1","event":{"type":"app_context_changed","user":"U1","channel":"D1","context":{"entities":[{"type":"slack#/types/channel_id","value":"C1"}]}}}`},
	{"/slack/events", `{"type":"event_callback","team_id":"T1","event":{"type":"agent_session_stopped","user":"U1","channel":"C1","thread_ts":"1.000001","streaming_message_ts":["1.000002"]}}`},
	{"/slack/events", `{"type":"event_callback","team_id":"T1","event":{"type":"tokens_revoked","tokens":{"bot":["UBOT"]}}}`},
	{"/slack/commands", "team_id=T1&channel_id=C1&user_id=U1&command=%2Fsummarize&text=24h+in+%3C%23C1%7Cx%3E&trigger_id=1.2&response_url=https%3A%2F%2Fhooks.slack.com%2Fx"},
	{"/slack/interactions", `{"type":"block_actions","team":{"id":"T1"},"user":{"id":"U1"},"channel":{"id":"C1"},"trigger_id":"1","container":{"message_ts":"1.000001","is_ephemeral":true},"actions":[{"action_id":"tw:0:f:draft.edit","value":"J1","selected_option":{"value":"c:x|y"}}]}`},
	{"/slack/interactions", `{"type":"message_action","callback_id":"draft_reply","team":{"id":"T1"},"user":{"id":"U1"},"channel":{"id":"C1"},"message":{"ts":"1.000001","user":"U2","text":"hm"}}`},
	{"/slack/interactions", `{"type":"view_submission","team":{"id":"T1"},"user":{"id":"U1"},"view":{"id":"V1","callback_id":"roles","private_metadata":"{\"f\":[\"a\"],\"n\":[\"a\"]}","state":{"values":{"a":{"v":{"selected_users":["U1"]}},"a:groups":{"v":{"selected_options":[{"value":"S1"}]}}}}}}`},
}

// odds are values that stand where something else is expected.
var odds = []any{nil, true, 0, -1, 1e300, "", "\x00", "<@U1|", "D", "T1", "1.2.3", []any{}, []any{nil, []any{map[string]any{}}}, map[string]any{}, map[string]any{"id": 7}, strings.Repeat("x", 5000)}

// changed is a JSON value with some of its parts replaced, doubled or left out.
func changed(r *rand.Rand, v any) any {
	if r.IntN(12) == 0 {
		return odds[r.IntN(len(odds))]
	}
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if r.IntN(15) > 0 {
				out[key] = changed(r, v[key])
			}
		}
		return out
	case []any:
		var out []any
		for _, x := range v {
			for range 1 + r.IntN(8)/7 {
				out = append(out, changed(r, x))
			}
		}
		return out
	}
	return v
}

// knock is one request: a changed payload, and at times with broken bytes.
func knock(r *rand.Rand) (path, body string) {
	one := knocks[r.IntN(len(knocks))]
	body = one.body
	var v any
	if json.Unmarshal([]byte(body), &v) == nil {
		raw, err := json.Marshal(changed(r, v))
		if err == nil {
			body = string(raw)
		}
	}
	if r.IntN(4) == 0 && body != "" {
		bytes := []byte(body)
		for range 1 + r.IntN(4) {
			bytes[r.IntN(len(bytes))] = byte(r.IntN(256))
		}
		body = string(bytes[:1+r.IntN(len(bytes))])
	}
	if one.path == "/slack/interactions" {
		body = "payload=" + url.QueryEscape(body)
	}
	return one.path, body
}

// TestOddRequestsBreakNothing knocks at the HTTP door with changed payloads from
// a fixed seed: nothing panics, and nothing but an acknowledgement or "come again" is
// answered. TIERWISE_SLACK_KNOCKS says how many.
func TestOddRequestsBreakNothing(t *testing.T) {
	count := 2000
	if n, err := strconv.Atoi(os.Getenv("TIERWISE_SLACK_KNOCKS")); err == nil && n > 0 {
		count = n
	}
	now := clock.NewManual(dawn)
	w := &world{now: now, counts: map[string]int{}, logs: &strings.Builder{}}
	a, err := New(Config{Door: instant{}, Clock: now, BotToken: config.NewSecret("xoxb-1"), SigningSecret: config.NewSecret(slacktest.SigningSecret), Count: w.count,
		Owned:     func(context.Context, chat.Place) (chat.Owned, error) { return chat.Owned{Owner: "U1"}, nil },
		FollowUps: func(context.Context, chat.Place, chat.Channel) bool { return true }, Transport: silence{}})
	if err != nil {
		t.Fatal(err)
	}
	a.api.limit.sleep = func(_ context.Context, d time.Duration) error {
		now.Advance(d)
		return nil
	}
	w.adapter = a
	r := rand.New(rand.NewPCG(1, 2))
	statuses := map[int]int{}
	for i := range count {
		path, body := knock(r)
		rec := w.post(path, body)
		statuses[rec.Code]++
		if rec.Code != http.StatusOK && rec.Code != http.StatusServiceUnavailable || w.counted("slack.panic") > 0 {
			t.Fatalf("request %d: status %d, %d panics: %s %q", i, rec.Code, w.counted("slack.panic"), path, body)
		}
	}
	if w.counted("slack.accepted") == 0 || w.counted("slack.odd") == 0 {
		t.Errorf("%d were accepted and %d odd: the payloads are all of one kind", w.counted("slack.accepted"), w.counted("slack.odd"))
	}
	t.Logf("%d odd requests at the HTTP door: %d accepted, %d odd, 0 panics", count, w.counted("slack.accepted"), w.counted("slack.odd"))
}

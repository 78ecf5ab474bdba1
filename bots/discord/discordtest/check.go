package discordtest

import (
	"fmt"
	"testing"
)

// CheckManners fails the test where any request that makes or changes a message
// could notify somebody, would unfurl a link, or makes a channel message
// without an enforced nonce.
func (f *Fake) CheckManners(t testing.TB) {
	t.Helper()
	n := 0
	for _, r := range f.Requests("", "") {
		body, speaks := said(r)
		if !speaks {
			continue
		}
		n++
		for _, bad := range manners(r, body) {
			t.Errorf("%s %s: %s", r.Method, r.Route, bad)
		}
	}
	if n == 0 {
		t.Error("no request made or changed a message")
	}
}

// said is the message in a request that makes or changes one.
func said(r Request) (map[string]any, bool) {
	switch {
	case r.Method != "POST" && r.Method != "PATCH":
		return nil, false
	case r.Route == "/channels/{channel_id}/messages", r.Route == "/channels/{channel_id}/messages/{message_id}":
		return r.Body, true
	case r.Route == "/webhooks/{webhook_id}/{webhook_token}", r.Route == "/webhooks/{webhook_id}/{webhook_token}/messages/@original",
		r.Route == "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}":
		return r.Body, true
	case r.Route == "/interactions/{interaction_id}/{interaction_token}/callback" && r.Body["type"] == float64(4):
		data, _ := r.Body["data"].(map[string]any)
		return data, true
	}
	return nil, false
}

func manners(r Request, body map[string]any) []string {
	var bad []string
	allowed, _ := body["allowed_mentions"].(map[string]any)
	parse, there := allowed["parse"].([]any)
	if !there || len(parse) != 0 || len(allowed) > 2 || allowed["replied_user"] == true {
		bad = append(bad, fmt.Sprintf("allowed_mentions is %v", body["allowed_mentions"]))
	}
	if flags, _ := body["flags"].(float64); int(flags)&flagSuppress == 0 {
		bad = append(bad, "links would be unfurled")
	}
	nonce, _ := body["nonce"].(string)
	if r.Method == "POST" && r.Route == "/channels/{channel_id}/messages" && (nonce == "" || body["enforce_nonce"] != true) {
		bad = append(bad, "the nonce is not enforced")
	}
	return bad
}

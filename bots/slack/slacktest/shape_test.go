package slacktest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// newer are fields that the method reference or the documentation of events
// has, and the samples do not.
var newer = []string{"/context_team_id", "/context_enterprise_id", "/ok", "/response_urls", "/view/blocks", "/event/context", "/event/event_ts",
	"/channel", "/ts", "/message", "/messages[]/client_msg_id"}

// differ compares a payload of the fake with an official sample: what both have
// must be of one kind, and the fake must not make fields up.
func differ(at string, sample, ours any) []string {
	var out []string
	switch o := ours.(type) {
	case nil:
	case map[string]any:
		s, ok := sample.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s is an object, the sample has %T", at, sample)}
		}
		if len(s) == 0 { // an object without a shape
			return nil
		}
		for key, v := range o {
			if known, ok := s[key]; ok {
				out = append(out, differ(at+"/"+key, known, v)...)
			} else if !slices.Contains(newer, at+"/"+key) {
				out = append(out, at+"/"+key+" is made up")
			}
		}
	case []any:
		s, ok := sample.([]any)
		if !ok {
			return []string{fmt.Sprintf("%s is a list, the sample has %T", at, sample)}
		}
		if len(s) == 0 || strings.HasSuffix(at, "/blocks") || strings.HasSuffix(at, "/actions") { // mixed kinds
			return nil
		}
		for _, v := range o {
			out = append(out, differ(at+"[]", s[0], v)...)
		}
	default:
		if sample != nil && fmt.Sprintf("%T", sample) != fmt.Sprintf("%T", ours) {
			out = append(out, fmt.Sprintf("%s is a %T, the sample has %T", at, ours, sample))
		}
	}
	slices.Sort(out)
	return out
}

// sample reads an official payload; the test is skipped without the folder.
func sample(t *testing.T, name string) any {
	t.Helper()
	root, err := repositoryRoot()
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := readJSON(filepath.Join(root, "..", "shared", "spec", "slack", "samples", name+".json"), &v); err != nil {
		t.Skipf("no official samples: %v", err)
	}
	return v
}

func TestPayloadsHaveTheOfficialShape(t *testing.T) {
	s := newStage(t, Config{})
	var last any
	s.app(func(_ http.ResponseWriter, _ *http.Request, body string) {
		if form, err := url.ParseQuery(body); err == nil && form.Has("payload") {
			body = form.Get("payload")
		} else if form.Has("command") {
			fields := map[string]any{}
			for k := range form {
				fields[k] = form.Get(k)
			}
			fields["is_enterprise_install"] = form.Get("is_enterprise_install") == "true" // text in forms
			last = fields
			return
		}
		if err := json.Unmarshal([]byte(body), &last); err != nil {
			t.Errorf("payload: %v", err)
		}
	})
	p := s.User("U1")
	s.fine("chat.postMessage", "channel", "C1", "text", "Draft", "blocks", buttons)
	at := p.Last("C1", "").Ref
	open := func() View {
		p.Command("/ask", "", "C1")
		s.fine("views.open", "trigger_id", text(last.(map[string]any)["trigger_id"]), "view",
			strings.Replace(modal, `"type":"modal"`, `"type":"modal","notify_on_close":true`, 1))
		v, _ := p.View()
		return v
	}
	for name, act := range map[string]func(){
		"AppMentionPayload":          func() { p.Mention("C1", "hello") },
		"MessagePayload":             func() { p.Say("C1", "hello") },
		"MemberJoinedChannelPayload": func() { p.Invite("C1", "U6") },
		"AppHomeOpenedPayload":       func() { p.OpenHome() },
		"AppUninstalledPayload":      func() { s.Event("T1", map[string]any{"type": "app_uninstalled"}) },
		"SlashCommandPayload":        func() { p.Command("/summarize", "24h", "C1") },
		"BlockActionPayload":         func() { p.Press(at, "post") },
		"MessageShortcutPayload":     func() { p.Shortcut(at, "classify") },
		"ViewSubmissionPayload":      func() { p.Submit(open(), map[string]string{"amount": "5"}) },
		"ViewClosedPayload":          func() { p.Dismiss(open()) },
	} {
		t.Run(name, func(t *testing.T) {
			want := sample(t, name)
			act()
			for _, d := range differ("", want, last) {
				t.Error(d)
			}
		})
	}
}

func TestAnswersHaveTheOfficialShape(t *testing.T) {
	s := newStage(t, Config{})
	root := s.Seed("C1", "", "U1", "root")
	s.Seed("C1", root, "U2", "reply")
	stream := s.fine("chat.startStream", "channel", "C1", "thread_ts", root, "recipient_user_id", "U1", "recipient_team_id", "T1")["ts"].(string)
	posted := s.fine("chat.postMessage", "channel", "C1", "text", "own")["ts"].(string)
	for _, c := range [][]string{
		{"auth.test"}, {"chat.postMessage", "channel", "C1", "text", "x"}, {"chat.update", "channel", "C1", "ts", posted, "text", "y"},
		{"chat.postEphemeral", "channel", "C1", "user", "U1", "text", "x"}, {"chat.getPermalink", "channel", "C1", "message_ts", root},
		{"chat.startStream", "channel", "C1", "thread_ts", root, "recipient_user_id", "U1", "recipient_team_id", "T1"},
		{"chat.appendStream", "channel", "C1", "ts", stream, "markdown_text", "x"}, {"chat.stopStream", "channel", "C1", "ts", stream},
		{"conversations.info", "channel", "C1"}, {"conversations.history", "channel", "C1"}, {"conversations.replies", "channel", "C1", "ts", root},
		{"reactions.add", "channel", "C1", "timestamp", root, "name", "eyes"}, {"usergroups.users.list", "usergroup", "S1"},
		{"users.info", "user", "U1", "include_locale", "true"}, {"views.publish", "user_id", "U1", "view", `{"type":"home","blocks":[{"type":"divider"}]}`},
	} {
		t.Run(c[0], func(t *testing.T) {
			want := sample(t, c[0])
			for _, d := range differ("", want, s.fine(c[0], c[1:]...)) {
				t.Error(d)
			}
		})
	}
}

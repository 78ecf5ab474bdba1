package slacktest

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestMessagesAreReactedToLinkedAndDeleted(t *testing.T) {
	s := newStage(t, Config{})
	none := ""
	s.clicks(&none)
	root := s.Seed("C1", "", "U1", "root")
	reply := s.fine("chat.postMessage", "channel", "C1", "thread_ts", root, "text", "answer")["ts"].(string)
	s.fine("reactions.add", "channel", "C1", "timestamp", reply, "name", "eyes")
	s.refused("already_reacted", "reactions.add", "channel", "C1", "timestamp", reply, "name", "eyes")
	if m := s.User("U1").Last("C1", root); m.Reactions["eyes"] != 1 {
		t.Errorf("reactions %v", m.Reactions)
	}
	s.fine("reactions.remove", "channel", "C1", "timestamp", reply, "name", "eyes")
	s.refused("no_reaction", "reactions.remove", "channel", "C1", "timestamp", reply, "name", "eyes")
	link := s.fine("chat.getPermalink", "channel", "C1", "message_ts", reply)["permalink"].(string)
	if want := "https://acme.slack.com/archives/C1/p" + strings.Replace(reply, ".", "", 1) + "?thread_ts=" + root + "&cid=C1"; link != want {
		t.Errorf("permalink %s, want %s", link, want)
	}
	s.refused("cant_delete_message", "chat.delete", "channel", "C1", "ts", root)
	s.fine("chat.delete", "channel", "C1", "ts", reply)
	s.refused("message_not_found", "chat.delete", "channel", "C1", "ts", reply)
}

func TestUpdateKeepsWhatIsNotGiven(t *testing.T) {
	s := newStage(t, Config{})
	ts := s.fine("chat.postMessage", "channel", "C1", "text", "Draft", "blocks", buttons,
		"metadata", `{"event_type":"job","event_payload":{"id":"j1"}}`)["ts"].(string)
	s.fine("chat.update", "channel", "C1", "ts", ts, "text", "other fallback")
	m := s.User("U1").Last("C1", "")
	if len(m.Blocks) != 2 || m.Metadata["event_type"] != "job" || !m.Edited {
		t.Errorf("after an update of the text: %+v", m)
	}
	s.fine("chat.update", "channel", "C1", "ts", ts, "text", "plain", "blocks", "[]")
	if m := s.User("U1").Last("C1", ""); len(m.Controls) != 0 || m.Text != "plain" {
		t.Errorf("after an empty list of blocks: %+v", m)
	}
	s.refused("msg_too_long", "chat.update", "channel", "C1", "ts", ts, "text", strings.Repeat("x", 4001))
	read := s.fine("conversations.history", "channel", "C1")["messages"].([]any)[0].(map[string]any)
	if _, has := read["metadata"]; has {
		t.Error("metadata came without being asked for")
	}
	read = s.fine("conversations.history", "channel", "C1", "include_all_metadata", "true")["messages"].([]any)[0].(map[string]any)
	if _, has := read["metadata"]; !has {
		t.Error("metadata did not come")
	}
}

func TestChannelsAsTheBotSeesThem(t *testing.T) {
	s := newStage(t, Config{})
	s.AddChannel(Channel{ID: "C8", Team: "T1", Name: "open", Members: []string{"U1"}})
	s.AddChannel(Channel{ID: "C9", Team: "T1", Name: "closed", Kind: Private, Members: []string{"U1"}})
	s.refused("not_in_channel", "chat.postMessage", "channel", "C8", "text", "x")
	s.refused("channel_not_found", "conversations.info", "channel", "C9")
	s.fine("conversations.join", "channel", "C8")
	if c := s.fine("conversations.info", "channel", "C8", "include_num_members", "true")["channel"].(map[string]any); c["is_member"] != true || c["num_members"] != 2.0 {
		t.Errorf("the channel is %v", c)
	}
	if m := s.fine("conversations.members", "channel", "C8", "limit", "1"); len(m["members"].([]any)) != 1 || m["response_metadata"].(map[string]any)["next_cursor"] == "" {
		t.Errorf("members %v", m)
	}
	d := s.fine("conversations.open", "users", "U1")["channel"].(map[string]any)["id"].(string)
	if d != s.User("U1").Direct() {
		t.Error("there are two direct messages with one person")
	}
	s.fine("chat.postMessage", "channel", "U1", "text", "to a person")
	if m := s.User("U1").Last(d, ""); m.Text != "to a person" {
		t.Errorf("the person reads %q", m.Text)
	}
	names := []string{}
	for _, c := range s.fine("users.conversations", "user", "U1", "types", "public_channel,private_channel")["channels"].([]any) {
		names = append(names, c.(map[string]any)["name"].(string))
	}
	if got := strings.Join(names, " "); got != "general support partner open" {
		t.Errorf("U1 is in %s, as far as the bot may know", got)
	}
	resp, err := http.PostForm(s.API()+"auth.test", map[string][]string{"token": {s.token}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if scopes := strings.Split(resp.Header.Get("X-OAuth-Scopes"), ","); s.Checked() && !slices.Contains(scopes, "chat:write") {
		t.Errorf("scopes in the header: %q", scopes)
	}
}

const choices = `{"type":"modal","callback_id":"c","title":{"type":"plain_text","text":"Settings"},"submit":{"type":"plain_text","text":"Save"},"blocks":[` +
	`{"type":"input","block_id":"tier","label":{"type":"plain_text","text":"Tier"},"element":{"type":"static_select","action_id":"v","options":[` +
	`{"text":{"type":"plain_text","text":"Economy"},"value":"e"},{"text":{"type":"plain_text","text":"Standard"},"value":"s"}]}},` +
	`{"type":"input","block_id":"who","optional":true,"label":{"type":"plain_text","text":"Owner"},"element":{"type":"users_select","action_id":"v","initial_user":"U3"}},` +
	`{"type":"input","block_id":"on","optional":true,"label":{"type":"plain_text","text":"On"},"element":{"type":"checkboxes","action_id":"v","options":[` +
	`{"text":{"type":"plain_text","text":"Footer"},"value":"f"}]}},` +
	`{"type":"input","block_id":"find","optional":true,"label":{"type":"plain_text","text":"Card"},"element":{"type":"external_select","action_id":"find"}},` +
	`{"type":"actions","block_id":"a","elements":[{"type":"button","action_id":"reset","value":"all","text":{"type":"plain_text","text":"Reset"}}]}]}`

func TestFormWithChoices(t *testing.T) {
	s := newStage(t, Config{})
	reply := ""
	got := s.clicks(&reply)
	p := s.User("U1")
	p.GlobalShortcut("settings")
	s.fine("views.open", "trigger_id", (*got)[0]["trigger_id"].(string), "view", choices)
	v, _ := p.View()
	p.PressView(v, "Reset")
	if a := (*got)[1]["actions"].([]any)[0].(map[string]any); a["action_id"] != "reset" || a["value"] != "all" || a["block_id"] != "a" {
		t.Errorf("action %v", a)
	}
	reply = `{"options":[{"text":{"type":"plain_text","text":"Release notes"},"value":"w1"}]}`
	if options, _ := p.Suggest(v, "find", "rel"); len(options) != 1 || options[0] != "Release notes" {
		t.Errorf("options %q", options)
	}
	reply = ""
	p.Submit(v, map[string]string{"Tier": "Standard", "on": "f"})
	values := (*got)[3]["view"].(map[string]any)["state"].(map[string]any)["values"].(map[string]any)
	state := func(block string) map[string]any { return values[block].(map[string]any)["v"].(map[string]any) }
	if state("tier")["selected_option"].(map[string]any)["value"] != "s" || state("who")["selected_user"] != "U3" || len(state("on")["selected_options"].([]any)) != 1 {
		t.Errorf("state %v", values)
	}
}

func TestWhatAPersonCanDoElse(t *testing.T) {
	s := newStage(t, Config{})
	var bodies []string
	s.app(func(_ http.ResponseWriter, _ *http.Request, body string) { bodies = append(bodies, body) })
	p := s.User("U1")
	d := p.Upload("C1", "", "log.txt", "please read", []byte("boom"))
	p.React(d.Message, "thumbsup")
	p.Invite("C1", "U6")
	p.OpenHome()
	p.OpenMessages()
	p.Shortcut(d.Message, "classify")
	s.ChangeUser("U1", func(u *User) { u.Name = "anna" })
	p.Changed()
	s.Revoke("T1")
	s.Again(d)
	wants := []string{`"subtype":"file_share"`, `"reaction_added"`, `"inviter":"U1"`, `"tab":"home"`, `"tab":"messages"`, `message_action`, `"name":"anna"`,
		`"tokens_revoked"`, `"subtype":"file_share"`}
	if len(bodies) != len(wants) {
		t.Fatalf("%d deliveries, want %d", len(bodies), len(wants))
	}
	for i, want := range wants {
		if !strings.Contains(bodies[i], want) {
			t.Errorf("delivery %d has no %s: %s", i+1, want, bodies[i])
		}
	}
	if bodies[0] != bodies[8] {
		t.Error("the second delivery of the same differs")
	}
}

func TestAgentSurface(t *testing.T) {
	s := newStage(t, Config{Lenient: true})
	d := s.User("U1").Direct()
	root := s.Seed(d, "", "U1", "hello")
	s.fine("assistant.threads.setSuggestedPrompts", "channel_id", d, "prompts", `[{"title":"Sum up","message":"Summarize"}]`)
	if p := s.Prompts(d); len(p) != 1 || p[0].Message != "Summarize" {
		t.Errorf("prompts %v", p)
	}
	s.fine("agents.sessions.setStatus", "channel_id", d, "thread_ts", root, "status", "processing", "title", "Export")
	s.fine("agents.sessions.rename", "channel_id", d, "thread_ts", root, "title", "The export")
	if st := s.Status(d, root); st.Session != "processing" || st.Title != "The export" {
		t.Errorf("status %+v", st)
	}
	if v := s.Violations(); len(v) != 0 {
		t.Errorf("violations %q", v)
	}
	s.Behave(Behaviour{NotAgent: true, NoStreaming: true})
	s.refused("not_agent_app", "assistant.threads.setSuggestedPrompts", "channel_id", d, "prompts", `[{"title":"a","message":"b"}]`)
	s.refused("unknown_method", "chat.startStream", "channel", d, "thread_ts", root, "markdown_text", "x")
	s.Behave(Behaviour{})
	s.fine("assistant.threads.setSuggestedPrompts", "channel_id", d, "thread_ts", root, "prompts", `[{"title":"a","message":"b"}]`)
	s.bad("the prompts would not be shown")
}

func TestHeldUntilReleasedOrGivenUp(t *testing.T) {
	s := newStage(t, Config{})
	release := make(chan struct{})
	s.Fail("auth.test", 2, Held(release))
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.API()+"auth.test", nil)
	if err != nil {
		t.Fatal(err)
	}
	gone := make(chan error)
	go func() {
		_, err := http.DefaultClient.Do(req)
		gone <- err
	}()
	cancel()
	if err := <-gone; err == nil {
		t.Error("a held call was answered")
	}
	close(release)
	s.fine("auth.test")
}

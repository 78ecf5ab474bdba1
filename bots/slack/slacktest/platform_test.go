package slacktest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestFaultsComeAsOrdered(t *testing.T) {
	s := newStage(t, Config{})
	post := func() (*http.Response, string, error) {
		form := url.Values{"token": {s.token}, "channel": {"C1"}, "text": {"hello"}}
		resp, err := http.PostForm(s.API()+"chat.postMessage", form)
		if err != nil {
			return nil, "", err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		return resp, string(body), err
	}
	s.Fail("chat.postMessage", 1, RateLimited(1500*time.Millisecond))
	s.Fail("chat.postMessage", 1, SoftRateLimited())
	s.Fail("chat.postMessage", 1, MissingScope("chat:write", "users:read"))
	s.Fail("chat.postMessage", 1, BadJSON())
	s.Fail("chat.postMessage", 1, HTML())
	s.Fail("chat.postMessage", 1, HTTPStatus(503))
	for i, want := range []string{`"ratelimited"`, `"ratelimited"`, `"needed":"chat:write"`, `"ts":"17`, "<html>", "Unavailable"} {
		resp, body, err := post()
		if err != nil || !strings.Contains(body, want) {
			t.Errorf("fault %d gave %q, %v, want %q", i+1, body, err, want)
		}
		if i == 0 && (resp.StatusCode != 429 || resp.Header.Get("Retry-After") != "2") {
			t.Errorf("429 came as %d, Retry-After %q", resp.StatusCode, resp.Header.Get("Retry-After"))
		}
	}
	s.Fail("*", 1, CutBefore())
	s.Fail("*", 1, CutAfter())
	for _, want := range []int{0, 1} {
		if _, _, err := post(); err == nil {
			t.Error("a cut connection gave an answer")
		}
		if n := len(s.User("U1").See("C1", "")); n != want {
			t.Errorf("%d messages after the cut, want %d", n, want)
		}
	}
	if _, body, _ := post(); !strings.Contains(body, `"ok":true`) {
		t.Errorf("after the faults: %s", body)
	}
}

func TestEveryDocumentedCodeCanBeAnswered(t *testing.T) {
	s := newStage(t, Config{})
	if !s.Checked() {
		t.Skip(s.Notes())
	}
	codes := 0
	for _, method := range Methods() {
		for _, code := range s.ErrorCodes(method) {
			s.Fail(method, 1, Code(code))
			if f := s.takeFault(method); f == nil || f.refused.Code != code {
				t.Errorf("%s cannot answer %s", method, code)
			}
			codes++
		}
		if s.spec.methods[method] == nil {
			t.Errorf("%s is not in the reference", method)
		}
	}
	for method := range s.spec.methods {
		if _, ok := methods[method]; !ok {
			t.Errorf("the fake does not answer %s", method)
		}
	}
	t.Logf("%d methods, %d error codes", len(Methods()), codes)
}

func TestScopesAndTokens(t *testing.T) {
	s := newStage(t, Config{})
	s.Grant("T1", "channels:history", "chat:write")
	s.fine("conversations.history", "channel", "C1")
	if s.Checked() {
		s.refused("missing_scope", "conversations.history", "channel", "C3")
		s.refused("missing_scope", "users.info", "user", "U1")
	}
	s.token = "xoxb-unknown"
	s.refused("invalid_auth", "auth.test")
}

func TestInstallRotatesAndUninstalls(t *testing.T) {
	s := newStage(t, Config{Rotate: true})
	app := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer app.Close()
	s.Connect(app.URL)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Get(s.URL() + "/oauth/v2/authorize?client_id=" + ClientID + "&scope=chat:write,users:read&state=s1&team=T2&redirect_uri=" +
		url.QueryEscape(app.URL+"/slack/oauth/callback"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	back, err := resp.Location()
	if err != nil || back.Query().Get("state") != "s1" {
		t.Fatalf("redirected to %v, %v", back, err)
	}
	keys := []string{"client_id", ClientID, "client_secret", ClientSecret}
	code := []string{"code", back.Query().Get("code"), "redirect_uri", app.URL + "/slack/oauth/callback"}
	got := s.fine("oauth.v2.access", append(code, keys...)...)
	s.refused("invalid_code", "oauth.v2.access", append(code, keys...)...)
	s.token = got["access_token"].(string)
	if who := s.fine("auth.test"); who["team_id"] != "T2" {
		t.Errorf("the token is for %v", who["team_id"])
	}
	s.clock.Advance(12 * time.Hour)
	s.refused("token_expired", "auth.test")
	refresh := []string{"grant_type", "refresh_token", "refresh_token", got["refresh_token"].(string)}
	s.token = s.fine("oauth.v2.access", append(refresh, keys...)...)["access_token"].(string)
	s.refused("invalid_refresh_token", "oauth.v2.access", append(refresh, keys...)...)
	s.fine("auth.test")
	if d := s.Uninstall("T2"); len(d) != 2 || !d[0].Acked || !d[1].Acked {
		t.Errorf("uninstalling delivered %+v", d)
	}
	s.refused("invalid_auth", "auth.test")
}

func TestFilesGoUpAndDown(t *testing.T) {
	s := newStage(t, Config{})
	up := s.fine("files.getUploadURLExternal", "filename", "spend.csv", "length", "4")
	resp, err := http.Post(up["upload_url"].(string), "application/octet-stream", strings.NewReader("a,b\n"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	done := s.fine("files.completeUploadExternal", "files", `[{"id":"`+up["file_id"].(string)+`","title":"Spend"}]`, "channel_id", "C1", "initial_comment", "here")
	if m := s.User("U2").Last("C1", ""); len(m.Files) != 1 || m.Files[0] != "spend.csv" || m.Text != "here" {
		t.Errorf("people see %+v", m)
	}
	link := done["files"].([]any)[0].(map[string]any)["url_private_download"].(string)
	for token, want := range map[string]string{s.token: "a,b\n", "": "<!DOCTYPE"} {
		req, err := http.NewRequest(http.MethodGet, link, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || !bytes.HasPrefix(body, []byte(want)) {
			t.Errorf("the file came as %q, %v, want %q", body, err, want)
		}
	}
}

func TestMentionsThatNotify(t *testing.T) {
	s := newStage(t, Config{})
	for text, want := range map[string]string{
		"<@U2> and <!here>":                      "U2 here",
		"&lt;@U2&gt; &lt;!channel&gt; @everyone": "",
		"<\u200b@U2> <#C1|general>":              "",
		"<!subteam^S1|finance>":                  "S1",
	} {
		s.fine("chat.postMessage", "channel", "C1", "text", text)
		if got := strings.Join(s.User("U1").Last("C1", "").Mentions, " "); got != want {
			t.Errorf("%q notifies %q, want %q", text, got, want)
		}
	}
	s.fine("chat.postMessage", "channel", "C1", "text", "@channel @ben", "link_names", "true")
	if got := strings.Join(s.User("U1").Last("C1", "").Mentions, " "); got != "U2 channel" {
		t.Errorf("with link_names %q", got)
	}
}

func TestStatusClearsItself(t *testing.T) {
	s := newStage(t, Config{})
	root := s.Seed("C1", "", "U1", "question")
	status := []string{"channel_id", "C1", "thread_ts", root, "status", "is thinking"}
	s.fine("assistant.threads.setStatus", status...)
	if got := s.Status("C1", root); got.Text != "is thinking" {
		t.Errorf("status %+v", got)
	}
	s.fine("chat.postMessage", "channel", "C1", "thread_ts", root, "text", "done")
	if got := s.Status("C1", root); got.Text != "" {
		t.Errorf("after the answer %+v", got)
	}
	s.fine("assistant.threads.setStatus", status...)
	s.clock.Advance(2 * time.Minute)
	if got := s.Status("C1", root); got.Text != "" {
		t.Errorf("after two minutes %+v", got)
	}
}

func TestTiersAreEnforcedOnDemand(t *testing.T) {
	s := newStage(t, Config{})
	if !s.Checked() {
		t.Skip(s.Notes())
	}
	s.Behave(Behaviour{Tiers: true})
	for range 20 {
		s.fine("users.list")
	}
	s.refused("ratelimited", "users.list")
	s.clock.Advance(time.Minute)
	s.fine("users.list")
}

func TestANewPostOfAnyKindMeetsAFault(t *testing.T) {
	s := newStage(t, Config{})
	s.Fail(Posting, 2, Code("is_archived"))
	s.fine("users.info", "user", "U1") // no post
	s.refused("is_archived", "chat.postEphemeral", "channel", "C1", "user", "U1", "text", "x")
	s.refused("is_archived", "chat.postMessage", "channel", "C1", "text", "x")
	s.Fail(Posting, -1, Code("is_archived"))
	s.Heal()
	s.fine("chat.postMessage", "channel", "C1", "text", "x")
	var codes []string
	for _, r := range s.Requests("chat.postMessage") {
		codes = append(codes, r.Error)
	}
	if got := strings.Join(codes, ","); got != "is_archived," {
		t.Errorf("the log has %q", got)
	}
}

func TestWithoutTheReferenceItSaysSo(t *testing.T) {
	s := newStage(t, Config{SpecDir: t.TempDir()})
	s.fine("chat.postMessage", "channel", "C1", "text", "x", "colour", "red")
	if s.Checked() || len(s.Notes()) != 1 || len(s.Violations()) != 0 {
		t.Errorf("checked %v, notes %q, violations %q", s.Checked(), s.Notes(), s.Violations())
	}
}

func TestATokenInTheURLIsAViolation(t *testing.T) {
	s := newStage(t, Config{Lenient: true})
	resp, err := http.Get(s.API() + "users.info?user=U1&token=" + s.token)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	s.bad("the token is in the URL")
}

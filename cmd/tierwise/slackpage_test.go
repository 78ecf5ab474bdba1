package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/slack/slacktest"
)

// slackPage is docs/slack.md.
func slackPage(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile("../../docs/slack.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestTheCommandsOfTheSlackPage: each that makes a manifest makes one, as it is
// written there, and every other command it names exists.
func TestTheCommandsOfTheSlackPage(t *testing.T) {
	found := regexp.MustCompile("`tierwise ([a-z]+)([^`>]*)").FindAllStringSubmatch(slackPage(t), -1)
	if len(found) < 5 {
		t.Fatalf("the page has the commands %q", found)
	}
	for _, m := range found {
		args := append([]string{m[1]}, strings.Fields(m[2])...)
		if m[1] != "manifest" {
			if r := tierwise(t, t.TempDir(), "", nil, m[1], "--help"); r.code != 0 || !strings.Contains(r.out+r.err, "Usage: tierwise "+m[1]) {
				t.Errorf("%q: %d, %s", args, r.code, r.err)
			}
			continue
		}
		var manifest struct {
			Features map[string]any `json:"features"`
		}
		if r := tierwise(t, t.TempDir(), "", nil, args...); r.code != 0 || json.Unmarshal([]byte(r.out), &manifest) != nil || len(manifest.Features) == 0 {
			t.Errorf("%q: %d, %s%s", args, r.code, r.out, r.err)
		}
	}
}

// watched is an address of the fake that tells of every call after it was
// answered.
func watched(t *testing.T, fake *slacktest.Fake) (api string, called <-chan struct{}) {
	t.Helper()
	to, err := url.Parse(fake.URL())
	if err != nil {
		t.Fatal(err)
	}
	calls, proxy := make(chan struct{}, 10_000), httputil.NewSingleHostReverseProxy(to)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		proxy.ServeHTTP(w, r)
		calls <- struct{}{}
	}))
	t.Cleanup(server.Close)
	return server.URL + "/api/", calls
}

// TestTheFirstTenMinutes follows the page with a real process: it starts with
// the two tokens alone, whoever invites it is greeted, a mention is answered in
// its thread, and doctor says beside it what came.
func TestTheFirstTenMinutes(t *testing.T) {
	fake := slacktest.New(t, slacktest.Config{AckWait: time.Minute})
	token := fake.Sample()
	fake.AddChannel(slacktest.Channel{ID: "C9", Team: "T1", Name: "plans", Members: []string{"U1", "U2"}})
	fake.ConnectTo(slacktest.Endpoints{})
	api, called := watched(t, fake)
	dir := t.TempDir()
	env := []string{"SLACK_APP_TOKEN=" + slacktest.AppToken, "SLACK_BOT_TOKEN=" + token, "SLACK_API_URL=" + api, "TIERWISE_ADDR=127.0.0.1:0", "TIERWISE_METRICS_ADDR=127.0.0.1:0"}
	if r := tierwise(t, dir, "", env, "doctor"); r.code != 0 || !strings.Contains(r.out, "nothing was ever received") {
		t.Errorf("doctor before: %d, %s%s", r.code, r.out, r.err)
	}
	var log bytes.Buffer
	serve := process(context.Background(), dir, "serve")
	serve.Env, serve.Stderr = append(serve.Env, env...), &log
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	stopped := false
	t.Cleanup(func() {
		if !stopped {
			_ = serve.Process.Kill()
			_ = serve.Wait()
		}
	})
	if !fake.WaitSockets(2) {
		t.Fatal("it did not connect")
	}
	ana := fake.User("U1")
	until := func(what string, seen func() string, want string) {
		t.Helper()
		for !strings.Contains(seen(), want) {
			select {
			case <-called:
			case <-time.After(time.Minute):
				t.Fatalf("%s: %q does not come; ana sees %q", what, want, seen())
			}
		}
	}
	ana.Invite("C9", fake.Bot("T1").ID)
	until("the greeting", func() string { return ana.Last("C9", "").Text }, "Thanks for inviting me")
	root := fake.Seed("C9", "", "U2", "The move to the new office is on Friday. Who orders the boxes?")
	ana.MentionIn("C9", root, "what is open here?")
	until("the answer", func() string { return ana.Last("C9", root).Text }, "boxes")
	if r := tierwise(t, dir, "", env, "doctor"); r.code != 0 || !strings.Contains(r.out, "last event ") || !strings.Contains(r.out, "#plans") {
		t.Errorf("doctor beside it: %d, %s%s", r.code, r.out, r.err)
	}
	if err := serve.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := serve.Wait(); err != nil {
		t.Errorf("it ended with %v: %s", err, log.String())
	}
	stopped = true
	if strings.Contains(log.String(), "boxes") || strings.Contains(log.String(), token) {
		t.Error("the log has what was said, or the token")
	}
}

package slack

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/bots/slack/slacktest"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/seal"
	"github.com/tierwise/tierwise/internal/store/memory"
)

// installedWorld is an adapter for several workspaces, over a store.
func installedWorld(t *testing.T, rotate bool) (*world, *memory.Store, *bottest.Recorder, *http.Client, string) {
	t.Helper()
	door := bottest.NewRecorder()
	now := clock.NewManual(dawn)
	w := &world{Fake: slacktest.New(t, slacktest.Config{Clock: now, Rotate: rotate}), now: now, counts: map[string]int{}, logs: &strings.Builder{}}
	w.Sample()
	store := memory.New(now)
	keys, err := seal.ParseKeys("0f1e2d3c4b5a69788796a5b4c3d2e1f0")
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := seal.New(keys)
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Door: door, Clock: now, Replica: "r1", APIURL: w.API(), SigningSecret: config.NewSecret(slacktest.SigningSecret), ClientID: slacktest.ClientID,
		ClientSecret: config.NewSecret(slacktest.ClientSecret), Store: store, Sealer: sealer, Leases: store, Count: w.count,
		Owned:     func(context.Context, chat.Place) (chat.Owned, error) { return chat.Owned{}, nil },
		FollowUps: func(context.Context, chat.Place, chat.Channel) bool { return true }}
	w.adapter = w.replica(t, cfg)
	server := httptest.NewServer(w.adapter.Handler())
	t.Cleanup(server.Close)
	w.Connect(server.URL)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w, store, door, &http.Client{Jar: jar}, server.URL
}

func get(t *testing.T, c *http.Client, address string) (int, string) {
	t.Helper()
	resp, err := c.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var b bytes.Buffer
	if _, err := b.ReadFrom(resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, b.String()
}

// TestInstallRotateUninstall is a workspace's life.
func TestInstallRotateUninstall(t *testing.T) {
	w, store, door, browser, base := installedWorld(t, true)
	if code, text := get(t, browser, base+"/slack/install"); code != http.StatusOK || !strings.Contains(text, "installed") {
		t.Fatalf("installing gave %d: %s", code, text)
	}
	rec, err := store.Get(t.Context(), "slack/T1", record.Install, installID)
	if err != nil || bytes.Contains(rec.Body, []byte("xox")) {
		t.Fatalf("the stored installation: %v, readable %v", err, bytes.Contains(rec.Body, []byte("xox")))
	}
	w.User("U1").Mention("C1", "hello")
	r := answerTo(t, w, one(t, door, chat.Mention).ReplyTo)
	put(t, r, chat.Post{Job: "J/1", Stage: chat.Final, Text: "hi"})

	// Twelve hours later the token is another one, exchanged once.
	w.now.Advance(12*time.Hour - time.Minute)
	put(t, r, chat.Post{Job: "J/2", Stage: chat.Final, Text: "still here"})
	put(t, r, chat.Post{Job: "J/3", Stage: chat.Final, Text: "and here"})
	refreshed := 0
	for _, c := range w.Requests("oauth.v2.access") {
		if c.Args["grant_type"] == "refresh_token" {
			refreshed++
		}
	}
	if refreshed != 1 {
		t.Errorf("the token was exchanged %d times", refreshed)
	}
	w.Uninstall("T1")
	var removed []chat.Event
	for _, e := range door.Events() {
		if e.Kind == chat.Removed {
			removed = append(removed, e)
		}
	}
	if len(removed) != 2 || removed[0].Fields["what"] != "tokens" || removed[1].Fields["what"] != "app" {
		t.Errorf("removed %+v", removed)
	}
	if _, err := store.Get(t.Context(), "slack/T1", record.Install, installID); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("the installation after it: %v", err)
	}
	if _, err := r.Put(t.Context(), chat.Post{Job: "J/4", Text: "hello?"}); !errors.Is(err, chat.ErrGone) {
		t.Errorf("speaking after it gave %v", err)
	}
}

// TestAnInstallationIsBoundToItsBrowser: state, once, and the way out.
func TestAnInstallationIsBoundToItsBrowser(t *testing.T) {
	_, _, _, browser, base := installedWorld(t, false)
	for _, address := range []string{"/slack/oauth/callback", "/slack/oauth/callback?code=c&state=s", "/slack/oauth/callback?code=c&state="} {
		if code, _ := get(t, browser, base+address); code != http.StatusBadRequest {
			t.Errorf("%s gave %d", address, code)
		}
	}
	stop := &http.Client{Jar: browser.Jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := stop.Get(base + "/slack/install")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	consent, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || consent.Query().Get("state") == "" || !strings.Contains(consent.Query().Get("scope"), "chat:write") {
		t.Fatalf("the consent page is %v, %v", consent, err)
	}
	back := base + "/slack/oauth/callback?error=access_denied&state=" + consent.Query().Get("state")
	if code, text := get(t, browser, back); code != http.StatusOK || !strings.Contains(text, "Nothing was installed") {
		t.Errorf("saying no gave %d %s", code, text)
	}
	if code, _ := get(t, browser, back); code != http.StatusBadRequest {
		t.Errorf("the same state twice gave %d", code)
	}
}

// TestTokensRevokedRemovesOnlyWhatItLists: a person's token is not ours.
func TestTokensRevokedRemovesOnlyWhatItLists(t *testing.T) {
	w, store, door, browser, base := installedWorld(t, false)
	get(t, browser, base+"/slack/install")
	w.Event("T1", map[string]any{"type": "tokens_revoked", "tokens": map[string]any{"oauth": []string{"U1"}, "bot": []string{}}})
	if _, err := store.Get(t.Context(), "slack/T1", record.Install, installID); err != nil || len(door.Events()) != 0 {
		t.Errorf("a person's token took ours along: %v, %d events", err, len(door.Events()))
	}
}

package slack

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/record"
)

// stateLife is how long an installation may take.
const stateLife = 15 * time.Minute

const stateCookie = "tierwise_slack_state"

// serveInstall sends the browser to Slack's consent page. The state is bound
// to this browser by a cookie, so that nobody can finish an installation that
// somebody else began.
func (a *Adapter) serveInstall(w http.ResponseWriter, r *http.Request) {
	if a.cfg.ClientID == "" {
		http.Error(w, "This server serves one workspace; it is installed with SLACK_BOT_TOKEN.", http.StatusNotFound)
		return
	}
	state := randomState()
	http.SetCookie(w, &http.Cookie{Name: stateCookie, Value: state, Path: "/slack/", MaxAge: int(stateLife.Seconds()), HttpOnly: true,
		Secure: strings.HasPrefix(a.callback(r), "https://"), SameSite: http.SameSiteLaxMode})
	q := url.Values{"client_id": {a.cfg.ClientID}, "scope": {strings.Join(Scopes(Options{}), ",")}, "state": {state}, "redirect_uri": {a.callback(r)}}
	http.Redirect(w, r, a.consent()+"?"+q.Encode(), http.StatusFound)
}

func randomState() string {
	var b [24]byte
	_, _ = rand.Read(b[:]) // never fails; see crypto/rand
	return hex.EncodeToString(b[:])
}

// consent is Slack's page, beside the API.
func (a *Adapter) consent() string {
	return strings.TrimSuffix(a.api.base, "/api/") + "/oauth/v2/authorize"
}

// callback is our address as people reach it.
func (a *Adapter) callback(r *http.Request) string {
	if a.cfg.PublicURL != "" {
		return strings.TrimSuffix(a.cfg.PublicURL, "/") + "/slack/oauth/callback"
	}
	scheme := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	return scheme + "://" + r.Host + "/slack/oauth/callback"
}

// serveCallback finishes an installation: the state fits, it is used once, and
// the code is exchanged for a token that is sealed before anybody is told.
func (a *Adapter) serveCallback(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	cookie, err := r.Cookie(stateCookie)
	if a.cfg.ClientID == "" || err != nil || q.Get("state") == "" || cookie.Value != q.Get("state") || !a.states.first(cookie.Value, "") {
		a.count("slack.install_refused")
		a.page(w, http.StatusBadRequest, "This installation was begun elsewhere, or too long ago. Please begin again at /slack/install.")
		return
	}
	http.SetCookie(w, &http.Cookie{Name: stateCookie, Path: "/slack/", MaxAge: -1})
	if q.Get("error") != "" || q.Get("code") == "" {
		a.page(w, http.StatusOK, "Nothing was installed.")
		return
	}
	in, err := a.installs.exchange(r.Context(), url.Values{"code": {q.Get("code")}, "redirect_uri": {a.callback(r)}})
	if err == nil && (in.Org != "" || in.Team == "") {
		err = errOrgWide
	}
	if err == nil {
		err = a.installs.save(r.Context(), in, record.AnyVersion)
	}
	if err != nil {
		ref := fault.NewRef()
		a.log.Error("an installation failed", "ref", ref, "err", err)
		status := http.StatusBadGateway
		if errors.Is(err, errOrgWide) {
			status = http.StatusBadRequest
		}
		a.page(w, status, fault.Sentence(err, ref))
		return
	}
	a.count("slack.installed")
	a.log.Info("installed in a workspace", "team", in.Team)
	a.page(w, http.StatusOK, "Tierwise is installed. Invite it to a channel with /invite and mention it; an operator may have to approve the workspace first.")
}

// page is one sentence for a browser.
func (a *Adapter) page(w http.ResponseWriter, status int, say string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	if _, err := w.Write([]byte(say + "\n")); err != nil && !errors.Is(err, http.ErrHandlerTimeout) {
		a.log.Warn("a page was not written", "err", err)
	}
}

package slacktest

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// tokenLife is the life of a rotating token; codeLife that of a code.
const (
	tokenLife = 12 * time.Hour
	codeLife  = 10 * time.Minute
)

// grant is what a code stands for.
type grant struct {
	team, user, redirect string
	scopes               []string
	born                 time.Time
}

// serveAuthorize is the page on which an admin allows the app. It allows at
// once, for the workspace in "team" (or the first one) and its first admin.
func (f *Fake) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	f.mu.Lock()
	defer f.mu.Unlock()
	redirect, err := url.Parse(q.Get("redirect_uri"))
	switch {
	case q.Get("client_id") != ClientID:
		f.violate("oauth/v2/authorize", "client_id is wrong")
		http.Error(w, "invalid_client_id", http.StatusBadRequest)
		return
	case q.Get("scope") == "" || q.Get("state") == "" || err != nil || redirect.Host == "":
		f.violate("oauth/v2/authorize", "scope, state or redirect_uri is missing")
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	team := q.Get("team")
	if team == "" && len(f.state.teams) > 0 {
		team = f.state.teams[0].ID
	}
	back := redirect.Query()
	back.Set("state", q.Get("state"))
	if q.Get("deny") != "" {
		back.Set("error", "access_denied")
	} else {
		code := f.state.next("code.")
		f.state.codes[code] = &grant{team: team, user: f.admin(team), redirect: q.Get("redirect_uri"), scopes: strings.Split(q.Get("scope"), ","), born: f.now()}
		back.Set("code", code)
	}
	redirect.RawQuery = back.Encode()
	http.Redirect(w, r, redirect.String(), http.StatusFound)
}

// admin is the first admin of a team. f.mu is held.
func (f *Fake) admin(team string) string {
	for _, u := range f.state.users {
		if u.Team == team && u.Admin {
			return u.ID
		}
	}
	return ""
}

// client checks the credentials of the app.
func (c *call) client() *Error {
	switch {
	case c.str("client_id") != ClientID:
		return refuse("invalid_client_id")
	case c.str("client_secret") != ClientSecret:
		return refuse("bad_client_secret")
	}
	return nil
}

func (c *call) oauthAccess() (object, *Error) {
	if refused := c.client(); refused != nil {
		return nil, refused
	}
	switch c.str("grant_type") {
	case "refresh_token":
		return c.refreshToken()
	case "", "authorization_code":
	default:
		return nil, refuse("invalid_grant_type")
	}
	code := c.str("code")
	g := c.state.codes[code]
	switch {
	case g == nil || c.now().Sub(g.born) > codeLife:
		return nil, refuse("invalid_code")
	case c.str("redirect_uri") != g.redirect:
		return nil, refuse("bad_redirect_uri")
	}
	delete(c.state.codes, code)
	bot := c.addBot(g.team)
	delete(c.state.uninstalled, g.team)
	return c.issue(&token{team: g.team, user: g.user, scopes: g.scopes}, bot, c.cfg.Rotate), nil
}

// issue makes a token like another one and describes it as oauth.v2.access does.
func (c *call) issue(like *token, bot *User, rotate bool) object {
	t := &token{value: "xoxb-" + c.state.next("t"), team: like.team, scopes: slices.Clone(like.scopes), user: like.user}
	team := c.state.team(t.team)
	o := object{"access_token": t.value, "token_type": "bot", "scope": strings.Join(t.scopes, ","), "bot_user_id": bot.ID,
		"app_id": AppID, "team": object{"id": team.ID, "name": team.Name}, "enterprise": nil,
		"is_enterprise_install": false, "authed_user": object{"id": t.user}}
	if team.Enterprise != "" {
		o["enterprise"] = object{"id": team.Enterprise, "name": team.Enterprise}
	}
	if c.behaviour.OrgWide {
		o["team"], o["is_enterprise_install"] = nil, true
		o["enterprise"] = object{"id": cmp.Or(team.Enterprise, "E1"), "name": "Organisation"}
	}
	if rotate {
		t.value = "xoxe." + t.value
		t.refresh, t.expires = "xoxe-1-"+c.state.next("r"), c.now().Add(tokenLife)
		o["access_token"], o["refresh_token"], o["expires_in"] = t.value, t.refresh, int(tokenLife.Seconds())
	}
	c.state.tokens[t.value] = t
	return o
}

// refreshToken swaps a refresh token for a new pair; each works once.
func (c *call) refreshToken() (object, *Error) {
	for _, t := range c.state.tokens {
		if t.refresh != "" && t.refresh == c.str("refresh_token") {
			t.refresh = ""
			return c.issue(t, c.state.bot(t.team), true), nil
		}
	}
	return nil, refuse("invalid_refresh_token")
}

// oauthExchange swaps a lasting token for a rotating one.
func (c *call) oauthExchange() (object, *Error) {
	if refused := c.client(); refused != nil {
		return nil, refused
	}
	t := c.state.tokens[c.str("token")]
	if t == nil {
		return nil, refuse("invalid_auth")
	}
	delete(c.state.tokens, t.value)
	return c.issue(t, c.state.bot(t.team), true), nil
}

// appsUninstall removes the app; the events follow.
func (c *call) appsUninstall() (object, *Error) {
	if refused := c.client(); refused != nil {
		return nil, refused
	}
	team := c.token.team
	c.background.Go(func() { c.Uninstall(team) })
	return object{}, nil
}

func (c *call) authorizationsList() (object, *Error) {
	bot := c.state.bot(c.token.team)
	return object{"authorizations": []object{{"team_id": c.token.team, "user_id": bot.ID, "is_bot": true, "is_enterprise_install": false}}}, nil
}

func (c *call) manifestValidate() (object, *Error) {
	var manifest object
	if given, err := c.decode("manifest", &manifest); !given || err != nil {
		return nil, refuse("invalid_manifest")
	}
	return object{}, nil
}

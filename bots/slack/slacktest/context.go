package slacktest

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
)

// LookAt opens a channel beside the app: app_context_changed is delivered, and
// what the person then writes to the app carries the channel as context. An
// empty channel looks at nothing.
func (p *Person) LookAt(channel string) Delivery {
	if channel == "" {
		return p.look()
	}
	return p.look(object{"type": "slack#/types/channel_id", "value": channel, "team_id": p.user.Team})
}

// LookAtMessage opens one message beside the app.
func (p *Person) LookAtMessage(at Ref) Delivery {
	return p.look(object{"type": "slack#/types/message_context", "team_id": p.user.Team,
		"value": object{"channel_id": at.Channel, "message_ts": at.TS}})
}

func (p *Person) look(entities ...object) Delivery {
	unlock := p.f.lock()
	defer unlock()
	p.f.state.contexts[p.user.ID] = entities
	unlock()
	if !p.f.subscribed("app_context_changed") {
		return Delivery{Acked: true}
	}
	return p.f.event(p.user.Team, "", object{"type": "app_context_changed", "user": p.user.ID, "channel": p.Direct(), "context": p.context()})
}

// context is what the person looks at, as events carry it.
func (p *Person) context() object {
	defer p.f.lock()()
	if seen := p.f.state.contexts[p.user.ID]; len(seen) > 0 {
		return object{"entities": seen}
	}
	return object{}
}

// Changed delivers user_change for the person, after ChangeUser.
func (p *Person) Changed() Delivery {
	unlock := p.f.lock()
	defer unlock()
	c := &call{Fake: p.f, args: map[string]any{}, token: &token{team: p.user.Team}}
	u := c.userJSON(p.user)
	unlock()
	return p.f.event(p.user.Team, "", object{"type": "user_change", "user": u})
}

// Install walks through the installation in a browser, from the app's own
// install page over the consent page of Slack, wherever the app says that is, and
// back. It returns where that ended.
func (p *Person) Install(page string) (status int, body string) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		p.f.misuse("install: %v", err)
	}
	browser := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for range 10 {
		resp, err := browser.Get(page)
		if err != nil {
			p.f.misuse("install: %v", err)
		}
		raw, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		next, notThere := resp.Location()
		if err != nil || notThere != nil {
			return resp.StatusCode, string(raw)
		}
		page = p.consent(next)
	}
	p.f.misuse("install: more than ten redirects")
	return 0, ""
}

// consent leads Slack's consent page to the fake, for the person's workspace.
func (p *Person) consent(next *url.URL) string {
	if !strings.HasSuffix(next.Path, "/oauth/v2/authorize") {
		return next.String()
	}
	q := next.Query()
	q.Set("team", p.user.Team)
	return p.f.URL() + "/oauth/v2/authorize?" + q.Encode()
}

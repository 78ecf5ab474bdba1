package slack

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Options choose a manifest.
type Options struct {
	// Socket is for Socket Mode, which needs no address.
	Socket bool
	// Minimal leaves out what is not needed for a first answer: follow-ups
	// without a mention, the Home page, files, user groups. Fewer scopes are
	// easier to approve.
	Minimal bool
	// URL is where Slack reaches us, "https://bot.example.com"; required
	// without Socket.
	URL string
	// Name is the app's name, at most 35 characters; "" is Tierwise.
	Name string
}

type object = map[string]any

const (
	about     = "Summaries, drafts and triage by the model that is capable enough, with the cost in sight"
	aboutLong = "Mention it in a thread, or use a message's menu: it summarizes with links to the messages, drafts replies that you change and post, and tells bugs from questions. " +
		"Every task goes to the cheapest model that is good enough and allowed to see the data, and what it cost is shown where the work happens. AI can be wrong: check important answers."
	aboutAgent = "Ask in any thread. Summaries link to their messages. AI can be wrong: check important answers."
)

// Manifest is the app's description for "Create app > From a manifest", as
// indented JSON of manifest version 2. It fails when the address is missing or
// is none, or the name is too long.
func Manifest(o Options) ([]byte, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	name := or(o.Name, "Tierwise")
	m := object{
		"_metadata":           object{"major_version": 2, "minor_version": 1},
		"display_information": object{"name": name, "description": about, "long_description": aboutLong, "background_color": "#1f3a44"},
		"features":            o.features(name),
		"oauth_config":        o.oauth(),
		"settings":            o.settings(),
	}
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("slack: manifest: %w", err)
	}
	return append(raw, '\n'), nil
}

func (o Options) check() error {
	if len([]rune(o.Name)) > 35 {
		return errors.New("slack: manifest: the name is longer than 35 characters")
	}
	if o.Socket {
		return nil
	}
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return errors.New("slack: manifest: without Socket Mode the public address is needed, such as https://bot.example.com")
	}
	return nil
}

// at is one of our paths as Slack reaches it; "" with Socket Mode.
func (o Options) at(path string) string {
	if o.Socket {
		return ""
	}
	return strings.TrimSuffix(o.URL, "/") + path
}

// with sets a value unless it is empty.
func with(m object, key, value string) object {
	if value != "" {
		m[key] = value
	}
	return m
}

func (o Options) features(name string) object {
	var commands, shortcuts []object
	for _, f := range o.chosen() {
		for _, c := range f.Commands {
			commands = append(commands, with(object{"command": c.Name, "description": c.About, "usage_hint": c.Hint, "should_escape": c.Escape}, "url", o.at("/slack/commands")))
		}
		for _, e := range f.Entries {
			shortcuts = append(shortcuts, object{"name": e.Name, "type": "message", "callback_id": e.ID, "description": e.About})
		}
	}
	return object{
		"app_home":       object{"home_tab_enabled": !o.Minimal, "messages_tab_enabled": true, "messages_tab_read_only_enabled": false},
		"bot_user":       object{"display_name": strings.ToLower(name), "always_online": true},
		"agent_view":     object{"agent_description": aboutAgent, "suggested_prompts": prompts[besideNothing]},
		"slash_commands": commands,
		"shortcuts":      shortcuts,
	}
}

func (o Options) oauth() object {
	c := object{"scopes": object{"bot": Scopes(o)}}
	if back := o.at("/slack/oauth/callback"); back != "" {
		c["redirect_urls"] = []string{back}
	}
	return c
}

func (o Options) settings() object {
	return object{
		"event_subscriptions":    with(object{"bot_events": Events(o)}, "request_url", o.at("/slack/events")),
		"interactivity":          with(object{"is_enabled": true}, "request_url", o.at("/slack/interactions")),
		"org_deploy_enabled":     false,
		"socket_mode_enabled":    o.Socket,
		"token_rotation_enabled": false,
	}
}

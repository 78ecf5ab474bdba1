package discord

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"reflect"
	"slices"
)

// shortcuts are the commands on a message, by what people see.
var shortcuts = [][2]string{{"Summarize from here", "summarize_thread"}, {"Draft reply", "draft_reply"}, {"Classify", "classify"}}

func shortcutOf(label string) string {
	for _, s := range shortcuts {
		if s[0] == label {
			return s[1]
		}
	}
	return ""
}

// registered is a registered command: what we send, and what is compared with
// what is there. The library's own type sends fields that the API's
// description does not know.
type registered struct {
	Name     string             `json:"name"`
	Names    map[string]string  `json:"name_localizations,omitempty"`
	Type     int                `json:"type"`
	What     string             `json:"description,omitempty"`
	Whats    map[string]string  `json:"description_localizations,omitempty"`
	Options  []registeredOption `json:"options,omitempty"`
	Contexts []int              `json:"contexts"`
	Installs []int              `json:"integration_types"`
}

type registeredOption struct {
	Name     string            `json:"name"`
	Names    map[string]string `json:"name_localizations,omitempty"`
	Type     int               `json:"type"`
	What     string            `json:"description"`
	Whats    map[string]string `json:"description_localizations,omitempty"`
	Complete bool              `json:"autocomplete,omitempty"`
	Max      int               `json:"max_length,omitempty"`
}

// Kinds of command and option, and where commands are offered: in servers that
// installed the app.
// https://discord.com/developers/docs/interactions/application-commands, read 2026-11-23.
const (
	kindSlash    = 1
	kindMessage  = 3
	optionString = 3
	inGuilds     = 0
	guildInstall = 0
)

// commands are offered in servers only, where there is somebody to charge. Who
// may do what is decided in code at every use, not by Discord's defaults,
// which a server's admin can change.
func commands() []registered {
	slash := func(name, what, option, hint string, complete bool) registered {
		return registered{Name: name, What: what, Type: kindSlash,
			Options: []registeredOption{{Type: optionString, Name: option, What: hint, Complete: complete, Max: maxText}}}
	}
	list := []registered{
		slash("summarize", "Summarize this channel or thread, only for you", "what", "24h, 7d, or the link of a message", false),
		slash("draft", "Draft a message, only for you", "say", "what it should say", false),
		slash("classify", "Label a text or a message, only for you", "what", "the text, or the link of a message", false),
		slash("ai-spend", "What the assistant cost, and what it was worth", "view", "channel, team, user, model, trend, forecast, budget …", true),
		slash("ai-config", "Settings of the assistant", "setting", "get, set, explain or reset, and the setting", true),
	}
	for _, s := range shortcuts {
		list = append(list, registered{Name: s[0], Type: kindMessage})
	}
	for i := range list {
		list[i] = localized(list[i])
		list[i].Contexts, list[i].Installs = []int{inGuilds}, []int{guildInstall}
	}
	return list
}

// commandRoute is where an app's global commands are.
const commandRoute = "/applications/{}/commands"

// register brings the commands up to date. Nothing is written where nothing
// changed: registering counts against a daily limit, and people's clients load
// changed commands anew.
func (a *Adapter) register(ctx context.Context) error {
	there, err := a.offering(ctx)
	if err != nil || reflect.DeepEqual(sorted(there), sorted(commands())) {
		return err
	}
	me, err := a.self(ctx)
	if err != nil {
		return err
	}
	a.count("discord.commands_registered")
	return a.rest.do(ctx, call{method: http.MethodPut, route: commandRoute, args: []string{me.App}, body: commands(), patience: lookUp}, nil)
}

// offering are the commands as Discord has them.
func (a *Adapter) offering(ctx context.Context) ([]registered, error) {
	me, err := a.self(ctx)
	if err != nil {
		return nil, err
	}
	var there []registered
	err = a.rest.do(ctx, call{method: http.MethodGet, route: commandRoute, args: []string{me.App}, query: url.Values{"with_localizations": {"true"}}, patience: lookUp}, &there)
	return there, err
}

// sorted brings commands into one order, and what is absent into one form.
func sorted(list []registered) []registered {
	for i, c := range list {
		if len(c.Options) == 0 {
			list[i].Options = nil
		}
		list[i].Names, list[i].Whats = orNone(c.Names), orNone(c.Whats)
		for j, o := range c.Options {
			list[i].Options[j].Names, list[i].Options[j].Whats = orNone(o.Names), orNone(o.Whats)
		}
	}
	slices.SortFunc(list, func(x, y registered) int {
		return cmp.Or(cmp.Compare(x.Type, y.Type), cmp.Compare(x.Name, y.Name))
	})
	return list
}

func orNone(m map[string]string) map[string]string {
	if len(m) == 0 {
		return nil
	}
	return m
}

package discord

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
)

// Finding is one thing that is so with the bot's set-up.
type Finding struct {
	What string // "token", "intents", "permissions in Harbour", …
	// OK is false where something that answers need is missing.
	OK   bool
	Say  string // one sentence: what is so
	Mend string // what to do about it; "" when it is well
}

// App flags for the content intent, full and for small bots.
// https://discord.com/developers/docs/resources/application, read 2026-11-23.
const (
	appMessageContent        = 1 << 18
	appMessageContentLimited = 1 << 19
)

// tokenMend is what to do about a token that is not accepted.
const tokenMend = "Copy the token again: https://discord.com/developers/applications, your app, page \"Bot\", Reset Token."

// Diagnose looks at the token, the intents, who may install the bot, the
// registered commands, and the bot's permissions in every server it is in, and
// says what to change. It changes nothing.
func (a *Adapter) Diagnose(ctx context.Context) []Finding {
	me, err := a.self(ctx)
	if err != nil {
		if statusOf(err) == http.StatusUnauthorized {
			return []Finding{{"token", false, "Discord does not accept DISCORD_TOKEN", tokenMend}}
		}
		return []Finding{{"token", false, "Discord did not answer for DISCORD_TOKEN", "Look whether this machine reaches https://discord.com, or what DISCORD_API_URL says."}}
	}
	list := append([]Finding{{"token", true, "the bot is " + me.Name, ""}}, a.settings(ctx)...)
	return append(append(list, a.offered(ctx)), a.servers(ctx, me)...)
}

// settings are the app's switches at Discord.
func (a *Adapter) settings(ctx context.Context) []Finding {
	var app struct {
		Flags  int  `json:"flags"`
		Public bool `json:"bot_public"`
	}
	if err := a.rest.do(ctx, call{method: http.MethodGet, route: "/applications/@me", patience: lookUp}, &app); err != nil {
		return []Finding{unread("intents", "the app's settings")}
	}
	content := Finding{"intents", true, "message contents may be seen", ""}
	if app.Flags&(appMessageContent|appMessageContentLimited) == 0 {
		content.Say = "MESSAGE_CONTENT is off: mentions, direct messages and commands on a message work, summaries of channels and follow-ups do not"
		content.Mend = "Developer Portal, your app, page \"Bot\": switch Message Content Intent on, then restart."
	}
	public := Finding{"public bot", true, "only its owner can add the bot to servers", ""}
	if app.Public {
		public.Say = "anybody can add this bot to their server, at your cost"
		public.Mend = "Developer Portal, page \"Bot\": switch Public Bot off, or keep TIERWISE_WORKSPACES narrow."
	}
	return []Finding{content, public}
}

// unread is a look that failed on the way.
func unread(what, which string) Finding {
	return Finding{what, false, which + " could not be read from Discord", "Try again in a minute; if it stays, look whether this machine reaches https://discord.com."}
}

// offered looks whether the commands are registered as this version knows them.
func (a *Adapter) offered(ctx context.Context) Finding {
	there, err := a.offering(ctx)
	switch {
	case err != nil:
		return unread("commands", "the registered commands")
	case !reflect.DeepEqual(sorted(there), sorted(commands())):
		return Finding{"commands", true, "the commands are not registered as this version knows them", "`tierwise serve` registers them when it starts."}
	}
	return Finding{"commands", true, "all commands are registered", ""}
}

// servers looks at the bot's own permissions where it is.
func (a *Adapter) servers(ctx context.Context, me chat.Identity) []Finding {
	var guilds []guild
	if err := a.rest.do(ctx, call{method: http.MethodGet, route: "/users/@me/guilds", patience: lookUp}, &guilds); err != nil {
		return []Finding{unread("servers", "the bot's servers")}
	}
	if len(guilds) == 0 {
		return []Finding{{"servers", false, "the bot is in no server yet", "Add it with " + InviteURL(me.App)}}
	}
	var list []Finding
	for _, g := range guilds {
		list = append(list, a.rights(ctx, g, me)...)
	}
	return append(list, a.unapproved(guilds)...)
}

// unapproved is a line for each server that the operator has not approved. Where
// that is all of them, nobody is answered.
func (a *Adapter) unapproved(guilds []guild) []Finding {
	var list []Finding
	for _, g := range guilds {
		if a.cfg.Approved != nil && !a.cfg.Approved(g.ID) {
			list = append(list, Finding{"approval of " + g.Name, true, g.Name + " is off: it is not approved", "Add " + g.ID + " to TIERWISE_WORKSPACES, or set that to *."})
		}
	}
	for i := range list {
		list[i].OK = len(list) < len(guilds)
	}
	return list
}

// rights is a line for what is well in a server, or one for each permission
// that is missing there.
func (a *Adapter) rights(ctx context.Context, g guild, me chat.Identity) []Finding {
	what := "permissions in " + g.Name
	lacking, err := a.missing(ctx, g.ID, me.User)
	if err != nil {
		return []Finding{unread(what, "the bot's permissions in "+g.Name)}
	}
	if len(lacking) == 0 {
		return []Finding{{what, true, "in " + g.Name + " with all permissions it needs", ""}}
	}
	var names, vital, less []string
	for _, n := range lacking {
		names = append(names, n.name)
		if n.without == "" {
			vital = append(vital, n.name)
		} else {
			less = append(less, n.name+": "+n.without)
		}
	}
	mend := "Server Settings, Roles, the bot's role: allow " + strings.Join(names, ", ") + "; or add the bot again with " + InviteURL(me.App)
	var list []Finding
	if len(vital) > 0 {
		list = append(list, Finding{what, false, "in " + g.Name + " without " + strings.Join(vital, ", ") + " it does not answer", mend})
	}
	if len(less) > 0 {
		list = append(list, Finding{what, true, "in " + g.Name + " without " + strings.Join(less, "; without "), mend})
	}
	return list
}

// missing are the permissions that the bot's roles do not give it in a server.
func (a *Adapter) missing(ctx context.Context, guildID, user string) ([]need, error) {
	g, err := a.world.guild(ctx, guildID)
	if err != nil {
		return nil, err
	}
	m, err := a.world.member(ctx, guildID, user)
	if err != nil {
		return nil, errors.Join(errors.New("discord: the bot is not a member"), err)
	}
	has := permissions(g, channel{}, m, a.clock.Now())
	var list []need
	for _, n := range needs {
		if has&n.bit == 0 {
			list = append(list, n)
		}
	}
	return list, nil
}

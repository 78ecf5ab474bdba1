package discord

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
)

// Finding is one thing that is right or wrong with the bot's set-up.
type Finding struct {
	What string // "token", "intents", "permissions in Harbour", …
	OK   bool
	Say  string // one sentence; what to do where it is not OK
}

// App flags for the content intent, full and for small bots.
// https://discord.com/developers/docs/resources/application, read 2026-11-23.
const (
	appMessageContent        = 1 << 18
	appMessageContentLimited = 1 << 19
)

// Diagnose looks at the token, the intents, who may install the bot, and its
// permissions in every server it is in, and says what to change. It changes
// nothing.
func (a *Adapter) Diagnose(ctx context.Context) []Finding {
	me, err := a.self(ctx)
	if err != nil {
		say := "Discord cannot be reached: " + err.Error()
		if statusOf(err) == http.StatusUnauthorized {
			say = "Discord does not accept DISCORD_TOKEN: copy the token again from the page \"Bot\" of the app."
		}
		return []Finding{{"token", false, say}}
	}
	list := []Finding{{"token", true, "The bot is " + me.Name + "."}}
	var app struct {
		Flags  int  `json:"flags"`
		Public bool `json:"bot_public"`
	}
	if err := a.rest.do(ctx, call{method: http.MethodGet, route: "/applications/@me"}, &app); err != nil {
		return append(list, Finding{"intents", false, "The app's settings cannot be read: " + err.Error()})
	}
	content := Finding{"intents", app.Flags&(appMessageContent|appMessageContentLimited) != 0, "The bot may see message contents."}
	if !content.OK {
		content.Say = "MESSAGE_CONTENT is off: mentions, direct messages and commands on a message work, summaries of channels do not. Switch it on in the Developer Portal, page \"Bot\"."
	}
	public := Finding{"public bot", !app.Public, "Only its owner can add the bot to servers."}
	if app.Public {
		public.Say = "Anybody can add this bot to their server, at your cost. Switch \"Public Bot\" off in the Developer Portal, or keep TIERWISE_WORKSPACES narrow."
	}
	return append(append(list, content, public), a.rights(ctx, me)...)
}

// rights looks at the bot's own permissions in its servers.
func (a *Adapter) rights(ctx context.Context, me chat.Identity) []Finding {
	var guilds []guild
	if err := a.rest.do(ctx, call{method: http.MethodGet, route: "/users/@me/guilds", patience: lookUp}, &guilds); err != nil {
		return []Finding{{"servers", false, "The bot's servers cannot be listed: " + err.Error()}}
	}
	if len(guilds) == 0 {
		return []Finding{{"servers", false, "The bot is in no server yet. Add it with " + InviteURL(me.App)}}
	}
	var list []Finding
	for _, g := range guilds {
		f := Finding{What: "permissions in " + g.Name, OK: true, Say: "All that is needed is there."}
		missing, err := a.missing(ctx, g.ID, me.User)
		switch {
		case err != nil:
			f.OK, f.Say = false, "They cannot be read: "+err.Error()
		case len(missing) > 0:
			f.OK, f.Say = false, "Missing: "+strings.Join(missing, ", ")+". Give them to the bot's role, or add the bot again with "+InviteURL(me.App)
		}
		list = append(list, f)
	}
	return list
}

var permissionNames = []struct {
	bit  uint64
	name string
}{
	{permView, "View Channels"}, {permSend, "Send Messages"}, {permSendInThreads, "Send Messages in Threads"}, {permCreateThreads, "Create Public Threads"},
	{permHistory, "Read Message History"}, {permAttach, "Attach Files"},
}

func (a *Adapter) missing(ctx context.Context, guildID, user string) ([]string, error) {
	g, err := a.world.guild(ctx, guildID)
	if err != nil {
		return nil, err
	}
	m, err := a.world.member(ctx, guildID, user)
	if err != nil {
		return nil, errors.Join(errors.New("discord: the bot is not a member"), err)
	}
	has := permissions(g, channel{}, m, a.clock.Now())
	var names []string
	for _, p := range permissionNames {
		if has&p.bit == 0 {
			names = append(names, p.name)
		}
	}
	return names, nil
}

// InviteURL is the address that adds the app to a server, with the least
// permissions it works with.
func InviteURL(app string) string {
	return fmt.Sprintf("https://discord.com/oauth2/authorize?client_id=%s&scope=bot+applications.commands&permissions=%s", app, strconv.FormatUint(leastPermissions, 10))
}

package discordtest

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
)

func (f *Fake) meJSON() obj {
	u := f.userJSON(f.bot.ID)
	delete(u, "primary_guild")
	u["mfa_enabled"], u["locale"] = false, "en-US"
	return u
}

func (f *Fake) appJSON() obj {
	return obj{"id": f.app, "name": f.bot.Name, "icon": nil, "description": "", "type": nil, "verify_key": "00", "flags": f.appFlags, "flags_new": strconv.Itoa(f.appFlags), "redirect_uris": []any{},
		"interactions_endpoint_url": nil, "role_connections_verification_url": nil, "owner": f.userJSON(f.bot.ID), "approximate_guild_count": len(f.guilds),
		"approximate_user_install_count": 0, "approximate_user_authorization_count": 0, "explicit_content_filter": 0, "team": nil, "eligible_oauth2_scopes": []any{}, "bot_public": f.public}
}

func (f *Fake) gatewayBot(input) output {
	return ok(obj{"url": f.wsURL(), "shards": f.opts.Shards, "session_start_limit": obj{"total": 1000, "remaining": 1000 - len(f.gateway.identifies), "reset_after": 1000, "max_concurrency": 1}})
}

func (f *Fake) myGuilds(input) output {
	out := []any{}
	for _, id := range f.order {
		if g := f.guilds[id]; g != nil && g.Members[f.bot.ID] != nil {
			out = append(out, obj{"id": g.ID, "name": g.Name, "icon": nil, "banner": nil, "owner": false, "permissions": "0", "features": []any{}})
		}
	}
	return ok(out)
}

func (f *Fake) openDirect(in input) output {
	user := in.str("recipient_id")
	if _, known := f.users[user]; !known {
		return refusal(404, 10013, "Unknown User")
	}
	return ok(f.channelJSON(f.direct(user)))
}

func (f *Fake) getGuild(in input) output {
	g := f.guilds[in.id("guild_id")]
	if g == nil || g.Members[f.bot.ID] == nil {
		return refusal(404, 10004, "Unknown Guild")
	}
	return ok(f.guildJSON(g))
}

func (f *Fake) guildChannels(in input) output {
	out := []any{}
	for _, c := range f.channels {
		if c.Guild == in.id("guild_id") && !c.thread() {
			out = append(out, f.channelJSON(c))
		}
	}
	return ok(out)
}

func (f *Fake) getMember(in input) output {
	g := f.guilds[in.id("guild_id")]
	switch {
	case g == nil:
		return refusal(404, 10004, "Unknown Guild")
	case g.Members[in.id("user_id")] == nil:
		return refusal(404, 10007, "Unknown Member")
	}
	return ok(f.memberJSON(g, in.id("user_id")))
}

func (f *Fake) activeThreads(in input) output {
	out := []any{}
	for _, c := range f.channels {
		if c.Guild == in.id("guild_id") && c.thread() && f.may(f.bot.ID, c)&ViewChannel != 0 {
			out = append(out, f.channelJSON(c))
		}
	}
	return ok(obj{"threads": out, "members": []any{}, "has_more": false})
}

// listCommands gives the registered commands; their words in other languages
// only to who asks for them.
func (f *Fake) listCommands(in input) output {
	out := []any{}
	for _, c := range f.commands {
		if in.r.URL.Query().Get("with_localizations") != "true" {
			c = maps.Clone(c)
			delete(c, "name_localizations")
			delete(c, "description_localizations")
		}
		out = append(out, c)
	}
	return ok(out)
}

// putCommands replaces all commands, as Discord stores them.
func (f *Fake) putCommands(in input) output {
	all, _ := in.body.([]any)
	f.commands = nil
	f.puts++
	for _, raw := range all {
		c := raw.(map[string]any)
		stored := obj{"id": f.id(), "application_id": f.app, "version": f.id(), "default_member_permissions": nil, "dm_permission": false, "nsfw": false, "description": ""}
		for _, k := range []string{"name", "name_localizations", "type", "description", "description_localizations", "options", "contexts", "integration_types"} {
			if v, there := c[k]; there && v != nil {
				stored[k] = v
			}
		}
		f.commands = append(f.commands, stored)
	}
	return f.listCommands(in)
}

// Commands are the names registered, and how often they were written.
func (f *Fake) Commands() (names []string, writes int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.commands {
		names = append(names, c["name"].(string))
	}
	slices.Sort(names)
	return names, f.puts
}

// CommandIn is the name of a command in a language; "" where it has none.
func (f *Fake) CommandIn(locale, name string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.commands {
		if all, ok := c["name_localizations"].(map[string]any); ok && c["name"] == name {
			s, _ := all[locale].(string)
			return s
		}
	}
	return ""
}

// ForgetLanguage takes a language from all commands, as an older version of
// them would have registered.
func (f *Fake) ForgetLanguage(locale string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.commands {
		if all, ok := c["name_localizations"].(map[string]any); ok {
			delete(all, locale)
		}
	}
}

// ForgetCommands takes the registered commands away.
func (f *Fake) ForgetCommands() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.commands = nil
}

func (f *Fake) getChannel(in input) output {
	c, bad := f.seen(in.id("channel_id"))
	if bad != nil {
		return *bad
	}
	return ok(f.channelJSON(c))
}

// seen is a channel the bot sees.
func (f *Fake) seen(id string) (*Channel, *output) {
	c := f.channels[id]
	switch {
	case c == nil || c.Gone:
		return nil, &unknownChannel
	case f.may(f.bot.ID, c)&ViewChannel == 0:
		return nil, &missingAccess
	}
	return c, nil
}

func (f *Fake) threadMember(in input) output {
	c := f.channels[in.id("channel_id")]
	user := in.id("user_id")
	if c == nil || !slices.Contains(append([]string{c.Owner}, c.Recipients...), user) {
		return refusal(404, 10007, "Unknown Member")
	}
	return ok(obj{"id": c.ID, "user_id": user, "join_timestamp": stamp(f.clock.Now()), "flags": 0})
}

func (f *Fake) typing(in input) output {
	if _, bad := f.seen(in.id("channel_id")); bad != nil {
		return *bad
	}
	return output{status: http.StatusNoContent}
}

func (f *Fake) createThread(in input) output {
	parent, bad := f.seen(in.id("channel_id"))
	if bad != nil {
		return *bad
	}
	m := f.message(parent.ID, in.id("message_id"))
	p := f.may(f.bot.ID, parent)
	switch {
	case m == nil:
		return unknownMessage
	case f.channels[m.ID] != nil:
		return refusal(400, 160004, "A thread has already been created for this message")
	case p&CreateThreads == 0:
		return missingRights
	}
	c := &Channel{ID: m.ID, Guild: parent.Guild, Type: publicThread, Name: in.str("name"), Parent: parent.ID, Owner: f.bot.ID}
	f.channels[c.ID] = c
	f.messages[c.ID] = []*Message{{ID: f.id(), Channel: c.ID, Author: m.Author, Type: threadStarterType, ReplyTo: m.ID, At: f.clock.Now()}}
	f.tell(c.Guild, "THREAD_CREATE", func(*session) any { return f.channelJSON(c) })
	return output{http.StatusCreated, f.channelJSON(c)}
}

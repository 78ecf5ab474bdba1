package discordtest

import (
	"slices"
	"strconv"
	"time"
)

// obj is a JSON object.
type obj = map[string]any

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000+00:00") }

func stampOr(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return stamp(t)
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (f *Fake) userJSON(id string) obj {
	u := f.users[id]
	return obj{"id": u.ID, "username": u.Name, "avatar": nil, "discriminator": "0", "public_flags": 0, "flags": 0, "bot": u.Bot, "global_name": nil, "primary_guild": nil}
}

func (f *Fake) memberJSON(g *Guild, user string) obj {
	m := g.Members[user]
	return obj{"avatar": nil, "banner": nil, "communication_disabled_until": stampOr(m.Timeout), "flags": 0, "joined_at": stamp(m.Joined), "nick": orNil(m.Nick),
		"pending": false, "premium_since": nil, "roles": list(m.Roles), "user": f.userJSON(user), "mute": false, "deaf": false}
}

func list(s []string) []any {
	out := []any{}
	for _, v := range s {
		out = append(out, v)
	}
	return out
}

func roleJSON(r *Role) obj {
	out := obj{"id": r.ID, "name": r.Name, "permissions": strconv.FormatUint(r.Permissions, 10), "position": 0, "color": 0,
		"colors": obj{"primary_color": 0, "secondary_color": nil, "tertiary_color": nil}, "hoist": false, "managed": r.BotID != "", "mentionable": false, "icon": nil, "unicode_emoji": nil, "flags": 0}
	if r.BotID != "" {
		out["tags"] = obj{"bot_id": r.BotID}
	}
	return out
}

func (f *Fake) guildJSON(g *Guild) obj {
	roles := []any{}
	for _, r := range g.Roles {
		roles = append(roles, roleJSON(r))
	}
	return obj{"id": g.ID, "name": g.Name, "icon": nil, "description": nil, "home_header": nil, "splash": nil, "discovery_splash": nil, "features": []any{}, "banner": nil,
		"owner_id": g.Owner, "application_id": nil, "region": "deprecated", "afk_channel_id": nil, "afk_timeout": 300, "system_channel_id": orNil(g.System), "system_channel_flags": 0,
		"widget_enabled": false, "widget_channel_id": nil, "verification_level": 1, "roles": roles, "default_message_notifications": 0, "mfa_level": 0, "explicit_content_filter": 0,
		"max_presences": nil, "max_members": 500000, "max_stage_video_channel_users": 50, "max_video_channel_users": 25, "vanity_url_code": nil, "premium_tier": 0,
		"premium_subscription_count": 0, "preferred_locale": "en-US", "rules_channel_id": nil, "safety_alerts_channel_id": nil, "public_updates_channel_id": nil,
		"premium_progress_bar_enabled": false, "nsfw": false, "nsfw_level": 0, "emojis": []any{}, "stickers": []any{}, "incidents_data": nil}
}

func (f *Fake) channelJSON(c *Channel) obj {
	var last any
	if all := f.messages[c.ID]; len(all) > 0 {
		last = all[len(all)-1].ID
	}
	switch {
	case c.Type == directChannel:
		people := []any{}
		for _, r := range c.Recipients {
			people = append(people, f.userJSON(r))
		}
		return obj{"id": c.ID, "type": c.Type, "flags": 0, "last_message_id": last, "recipients": people}
	case c.thread():
		n := len(f.messages[c.ID])
		return obj{"id": c.ID, "type": c.Type, "flags": 0, "guild_id": c.Guild, "name": c.Name, "parent_id": c.Parent, "owner_id": c.Owner, "last_message_id": last,
			"message_count": n, "member_count": 1, "total_message_sent": n, "rate_limit_per_user": 0,
			"thread_metadata": obj{"archived": false, "archive_timestamp": stamp(f.clock.Now()), "auto_archive_duration": 1440, "locked": c.Locked}}
	}
	over := []any{}
	for _, o := range c.Overwrites {
		kind := 0
		if o.Member {
			kind = 1
		}
		over = append(over, obj{"id": o.ID, "type": kind, "allow": strconv.FormatUint(o.Allow, 10), "deny": strconv.FormatUint(o.Deny, 10)})
	}
	return obj{"id": c.ID, "type": c.Type, "flags": 0, "guild_id": c.Guild, "name": c.Name, "position": 0, "parent_id": nil, "last_message_id": last,
		"permission_overwrites": over, "nsfw": false, "topic": nil, "rate_limit_per_user": 0}
}

// messageJSON is a message as a reader with or without the content intent gets
// it. The nonce is for its maker alone.
func (f *Fake) messageJSON(m *Message, content bool) obj {
	c := f.channels[m.Channel]
	people, roles := f.mentions(c, m.Content)
	replied := f.message(m.Channel, m.ReplyTo)
	if m.Type == 19 && replied != nil && !slices.Contains(people, replied.Author) {
		people = append(people, replied.Author)
	}
	users := []any{}
	for _, id := range people {
		users = append(users, f.userJSON(id))
	}
	files := []any{}
	for _, a := range m.Files {
		files = append(files, obj{"id": a.ID, "filename": a.Name, "size": len(a.Data), "url": "https://cdn.discordapp.com/x/" + a.ID, "proxy_url": "https://media.discordapp.net/x/" + a.ID, "description": a.Alt})
	}
	out := obj{"type": m.Type, "content": m.Content, "mentions": users, "mention_roles": list(roles), "attachments": files, "embeds": []any{}, "timestamp": stamp(m.At),
		"edited_timestamp": stampOr(m.Edited), "flags": m.Flags, "components": anys(m.Components), "id": m.ID, "channel_id": m.Channel, "author": f.userJSON(m.Author),
		"pinned": false, "mention_everyone": false, "tts": false}
	if m.ReplyTo != "" {
		ref := m.Channel
		if m.Type == threadStarterType {
			ref, replied = c.Parent, f.message(c.Parent, m.ReplyTo)
		}
		out["message_reference"] = obj{"type": 0, "channel_id": ref, "message_id": m.ReplyTo}
		out["referenced_message"] = nil
		if replied != nil {
			inner := *replied
			inner.ReplyTo = ""
			out["referenced_message"] = f.messageJSON(&inner, content)
		}
	}
	if t := f.channels[m.ID]; t != nil && t.thread() {
		out["thread"] = f.channelJSON(t)
	}
	named := slices.Contains(people, f.bot.ID)
	if !content && !named && m.Author != f.bot.ID && c.Type != directChannel {
		out["content"], out["attachments"], out["components"] = "", []any{}, []any{}
	}
	return out
}

func anys(s []any) []any {
	if s == nil {
		return []any{}
	}
	return s
}

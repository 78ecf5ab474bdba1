package slacktest

import (
	"slices"
	"strings"
)

// The most a page may hold; more is cut without a word, as at Slack.
const (
	maxHistory     = 999
	maxReplies     = 1000
	marketplaceCut = 15
)

// pageLimit is the page size of a reading call.
func (c *call) pageLimit(otherwise, most int) int {
	n := min(c.number("limit", otherwise), most)
	if most := c.behaviour.PageCap; most > 0 {
		n = min(n, most)
	}
	if c.behaviour.NonMarketplace {
		n = min(n, marketplaceCut)
	}
	return n
}

// history answers newest first: roots and broadcasts, no replies.
func (c *call) history() (object, *Error) {
	ch, refused := c.channelArg("channel", true)
	if refused != nil {
		return nil, refused
	}
	var all []object
	for _, m := range slices.Backward(c.state.messages[ch.ID]) {
		if m.forUser == "" && (m.thread == "" || m.subtype == "thread_broadcast") && c.between(m.ts) {
			all = append(all, c.shown(m))
		}
	}
	items, next, refused := page(c, all, c.pageLimit(100, maxHistory))
	if refused != nil {
		return nil, refused
	}
	body := listed("messages", items, next)
	body["has_more"] = next != ""
	return body, nil
}

// replies answers the parent and then its replies, oldest first. Bounds hold
// for the replies; the parent leads the first page only.
func (c *call) replies() (object, *Error) {
	ch, refused := c.channelArg("channel", true)
	if refused != nil {
		return nil, refused
	}
	root := c.state.message(ch.ID, c.str("ts"))
	if root == nil {
		return nil, refuse("thread_not_found")
	}
	if root.thread != "" { // a reply's ts gives that reply alone
		return object{"messages": []object{c.shown(root)}, "has_more": false}, nil
	}
	var all []object
	for _, m := range c.state.replies(ch.ID, root.ts) {
		if c.between(m.ts) {
			all = append(all, c.shown(m))
		}
	}
	limit := c.pageLimit(maxReplies, maxReplies)
	first := c.str("cursor") == ""
	if first && limit > 1 {
		limit-- // the parent counts on its page
	}
	items, next, refused := page(c, all, limit)
	if refused != nil {
		return nil, refused
	}
	if first {
		items = append([]object{c.shown(root)}, items...)
	}
	body := listed("messages", items, next)
	body["has_more"] = next != ""
	return body, nil
}

// shown is a message as read: metadata only on request.
func (c *call) shown(m *message) object {
	o := clone(c.json(m))
	if !c.flag("include_all_metadata") {
		delete(o, "metadata")
	}
	return o
}

// channelJSON describes a channel to the bot.
func (c *call) channelJSON(ch *Channel) object {
	o := object{
		"id": ch.ID, "name": ch.Name, "name_normalized": ch.Name, "created": 1700000000, "is_archived": ch.Archived,
		"is_channel": ch.Kind == Public, "is_group": ch.Kind == Private, "is_im": ch.Kind == IM, "is_mpim": ch.Kind == MPIM,
		"is_private": ch.Kind != Public, "is_member": ch.has(c.bot.ID), "is_general": false,
		"is_shared": ch.ExtShared, "is_ext_shared": ch.ExtShared, "is_org_shared": false, "is_pending_ext_shared": false,
		"context_team_id": ch.Team, "shared_team_ids": append([]string{ch.Team}, ch.Teams...), "is_read_only": ch.ReadOnly,
		"topic": object{"value": "", "creator": "", "last_set": 0}, "purpose": object{"value": "", "creator": "", "last_set": 0},
	}
	if ch.Kind == IM {
		delete(o, "name")
		for _, u := range ch.Members {
			if u != c.bot.ID {
				o["user"] = u
			}
		}
	}
	return o
}

func (c *call) conversationInfo() (object, *Error) {
	ch, refused := c.channelArg("channel", false)
	if refused != nil {
		return nil, refused
	}
	o := c.channelJSON(ch)
	if c.flag("include_num_members") {
		o["num_members"] = len(ch.Members)
	}
	return object{"channel": o}, nil
}

// channelsWhere lists the channels of the team with the types a call asks for.
func (c *call) channelsWhere(keep func(*Channel) bool) (object, *Error) {
	types := c.list("types")
	if types == nil {
		types = []string{string(Public)}
	}
	var all []object
	for _, ch := range c.state.channels {
		wanted := slices.ContainsFunc(types, func(t string) bool { return strings.TrimSpace(t) == string(ch.Kind) })
		visible := ch.Kind == Public || ch.has(c.bot.ID)
		if ch.inTeam(c.token.team) && wanted && visible && keep(ch) && !(ch.Archived && c.flag("exclude_archived")) {
			all = append(all, c.channelJSON(ch))
		}
	}
	items, next, refused := page(c, all, c.number("limit", 100))
	if refused != nil {
		return nil, refused
	}
	return listed("channels", items, next), nil
}

func (c *call) conversationList() (object, *Error) {
	return c.channelsWhere(func(*Channel) bool { return true })
}

// usersConversations lists what a user is in, as far as the bot may know.
func (c *call) usersConversations() (object, *Error) {
	user := c.str("user")
	if user == "" {
		user = c.bot.ID
	}
	return c.channelsWhere(func(ch *Channel) bool { return ch.has(user) })
}

func (c *call) conversationMembers() (object, *Error) {
	ch, refused := c.channelArg("channel", false)
	if refused != nil {
		return nil, refused
	}
	items, next, refused := page(c, ch.Members, c.number("limit", 100))
	if refused != nil {
		return nil, refused
	}
	return listed("members", items, next), nil
}

func (c *call) conversationJoin() (object, *Error) {
	ch, refused := c.channelArg("channel", false)
	switch {
	case refused != nil:
		return nil, refused
	case ch.Kind != Public:
		return nil, refuse("method_not_supported_for_channel_type")
	case ch.Archived:
		return nil, refuse("is_archived")
	}
	body := object{}
	if ch.has(c.bot.ID) {
		body["warning"] = "already_in_channel"
	} else {
		ch.Members = append(ch.Members, c.bot.ID)
	}
	body["channel"] = c.channelJSON(ch)
	return body, nil
}

func (c *call) conversationOpen() (object, *Error) {
	users := c.list("users")
	if ch := c.state.channel(c.str("channel")); ch != nil {
		return object{"channel": object{"id": ch.ID}}, nil
	}
	switch {
	case len(users) == 0:
		return nil, refuse("users_list_not_supplied")
	case len(users) > 8:
		return nil, refuse("too_many_users")
	}
	for _, id := range users {
		u := c.state.user(id)
		if u == nil {
			return nil, refuse("user_not_found")
		}
		if u.Deleted {
			return nil, refuse("user_disabled")
		}
	}
	ch := c.openIM(users...)
	if c.flag("return_im") {
		return object{"channel": c.channelJSON(ch)}, nil
	}
	return object{"channel": object{"id": ch.ID}}, nil
}

// openIM is the direct message of the bot with people, made when it is missing.
func (c *call) openIM(users ...string) *Channel { return c.Fake.openIM(c.bot, users...) }

func (f *Fake) openIM(bot *User, users ...string) *Channel {
	members := append([]string{bot.ID}, users...)
	kind, prefix := IM, "D"
	if len(users) > 1 {
		kind, prefix = MPIM, "G"
	}
	for _, ch := range f.state.channels {
		if ch.Kind == kind && len(ch.Members) == len(members) && !slices.ContainsFunc(members, func(m string) bool { return !ch.has(m) }) {
			return ch
		}
	}
	ch := &Channel{ID: f.state.next(prefix), Team: bot.Team, Kind: kind, Members: members}
	if kind == MPIM {
		ch.Name = "mpdm-" + strings.ToLower(strings.Join(users, "--")) + "-1"
	}
	f.state.channels = append(f.state.channels, ch)
	return ch
}

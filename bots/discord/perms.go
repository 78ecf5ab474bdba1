package discord

import (
	"slices"
	"time"

	"github.com/bwmarrin/discordgo"
)

// Permissions we decide by.
const (
	permAdmin         = uint64(discordgo.PermissionAdministrator)
	permManageGuild   = uint64(discordgo.PermissionManageGuild)
	permView          = uint64(discordgo.PermissionViewChannel)
	permSend          = uint64(discordgo.PermissionSendMessages)
	permEmbed         = uint64(discordgo.PermissionEmbedLinks)
	permHistory       = uint64(discordgo.PermissionReadMessageHistory)
	permAttach        = uint64(discordgo.PermissionAttachFiles)
	permCreateThreads = uint64(discordgo.PermissionCreatePublicThreads)
	permSendInThreads = uint64(discordgo.PermissionSendMessagesInThreads)
	permManageThreads = uint64(discordgo.PermissionManageThreads)
	permEverything    = ^uint64(0)
)

// permissions computes what a member may do in a channel, as
// https://discord.com/developers/docs/topics/permissions says (read
// 2026-11-23): roles, then the channel's overwrites for everyone, for roles
// and for the person; the owner and administrators may everything; who is in
// time-out may only look.
func permissions(g guild, c channel, m member, now time.Time) uint64 {
	if m.User.ID == g.Owner && g.Owner != "" {
		return permEverything
	}
	base := basePermissions(g, m.Roles)
	if base&permAdmin != 0 {
		return permEverything
	}
	base = overwritten(base, c, g.ID, m)
	if until := instant(m.TimedOut); now.Before(until) {
		base &= permView | permHistory
	}
	if base&permView == 0 {
		return 0
	}
	return base
}

// basePermissions are those of @everyone, whose id is the guild's, and of the
// given roles.
func basePermissions(g guild, roles []string) uint64 {
	var p uint64
	for _, r := range g.Roles {
		if r.ID == g.ID || slices.Contains(roles, r.ID) {
			p |= bits(r.Permissions)
		}
	}
	return p
}

func overwritten(p uint64, c channel, everyone string, m member) uint64 {
	var allow, deny uint64
	for _, o := range c.Overwrites {
		switch {
		case o.Type == 0 && o.ID == everyone:
			p = p&^bits(o.Deny) | bits(o.Allow)
		case o.Type == 0 && slices.Contains(m.Roles, o.ID):
			allow |= bits(o.Allow)
			deny |= bits(o.Deny)
		}
	}
	p = p&^deny | allow
	for _, o := range c.Overwrites {
		if o.Type == 1 && o.ID == m.User.ID {
			p = p&^bits(o.Deny) | bits(o.Allow)
		}
	}
	return p
}

// everyoneSees reports whether a member without any role sees the channel.
func everyoneSees(g guild, c channel) bool {
	return permissions(g, c, member{}, time.Time{})&permView != 0
}

// administers reports whether a member may manage the guild.
func administers(g guild, m member) bool {
	return m.User.ID == g.Owner && g.Owner != "" || basePermissions(g, m.Roles)&(permAdmin|permManageGuild) != 0
}

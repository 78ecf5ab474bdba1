package slack

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// directory is Slack's word on people and channels.
type directory struct{ a *Adapter }

// Actor describes a person.
func (d directory) Actor(ctx context.Context, workspace, id string) (chat.Actor, error) {
	u, err := d.a.names.user(ctx, workspace, id)
	if err != nil {
		return chat.Actor{}, fmt.Errorf("slack: actor: %w", err)
	}
	actor := u.actor(workspace)
	actor.Groups = d.a.names.groupsOf(ctx, workspace, id)
	if g, err := d.a.installs.grant(ctx, workspace); err == nil {
		actor.Self = id == g.Me.User
	}
	return actor, nil
}

// actor is a person as seen from a workspace.
func (u user) actor(workspace string) chat.Actor {
	elsewhere := u.Team != workspace && !slices.Contains(u.Grid.Teams, workspace)
	inside := !u.Stranger && !elsewhere && !u.Deleted
	return chat.Actor{
		ID: u.ID, Name: u.label(), Guest: u.Restricted || u.Ultra, External: u.Stranger || elsewhere, Bot: u.Bot || u.ID == "USLACKBOT",
		Admin:  inside && (u.Admin || u.Owner || u.Primary || u.Grid.Admin || u.Grid.Owner),
		Locale: u.Locale,
	}
}

// Access says what a person may do at a place. A public channel is open to
// every full member to read; everything else, and writing, needs membership.
func (d directory) Access(ctx context.Context, at chat.Place, actor string) (chat.Access, error) {
	c, err := d.a.names.channel(ctx, at.Workspace, at.Channel)
	if errors.Is(err, chat.ErrGone) || errors.Is(err, chat.ErrNoAccess) {
		return chat.Access{}, fmt.Errorf("slack: access: %w", errors.Join(chat.ErrNotFound, err))
	}
	if err != nil {
		return chat.Access{}, fmt.Errorf("slack: access: %w", err)
	}
	ours := c.Member || c.IM || c.MPIM
	out := chat.Access{Channel: c.channel(at.Workspace), BotRead: ours, BotPost: ours && !c.Archived && !c.ReadOnly}
	u, err := d.a.names.user(ctx, at.Workspace, actor)
	if errors.Is(err, chat.ErrNotFound) {
		return out, nil
	}
	if err != nil {
		return chat.Access{}, fmt.Errorf("slack: access: %w", err)
	}
	who := u.actor(at.Workspace)
	in, err := d.member(ctx, at, c, actor)
	if err != nil {
		return chat.Access{}, fmt.Errorf("slack: access: %w", err)
	}
	open := out.Channel.Kind == chat.PublicChannel && !who.Guest && !who.External && !u.Deleted
	out.Read = in || open
	out.Write = in && !c.Archived && !c.ReadOnly
	out.Attach, out.Embed = out.Write, out.Write // Slack knows no rights of their own for these
	return out, nil
}

// maxMemberPages bounds how far a membership is looked for; beyond it the
// person counts as not in the channel.
const maxMemberPages = 20

// member reports whether a person is in a channel.
func (d directory) member(ctx context.Context, at chat.Place, c conversation, id string) (bool, error) {
	if c.IM {
		return c.User == id, nil
	}
	key := at.Workspace + "/" + at.Channel + "/" + id
	if in, ok := d.a.names.members.get(key); ok {
		return in, nil
	}
	args := url.Values{"channel": {at.Channel}, "limit": {"1000"}}
	for range maxMemberPages {
		var page struct {
			Members []string `json:"members"`
		}
		next, err := d.a.call(ctx, at.Workspace, call{method: convMembers, args: args, patience: 2 * time.Second}, &page)
		if err != nil {
			return false, err
		}
		if slices.Contains(page.Members, id) {
			d.a.names.members.put(key, true)
			return true, nil
		}
		if next == "" {
			break
		}
		args.Set("cursor", next)
	}
	d.a.names.members.put(key, false)
	return false, nil
}

// channel is a conversation in chat's words.
func (c conversation) channel(workspace string) chat.Channel {
	out := chat.Channel{Place: chat.Place{Platform: chat.Slack, Workspace: workspace, Channel: c.ID}, Name: c.Name, Members: c.Members, Shared: chat.NotShared}
	switch {
	case c.IM:
		out.Kind = chat.DirectMessage
	case c.MPIM:
		out.Kind = chat.GroupMessage
	case c.Private || c.Group:
		out.Kind = chat.PrivateChannel
	default:
		out.Kind = chat.PublicChannel
	}
	switch {
	case c.ExtShared != nil && *c.ExtShared || c.Pending || c.Shared && !c.OrgShared:
		out.Shared = chat.WithOutsiders
	case c.ExtShared == nil && !c.IM: // a direct message is shared with its one person
		out.Shared = chat.SharedUnknown
	}
	return out
}

var (
	permalink   = regexp.MustCompile(`^https://[a-z0-9.-]+\.slack(?:-gov)?\.com/archives/([A-Z0-9]+)(?:/p(\d{10})(\d{6}))?(?:\?([^\s>]*))?$`)
	channelID   = regexp.MustCompile(`^[CDG][A-Z0-9]{1,20}$`)
	channelName = regexp.MustCompile(`^#?([\p{L}\p{N}_.-]{1,80})$`)
)

// Resolve finds the place of a permalink, a channel mention, id or name.
func (d directory) Resolve(ctx context.Context, workspace, what string) (chat.Place, error) {
	at := chat.Place{Platform: chat.Slack, Workspace: workspace}
	what = strings.TrimSpace(what)
	what = strings.TrimSuffix(strings.TrimPrefix(what, "<"), ">")
	if inner, ok := strings.CutPrefix(what, "#"); ok {
		if id, _, _ := strings.Cut(inner, "|"); channelID.MatchString(id) {
			what = id
		}
	}
	if m := permalink.FindStringSubmatch(unescape.Replace(what)); m != nil {
		return d.linked(ctx, at, m)
	}
	switch {
	case channelID.MatchString(what):
		at.Channel = what
	case channelName.MatchString(what):
		id, err := d.named(ctx, workspace, strings.ToLower(strings.TrimPrefix(what, "#")))
		if err != nil {
			return chat.Place{}, err
		}
		at.Channel = id
	default:
		return chat.Place{}, fmt.Errorf("slack: resolve: %w", chat.ErrNotFound)
	}
	return d.exists(ctx, at)
}

// exists makes sure that we can see the place.
func (d directory) exists(ctx context.Context, at chat.Place) (chat.Place, error) {
	_, err := d.a.names.channel(ctx, at.Workspace, at.Channel)
	if errors.Is(err, chat.ErrGone) || errors.Is(err, chat.ErrNoAccess) {
		err = errors.Join(chat.ErrNotFound, err)
	}
	if err != nil {
		return chat.Place{}, fmt.Errorf("slack: resolve: %w", err)
	}
	return at, nil
}

// linked is the place of a permalink: channel, seconds, microseconds, query.
// A link to a reply names its thread; one without may still be a reply.
func (d directory) linked(ctx context.Context, at chat.Place, m []string) (chat.Place, error) {
	at.Channel = m[1]
	if m[2] == "" {
		return d.exists(ctx, at)
	}
	at.Thread = m[2] + "." + m[3]
	if q, err := url.ParseQuery(m[4]); err == nil && q.Get("thread_ts") != "" {
		at.Thread = q.Get("thread_ts")
		return d.exists(ctx, at)
	}
	if _, err := d.exists(ctx, at); err != nil {
		return chat.Place{}, err
	}
	page, _, err := d.a.replies(ctx, at, url.Values{"limit": {"1"}})
	if err == nil && len(page.Messages) > 0 && page.Messages[0].Thread != "" {
		at.Thread = page.Messages[0].Thread
	}
	return at, nil
}

// named finds a channel we can see by its name.
func (d directory) named(ctx context.Context, workspace, name string) (string, error) {
	ids, ok := d.a.names.lists.get(workspace)
	if !ok {
		ids = map[string]string{}
		args := url.Values{"types": {"public_channel,private_channel"}, "exclude_archived": {"true"}, "limit": {"1000"}}
		for range maxMemberPages {
			var page struct {
				Channels []conversation `json:"channels"`
			}
			next, err := d.a.call(ctx, workspace, call{method: convList, args: args, patience: 2 * time.Second}, &page)
			if err != nil {
				return "", fmt.Errorf("slack: resolve: %w", err)
			}
			for _, c := range page.Channels {
				ids[strings.ToLower(c.Name)] = c.ID
			}
			if next == "" {
				break
			}
			args.Set("cursor", next)
		}
		d.a.names.lists.put(workspace, ids)
	}
	id, ok := ids[name]
	if !ok {
		return "", fmt.Errorf("slack: resolve: %w", chat.ErrNotFound)
	}
	return id, nil
}

package discord

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
)

// directory is Discord's word on people and channels.
type directory struct{ a *Adapter }

// Actor describes a member of a guild. Roles are its groups.
func (d directory) Actor(ctx context.Context, workspace, id string) (chat.Actor, error) {
	m, err := d.a.world.member(ctx, workspace, id)
	if err != nil {
		return chat.Actor{}, fmt.Errorf("discord: actor: %w", err)
	}
	g, err := d.a.world.guild(ctx, workspace)
	if err != nil {
		return chat.Actor{}, fmt.Errorf("discord: actor: %w", err)
	}
	out := m.actor("")
	out.Admin = administers(g, m)
	if me, err := d.a.self(ctx); err == nil {
		out.Self = id == me.User
	}
	return out, nil
}

// Access says what a person may do at a place, from the roles and overwrites
// of this moment.
func (d directory) Access(ctx context.Context, at chat.Place, actor string) (chat.Access, error) {
	out, err := d.access(ctx, at, actor)
	if errors.Is(err, chat.ErrGone) || errors.Is(err, chat.ErrNoAccess) {
		err = errors.Join(chat.ErrNotFound, err)
	}
	if err != nil {
		return chat.Access{}, fmt.Errorf("discord: access: %w", err)
	}
	return out, nil
}

func (d directory) access(ctx context.Context, at chat.Place, actor string) (chat.Access, error) {
	w := d.a.world
	c, err := w.channel(ctx, at.Channel)
	if err != nil {
		return chat.Access{}, err
	}
	out := chat.Access{Channel: w.describe(ctx, at.Workspace, c)}
	if c.Type == directChannel {
		in := slices.ContainsFunc(c.Recipients, func(u user) bool { return u.ID == actor })
		out.Read, out.Write, out.BotRead, out.BotPost = in, in, true, true
		return out, nil
	}
	if c.Guild != "" && c.Guild != at.Workspace {
		return chat.Access{}, chat.ErrNotFound
	}
	thread, err := d.thread(ctx, at)
	if err != nil {
		return chat.Access{}, err
	}
	if thread.Type == privateThread {
		out.Channel.Kind = chat.PrivateChannel
	}
	me, err := d.a.self(ctx)
	if err != nil {
		return chat.Access{}, err
	}
	if out.BotRead, out.BotPost, err = d.rights(ctx, at, c, thread, me.User); err != nil {
		return chat.Access{}, err
	}
	out.Read, out.Write, err = d.rights(ctx, at, c, thread, actor)
	if errors.Is(err, chat.ErrNotFound) {
		return out, nil // a stranger may nothing
	}
	return out, err
}

// thread is the thread of a place; none where there is none, or where the
// place names a message that has none yet.
func (d directory) thread(ctx context.Context, at chat.Place) (channel, error) {
	if at.Thread == "" {
		return channel{}, nil
	}
	t, err := d.a.world.channel(ctx, at.Thread)
	if errors.Is(err, chat.ErrGone) {
		return channel{}, nil
	}
	if err == nil && t.Parent != at.Channel {
		return channel{}, chat.ErrNotFound
	}
	return t, err
}

// rights are reading and writing of one member at a place.
func (d directory) rights(ctx context.Context, at chat.Place, c, thread channel, id string) (read, write bool, err error) {
	w := d.a.world
	g, err := w.guild(ctx, at.Workspace)
	if err != nil {
		return false, false, err
	}
	m, err := w.member(ctx, at.Workspace, id)
	if err != nil {
		return false, false, err
	}
	p := permissions(g, c, m, d.a.clock.Now())
	read = p&permView != 0 && p&permHistory != 0
	if thread.ID == "" {
		return read, read && p&permSend != 0, nil
	}
	write = p&permSendInThreads != 0
	if thread.Thread != nil && thread.Thread.Locked && p&permManageThreads == 0 {
		write = false
	}
	if thread.Type == privateThread && p&permManageThreads == 0 {
		var in struct{}
		err := d.a.rest.do(ctx, call{method: "GET", route: "/channels/{}/thread-members/{}", args: []string{thread.ID, id}, patience: lookUp}, &in)
		if errors.Is(err, chat.ErrGone) || errors.Is(err, chat.ErrNotFound) {
			return false, false, nil
		}
		if err != nil {
			return false, false, err
		}
	}
	return read, read && write, nil
}

var (
	jumpLink       = regexp.MustCompile(`^https?://(?:ptb\.|canary\.)?discord(?:app)?\.com/channels/(\d+|@me)/(\d+)(?:/(\d+))?/?$`)
	channelMention = regexp.MustCompile(`^<?#?(\d{6,20})>?$`)
	channelName    = regexp.MustCompile(`^#?([\p{L}\p{N}_-]{1,100})$`)
)

// Resolve finds the place of a jump link, a channel mention, id or name.
func (d directory) Resolve(ctx context.Context, workspace, what string) (chat.Place, error) {
	at, err := d.resolve(ctx, workspace, strings.Trim(strings.TrimSpace(what), "<>"))
	if errors.Is(err, chat.ErrGone) || errors.Is(err, chat.ErrNoAccess) {
		err = errors.Join(chat.ErrNotFound, err)
	}
	if err != nil {
		return chat.Place{}, fmt.Errorf("discord: resolve: %w", err)
	}
	return at, nil
}

func (d directory) resolve(ctx context.Context, workspace, what string) (chat.Place, error) {
	if m := jumpLink.FindStringSubmatch(what); m != nil {
		if m[1] != workspace && m[1] != "@me" {
			return chat.Place{}, chat.ErrNotFound
		}
		return d.linked(ctx, workspace, m[2], m[3])
	}
	if m := channelMention.FindStringSubmatch(what); m != nil {
		return d.linked(ctx, workspace, m[1], "")
	}
	if m := channelName.FindStringSubmatch(what); m != nil {
		c, err := d.a.world.named(ctx, workspace, strings.ToLower(m[1]))
		if err != nil {
			return chat.Place{}, err
		}
		return place(workspace, c.ID, ""), nil
	}
	return chat.Place{}, chat.ErrNotFound
}

// linked is the place of a channel or thread, and of a message in it: its
// thread where it began one, else the message itself as the root of what
// follows it.
func (d directory) linked(ctx context.Context, workspace, id, msg string) (chat.Place, error) {
	c, err := d.a.world.channel(ctx, id)
	if err != nil {
		return chat.Place{}, err
	}
	if c.Guild != "" && c.Guild != workspace {
		return chat.Place{}, chat.ErrNotFound
	}
	if c.isThread() {
		return place(workspace, c.Parent, c.ID), nil
	}
	return place(workspace, c.ID, msg), nil
}

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
	v, err := d.view(ctx, at, actor)
	return chat.Access{Channel: v.channel, Read: v.who.read, Write: v.who.write, Attach: v.who.attach, Embed: v.who.embed, BotRead: v.bot.read, BotPost: v.bot.write}, err
}

// view is a place as the bot and one person have it.
type view struct {
	channel  chat.Channel
	bot, who rights
}

// rights are what one member may do at a place. Who may not write may neither
// attach nor embed.
type rights struct{ read, write, attach, embed bool }

// view looks at a place. A stranger may nothing there, and neither may nobody.
func (d directory) view(ctx context.Context, at chat.Place, actor string) (view, error) {
	w := d.a.world
	c, err := w.channel(ctx, at.Channel)
	if err != nil {
		return view{}, err
	}
	out := view{channel: w.describe(ctx, at.Workspace, c)}
	if c.Type == directChannel {
		in := slices.ContainsFunc(c.Recipients, func(u user) bool { return u.ID == actor })
		out.who, out.bot = rights{in, in, in, in}, rights{true, true, true, true}
		return out, nil
	}
	if c.Guild != "" && c.Guild != at.Workspace {
		return view{}, chat.ErrNotFound
	}
	thread, err := d.thread(ctx, at)
	if err != nil {
		return view{}, err
	}
	if thread.Type == privateThread {
		out.channel.Kind = chat.PrivateChannel
	}
	me, err := d.a.self(ctx)
	if err != nil {
		return view{}, err
	}
	if out.bot, err = d.rights(ctx, at, c, thread, me.User); err != nil {
		return view{}, err
	}
	if out.who, err = d.rights(ctx, at, c, thread, actor); err != nil && !errors.Is(err, chat.ErrNotFound) {
		return view{}, err
	}
	return out, nil
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

func (d directory) rights(ctx context.Context, at chat.Place, c, thread channel, id string) (rights, error) {
	w := d.a.world
	g, err := w.guild(ctx, at.Workspace)
	if err != nil {
		return rights{}, err
	}
	m, err := w.member(ctx, at.Workspace, id)
	if err != nil {
		return rights{}, err
	}
	p := permissions(g, c, m, d.a.clock.Now())
	may := rights{read: p&permView != 0 && p&permHistory != 0, write: p&permSend != 0}
	if thread.ID != "" {
		locked := thread.Thread != nil && thread.Thread.Locked && p&permManageThreads == 0
		may.write = p&permSendInThreads != 0 && !locked
	}
	if thread.Type == privateThread && p&permManageThreads == 0 {
		if in, err := d.inThread(ctx, thread.ID, id); err != nil || !in {
			return rights{}, err
		}
	}
	may.write = may.write && may.read
	may.attach, may.embed = may.write && p&permAttach != 0, may.write && p&permEmbed != 0
	return may, nil
}

// inThread reports whether a person is in a private thread.
func (d directory) inThread(ctx context.Context, thread, id string) (bool, error) {
	var in struct{}
	err := d.a.rest.do(ctx, call{method: "GET", route: "/channels/{}/thread-members/{}", args: []string{thread, id}, patience: lookUp}, &in)
	if errors.Is(err, chat.ErrGone) || errors.Is(err, chat.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
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

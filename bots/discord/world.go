package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// world is what we know of guilds, channels and members. It is filled by the
// gateway where this replica holds the shard, and by REST on demand where it
// does not; either way for a few minutes, and never past a change the gateway
// announced.
type world struct {
	a        *Adapter
	guilds   *cache[guild]
	channels *cache[channel]
	members  *cache[member]
	missing  *cache[struct{}] // channels that are not there, or that we may not see
}

func newWorld(a *Adapter) *world {
	return &world{a: a,
		guilds:   newCache[guild](a.clock, 10*time.Minute, 2500),
		channels: newCache[channel](a.clock, 30*time.Minute, 50_000),
		members:  newCache[member](a.clock, 2*time.Minute, 20_000),
		missing:  newCache[struct{}](a.clock, time.Minute, 5000),
	}
}

// lookUp is how long a look-up may wait for a free slot.
const lookUp = 3 * time.Second

func (w *world) guild(ctx context.Context, id string) (guild, error) {
	if g, ok := w.guilds.get(id); ok {
		return g, nil
	}
	if !isID(id) {
		return guild{}, fmt.Errorf("discord: guild: %w", chat.ErrNotFound)
	}
	var g guild
	if err := w.a.rest.do(ctx, call{method: "GET", route: "/guilds/{}", args: []string{id}, patience: lookUp}, &g); err != nil {
		return guild{}, err
	}
	w.guilds.put(id, g)
	return g, nil
}

// channel looks a channel or thread up; chat.ErrGone or chat.ErrNoAccess when
// we cannot see it.
func (w *world) channel(ctx context.Context, id string) (channel, error) {
	if c, ok := w.channels.get(id); ok {
		return c, nil
	}
	if _, gone := w.missing.get(id); gone || !isID(id) {
		return channel{}, fmt.Errorf("discord: channel: %w", chat.ErrGone)
	}
	var c channel
	err := w.a.rest.do(ctx, call{method: "GET", route: "/channels/{}", args: []string{id}, patience: lookUp}, &c)
	if err != nil {
		if errors.Is(err, chat.ErrGone) || errors.Is(err, chat.ErrNoAccess) {
			w.missing.put(id, struct{}{})
		}
		return channel{}, err
	}
	w.channels.put(id, c)
	return c, nil
}

func (w *world) member(ctx context.Context, guild, id string) (member, error) {
	key := guild + "/" + id
	if m, ok := w.members.get(key); ok {
		return m, nil
	}
	if !isID(id) || !isID(guild) {
		return member{}, fmt.Errorf("discord: member: %w", chat.ErrNotFound)
	}
	var m member
	if err := w.a.rest.do(ctx, call{method: "GET", route: "/guilds/{}/members/{}", args: []string{guild, id}, patience: lookUp}, &m); err != nil {
		return member{}, err
	}
	w.members.put(key, m)
	return m, nil
}

// named finds a channel of a guild by its name.
func (w *world) named(ctx context.Context, guild, name string) (channel, error) {
	var all []channel
	if err := w.a.rest.do(ctx, call{method: "GET", route: "/guilds/{}/channels", args: []string{guild}, patience: lookUp}, &all); err != nil {
		return channel{}, err
	}
	for _, c := range all {
		if c.Name == name {
			return c, nil
		}
	}
	return channel{}, fmt.Errorf("discord: channel: %w", chat.ErrNotFound)
}

// direct is the direct-message channel with a person.
func (w *world) direct(ctx context.Context, user string) (channel, error) {
	var c channel
	err := w.a.rest.do(ctx, call{method: "POST", route: "/users/@me/channels", body: map[string]string{"recipient_id": user}, patience: lookUp, again: true}, &c)
	if err == nil {
		w.channels.put(c.ID, c)
	}
	return c, err
}

// mutual are the guilds that we share with a person, at most limit, among the
// first hundred we are in.
func (w *world) mutual(ctx context.Context, user string, limit int) ([]guild, error) {
	var ours []guild
	q := url.Values{"limit": {"100"}}
	if err := w.a.rest.do(ctx, call{method: "GET", route: "/users/@me/guilds", query: q, patience: lookUp}, &ours); err != nil {
		return nil, err
	}
	var both []guild
	for _, g := range ours {
		_, err := w.member(ctx, g.ID, user)
		switch {
		case err == nil:
			both = append(both, g)
		case !errors.Is(err, chat.ErrNotFound):
			return nil, err
		}
		if len(both) == limit {
			break
		}
	}
	return both, nil
}

// learn takes what the gateway announces. Odd payloads are ignored: the value
// is then looked up when it is needed.
func (w *world) learn(kind string, raw json.RawMessage) {
	switch kind {
	case "GUILD_CREATE", "GUILD_UPDATE":
		w.learnGuild(kind, raw)
	case "GUILD_ROLE_CREATE", "GUILD_ROLE_UPDATE", "GUILD_ROLE_DELETE", "GUILD_DELETE":
		w.guilds.drop(field(raw, "guild_id"))
		w.guilds.drop(field(raw, "id"))
	case "CHANNEL_CREATE", "CHANNEL_UPDATE", "THREAD_CREATE", "THREAD_UPDATE":
		w.learnChannel("", raw)
	case "CHANNEL_DELETE", "THREAD_DELETE":
		w.channels.drop(field(raw, "id"))
	case "GUILD_MEMBER_ADD", "GUILD_MEMBER_UPDATE", "GUILD_MEMBER_REMOVE":
		var m member
		if json.Unmarshal(raw, &m) == nil {
			w.members.drop(field(raw, "guild_id") + "/" + m.User.ID)
		}
	}
}

func (w *world) learnGuild(kind string, raw json.RawMessage) {
	var g struct {
		guild
		Channels []json.RawMessage `json:"channels"`
		Threads  []json.RawMessage `json:"threads"`
	}
	if json.Unmarshal(raw, &g) != nil || g.ID == "" || g.Unavailable {
		return
	}
	if kind == "GUILD_UPDATE" { // roles can be missing here
		w.guilds.drop(g.ID)
		return
	}
	w.guilds.put(g.ID, g.guild)
	for _, c := range append(g.Channels, g.Threads...) {
		w.learnChannel(g.ID, c)
	}
}

func (w *world) learnChannel(guild string, raw json.RawMessage) {
	var c channel
	if json.Unmarshal(raw, &c) != nil || c.ID == "" {
		return
	}
	if c.Guild == "" {
		c.Guild = guild
	}
	w.channels.put(c.ID, c)
	w.missing.drop(c.ID)
}

// field is a string at the top of a payload.
func field(raw json.RawMessage, name string) string {
	var all map[string]json.RawMessage
	var s string
	if json.Unmarshal(raw, &all) == nil {
		_ = json.Unmarshal(all[name], &s) // what is no string is empty
	}
	return s
}

// placeOf is the place of a channel or thread id in a guild, with what is
// known of the channel.
func (w *world) placeOf(ctx context.Context, guildID, id string) (chat.Place, chat.Channel, error) {
	c, err := w.channel(ctx, id)
	if err != nil {
		return chat.Place{}, chat.Channel{}, err
	}
	at := place(guildID, id, "")
	if c.isThread() {
		at = place(guildID, c.Parent, id)
		parent, err := w.channel(ctx, c.Parent)
		if err != nil {
			return chat.Place{}, chat.Channel{}, err
		}
		out := w.describe(ctx, guildID, parent)
		if c.Type == privateThread {
			out.Kind = chat.PrivateChannel
		}
		return at, out, nil
	}
	return at, w.describe(ctx, guildID, c), nil
}

// describe is a channel in chat's words. An announcement channel can be
// followed from other guilds, so what is said there can leave the guild.
func (w *world) describe(ctx context.Context, guildID string, c channel) chat.Channel {
	out := chat.Channel{Place: place(guildID, c.ID, ""), Name: c.Name, Category: c.Parent, Shared: chat.NotShared, Kind: chat.PrivateChannel}
	switch c.Type {
	case directChannel:
		out.Kind = chat.DirectMessage
		return out
	case groupChannel:
		out.Kind, out.Shared = chat.GroupMessage, chat.SharedUnknown
		return out
	case announcementChannel:
		out.Shared = chat.WithOutsiders
	}
	if g, err := w.guild(ctx, guildID); err == nil && everyoneSees(g, c) {
		out.Kind = chat.PublicChannel
	}
	return out
}

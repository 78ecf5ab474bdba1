package localchat

import (
	"context"
	"fmt"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
)

// directory is the World as a chat.Directory.
type directory struct{ w *World }

// Actor describes a member now.
func (d directory) Actor(ctx context.Context, workspace, id string) (chat.Actor, error) {
	if err := d.w.lapse(ctx, OpDirectory); err != nil {
		return chat.Actor{}, fmt.Errorf("localchat: actor: %w", err)
	}
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	s := d.w.space(workspace)
	if s == nil || s.member(id) == nil {
		return chat.Actor{}, fmt.Errorf("localchat: actor: %w", chat.ErrNotFound)
	}
	return s.actor(id), nil
}

// actor describes a member; an unknown id is an actor without rights.
func (s *space) actor(id string) chat.Actor {
	m := s.member(id)
	if m == nil {
		return chat.Actor{ID: id, External: true}
	}
	return chat.Actor{ID: m.ID, Name: m.Name, Guest: m.Guest, External: m.External, Admin: m.Admin,
		Bot: m.Bot, Self: m.ID == BotID, Groups: m.Groups, Locale: m.Locale}
}

// Access says what a member may do at a place now. A channel that is not there
// and one the member cannot see are told apart by the error only. Somebody who
// is no member may do nothing; what the bot may do is said all the same.
func (d directory) Access(ctx context.Context, at chat.Place, actor string) (chat.Access, error) {
	if err := d.w.lapse(ctx, OpDirectory); err != nil {
		return chat.Access{}, fmt.Errorf("localchat: access: %w", err)
	}
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	s, r := d.w.find(at)
	if r == nil {
		return chat.Access{}, fmt.Errorf("localchat: access: %w", chat.ErrNotFound)
	}
	read := s.reads(r, actor)
	write := read && s.writes(r, actor)
	return chat.Access{Channel: d.w.channel(s, r), Read: read, Write: write, Attach: write, Embed: write, BotRead: r.bot, BotPost: r.bot && !r.readOnly}, nil
}

func (s *space) writes(r *room, actor string) bool {
	return !r.readOnly || s.member(actor).Admin
}

// Resolve finds the place of a permalink, "#name", a name or an id. It does
// not look at who asks; the caller checks Access of what it finds.
func (d directory) Resolve(ctx context.Context, workspace, what string) (chat.Place, error) {
	if err := d.w.lapse(ctx, OpDirectory); err != nil {
		return chat.Place{}, fmt.Errorf("localchat: resolve: %w", err)
	}
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	what = strings.Trim(strings.TrimSpace(what), "<>")
	s := d.w.space(workspace)
	if s == nil {
		return chat.Place{}, fmt.Errorf("localchat: resolve: %w", chat.ErrNotFound)
	}
	if path, ok := strings.CutPrefix(what, d.w.link+"/"); ok {
		return d.w.follow(s, strings.Split(path, "/"))
	}
	name := strings.TrimPrefix(what, "#")
	for _, r := range s.rooms {
		if r.kind != chat.DirectMessage && strings.EqualFold(r.name, name) || r.id == what {
			return d.w.place(s.id, r.id, ""), nil
		}
	}
	return chat.Place{}, fmt.Errorf("localchat: resolve: %w", chat.ErrNotFound)
}

// follow reads the path of a permalink: workspace, channel and message. A link
// into another workspace is not found, whoever asks.
func (w *World) follow(s *space, path []string) (chat.Place, error) {
	notFound := fmt.Errorf("localchat: resolve: %w", chat.ErrNotFound)
	if len(path) < 2 || path[0] != s.id {
		return chat.Place{}, notFound
	}
	r := s.room(path[1])
	if r == nil {
		return chat.Place{}, notFound
	}
	if len(path) == 2 || path[2] == "" {
		return w.place(s.id, r.id, ""), nil
	}
	m := r.byID[path[2]]
	if m == nil || m.To != "" {
		return chat.Place{}, notFound
	}
	return w.place(s.id, r.id, m.thread()), nil
}

// thread is the thread a message is in, or would begin.
func (m *Message) thread() string {
	if m.Ref.Thread != "" {
		return m.Ref.Thread
	}
	return m.Ref.ID
}

package localchat

import (
	"slices"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
)

// Workspace is a workspace as a client lists it.
type Workspace struct {
	ID, Name string
	Members  []Member // without the bot
}

// Workspaces lists the workspaces in the order of their sources.
func (w *World) Workspaces() []Workspace {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []Workspace
	for _, s := range w.spaces {
		ws := Workspace{ID: s.id, Name: s.name}
		for _, m := range s.members {
			if m.ID != BotID {
				ws.Members = append(ws.Members, m)
			}
		}
		all = append(all, ws)
	}
	return all
}

// Channels lists the channels of a workspace that a member can see; direct
// messages come last.
func (w *World) Channels(workspace, member string) []chat.Channel {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.space(workspace)
	if s == nil {
		return nil
	}
	var open, direct []chat.Channel
	for _, r := range s.rooms {
		switch {
		case !s.reads(r, member):
		case r.kind == chat.DirectMessage:
			direct = append(direct, w.channel(s, r))
		default:
			open = append(open, w.channel(s, r))
		}
	}
	return append(open, direct...)
}

// Direct is the place of a member's direct messages with the bot; it is made
// when it is first asked for.
func (w *World) Direct(workspace, member string) (chat.Place, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.space(workspace)
	if s == nil || s.member(member) == nil {
		return chat.Place{}, chat.ErrNotFound
	}
	return w.place(workspace, s.direct(member).id, ""), nil
}

// direct finds or makes the room; its id follows from the member, so it need
// not be stored.
func (s *space) direct(member string) *room {
	id := directPrefix + member
	if r := s.room(id); r != nil {
		return r
	}
	r := &room{id: id, name: s.member(member).Name, kind: chat.DirectMessage, members: []string{member}, bot: true, byID: map[string]*Message{}}
	s.rooms = append(s.rooms, r)
	return r
}

const directPrefix = "dm-"

// Threads lists the first messages of a channel's threads, in the order they
// became threads.
func (w *World) Threads(at chat.Place) []Message {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, r := w.find(at)
	if r == nil {
		return nil
	}
	var roots []Message
	for _, id := range r.threads {
		if m := r.byID[id]; m != nil {
			roots = append(roots, m.clone())
		} else { // the first message was removed, the thread stays
			roots = append(roots, Message{Ref: chat.Ref{Channel: r.id, ID: id}})
		}
	}
	return roots
}

// ThreadNumber is the number of a thread in its channel, from 1, as Threads
// lists it; 0 when the place is no thread.
func (w *World) ThreadNumber(at chat.Place) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, r := w.find(at)
	if r == nil {
		return 0
	}
	return r.threadNumber(at.Thread)
}

// Read lists what a member sees at a place, oldest first: a thread, or all of
// a channel. Private posts to others are left out; a place the member cannot
// see gives nothing.
func (w *World) Read(at chat.Place, member string) []Message {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, r := w.find(at)
	if r == nil || !s.reads(r, member) {
		return nil
	}
	var seen []Message
	for _, m := range r.in(at.Thread) {
		if m.To == "" || m.To == member {
			seen = append(seen, m.clone())
		}
	}
	return seen
}

// Sees reports whether a member sees a message of a place: the member is in the
// channel, and the message is not private to somebody else.
func (w *World) Sees(at chat.Place, m Message, member string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, r := w.find(at)
	return r != nil && s.reads(r, member) && (m.To == "" || m.To == member)
}

// Message finds one message.
func (w *World) Message(workspace string, ref chat.Ref) (Message, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, r := w.find(w.place(workspace, ref.Channel, ""))
	if r == nil || r.byID[ref.ID] == nil {
		return Message{}, false
	}
	return r.byID[ref.ID].clone(), true
}

// Member finds a member by id or handle.
func (w *World) Member(workspace, who string) (Member, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.space(workspace)
	if s == nil {
		return Member{}, false
	}
	for _, m := range s.members {
		if m.ID == who || strings.EqualFold(m.Name, who) {
			return m, true
		}
	}
	return Member{}, false
}

// in gives the messages of a thread, or of the whole channel, by time.
func (r *room) in(thread string) []*Message {
	var list []*Message
	for _, m := range r.messages {
		if thread == "" || m.Ref.Thread == thread || m.Ref.ID == thread {
			list = append(list, m)
		}
	}
	slices.SortStableFunc(list, func(a, b *Message) int { return a.At.Compare(b.At) })
	return list
}

func (w *World) space(id string) *space {
	for _, s := range w.spaces {
		if s.id == id {
			return s
		}
	}
	return nil
}

// find gives the workspace and channel of a place; r is nil when there is none.
func (w *World) find(at chat.Place) (*space, *room) {
	s := w.space(at.Workspace)
	if s == nil || at.Platform != w.platform {
		return nil, nil
	}
	return s, s.room(at.Channel)
}

func (s *space) room(id string) *room {
	for _, r := range s.rooms {
		if r.id == id {
			return r
		}
	}
	return nil
}

func (s *space) member(id string) *Member {
	for i := range s.members {
		if s.members[i].ID == id {
			return &s.members[i]
		}
	}
	return nil
}

// reads reports whether a member sees a channel.
func (s *space) reads(r *room, member string) bool {
	m := s.member(member)
	if m == nil {
		return false
	}
	if m.ID == BotID {
		return r.bot
	}
	if slices.Contains(r.members, member) {
		return true
	}
	return r.kind == chat.PublicChannel && !m.Guest && !m.External
}

// channel is what the platform says of a channel.
func (w *World) channel(s *space, r *room) chat.Channel {
	c := chat.Channel{Place: w.place(s.id, r.id, ""), Name: r.name, Kind: r.kind, Shared: chat.NotShared}
	for _, m := range s.members {
		if !s.reads(r, m.ID) {
			continue
		}
		c.Members++
		if m.External {
			c.Shared = chat.WithOutsiders
		}
	}
	return c
}

package localchat

import (
	"fmt"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// Seed is a workspace to begin with.
type Seed struct {
	ID, Name string
	Members  []Member
	Channels []ChannelSeed
}

// Member is a person or program of a workspace. Name is the handle, one word.
type Member struct {
	ID, Name string
	Title    string // "on-call engineer"; shown by a client, never by the bot
	Admin    bool
	Guest    bool
	External bool
	Bot      bool
	Groups   []string // "finance" makes a finance owner where the policy says so
	Locale   string
}

// ChannelSeed is a channel to begin with. In a public channel everybody of the
// house is a member; guests, outsiders and the members of a private channel
// are listed by id.
type ChannelSeed struct {
	ID, Name string
	Kind     chat.ChannelKind
	Members  []string
	// NoBot leaves the bot outside until somebody invites it.
	NoBot bool
	// ReadOnly lets only admins write.
	ReadOnly bool
	Threads  []ThreadSeed
}

// ThreadSeed is a conversation. Its ID becomes the id of its first message.
type ThreadSeed struct {
	ID    string
	Lines []Line
}

// Line is one message of a conversation; Author is a member id.
type Line struct {
	At     time.Time
	Author string
	Text   string
}

// space is a workspace and room a channel, as the World keeps them.
type space struct {
	id, name string
	members  []Member
	rooms    []*room
}

type room struct {
	id, name string
	kind     chat.ChannelKind
	members  []string
	bot      bool
	readOnly bool
	messages []*Message
	byID     map[string]*Message
	threads  []string // roots with replies, in the order they became threads
}

// plant adds a seed. The bot is a member of every workspace.
func (w *World) plant(seed Seed) error {
	if seed.ID == "" || w.space(seed.ID) != nil {
		return fmt.Errorf("localchat: workspace %q: missing or used twice", seed.ID)
	}
	s := &space{id: seed.ID, name: seed.Name}
	s.members = append(s.members, seed.Members...)
	s.members = append(s.members, Member{ID: BotID, Name: BotName, Bot: true})
	for _, c := range seed.Channels {
		r := &room{id: c.ID, name: c.Name, kind: c.Kind, members: c.Members, bot: !c.NoBot, readOnly: c.ReadOnly, byID: map[string]*Message{}}
		for _, t := range c.Threads {
			if err := r.plant(s, t); err != nil {
				return fmt.Errorf("localchat: workspace %q: channel %q: %w", seed.ID, c.Name, err)
			}
		}
		s.rooms = append(s.rooms, r)
	}
	w.spaces = append(w.spaces, s)
	return nil
}

func (r *room) plant(s *space, t ThreadSeed) error {
	for i, line := range t.Lines {
		m := &Message{Ref: chat.Ref{Channel: r.id, ID: t.ID}, Author: line.Author, At: line.At, Text: line.Text}
		if i > 0 {
			m.Ref.Thread, m.Ref.ID = t.ID, fmt.Sprintf("%s.%d", t.ID, i+1)
		}
		if s.member(line.Author) == nil {
			return fmt.Errorf("thread %q: line %d: no such member", t.ID, i+1)
		}
		if r.byID[m.Ref.ID] != nil {
			return fmt.Errorf("thread %q: line %d: id used twice", t.ID, i+1)
		}
		m.Mentions = s.mentions(line.Text)
		r.add(m)
	}
	return nil
}

// add appends a message, or replaces the one with its id.
func (r *room) add(m *Message) {
	if old := r.byID[m.Ref.ID]; old != nil {
		*old = *m
		return
	}
	r.byID[m.Ref.ID] = m
	r.messages = append(r.messages, m)
	if m.Ref.Thread != "" && r.threadNumber(m.Ref.Thread) == 0 {
		r.threads = append(r.threads, m.Ref.Thread)
	}
}

func (r *room) drop(id string) {
	delete(r.byID, id)
	for i, m := range r.messages {
		if m.Ref.ID == id {
			r.messages = append(r.messages[:i:i], r.messages[i+1:]...)
			return
		}
	}
}

// threadNumber is the place of a thread in its channel, from 1; 0 means none.
func (r *room) threadNumber(root string) int {
	for i, id := range r.threads {
		if id == root {
			return i + 1
		}
	}
	return 0
}

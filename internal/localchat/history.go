package localchat

import (
	"context"
	"fmt"

	"github.com/tierwise/tierwise/internal/chat"
)

// maxHistory is how many messages one reading gives at most.
const maxHistory = 20000

// History reads a thread from its root, or a channel with its threads, by
// time. Private posts and posts on their way are no part of a conversation.
func (r responder) History(ctx context.Context, q chat.HistoryQuery) (chat.History, error) {
	if err := r.w.lapse(ctx, OpHistory); err != nil {
		return chat.History{}, fmt.Errorf("localchat: history: %w", err)
	}
	w := r.w
	w.mu.Lock()
	defer w.mu.Unlock()
	s, room := w.find(q.Place)
	switch {
	case room == nil:
		return chat.History{}, fmt.Errorf("localchat: history: %w", chat.ErrNotFound)
	case !room.bot:
		return chat.History{}, fmt.Errorf("localchat: history: %w", chat.ErrNoAccess)
	}
	h := chat.History{Channel: w.channel(s, room)}
	started := q.From == ""
	for _, m := range room.in(q.Place.Thread) {
		started = started || m.Ref.ID == q.From
		if started && m.To == "" && m.settled() && within(m, q) {
			h.Messages = append(h.Messages, w.message(s, m))
		}
	}
	h.Coverage = chat.Coverage{Total: len(h.Messages)}
	h.Messages, h.Coverage.Why = bound(h.Messages, q.Max)
	h.Coverage.Read = len(h.Messages)
	for _, m := range h.Messages {
		h.Coverage.FilesSkipped += len(m.Files)
	}
	if n := len(h.Messages); n > 0 {
		h.Coverage.From, h.Coverage.To = h.Messages[0].At, h.Messages[n-1].At
	}
	return h, nil
}

func within(m *Message, q chat.HistoryQuery) bool {
	return (q.Since.IsZero() || !m.At.Before(q.Since)) && (q.Until.IsZero() || m.At.Before(q.Until))
}

// bound keeps the first message and the newest ones.
func bound(list []chat.Message, most int) ([]chat.Message, string) {
	if most <= 0 || most > maxHistory {
		most = maxHistory
	}
	if len(list) <= most {
		return list, ""
	}
	kept := append([]chat.Message{list[0]}, list[len(list)-most+1:]...)
	return kept, "the first and the newest messages kept within the limit"
}

// message is a stored message as the bot reads it.
func (w *World) message(s *space, m *Message) chat.Message {
	c := chat.Message{ID: m.Ref.ID, Author: s.actor(m.Author), At: m.At, Text: m.Text, Thread: m.Ref.Thread,
		Permalink: w.Permalink(s.id, m.Ref), Edited: m.Edited, Named: m.Named}
	if m.Post != nil {
		c.Text = m.Post.Text
		for _, f := range m.Post.Files {
			f.Data = nil
			c.Files = append(c.Files, f)
		}
	}
	return c
}

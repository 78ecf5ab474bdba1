package localchat

import (
	"github.com/tierwise/tierwise/internal/chat"
)

// say posts a person's message.
func (w *World) say(who string, at chat.Place, text string) (Message, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, r := w.find(at)
	switch {
	case r == nil || !s.reads(r, who):
		return Message{}, chat.ErrNotFound
	case at.Thread != "" && r.byID[at.Thread] == nil && r.threadNumber(at.Thread) == 0:
		return Message{}, chat.ErrNotFound
	case !s.writes(r, who):
		return Message{}, chat.ErrNoAccess
	}
	m := &Message{Ref: chat.Ref{Channel: r.id, Thread: at.Thread, ID: w.newID()}, Author: who, At: w.clock.Now(), Text: text}
	m.Mentions = s.mentions(text)
	m.Named = names(m.Mentions)
	if err := w.store(s.id, r, m); err != nil {
		return Message{}, err
	}
	said := m.clone()
	said.Named = false // not before this delivery
	return said, nil
}

func names(mentions []string) bool {
	for _, id := range mentions {
		if id == BotID {
			return true
		}
	}
	return false
}

// edit changes a person's message and returns it as it was and as it is.
func (w *World) edit(who, workspace string, ref chat.Ref, text string) (before, after Message, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, r := w.find(w.place(workspace, ref.Channel, ""))
	if r == nil || r.byID[ref.ID] == nil || !s.reads(r, who) {
		return before, after, chat.ErrNotFound
	}
	old := r.byID[ref.ID]
	if old.Author != who || old.Post != nil {
		return before, after, chat.ErrNoAccess
	}
	changed := old.clone()
	changed.Text, changed.Edited = text, true
	changed.Mentions = s.mentions(text)
	changed.Named = old.Named || names(changed.Mentions)
	before = old.clone()
	err = w.store(s.id, r, &changed)
	return before, changed.clone(), err
}

// stop marks a post that is on its way as stopped.
func (w *World) stop(who, workspace string, ref chat.Ref) (chat.Place, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, r := w.find(w.place(workspace, ref.Channel, ""))
	if r == nil || !s.reads(r, who) {
		return chat.Place{}, chat.ErrNotFound
	}
	m := r.byID[ref.ID]
	if m == nil || m.settled() || (m.To != "" && m.To != who) {
		return chat.Place{}, chat.ErrNotFound
	}
	m.Stopped = true
	return w.place(workspace, ref.Channel, m.Ref.Thread), nil
}

// owned says for whom the bot follows a thread: the author of the first
// message in it that the bot answered for all to see.
func (w *World) owned(at chat.Place) chat.Owned {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, r := w.find(at)
	if r == nil || at.Thread == "" {
		return chat.Owned{}
	}
	for _, m := range r.in(at.Thread) {
		if m.Post == nil || m.To != "" {
			continue
		}
		if asked := r.byID[m.Answers]; asked != nil {
			return chat.Owned{Owner: asked.Author}
		}
	}
	return chat.Owned{}
}

// read is a message as the bot reads it.
func (w *World) read(workspace string, m Message) chat.Message {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.message(w.space(workspace), &m)
}

// headRef is the post a message belongs to.
func (m *Message) headRef() chat.Ref {
	ref := m.Ref
	if m.Head != "" {
		ref.ID = m.Head
	}
	return ref
}

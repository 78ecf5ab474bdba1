package localchat

import (
	"context"
	"fmt"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// maxText is where the platform splits a post, in UTF-16 units. A terminal
// needs no bound; having one keeps the core honest about splitting.
const maxText = 12000

// Opener is the World as the bot speaks to it.
func (w *World) Opener() chat.Opener { return opener{w} }

type opener struct{ w *World }

// Directory looks members and channels up.
func (o opener) Directory() chat.Directory { return directory(o) }

// Open is for answers. A private address without a channel is the member's
// direct conversation with the bot.
func (o opener) Open(ctx context.Context, to chat.ReplyTo) (chat.Responder, error) {
	if to.Private && to.Place.Channel == "" {
		at, err := o.w.Direct(to.Place.Workspace, to.To)
		if err != nil {
			return nil, fmt.Errorf("localchat: open: %w", chat.ErrGone)
		}
		return o.open(ctx, responder{w: o.w, at: at, answers: to.Message})
	}
	return o.open(ctx, responder{w: o.w, at: to.Place, answers: to.Message, to: toWhom(to)})
}

func toWhom(to chat.ReplyTo) string {
	if to.Private {
		return to.To
	}
	return ""
}

// OpenPlace is for what nobody asked for just now.
func (o opener) OpenPlace(ctx context.Context, at chat.Place) (chat.Responder, error) {
	return o.open(ctx, responder{w: o.w, at: at})
}

func (o opener) open(ctx context.Context, r responder) (chat.Responder, error) {
	if err := o.w.lapse(ctx, OpOpen); err != nil {
		return nil, fmt.Errorf("localchat: open: %w", err)
	}
	o.w.mu.Lock()
	defer o.w.mu.Unlock()
	if _, _, err := o.w.speakable(r.at); err != nil {
		return nil, fmt.Errorf("localchat: open: %w", err)
	}
	return r, nil
}

// speakable finds a place the bot can speak at.
func (w *World) speakable(at chat.Place) (*space, *room, error) {
	s, r := w.find(at)
	switch {
	case r == nil:
		return nil, nil, chat.ErrGone
	case !r.bot:
		return nil, nil, chat.ErrNoAccess
	}
	return s, r, nil
}

// responder speaks at one place, to everybody or to one member.
type responder struct {
	w       *World
	at      chat.Place
	answers string
	to      string
}

// Capabilities is what every local client can show.
func (r responder) Capabilities() chat.Capabilities {
	return chat.Capabilities{Threads: true, Ephemeral: true, Edit: true, EditEphemeral: true, Append: true,
		MinEdit: 100 * time.Millisecond, Buttons: 5, Forms: true, Files: true, MaxText: maxText,
		Tables: true, Charts: true, Permalinks: true}
}

// Put makes a post or replaces one. A long text becomes several messages; the
// first is the post's Ref, the last carries footer and buttons.
func (r responder) Put(ctx context.Context, p chat.Post) (chat.Ref, error) {
	after, err := r.w.struck(ctx, OpPut)
	if err != nil {
		return chat.Ref{}, fmt.Errorf("localchat: put: %w", err)
	}
	ref, err := r.put(p)
	if err == nil {
		err = after()
	}
	if err != nil {
		return chat.Ref{}, fmt.Errorf("localchat: put: %w", err)
	}
	return ref, nil
}

func (r responder) put(p chat.Post) (chat.Ref, error) {
	w := r.w
	w.mu.Lock()
	defer w.mu.Unlock()
	_, room, err := w.speakable(r.at)
	if err != nil {
		return chat.Ref{}, err
	}
	head := &Message{Ref: chat.Ref{Channel: room.id, Thread: r.at.Thread}, Author: BotID, At: w.clock.Now(), To: r.to, Answers: r.answers}
	replacing := !p.Ref.IsZero()
	var old []*Message
	if replacing {
		if old = room.parts(p.Ref.ID); old == nil {
			return chat.Ref{}, chat.ErrGone
		}
		c := old[0].clone()
		head = &c
	}
	messages := w.lay(head, p, old)
	for _, m := range messages {
		if err := w.store(r.at.Workspace, room, m); err != nil {
			return chat.Ref{}, err
		}
	}
	if len(messages) < len(old) {
		if err := w.erase(r.at.Workspace, room, old[len(messages):]); err != nil {
			return chat.Ref{}, err
		}
	}
	return messages[0].Ref, nil
}

// lay spreads a post over as many messages as it needs, using the old ones
// first.
func (w *World) lay(head *Message, p chat.Post, old []*Message) []*Message {
	texts := chat.Split(p.Text, maxText)
	p.Ref = chat.Ref{}
	var messages []*Message
	for i, text := range texts {
		m := *head
		part := chat.Post{Job: p.Job, Stage: p.Stage, Sample: p.Sample, Private: m.To != ""}
		if i == len(texts)-1 {
			part = p
			part.Private = m.To != ""
		}
		part.Text = text
		m.Post = &part
		switch {
		case i < len(old):
			m.Ref = old[i].Ref
		default:
			m.Ref.ID = w.newID()
		}
		if i > 0 {
			m.Head = messages[0].Ref.ID
		}
		messages = append(messages, &m)
	}
	return messages
}

// parts are the messages of a post of the bot, by the id of the first.
func (r *room) parts(id string) []*Message {
	head := r.byID[id]
	if head == nil || head.Post == nil {
		return nil
	}
	parts := []*Message{head}
	for _, m := range r.messages {
		if m.Head == id {
			parts = append(parts, m)
		}
	}
	return parts
}

// Append adds text to a live post.
func (r responder) Append(ctx context.Context, ref chat.Ref, text string) error {
	after, err := r.w.struck(ctx, OpAppend)
	if err != nil {
		return fmt.Errorf("localchat: append: %w", err)
	}
	if err := r.w.extend(r.at, ref, text); err != nil {
		return fmt.Errorf("localchat: append: %w", err)
	}
	if err := after(); err != nil {
		return fmt.Errorf("localchat: append: %w", err)
	}
	return nil
}

// extend adds to the text in memory only: what is on its way is worth nothing
// after a restart.
func (w *World) extend(at chat.Place, ref chat.Ref, text string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, room, err := w.speakable(at)
	if err != nil {
		return err
	}
	m := room.byID[ref.ID]
	switch {
	case m == nil || m.Post == nil || m.settled():
		return chat.ErrGone
	case m.Stopped:
		return chat.ErrStopped
	}
	if m.Post.Stage == chat.Placeholder {
		m.Post.Text = ""
	}
	m.Post.Stage = chat.Live
	m.Post.Text += text
	w.tell(Changed, at.Workspace, m)
	return nil
}

// Find looks for a public post by its job. A private one is not found: no
// platform can look those up.
func (r responder) Find(ctx context.Context, job string) (chat.Ref, error) {
	if err := r.w.lapse(ctx, OpFind); err != nil {
		return chat.Ref{}, fmt.Errorf("localchat: find: %w", err)
	}
	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	_, room, err := r.w.speakable(r.at)
	if err != nil {
		return chat.Ref{}, fmt.Errorf("localchat: find: %w", err)
	}
	for _, m := range room.in(r.at.Thread) {
		if m.Post != nil && m.Post.Job == job && m.Head == "" && m.To == "" {
			return m.Ref, nil
		}
	}
	return chat.Ref{}, fmt.Errorf("localchat: find: %w", chat.ErrNotFound)
}

// Remove deletes a post of the bot with all its parts.
func (r responder) Remove(ctx context.Context, ref chat.Ref) error {
	after, err := r.w.struck(ctx, OpRemove)
	if err != nil {
		return fmt.Errorf("localchat: remove: %w", err)
	}
	if err := r.w.retract(r.at, ref); err != nil {
		return fmt.Errorf("localchat: remove: %w", err)
	}
	if err := after(); err != nil {
		return fmt.Errorf("localchat: remove: %w", err)
	}
	return nil
}

func (w *World) retract(at chat.Place, ref chat.Ref) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, room, err := w.speakable(at)
	if err != nil {
		return err
	}
	m := room.byID[ref.ID]
	if m == nil {
		return nil
	}
	if m.Post == nil {
		return chat.ErrNoAccess
	}
	return w.erase(at.Workspace, room, room.parts(ref.ID))
}

// store writes a message to the state file, then shows it.
func (w *World) store(workspace string, r *room, m *Message) error {
	if err := w.journal.write(entry{Workspace: workspace, Message: m}); err != nil {
		return err
	}
	kind := Posted
	if r.byID[m.Ref.ID] != nil {
		kind = Changed
	}
	r.add(m)
	w.tell(kind, workspace, m)
	return nil
}

func (w *World) erase(workspace string, r *room, messages []*Message) error {
	for _, m := range messages {
		if err := w.journal.write(entry{Workspace: workspace, Gone: &m.Ref}); err != nil {
			return err
		}
		r.drop(m.Ref.ID)
		w.tell(Gone, workspace, m)
	}
	return nil
}

package app_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// workspace is the one workspace of the fake platform.
const workspace = "W"

// posted is one message of the bot as the fake platform keeps it. Event is the
// event it answers, "" for what nobody asked for.
type posted struct {
	Ref     chat.Ref
	Job     string
	Event   string
	Private bool
	Stage   chat.Stage
	Text    string
	Removed bool
	At      time.Time
}

// board is where posts end up: the fake platform itself, or a wire to it.
type board interface {
	Put(ctx context.Context, event string, at chat.Place, p chat.Post) (chat.Ref, error)
	Find(ctx context.Context, at chat.Place, job string) (chat.Ref, error)
	Remove(ctx context.Context, ref chat.Ref) error
}

// platform is a chat platform in memory. It does not recognise a repeated post:
// two puts without a Ref are two messages, so that a double answer shows.
type platform struct {
	mu    sync.Mutex
	seq   int
	posts map[string]*posted // by message id
}

func newPlatform() *platform { return &platform{posts: map[string]*posted{}} }

func (p *platform) Put(_ context.Context, event string, at chat.Place, post chat.Post) (chat.Ref, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.posts[post.Ref.ID]
	if post.Ref.IsZero() {
		p.seq++
		m = &posted{Ref: chat.Ref{Channel: at.Channel, Thread: at.Thread, ID: fmt.Sprintf("B%07d", p.seq)}, Job: post.Job, Event: event, Private: post.Private}
		p.posts[m.Ref.ID] = m
	}
	if m == nil || m.Removed {
		return chat.Ref{}, chat.ErrGone
	}
	m.Stage, m.Text, m.At = post.Stage, post.Text, time.Now()
	return m.Ref, nil
}

func (p *platform) Find(_ context.Context, at chat.Place, job string) (chat.Ref, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.posts {
		if m.Job == job && !m.Private && !m.Removed && m.Ref.Channel == at.Channel {
			return m.Ref, nil
		}
	}
	return chat.Ref{}, chat.ErrNotFound
}

func (p *platform) Remove(_ context.Context, ref chat.Ref) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if m := p.posts[ref.ID]; m != nil {
		m.Removed = true
	}
	return nil
}

// answers lists what stands on the platform in answer to an event, in order.
func (p *platform) answers(event string) []posted {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []posted
	for _, m := range p.posts {
		if m.Event == event && !m.Removed {
			out = append(out, *m)
		}
	}
	slices.SortFunc(out, func(a, b posted) int { return cmp.Compare(a.Ref.ID, b.Ref.ID) })
	return out
}

// opener speaks on a board. Its people are whoever is named; "UADMIN" is an
// admin, and everybody may read and write everywhere.
type opener struct{ board board }

func (o opener) Open(_ context.Context, to chat.ReplyTo) (chat.Responder, error) {
	var a struct{ Event string }
	if err := json.Unmarshal(to.Address, &a); err != nil {
		return nil, fmt.Errorf("%w: %w", chat.ErrGone, err)
	}
	return responder{o.board, a.Event, to.Place}, nil
}

func (o opener) OpenPlace(_ context.Context, at chat.Place) (chat.Responder, error) {
	return responder{o.board, "", at}, nil
}

func (o opener) Directory() chat.Directory { return directory{} }

type responder struct {
	board board
	event string
	at    chat.Place
}

func (responder) Capabilities() chat.Capabilities {
	return chat.Capabilities{Threads: true, Ephemeral: true, Edit: true, MinEdit: time.Second, Buttons: 5, Forms: true, MaxText: 12000}
}

func (r responder) Put(ctx context.Context, p chat.Post) (chat.Ref, error) {
	return r.board.Put(ctx, r.event, r.at, p)
}

func (responder) Append(context.Context, chat.Ref, string) error { return chat.ErrUnsupported }

func (r responder) Find(ctx context.Context, job string) (chat.Ref, error) {
	return r.board.Find(ctx, r.at, job)
}

func (r responder) Remove(ctx context.Context, ref chat.Ref) error { return r.board.Remove(ctx, ref) }

// History is a short conversation that is the same everywhere.
func (r responder) History(_ context.Context, q chat.HistoryQuery) (chat.History, error) {
	said := []string{
		"the export fails for everybody since release 4.2, error 502 after 30 seconds", "I see it too, about 40 customers wrote in",
		"Decision: we roll back to 4.1 now", "Ben writes to the 40 customers by Friday", "open question: why did the staging test not fail?",
	}
	h := chat.History{Channel: channel(q.Place), Coverage: chat.Coverage{Read: len(said), Total: len(said)}}
	for i, text := range said {
		id := fmt.Sprintf("H%d", i+1)
		h.Messages = append(h.Messages, chat.Message{
			ID: id, Author: chat.Actor{ID: fmt.Sprintf("U%d", i%3), Name: []string{"anna", "ben", "cleo"}[i%3]}, At: time.Unix(1_790_000_000+int64(i)*60, 0),
			Text: text, Thread: q.Place.Thread, Permalink: "https://chat.example/" + id,
		})
	}
	return h, nil
}

type directory struct{}

func (directory) Actor(_ context.Context, _, id string) (chat.Actor, error) {
	return chat.Actor{ID: id, Name: id, Admin: id == "UADMIN"}, nil
}

func (directory) Access(_ context.Context, at chat.Place, _ string) (chat.Access, error) {
	return chat.Access{Channel: channel(at), Read: true, Write: true, Attach: true, Embed: true, BotRead: true, BotPost: true}, nil
}

func (directory) Resolve(_ context.Context, ws, what string) (chat.Place, error) {
	return chat.Place{Platform: chat.Slack, Workspace: ws, Channel: what}, nil
}

func channel(at chat.Place) chat.Channel {
	return chat.Channel{Place: at.InChannel(), Name: "general", Kind: chat.PublicChannel, Shared: chat.NotShared, Members: 20}
}

// task is what kind of event a script makes.
type task string

// The tasks of the scripts. Public ones are answered in their thread.
const (
	summary  task = "summary"
	question task = "question"
	drafting task = "draft"
	labels   task = "classify"
	spending task = "ai-spend"
)

func (k task) private() bool { return k != summary && k != question }

// event is the n-th event of a script.
func event(n int, k task, at time.Time) chat.Event {
	id := fmt.Sprintf("E%05d", n)
	place := chat.Place{Platform: chat.Slack, Workspace: workspace, Channel: fmt.Sprintf("C%d", n%3)}
	e := chat.Event{
		ID: id, Kind: chat.Command, At: at, Actor: chat.Actor{ID: fmt.Sprintf("U%d", n%23), Name: fmt.Sprintf("u%d", n%23)},
		ReplyTo: chat.ReplyTo{Private: k.private(), Address: json.RawMessage(`{"event":"` + id + `"}`)},
	}
	switch k {
	case summary, question:
		e.Kind, place.Thread = chat.Mention, fmt.Sprintf("T%d", n%11)
		e.Message = chat.Ref{Channel: place.Channel, Thread: place.Thread, ID: "M" + id}
		e.Text = map[task]string{summary: "summarize this", question: "who writes to the customers?"}[k]
	case drafting:
		e.Name, e.Text = "draft", "tell the customers that the export works again"
	case labels:
		e.Name, e.Text = "classify", "the export button does nothing when I press it"
	case spending:
		e.Name = "ai-spend"
	}
	e.Place, e.Channel = place, channel(place)
	e.ReplyTo.Place, e.ReplyTo.Message, e.ReplyTo.To = place, e.Message.ID, e.Actor.ID
	return e
}

package gatetest

import (
	"context"

	"github.com/tierwise/tierwise/internal/chat"
)

// opener is the local platform's, which may be told to do less: to withhold
// conversations as a platform does that gave the bot no permission to read, and
// to speak like a platform with fewer ways.
type opener struct {
	chat.Opener
	h *House
}

// Open implements chat.Opener.
func (o opener) Open(ctx context.Context, to chat.ReplyTo) (chat.Responder, error) {
	r, err := o.Opener.Open(ctx, to)
	if err != nil || !o.h.Hidden && o.h.Less == nil {
		return r, err
	}
	return lesser{r, o.h}, nil
}

// OpenPlace implements chat.Opener.
func (o opener) OpenPlace(ctx context.Context, at chat.Place) (chat.Responder, error) {
	r, err := o.Opener.OpenPlace(ctx, at)
	if err != nil || o.h.Less == nil {
		return r, err
	}
	return lesser{r, o.h}, nil
}

// Directory implements chat.Opener.
func (o opener) Directory() chat.Directory { return directory{o.Opener.Directory(), o.h} }

// directory is the local platform's, which may be told to know people otherwise.
type directory struct {
	chat.Directory
	h *House
}

// Actor implements chat.Directory.
func (d directory) Actor(ctx context.Context, workspace, id string) (chat.Actor, error) {
	a, err := d.Directory.Actor(ctx, workspace, id)
	if err == nil && d.h.Known != nil {
		d.h.Known(&a)
	}
	return a, err
}

// Access implements chat.Directory.
func (d directory) Access(ctx context.Context, at chat.Place, actor string) (chat.Access, error) {
	acc, err := d.Directory.Access(ctx, at, actor)
	if err == nil && d.h.Rights != nil {
		d.h.Rights(&acc)
	}
	return acc, err
}

type lesser struct {
	chat.Responder
	h *House
}

// Capabilities are the platform's with some taken away.
func (l lesser) Capabilities() chat.Capabilities {
	c := l.Responder.Capabilities()
	if l.h.Less != nil {
		l.h.Less(&c)
	}
	return c
}

// Append is refused where the platform has none.
func (l lesser) Append(ctx context.Context, ref chat.Ref, text string) error {
	if !l.Capabilities().Append {
		return chat.ErrUnsupported
	}
	return l.Responder.Append(ctx, ref, text)
}

// History gives nothing and says so where it is hidden.
func (l lesser) History(ctx context.Context, q chat.HistoryQuery) (chat.History, error) {
	got, err := l.Responder.History(ctx, q)
	if !l.h.Hidden {
		return got, err
	}
	got.Messages = nil
	got.Coverage = chat.Coverage{Total: -1, Hidden: true}
	return got, err
}

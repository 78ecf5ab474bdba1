package gatetest

import (
	"context"

	"github.com/tierwise/tierwise/internal/chat"
)

// opener is the local platform's, which may be told to withhold conversations as
// a platform does that gave the bot no permission to read.
type opener struct {
	chat.Opener
	h *House
}

// Open implements chat.Opener.
func (o opener) Open(ctx context.Context, to chat.ReplyTo) (chat.Responder, error) {
	r, err := o.Opener.Open(ctx, to)
	if err != nil || !o.h.Hidden {
		return r, err
	}
	return hiding{r}, nil
}

type hiding struct{ chat.Responder }

// History gives nothing and says so.
func (h hiding) History(ctx context.Context, q chat.HistoryQuery) (chat.History, error) {
	got, err := h.Responder.History(ctx, q)
	got.Messages = nil
	got.Coverage = chat.Coverage{Total: -1, Hidden: true}
	return got, err
}

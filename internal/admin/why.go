package admin

import (
	"context"
	"errors"
	"fmt"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/turn"
)

// why shows the receipt of an answer by its id, or says where to find one.
func (a *Admin) why(ctx context.Context, t turn.Task, id string) (said, error) {
	if id == "" {
		return said{post: chat.Post{Text: "Press **Why this model?** under an answer (behind ⋯), or give the answer's id: /ai-spend why <id>."}}, nil
	}
	none := fault.New(fault.NotFound, "I have no receipt with that id for you.")
	rec, err := a.Records.Get(ctx, t.Event.Place.Tenant(), record.Receipt, id)
	if errors.Is(err, record.ErrNotFound) {
		return said{}, none
	}
	if err != nil {
		return said{}, fmt.Errorf("admin: why: %w", err)
	}
	r, err := turn.ReadReceipt(rec)
	if err != nil {
		return said{}, fmt.Errorf("admin: why: %w", err)
	}
	if !a.seesReceipt(ctx, t, r) {
		return said{}, none
	}
	return said{post: chat.Post{Text: r.Text()}}, nil
}

// seesReceipt: the one who asked, those who see the workspace, the owner of what
// it was charged to, and for an answer in a thread whoever reads it there.
func (a *Admin) seesReceipt(ctx context.Context, t turn.Task, r turn.Receipt) bool {
	roles := t.Caller.Roles
	if r.By == t.Caller.ID || roles.SeesAll() || roles.Owner("team:"+r.Team) || roles.Owner("workflow:"+r.Workflow) {
		return true
	}
	if r.Private {
		return roles.Owner("channel:" + r.Place.Channel)
	}
	acc, err := a.Openers(r.Place.Platform).Directory().Access(ctx, r.Place, t.Event.Actor.ID)
	return err == nil && acc.Read
}

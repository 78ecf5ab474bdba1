package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/turn"
	"github.com/tierwise/tierwise/router"
)

// why shows the receipt of an answer by its id, or says where to find one.
func (a *Admin) why(ctx context.Context, t turn.Task, id string) (said, error) {
	if id == "" {
		return said{post: chat.Post{Text: "Press **Why this model?** under an answer (behind ⋯), or give the answer's id: /ai-spend why <id>."}}, nil
	}
	rec, err := a.Records.Get(ctx, t.Event.Place.Tenant(), record.Receipt, id)
	if errors.Is(err, record.ErrNotFound) {
		return said{}, fault.New(fault.NotFound, "I have no receipt with that id.")
	}
	if err != nil {
		return said{}, fmt.Errorf("admin: why: %w", err)
	}
	var r struct {
		Tier, Model, Workflow, Team string
		Cost                        money.Nano
		Reasons                     []router.Reason
	}
	if err := json.Unmarshal(rec.Body, &r); err != nil {
		return said{}, fmt.Errorf("admin: why: %w", err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "**%s** (%s), %s, workflow %s, team %s\n", orElse(r.Tier, "no tier"), orElse(r.Model, "no model"), r.Cost, r.Workflow, r.Team)
	for _, reason := range r.Reasons {
		b.WriteString("- " + reason.Text + "\n")
	}
	return said{post: chat.Post{Text: b.String()}}, nil
}

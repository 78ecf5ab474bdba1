package admin

import (
	"context"
	"fmt"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/redact"
	"github.com/tierwise/tierwise/internal/turn"
	"github.com/tierwise/tierwise/usage"
)

// ownedSection is what an owner's channels, teams and workflows cost this month,
// with the budgets of the channels; those of teams and workflows stand in the
// summary. Who sees the workspace sees them in its figures.
func (a *Admin) ownedSection(ctx context.Context, t turn.Task) ([]chat.Section, error) {
	if t.Caller.Roles.SeesAll() {
		return nil, nil
	}
	tenant := t.Event.Place.Tenant()
	channels, err := a.Settings.OwnedChannels(ctx, tenant, t.Caller.ID, t.Caller.Actor)
	if err != nil {
		return nil, fmt.Errorf("admin: home: %w", err)
	}
	if len(channels)+len(t.Caller.Roles.Owns) == 0 {
		return nil, nil
	}
	w := t.Calendar().Window(usage.Month, a.Clock.Now())
	rows, err := a.Books.Rollup(ctx, tenant, w.Kind, w.ID, usage.ByChannel, usage.ByTeam, usage.ByWorkflow)
	if err != nil {
		return nil, fmt.Errorf("admin: home: %w", err)
	}
	var b strings.Builder
	for _, id := range channels {
		name, ok := a.channel(ctx, t, id)
		if !ok {
			continue // an owner who is not in a private channel does not see it
		}
		fmt.Fprintf(&b, "\n- Channel %s: %s", name, cellText(rows[usage.Key{Dim: usage.ByChannel, Value: id}]))
		bars, err := a.channelBars(ctx, t, id, name)
		if err != nil {
			return nil, err
		}
		b.WriteString(bars)
	}
	for _, key := range t.Caller.Roles.Owns {
		kind, id, _ := strings.Cut(key, ":")
		if d := usage.Dim(kind); d == usage.ByTeam || d == usage.ByWorkflow {
			fmt.Fprintf(&b, "\n- %s %s: %s", title(kind), redact.Name(id), cellText(rows[usage.Key{Dim: d, Value: id}]))
		}
	}
	if b.Len() == 0 {
		return nil, nil
	}
	return []chat.Section{{Text: "**What you own**" + b.String()}}, nil
}

// channelBars are the limits of one channel, a line each.
func (a *Admin) channelBars(ctx context.Context, t turn.Task, id, name string) (string, error) {
	scope := usage.Scope{Kind: usage.Channel, ID: id, Templates: []string{usage.AnyID}}
	levels, err := a.Books.Levels(ctx, t.Event.Place.Tenant(), []usage.Scope{scope}, t.Calendar().Windows(a.Clock.Now()))
	if err != nil {
		return "", fmt.Errorf("admin: home: %w", err)
	}
	var b strings.Builder
	for _, l := range levels {
		if l.Limited {
			used := l.Settled + l.Held
			fmt.Fprintf(&b, "\n  `%s` %s: %s of %s%s", bar(used, l.Limit), strings.Replace(whose(l), thisChannel, name, 1), used.Short(), l.Limit, extraText(l, t))
		}
	}
	return b.String(), nil
}

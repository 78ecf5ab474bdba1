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

// scopes are the counters a caller may see levels of: one's own, this channel's
// where members may see it, what one owns, and the workspace for those who see
// all of it.
func (a *Admin) scopes(t turn.Task) []usage.Scope {
	each := []string{usage.AnyID}
	out := []usage.Scope{t.Caller.Scope()}
	if a.seesChannel(t) {
		out = append(out, usage.Scope{Kind: usage.Channel, ID: t.Event.Place.Channel, Templates: each})
	}
	for _, key := range t.Caller.Roles.Owns {
		if kind, id, _ := strings.Cut(key, ":"); kind != string(usage.Channel) {
			out = append(out, usage.Scope{Kind: usage.ScopeKind(kind), ID: id, Templates: each})
		}
	}
	if t.Caller.Roles.SeesAll() {
		out = append([]usage.Scope{usage.WholeWorkspace()}, out...)
	}
	return out
}

// bars shows the limits that apply to what the caller sees.
func (a *Admin) bars(ctx context.Context, t turn.Task) (string, error) {
	levels, err := a.Books.Levels(ctx, t.Event.Place.Tenant(), a.scopes(t), t.Calendar().Windows(a.Clock.Now()))
	if err != nil {
		return "", fmt.Errorf("admin: levels: %w", err)
	}
	var b strings.Builder
	for _, l := range levels {
		if !l.Limited {
			continue
		}
		used := l.Settled + l.Held
		fmt.Fprintf(&b, "%s%s: %s of %s%s", bar(used, l.Limit), whose(l), used.Short(), l.Limit, extraText(l, t))
		if l.Held > 0 {
			fmt.Fprintf(&b, ", %s of it reserved", l.Held.Short())
		}
		if !l.Ends.IsZero() {
			fmt.Fprintf(&b, ", new on %s", when(l.Ends, t))
		}
		b.WriteString("\n")
	}
	return b.String(), nil
}

// thisChannel stands for the channel where something is said.
const thisChannel = "this channel"

func whose(l usage.Level) string {
	who := map[usage.ScopeKind]string{
		usage.Workspace: "the workspace", usage.Channel: thisChannel, usage.User: "you", usage.Team: "team " + l.Scope.ID, usage.Workflow: "workflow " + l.Scope.ID,
	}[l.Scope.Kind]
	return who + " " + map[usage.WindowKind]string{usage.Day: "today", usage.Week: "this week", usage.Month: "this month"}[l.Window]
}

// budgets shows the levels, and to those who see the workspace all limits that
// are set.
func (a *Admin) budgets(ctx context.Context, t turn.Task) (said, error) {
	bars, err := a.bars(ctx, t)
	if err != nil {
		return said{}, err
	}
	post := chat.Post{Text: "**Budgets** (" + zoneName(t) + ")\n" + bars}
	if bars == "" {
		post.Text += "No limit applies to you here."
	}
	if !t.Caller.Roles.SeesAll() {
		return said{post: post}, nil
	}
	limits, err := a.Books.Limits(ctx, t.Event.Place.Tenant())
	if err != nil {
		return said{}, fmt.Errorf("admin: limits: %w", err)
	}
	tbl := &chat.Table{Title: "Limits", Columns: []chat.Column{{Name: "For"}, {Name: "Window"}, {Name: "Limit", Number: true}, {Name: "At the limit"}, {Name: "Extra"}}}
	for _, l := range limits {
		tbl.Rows = append(tbl.Rows, append([]string{a.limitOf(ctx, t, l), string(l.Window)}, a.limitCells(t, l)...))
	}
	post.Table = tbl
	return said{post: post}, nil
}

// limitCells are amount, what happens at the limit, and extra. A record that is
// an extra has a row of its own: it may lie over a template.
func (a *Admin) limitCells(t turn.Task, l usage.Limit) []string {
	extra := ""
	if l.Extra > 0 && a.Clock.Now().Before(l.ExtraUntil) {
		extra = fmt.Sprintf("+%s until %s", l.Extra, when(l.ExtraUntil, t))
	}
	if l.Reason != "" {
		extra += ": " + redact.Neutralise(l.Reason)
	}
	if l.IsExtra() {
		return []string{"", "", extra}
	}
	return []string{l.Amount.String(), strings.ReplaceAll(string(l.Then), "_", " "), extra}
}

// limitOf names whose limit it is.
func (a *Admin) limitOf(ctx context.Context, t turn.Task, l usage.Limit) string {
	role, isRole := strings.CutPrefix(l.ID, "role:")
	switch {
	case l.Scope == usage.Workspace:
		return "the workspace"
	case l.ID == usage.AnyID:
		return "each " + scopeWord(l.Scope)
	case isRole:
		return "each holder of " + redact.Name(role)
	case l.Scope == usage.User:
		if name, ok := a.People.Name(ctx, t.Event.Place.Tenant(), l.ID); ok {
			return redact.Name(name)
		}
	case l.Scope == usage.Channel:
		if name, ok := a.channel(ctx, t, l.ID); ok {
			return name
		}
		return "a private conversation"
	}
	return scopeWord(l.Scope) + " " + redact.Name(l.ID)
}

func scopeWord(k usage.ScopeKind) string {
	if k == usage.User {
		return "person"
	}
	return string(k)
}

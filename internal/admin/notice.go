package admin

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/turn"
	"github.com/tierwise/tierwise/usage"
)

// Notify words a notice of the house; the gate hands them over unjudged. A
// person's threshold is theirs alone. Any other goes to the hearers with its
// figures; where nobody is known to look after the budget, it is said without
// them where the money was spent.
func (a *Admin) Notify(ctx context.Context, t *turn.Task) (turn.Result, error) {
	e, f := t.Event, t.Event.Fields
	post := chat.Post{Stage: chat.Final, Sample: a.Sample}
	then := ""
	if f["percent"] == "100" && f["then"] != string(usage.Warn) {
		then = " From here on requests that cost money may be refused; the local tier stays free."
	}
	figures := func(who string) string {
		return fmt.Sprintf("**%s %%** of the budget for %s is used: %s of %s.", f["percent"], who, f["used"], f["limit"]) + then
	}
	about := usage.Scope{Kind: usage.ScopeKind(f["scope"]), ID: f["id"]}
	if about.Kind == usage.User {
		post.Text = figures(f["who"])
		return a.toPerson(ctx, *t, about.ID, post)
	}
	h, err := a.hearers(ctx, *t, true, ownersOf(*t, about)...)
	if err != nil {
		return turn.Result{}, err
	}
	if post.Text = fmt.Sprintf("**%s %%** of the budget for %s is used. Whoever may see the figures finds them with /ai-spend budget.", f["percent"], f["who"]) + then; !h.public {
		post.Text = figures(strings.Replace(f["who"], thisChannel, a.channelFor(ctx, *t, h, e.Place.Channel), 1))
	}
	return turn.Result{Replies: h.replies(post, func(n int) string { return t.PostID(1 + n) })}, nil
}

// toPerson says something to one person alone, in their direct conversation;
// somebody erased since hears nothing.
func (a *Admin) toPerson(ctx context.Context, t turn.Task, person string, p chat.Post) (turn.Result, error) {
	id, err := a.People.PlatformID(ctx, t.Event.Place.Tenant(), person)
	if errors.Is(err, record.ErrNotFound) {
		return turn.Result{}, nil
	}
	if err != nil {
		return turn.Result{}, fmt.Errorf("admin: notice: %w", err)
	}
	p.Job, p.Private = t.PostID(1), true
	return turn.Result{Replies: []turn.Reply{{To: direct(t.Event.Place, id), Post: p}}}, nil
}

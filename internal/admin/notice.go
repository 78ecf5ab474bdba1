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
// person's threshold is theirs alone. Any other goes to the reports channel with
// its figures; without one it is said where the money was spent, with figures
// only for the channel's own budget, and only where its members may see those.
func (a *Admin) Notify(ctx context.Context, t turn.Task) (turn.Result, error) {
	e, f := t.Event, t.Event.Fields
	report, who := t.Settings.ReportsChannel(), f["who"]
	if report != "" && f["scope"] == string(usage.Channel) {
		who = strings.Replace(who, thisChannel, a.publicName(ctx, e.Place, f["id"], ""), 1)
	}
	figures := fmt.Sprintf("**%s %%** of the budget for %s is used: %s of %s.", f["percent"], who, f["used"], f["limit"])
	then := ""
	if f["percent"] == "100" && f["then"] != string(usage.Warn) {
		then = " From here on requests that cost money may be refused; the local tier stays free."
	}
	post := chat.Post{Job: t.PostID(1), Stage: chat.Final, Text: figures + then, Sample: a.Sample}
	at := e.Place.InChannel()
	switch {
	case f["scope"] == string(usage.User):
		return a.toPerson(ctx, t, f["id"], post)
	case report != "":
		at.Channel = report
	case f["scope"] != string(usage.Channel) || !t.Settings.ChannelTotals():
		post.Text = fmt.Sprintf("**%s %%** of the budget for %s is used. Whoever may see the figures finds them with /ai-spend budget.", f["percent"], who) + then
	}
	return turn.Result{Replies: []turn.Reply{{To: chat.ReplyTo{Place: at}, At: &at, Post: post}}}, nil
}

// toPerson says something to one person alone, where they were last; somebody
// erased since hears nothing.
func (a *Admin) toPerson(ctx context.Context, t turn.Task, person string, p chat.Post) (turn.Result, error) {
	id, err := a.People.PlatformID(ctx, t.Event.Place.Tenant(), person)
	if errors.Is(err, record.ErrNotFound) {
		return turn.Result{}, nil
	}
	if err != nil {
		return turn.Result{}, fmt.Errorf("admin: notice: %w", err)
	}
	p.Private = true
	return turn.Result{Replies: []turn.Reply{{To: chat.ReplyTo{Place: t.Event.Place, Private: true, To: id}, Post: p}}}, nil
}

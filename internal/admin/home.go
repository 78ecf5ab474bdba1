package admin

import (
	"context"
	"fmt"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/turn"
	"github.com/tierwise/tierwise/usage"
)

// What a page shows of each list, and how much of a draft.
const (
	homeRequests = 5
	homeDrafts   = 5
	homePreview  = 400
)

// home is a person's page: the first steps for an admin, what it costs, what
// waits for a decision of theirs, their drafts, their preferences.
func (a *Admin) home(ctx context.Context, t turn.Task) (chat.Post, error) {
	spend, err := a.summary(ctx, t, SpendQuery{Window: usage.Month})
	if err != nil {
		return chat.Post{}, err
	}
	var all []chat.Section
	for _, part := range []func(context.Context, turn.Task) ([]chat.Section, error){
		a.setupSection,
		func(context.Context, turn.Task) ([]chat.Section, error) {
			return []chat.Section{{Text: spend.post.Text, Chart: spend.post.Chart}}, nil
		},
		a.ownedSection, a.waitingSections, a.draftSections, a.preferencesSection,
	} {
		sections, err := part(ctx, t)
		if err != nil {
			return chat.Post{}, err
		}
		all = append(all, sections...)
	}
	head := all[0] // what it costs is always there
	return chat.Post{Sample: a.Sample, Text: head.Text, Chart: head.Chart, Buttons: head.Buttons, Sections: all[1:]}, nil
}

// waitingSections are the requests for more that this person may decide.
func (a *Admin) waitingSections(ctx context.Context, t turn.Task) ([]chat.Section, error) {
	if t.Caller.Actor.Guest || t.Caller.Actor.External {
		return nil, nil
	}
	list, err := a.Records.List(ctx, t.Event.Place.Tenant(), record.Request, "")
	if err != nil {
		return nil, fmt.Errorf("admin: home: %w", err)
	}
	var out []chat.Section
	more := 0
	for _, rec := range list {
		r, err := a.opened(t.Event.Place.Tenant(), rec)
		if err != nil || r.State != waiting || a.mayDecide(ctx, t, r) != nil {
			continue
		}
		if len(out) == homeRequests {
			more++
			continue
		}
		figures, err := a.figuresOf(ctx, t, r)
		if err != nil {
			return nil, err
		}
		out = append(out, chat.Section{Text: wishText(r) + figures, Buttons: requestButtons(r.ID)})
	}
	if len(out) > 0 {
		out[0].Text = "**Waiting for a decision**\n" + out[0].Text
	}
	if more > 0 {
		out[len(out)-1].Text += fmt.Sprintf("\n_%s more after these._", count(int64(more), "request"))
	}
	return out, nil
}

// draftSections are what the person has not sent yet.
func (a *Admin) draftSections(ctx context.Context, t turn.Task) ([]chat.Section, error) {
	if a.Drafts == nil {
		return nil, nil
	}
	drafts, err := a.Drafts.Drafts(ctx, t.Event.Place.Tenant(), t.Event.Actor.ID, homeDrafts)
	if err != nil {
		return nil, fmt.Errorf("admin: home: %w", err)
	}
	var out []chat.Section
	for _, d := range drafts {
		what := "Draft"
		if d.Lost {
			what = "An answer that did not reach you"
		}
		where := ""
		if name, ok := a.channel(ctx, t, d.Place.Channel); ok && d.Place.Channel != "" {
			where = " in " + name
		}
		out = append(out, chat.Section{Text: fmt.Sprintf("**%s**%s, %s\n%s", what, where, when(d.At, t), quoted(clip(d.Text, homePreview))), Buttons: d.Buttons})
	}
	if len(out) > 0 {
		out[0].Text = "**Not sent yet** (kept for three days)\n" + out[0].Text
	}
	return out, nil
}

func quoted(s string) string { return "> " + strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n> ") }

// preferencesSection shows a person's own settings with the form to change them,
// and to an admin the form of the workspace.
func (a *Admin) preferencesSection(_ context.Context, t turn.Task) ([]chat.Section, error) {
	parts := make([]string, 0, 5)
	for _, key := range formKeys(t, "me") {
		v, _ := t.Settings.Get(key)
		parts = append(parts, fmt.Sprintf("%s `%s`", preferenceName(key), v.Value))
	}
	s := chat.Section{Text: "**Your preferences**\n" + strings.Join(parts, " · "), Buttons: formButtons[:1]}
	if t.Caller.Roles.Admin {
		s.Buttons = append(s.Buttons[:1:1], formButtons[2], peopleButton)
	}
	return []chat.Section{s}, nil
}

// preferenceName is what a setting of a person's is called on their page.
func preferenceName(key string) string {
	switch key {
	case "visibility":
		return "answers to mentions"
	case "followups":
		return "follow-ups"
	}
	return key
}

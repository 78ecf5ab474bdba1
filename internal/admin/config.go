package admin

import (
	"context"
	"fmt"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/settings"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/internal/turn"
)

// config answers /ai-config.
func (a *Admin) config(ctx context.Context, t turn.Task, r ConfigRequest) (said, error) {
	switch r.Verb {
	case "get":
		return a.get(t, r.Key)
	case "set", "reset":
		return a.change(ctx, t, r)
	case "budget":
		return a.setLimit(ctx, t, r)
	case "tiers":
		return a.tiers(t), nil
	case "journal":
		return a.changes(ctx, t)
	case "explain":
		if r.Key != "" {
			return a.get(t, r.Key)
		}
		return a.explain(t), nil
	}
	s := a.explain(t)
	s.post.Text += "\n" + configUse
	return s, nil
}

// get shows one value, where it came from, and what it may be.
func (a *Admin) get(t turn.Task, key string) (said, error) {
	v, ok := t.Settings.Get(key)
	def, _ := settings.Lookup(key)
	if !ok {
		_, err := a.Settings.Set(context.Background(), settings.Change{Tenant: t.Event.Place.Tenant(), Level: settings.Workspace, Key: key})
		return said{}, err // the settings' own sentence, with the nearest key
	}
	text := fmt.Sprintf("**%s** is `%s` (from the %s). %s", key, v.Value, v.Origin, def.Help)
	if len(def.Words) > 0 {
		text += " Values: " + strings.Join(def.Words, ", ") + "."
	}
	return said{post: chat.Post{Text: text}}, nil
}

// explain lists every value with the level it came from.
func (a *Admin) explain(t turn.Task) said {
	tbl := &chat.Table{Title: "Settings here", Columns: []chat.Column{{Name: "Setting"}, {Name: "Value"}, {Name: "From"}}}
	for _, v := range t.Settings.Explain() {
		tbl.Rows = append(tbl.Rows, []string{v.Key, clip(v.Value, 60), v.Origin.String()})
	}
	return said{post: chat.Post{Text: "**Settings that hold here**", Table: tbl}}
}

// tiers is the tier framework: one line per task.
func (a *Admin) tiers(t turn.Task) said {
	s := t.Settings
	tbl := &chat.Table{Title: "Tier framework", Columns: []chat.Column{{Name: "Task"}, {Name: "Starts on"}, {Name: "Ceiling"}, {Name: "Checked"}, {Name: "From"}}}
	for _, i := range step.Intents() {
		checked := "live"
		if s.Verify(i) {
			checked = "checked first"
		}
		tbl.Rows = append(tbl.Rows, []string{string(i), s.Tier(i).String(), s.Ceiling().String(), checked, s.TierOrigin(i)})
	}
	return said{post: chat.Post{Text: "**Which task warrants which tier here**", Table: tbl}}
}

// change sets or resets one value and tells the channel when others are
// concerned.
func (a *Admin) change(ctx context.Context, t turn.Task, r ConfigRequest) (said, error) {
	p := t.Event.Place
	c := settings.Change{Tenant: p.Tenant(), Key: r.Key, Value: r.Value, By: t.Caller.ID, ByRole: t.Settings.RoleOf(t.Caller.ID, t.Caller.Actor), Why: r.Why}
	c.Level, c.ID = where(r, p, t.Caller.ID)
	apply := a.Settings.Set
	if r.Verb == "reset" {
		apply = a.Settings.Reset
	}
	done, err := apply(ctx, c)
	if err != nil {
		return said{}, err
	}
	if !done.Changed() {
		return said{post: chat.Post{Text: fmt.Sprintf("**%s** is already `%s` for the %s.", done.Key, done.New, done.Origin)}}, nil
	}
	text := fmt.Sprintf("**%s** for the %s: `%s` → `%s`. It holds everywhere within two seconds and is in the journal.", done.Key, done.Origin, unset(done.Old), unset(done.New))
	s := said{post: chat.Post{Text: text}}
	if c.Level == settings.Channel || c.Level == settings.Workspace {
		a.announce(t, &s, fmt.Sprintf("%s changed **%s** for the %s: `%s` → `%s`.%s", t.Event.Actor.Name, done.Key, c.Level, unset(done.Old), unset(done.New), reason(r.Why)))
	}
	return s, nil
}

// where finds the level a change is for: the one named, else the channel when
// the setting can be set there, else the workspace.
func where(r ConfigRequest, p chat.Place, person string) (settings.Level, string) {
	l := r.Level
	if l == "" {
		l = "workspace"
		if def, ok := settings.Lookup(r.Key); ok {
			for _, g := range def.Grants {
				if g.Level == settings.Channel {
					l = "channel"
				}
			}
		}
	}
	switch l {
	case "channel":
		return settings.Channel, p.Channel
	case "thread":
		return settings.Thread, p.Channel + "/" + p.Thread
	case "me":
		return settings.Person, person
	}
	return settings.Workspace, ""
}

// announce tells the reports channel, or the channel itself, what was changed.
func (a *Admin) announce(t turn.Task, s *said, text string) {
	at := t.Event.Place.InChannel()
	if c := t.Settings.ReportsChannel(); c != "" {
		at.Channel = c
	}
	s.replies = append(s.replies, turn.Reply{To: chat.ReplyTo{Place: at}, At: &at, Post: chat.Post{Job: t.PostID(2), Stage: chat.Final, Text: text, Sample: a.Sample}})
}

func unset(v string) string {
	if v == "" {
		return "not set"
	}
	return v
}

func reason(why string) string {
	if why == "" {
		return ""
	}
	return " Reason: " + why
}

// changes shows the newest journal entries.
func (a *Admin) changes(ctx context.Context, t turn.Task) (said, error) {
	if !t.Caller.Roles.SeesAll() {
		return said{}, fault.New(fault.NotAllowed, "The journal is open to admins and finance.")
	}
	list, err := a.journalled(ctx, t.Event.Place.Tenant())
	if err != nil {
		return said{}, err
	}
	tbl := &chat.Table{Title: "Journal", Columns: []chat.Column{{Name: "When"}, {Name: "Who"}, {Name: "What"}, {Name: "From"}, {Name: "To"}, {Name: "Why"}}}
	for _, e := range list {
		who := e.Who
		if name, ok := a.People.Name(ctx, t.Event.Place.Tenant(), e.Who); ok {
			who = name
		}
		tbl.Rows = append(tbl.Rows, []string{when(e.At, t), who + " (" + e.Role + ")", strings.TrimSpace(e.Level + " " + e.Key), unset(e.From), unset(e.To), e.Why})
	}
	return said{post: chat.Post{Text: "**Newest changes**", Table: tbl}}, nil
}

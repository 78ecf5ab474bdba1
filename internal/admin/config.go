package admin

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/redact"
	"github.com/tierwise/tierwise/internal/settings"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/internal/turn"
	"github.com/tierwise/tierwise/usage"
)

// config answers /ai-config.
func (a *Admin) config(ctx context.Context, t turn.Task, r ConfigRequest) (said, error) {
	switch r.Verb {
	case "help":
		return said{post: chat.Post{Text: configHelp()}}, nil
	case "get":
		return a.get(ctx, t, r.Key)
	case "set", "reset":
		return a.change(ctx, t, r)
	case "budget":
		return a.setLimit(ctx, t, r)
	case "pause", "resume":
		return a.pause(ctx, t, r)
	case "deny", "allow":
		return a.deny(ctx, t, r)
	case "tiers":
		return a.tiers(t), nil
	case "journal":
		return a.changes(ctx, t)
	case "me":
		return a.mine(t), nil
	case "explain":
		if r.Key != "" {
			return a.get(ctx, t, r.Key)
		}
		s := a.list(ctx, t, func(settings.Value) bool { return true })
		s.post.Text = "**All settings that hold here, and where each comes from**"
		return s, nil
	}
	return a.differing(ctx, t), nil
}

// get shows one value, where it came from, and what it may be.
func (a *Admin) get(ctx context.Context, t turn.Task, key string) (said, error) {
	v, ok := t.Settings.Get(key)
	def, _ := settings.Lookup(key)
	if !ok {
		say := fmt.Sprintf("There is no setting %q.", redact.Name(key))
		if near := config.Nearest(key, settings.Keys()); near != "" {
			say += " Did you mean " + near + "?"
		}
		return said{}, fault.New(fault.BadInput, say+" /ai-config explain lists all of them.")
	}
	text := fmt.Sprintf("**%s** is `%s` (from the %s). %s", key, a.value(ctx, t, v), origin(v), def.Help)
	if len(def.Words) > 0 {
		text += " Values: " + strings.Join(def.Words, ", ") + "."
	}
	return said{post: chat.Post{Text: text}}, nil
}

// differing shows what somebody set here, and how to see the rest.
func (a *Admin) differing(ctx context.Context, t turn.Task) said {
	s := a.list(ctx, t, func(v settings.Value) bool { return v.Origin.Level != settings.Default })
	if s.post.Text = "**What is set differently here**"; len(s.post.Table.Rows) == 0 {
		s.post.Text, s.post.Table = "Everything here is as it comes.", nil
	}
	s.post.Text += "\n`/ai-config explain` shows all settings and where each comes from, `/ai-config me` your own, `/ai-config help` every word.\n" + configExamples
	if s.post.Buttons = formButtons; t.Caller.Roles.Admin {
		s.post.Buttons = append(formButtons[:len(formButtons):len(formButtons)], peopleButton)
	}
	return s
}

// list is a table of the values that pass.
func (a *Admin) list(ctx context.Context, t turn.Task, pass func(settings.Value) bool) said {
	tbl := &chat.Table{Title: "Settings here", Columns: []chat.Column{{Name: "Setting"}, {Name: "Value"}, {Name: "From"}}}
	for _, v := range t.Settings.Explain() {
		if pass(v) {
			tbl.Rows = append(tbl.Rows, []string{v.Key, clip(a.value(ctx, t, v), 60), origin(v)})
		}
	}
	return said{post: chat.Post{Table: tbl}}
}

// mine shows a person's own preferences.
func (a *Admin) mine(t turn.Task) said {
	tbl := &chat.Table{Title: "Your preferences", Columns: []chat.Column{{Name: "Setting"}, {Name: "Value"}, {Name: "From"}, {Name: "May be"}, {Name: "What it is"}}}
	for _, key := range personalKeys() {
		v, _ := t.Settings.Get(key)
		def, _ := settings.Lookup(key)
		tbl.Rows = append(tbl.Rows, []string{key, v.Value, origin(v), strings.Join(def.Words, ", "), def.Help})
	}
	return said{post: chat.Post{Text: "**Your own preferences** hold for you everywhere in this workspace. Change one with `/ai-config me <setting> <value>`, for example `/ai-config me length short`.", Table: tbl, Buttons: formButtons[:1]}}
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
	c := settings.Change{Tenant: p.Tenant(), Key: r.Key, Value: r.Value, By: t.Caller.ID, Why: r.Why}
	c.Level, c.ID = where(r, p, t.Caller.ID)
	c.ByRole = t.Settings.RoleFor(r.Key, c.Level, t.Caller.ID, t.Caller.Actor)
	apply := a.Settings.Reset
	if r.Verb == "set" {
		apply = a.Settings.Set
		var err error
		if c.Value, err = a.meant(ctx, t, r.Key, r.Value); err != nil {
			return said{}, err
		}
	}
	done, err := apply(ctx, c)
	if err != nil {
		return said{}, yoursInstead(err, t, r)
	}
	from, to := a.shown(ctx, t, done.Key, done.Old), a.shown(ctx, t, done.Key, done.New)
	hint := a.levelHint(ctx, t, r)
	if c.Level == settings.Person {
		hint = a.keptHint(ctx, t, done)
	}
	if !done.Changed() {
		return said{post: chat.Post{Text: fmt.Sprintf("**%s** is already `%s` for the %s.%s", done.Key, to, c.Level, hint)}}, nil
	}
	s := said{post: chat.Post{Text: fmt.Sprintf("**%s** for the %s: `%s` → `%s`.%s", done.Key, c.Level, from, to, hint)}}
	if c.Level == settings.Channel || c.Level == settings.Workspace {
		a.announce(ctx, t, &s, usage.Scope{}, func(h hearers) string {
			if h.public && slices.Contains(peopleKeys, done.Key) { // who is on a list is not the channel's matter
				return fmt.Sprintf("changed **%s** for %s.%s", done.Key, a.levelName(ctx, t, h, c.Level), reason(r.Why))
			}
			return fmt.Sprintf("changed **%s** for %s: `%s` → `%s`.%s", done.Key, a.levelName(ctx, t, h, c.Level), from, to, reason(r.Why))
		})
	}
	return s, nil
}

// levelHint says where a change made without naming a level holds, and how to
// make it for everywhere.
func (a *Admin) levelHint(ctx context.Context, t turn.Task, r ConfigRequest) string {
	if l, _ := where(r, t.Event.Place, ""); r.Level != "" || l != settings.Channel {
		return ""
	}
	here := "here"
	if name, ok := a.channel(ctx, t, t.Event.Place.Channel); ok {
		here = "in " + name
	}
	return fmt.Sprintf(" It holds %s; `/ai-config %s workspace %s …` is for all channels.", here, r.Verb, r.Key)
}

// keptBy says who decided on a value that a person's own choice does not widen.
var keptBy = map[settings.Level]string{
	settings.Default: "which is how it comes until an admin widens it", settings.Policy: "which your operator set",
	settings.Workspace: "which an admin set for the workspace", settings.Channel: "which was set for this channel", settings.Thread: "which was set for this thread",
}

// keptHint says of a person's own choice that it has no effect where it was made,
// and why: some settings a person may only narrow.
func (a *Admin) keptHint(ctx context.Context, t turn.Task, done settings.Applied) string {
	now, err := a.Settings.Resolve(ctx, t.Event.Place, t.Channel, t.Caller.ID)
	if err != nil { // the choice is stored; only what it comes to is not known
		a.Log.Warn("a person's choice stored, its effect not read", "job", t.Ticket.Job.ID, "err", err)
		return ""
	}
	v, _ := now.Get(done.Key)
	if by, kept := keptBy[v.Origin.Level]; kept && v.Value != done.New && done.New != "" {
		return fmt.Sprintf(" Here it stays `%s`, %s; your own choice may only narrow that. Yours holds wherever more is allowed.", v.Value, by)
	}
	return ""
}

// levelName names a level where an announcement is read.
func (a *Admin) levelName(ctx context.Context, t turn.Task, h hearers, l settings.Level) string {
	if l == settings.Workspace {
		return "the workspace"
	}
	return a.channelFor(ctx, t, h, t.Event.Place.Channel)
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
			who = redact.Name(name)
		}
		tbl.Rows = append(tbl.Rows, []string{when(e.At, t), who + " (" + e.Role + ")", strings.TrimSpace(e.Level + " " + e.Key), a.shown(ctx, t, e.Key, e.From), a.shown(ctx, t, e.Key, e.To), e.Why})
	}
	return said{post: chat.Post{Text: "**Newest changes**", Table: tbl}}, nil
}

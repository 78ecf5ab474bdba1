package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/redact"
	"github.com/tierwise/tierwise/internal/settings"
	"github.com/tierwise/tierwise/internal/turn"
)

// peopleKeys are the settings that list people (and groups); they are stored as
// pseudonyms and shown as names, to those who see the workspace only.
var peopleKeys = []string{"admins", "finance", "moderators", "owner", "allow.people", "deny.people"}

// personalKeys are the settings a person can have of their own.
func personalKeys() []string {
	var out []string
	for _, d := range settings.Registry() {
		if slices.ContainsFunc(d.Grants, func(g settings.Grant) bool { return g.Level == settings.Person }) {
			out = append(out, d.Key)
		}
	}
	return out
}

// meant turns what a person typed into what is stored: people into pseudonyms, a
// channel's name into its id.
func (a *Admin) meant(ctx context.Context, t turn.Task, key, typed string) (string, error) {
	def, _ := settings.Lookup(key)
	switch {
	case def.Kind == settings.ChannelKind && typed != "none":
		return a.channelMeant(ctx, t, typed)
	case slices.Contains(peopleKeys, key):
		return a.peopleMeant(ctx, t, typed)
	case def.Kind == settings.RatesKind:
		items := listItems(typed)
		for i, item := range items {
			if at := strings.LastIndex(item, ":"); at >= 0 {
				items[i] = mentioned(item[:at]) + item[at:]
			}
		}
		return strings.Join(items, ","), nil
	}
	return typed, nil
}

// mentioned is the id in a platform's mention of a person, a usergroup or a
// role; what is no mention stays as it is.
func mentioned(item string) string {
	id, _, _ := strings.Cut(strings.Trim(item, "<@!&>"), "|")
	return strings.TrimPrefix(id, "subteam^")
}

func (a *Admin) channelMeant(ctx context.Context, t turn.Task, typed string) (string, error) {
	p := t.Event.Place
	dir := a.Openers(p.Platform).Directory()
	at, err := dir.Resolve(ctx, p.Workspace, typed)
	if errors.Is(err, chat.ErrNotFound) {
		return "", fault.Newf(fault.NotFound, "I don't know a channel %s.", redact.Name(typed))
	}
	if err != nil {
		return "", fmt.Errorf("admin: channel: %w", err)
	}
	acc, err := dir.Access(ctx, at.InChannel(), t.Event.Actor.ID)
	if err != nil || !acc.Read || !acc.BotPost {
		return "", fault.Newf(fault.NotAllowed, "You and I both have to be in %s, and I must be able to post there.", redact.Name(typed))
	}
	return at.Channel, nil
}

// peopleMeant reads a list of people: a mention or an id of the platform becomes
// a pseudonym; what the platform does not know as a person is taken as a group,
// unless it was written as a mention.
func (a *Admin) peopleMeant(ctx context.Context, t turn.Task, typed string) (string, error) {
	items := listItems(typed)
	p := t.Event.Place
	for i, item := range items {
		if strings.EqualFold(item, "none") || strings.HasPrefix(item, "p_") {
			continue
		}
		id := mentioned(item)
		who, err := a.Openers(p.Platform).Directory().Actor(ctx, p.Workspace, id)
		switch {
		case err == nil:
			if items[i], err = a.People.See(ctx, p.Tenant(), who); err != nil {
				return "", fmt.Errorf("admin: people: %w", err)
			}
		case !errors.Is(err, chat.ErrNotFound):
			return "", fmt.Errorf("admin: people: %w", err)
		case strings.HasPrefix(item, "@") || strings.HasPrefix(item, "<@") && !strings.HasPrefix(item, "<@&"):
			return "", fault.Newf(fault.NotFound, "I don't know a person %s. Give the platform's id of a person or group.", redact.Name(item))
		default:
			items[i] = id
		}
	}
	return strings.Join(items, ","), nil
}

// listItems are the entries of a list as it is typed or picked.
func listItems(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' || unicode.IsSpace(r) })
}

// listedIDs are the entries of a list of people as the platform knows them:
// ids of people and groups. Somebody no longer in the directory is left out.
func (a *Admin) listedIDs(ctx context.Context, t turn.Task, value string) []string {
	var out []string
	for _, item := range listItems(value) {
		id, err := a.People.PlatformID(ctx, t.Event.Place.Tenant(), item)
		switch {
		case err == nil:
			out = append(out, id)
		case item != "none" && !strings.HasPrefix(item, "p_"):
			out = append(out, item)
		}
	}
	return out
}

// changedTo reads a field of a form: what to set, and whether that is another
// value than holds now. Who is on a list and could not be shown in the form
// stays on it.
func (a *Admin) changedTo(ctx context.Context, t turn.Task, key, typed string) (string, bool) {
	now, _ := t.Settings.Get(key)
	typed = strings.TrimSpace(typed)
	if typed == "" || typed == now.Value {
		return "", false
	}
	if !slices.Contains(peopleKeys, key) {
		return typed, true
	}
	chosen, shown := listItems(typed), a.listedIDs(ctx, t, now.Value)
	if slices.Equal(slices.Sorted(slices.Values(chosen)), slices.Sorted(slices.Values(shown))) {
		return "", false
	}
	for _, item := range listItems(now.Value) {
		if _, err := a.People.PlatformID(ctx, t.Event.Place.Tenant(), item); err != nil && strings.HasPrefix(item, "p_") && typed != "none" {
			chosen = append(chosen, item)
		}
	}
	return strings.Join(chosen, ","), true
}

// value is a setting's value as this caller may read it.
func (a *Admin) value(ctx context.Context, t turn.Task, v settings.Value) string {
	decides := v.Key == "deny.people" && t.Caller.Roles.Moderator
	if slices.Contains(peopleKeys, v.Key) && !decides && !t.Caller.Roles.SeesAll() && v.Value != "none" {
		n := strings.Count(v.Value, ",") + 1
		return fmt.Sprintf("a list of %d, shown to admins and finance", n)
	}
	return a.shown(ctx, t, v.Key, v.Value)
}

// shown is a stored value in words.
func (a *Admin) shown(ctx context.Context, t turn.Task, key, v string) string {
	def, _ := settings.Lookup(key)
	switch {
	case v == "":
		return unset(v)
	case def.Kind == settings.ChannelKind && v != "none":
		return a.publicName(ctx, t.Event.Place, v, t.Event.Actor.ID)
	case !slices.Contains(peopleKeys, key):
		return v
	}
	items := strings.Split(v, ",")
	for i, item := range items {
		d, _ := settings.ParseDenial(item) // an item of any list; only a denial has an end
		if name, ok := a.People.Name(ctx, t.Event.Place.Tenant(), d.Who); ok {
			items[i] = redact.Name(name)
		}
		if !d.Until.IsZero() {
			items[i] += " until " + when(d.Until, t)
		}
	}
	return strings.Join(items, ", ")
}

// origin names the level a value comes from.
func origin(v settings.Value) string { return string(v.Origin.Level) }

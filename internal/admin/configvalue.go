package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/redact"
	"github.com/tierwise/tierwise/internal/settings"
	"github.com/tierwise/tierwise/internal/turn"
)

// peopleKeys are the settings that list people (and groups); they are stored as
// pseudonyms and shown as names, to those who see the workspace only.
var peopleKeys = []string{"admins", "finance", "owner", "allow.people", "deny.people"}

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
	}
	return typed, nil
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
	items := strings.FieldsFunc(typed, func(r rune) bool { return r == ',' || r == ';' || r == ' ' })
	p := t.Event.Place
	for i, item := range items {
		if strings.EqualFold(item, "none") || strings.HasPrefix(item, "p_") {
			continue
		}
		id, _, _ := strings.Cut(strings.Trim(item, "<@!>"), "|")
		who, err := a.Openers(p.Platform).Directory().Actor(ctx, p.Workspace, id)
		switch {
		case err == nil:
			if items[i], err = a.People.See(ctx, p.Tenant(), who); err != nil {
				return "", fmt.Errorf("admin: people: %w", err)
			}
		case !errors.Is(err, chat.ErrNotFound):
			return "", fmt.Errorf("admin: people: %w", err)
		case strings.HasPrefix(item, "@") || strings.HasPrefix(item, "<@"):
			return "", fault.Newf(fault.NotFound, "I don't know a person %s. Give the platform's id of a person or group.", redact.Name(item))
		}
	}
	return strings.Join(items, ","), nil
}

// value is a setting's value as this caller may read it.
func (a *Admin) value(ctx context.Context, t turn.Task, v settings.Value) string {
	if slices.Contains(peopleKeys, v.Key) && !t.Caller.Roles.SeesAll() && v.Value != "none" {
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
		if name, ok := a.People.Name(ctx, t.Event.Place.Tenant(), item); ok {
			items[i] = redact.Name(name)
		}
	}
	return strings.Join(items, ", ")
}

// origin names the level a value comes from.
func origin(v settings.Value) string { return string(v.Origin.Level) }

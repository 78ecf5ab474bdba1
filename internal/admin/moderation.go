package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/redact"
	"github.com/tierwise/tierwise/internal/settings"
	"github.com/tierwise/tierwise/internal/turn"
	"github.com/tierwise/tierwise/usage"
)

// pause stops answering in a channel, or goes on. It is the setting "paused" in
// plain words.
func (a *Admin) pause(ctx context.Context, t turn.Task, r ConfigRequest) (said, error) {
	p := t.Event.Place
	switch {
	case p.Channel == "" || t.Channel.Kind == chat.DirectMessage:
		return said{}, fault.New(fault.BadInput, "Say that in the channel it is about; a direct message cannot be paused.")
	case r.Level != "channel":
		return said{}, fault.Newf(fault.BadInput, "I can be paused in a channel only: say /ai-config %s there.", r.Verb)
	}
	value, text, told := "on", "I am paused in this channel: until somebody says `/ai-config resume`, I answer nothing here that needs a model.", "paused me in %s.%s"
	if r.Verb == "resume" {
		value, text, told = "off", "I answer in this channel again.", "let me go on in %s.%s"
	}
	done, err := a.Settings.Set(ctx, settings.Change{Tenant: p.Tenant(), Level: settings.Channel, ID: p.Channel, Key: "paused", Value: value,
		By: t.Caller.ID, ByRole: t.Settings.RoleFor("paused", settings.Channel, t.Caller.ID, t.Caller.Actor), Why: r.Why})
	switch {
	case fault.KindOf(err) == fault.NotAllowed:
		return said{}, fault.New(fault.NotAllowed, "Only a moderator, the channel's owner or an admin can pause me in a channel or let me go on.")
	case err != nil:
		return said{}, err
	case !done.Changed() || done.Old == "" && value == "off":
		return said{post: chat.Post{Text: map[string]string{"on": "I am paused in this channel already.", "off": "I am not paused in this channel."}[value]}}, nil
	}
	s := said{post: chat.Post{Text: text + " It holds everywhere within two seconds and is in the journal."}}
	a.announce(ctx, t, &s, usage.Scope{}, func(h hearers) string {
		return fmt.Sprintf(told, a.channelFor(ctx, t, h, p.Channel), reason(r.Why))
	})
	return s, nil
}

// deny stops answering one person, in the channel or the workspace, or answers
// them again. Whom it is about is told to who asked and in the reports, never in
// the channel itself.
func (a *Admin) deny(ctx context.Context, t turn.Task, r ConfigRequest) (said, error) {
	who, held, err := a.person(ctx, t, r.Value)
	if err != nil {
		return said{}, err
	}
	c := settings.DenialChange{Tenant: t.Event.Place.Tenant(), Level: settings.Channel, ID: t.Event.Place.Channel, Person: who, Standing: standing(held), For: r.For,
		By: t.Caller.ID, ByRole: standing(t.Settings.Roles(t.Caller.ID, t.Caller.Actor)), Why: r.Why}
	if r.Level == "workspace" || c.ID == "" || t.Channel.Kind == chat.DirectMessage {
		c.Level, c.ID = settings.Workspace, ""
	}
	apply := a.Settings.Deny
	if r.Verb == "allow" {
		apply = a.Settings.Allow
	}
	done, err := apply(ctx, c)
	if err != nil {
		return said{}, err
	}
	return a.decided(ctx, t, r, c, done), nil
}

// decided says what came of a denial or of taking one back.
func (a *Admin) decided(ctx context.Context, t turn.Task, r ConfigRequest, c settings.DenialChange, done settings.Applied) said {
	name := or(a.shown(ctx, t, done.Key, c.Person), "this person")
	in := map[settings.Level]string{settings.Channel: thisChannel, settings.Workspace: "the workspace"}[c.Level]
	denied := r.Verb == "deny"
	if !done.Changed() {
		text := fmt.Sprintf("**%s** is denied in %s already.", name, in)
		if !denied {
			text = fmt.Sprintf("**%s** is not denied in %s.", name, in)
			if c.Level == settings.Channel {
				text += " If it is for the whole workspace, say `/ai-config allow @person workspace`."
			}
		}
		return said{post: chat.Post{Text: text}}
	}
	text, told := fmt.Sprintf("I answer **%s** in %s again.", name, in), "let %s in again for %s.%s"
	if denied {
		text, told = fmt.Sprintf("I do not answer **%s** in %s any more%s. `/ai-config allow` takes it back.", name, in, a.end(t, c, done)), "denied %s for %s.%s"
	}
	s := said{post: chat.Post{Text: text + " It holds everywhere within two seconds and is in the journal."}}
	a.announce(ctx, t, &s, usage.Scope{}, func(h hearers) string {
		whom := name
		if h.public {
			whom = "a person"
		}
		return fmt.Sprintf(told, whom, a.levelName(ctx, t, h, c.Level), reason(r.Why))
	})
	return s
}

// end says when the denial of a change ends, "" for never.
func (a *Admin) end(t turn.Task, c settings.DenialChange, done settings.Applied) string {
	for _, item := range strings.Split(done.New, ",") {
		if d, ok := settings.ParseDenial(item); ok && d.Who == c.Person && !d.Until.IsZero() {
			return ", until " + when(d.Until, t)
		}
	}
	return ""
}

// person finds the one person that was meant, by mention, id or pseudonym, with
// the roles they hold here now.
func (a *Admin) person(ctx context.Context, t turn.Task, typed string) (pseudonym string, held []settings.Role, err error) {
	p := t.Event.Place
	id := mentioned(typed)
	if strings.HasPrefix(id, "p_") {
		pseudonym = id
		if id, err = a.People.PlatformID(ctx, p.Tenant(), pseudonym); err != nil && !errors.Is(err, record.ErrNotFound) {
			return "", nil, fmt.Errorf("admin: person: %w", err)
		}
	}
	who, err := a.Openers(p.Platform).Directory().Actor(ctx, p.Workspace, id)
	switch {
	case errors.Is(err, chat.ErrNotFound) && pseudonym != "": // somebody who left, known by the list only
		return pseudonym, []settings.Role{settings.Member}, nil
	case errors.Is(err, chat.ErrNotFound):
		return "", nil, fault.Newf(fault.NotFound, "I don't know a person %s. Use the command /ai-config and mention them, or give their id; in a message to me a name alone could mean several people.", redact.Name(typed))
	case err != nil:
		return "", nil, fmt.Errorf("admin: person: %w", err)
	}
	if pseudonym, err = a.People.See(ctx, p.Tenant(), who); err != nil {
		return "", nil, fmt.Errorf("admin: person: %w", err)
	}
	return pseudonym, t.Settings.Roles(pseudonym, who), nil
}

// standing is the role that counts when people decide over people: admins and
// moderators before any other.
func standing(held []settings.Role) settings.Role {
	for _, r := range []settings.Role{settings.Admin, settings.Moderator} {
		if slices.Contains(held, r) {
			return r
		}
	}
	return held[0]
}

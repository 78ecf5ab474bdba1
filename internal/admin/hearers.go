package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/journal"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/redact"
	"github.com/tierwise/tierwise/internal/settings"
	"github.com/tierwise/tierwise/internal/turn"
	"github.com/tierwise/tierwise/usage"
)

// mostHearers bounds how many people are told one thing in direct messages.
const mostHearers = 10

// journalBack is how many changes are looked through for an admin to tell.
const journalBack = 200

// hearers are those to whom something about the workspace is told: the reports
// channel; without one the people who look after it, each in their direct
// conversation; and when nobody is known to look after it, whoever is where it
// happened.
type hearers struct {
	place  chat.Place
	people []string // platform ids; place is the workspace then
	// public: the place is just where it happened, so no figure may be said.
	public bool
}

// direct is a person's direct conversation with the bot.
func direct(at chat.Place, person string) chat.ReplyTo {
	return chat.ReplyTo{Place: chat.Place{Platform: at.Platform, Workspace: at.Workspace}, Private: true, To: person}
}

// replies are a post to each hearer. ids gives the id of the n-th, from 0.
func (h hearers) replies(p chat.Post, ids func(n int) string) []turn.Reply {
	if len(h.people) == 0 {
		p.Job = ids(0)
		return []turn.Reply{{To: chat.ReplyTo{Place: h.place}, At: &h.place, Post: p}}
	}
	out := make([]turn.Reply, len(h.people))
	for n, who := range h.people {
		p.Job, p.Private = ids(n), true
		out[n] = turn.Reply{To: direct(h.place, who), Post: p}
	}
	return out
}

// hearers finds out who hears about a matter. finance is set for what is about
// money; owners are the lists of those who own what it is about. Whoever caused
// it knows it already.
func (a *Admin) hearers(ctx context.Context, t turn.Task, finance bool, owners ...string) (hearers, error) {
	h := hearers{place: t.Event.Place.InChannel()}
	if c := t.Settings.ReportsChannel(); c != "" {
		h.place.Channel = c
		return h, nil
	}
	listed := slices.Concat(t.Settings.AdminList(), owners)
	if finance {
		listed = slices.Concat(listed, t.Settings.FinanceList())
	}
	var err error
	for _, entry := range listed {
		if len(h.people) == mostHearers {
			break
		}
		var who chat.Actor
		if who, err = a.listedPerson(ctx, t, entry); err != nil {
			return h, err
		}
		if who.ID != "" && who.ID != t.Event.Actor.ID && !slices.Contains(h.people, who.ID) {
			h.people = append(h.people, who.ID)
		}
	}
	if len(h.people) == 0 {
		if h.people, err = a.lastAdmin(ctx, t); err != nil {
			return h, err
		}
	}
	h.public = len(h.people) == 0
	return h, nil
}

// listedPerson is who stands behind an entry of a list; the zero Actor for a
// group, for somebody who left and for who is not of the workspace.
func (a *Admin) listedPerson(ctx context.Context, t turn.Task, entry string) (chat.Actor, error) {
	p := t.Event.Place
	id, err := a.People.PlatformID(ctx, p.Tenant(), entry)
	switch {
	case errors.Is(err, record.ErrNotFound):
		id = entry
	case err != nil:
		return chat.Actor{}, fmt.Errorf("admin: hearers: %w", err)
	}
	who, err := a.Openers(p.Platform).Directory().Actor(ctx, p.Workspace, id)
	switch {
	case errors.Is(err, chat.ErrNotFound), err == nil && (who.Guest || who.External || who.Bot):
		return chat.Actor{}, nil
	case err != nil:
		return chat.Actor{}, fmt.Errorf("admin: hearers: %w", err)
	}
	return who, nil
}

// lastAdmin is the admin who last set a limit or a setting and still is one. Who
// is an admin by the platform's word is known one by one only, not as a list.
func (a *Admin) lastAdmin(ctx context.Context, t turn.Task) ([]string, error) {
	list, err := journal.New(a.Records, a.Clock).List(ctx, t.Event.Place.Tenant(), time.Time{}, journalBack)
	if err != nil {
		return nil, fmt.Errorf("admin: hearers: %w", err)
	}
	asked := map[string]bool{t.Caller.ID: true}
	for _, e := range list {
		if asked[e.Who] || e.Role != string(settings.Admin) || e.Subject != journal.Limit && e.Subject != journal.Setting {
			continue
		}
		asked[e.Who] = true
		who, err := a.listedPerson(ctx, t, e.Who)
		if err != nil {
			return nil, err
		}
		if who.ID != "" && t.Settings.RoleOf(e.Who, who) == settings.Admin {
			return []string{who.ID}, nil
		}
	}
	return nil, nil
}

// ownersOf lists who owns a scope, as the lists name them.
func ownersOf(t turn.Task, s usage.Scope) []string {
	if s.Kind == usage.Channel {
		if s.ID == t.Event.Place.Channel {
			return t.Settings.Owners()
		}
		return nil
	}
	return t.Settings.CardOwners(string(s.Kind), s.ID)
}

// announce tells what somebody did; about is the budget it concerns, zero for a
// setting. A failure to find out whom to tell costs the announcement, never the
// change; the journal has it anyway.
func (a *Admin) announce(ctx context.Context, t turn.Task, s *said, about usage.Scope, text func(h hearers) string) {
	owners := t.Settings.Owners()
	if about.Kind != "" {
		owners = ownersOf(t, about)
	}
	h, err := a.hearers(ctx, t, about.Kind != "", owners...)
	switch {
	case err != nil:
		a.Log.Warn("a change was not announced", "job", t.Ticket.Job.ID, "err", err)
		return
	case h.public && (h.place.Channel == "" || t.Channel.Kind == chat.DirectMessage):
		return // there is nobody else
	}
	p := chat.Post{Stage: chat.Final, Text: or(redact.Name(t.Event.Actor.Name), "Somebody") + " " + redact.Neutralise(text(h))}
	s.replies = append(s.replies, h.replies(p, func(n int) string { return t.PostID(announced + n) })...)
}

// announced is the number of the first post that tells others; those before it
// answer who did it.
const announced = 10

// channelFor names a channel to hearers: as theirs where it happened, elsewhere
// by what anybody may read.
func (a *Admin) channelFor(ctx context.Context, t turn.Task, h hearers, channel string) string {
	if h.public {
		return thisChannel
	}
	return a.publicName(ctx, t.Event.Place, channel, t.Event.Actor.ID)
}

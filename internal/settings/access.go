package settings

import (
	"slices"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// Access is where and for whom the bot answers at a place. Lists hold
// pseudonyms or platform ids; an empty allow list allows everyone. Denials are
// those in force when the place was resolved.
type Access struct {
	Enabled                  bool // this channel is on
	Guests, Outsiders        bool
	AllowPeople, AllowGroups []string
	DenyPeople               []Denial
	DenyGroups               []string
	// MinAccount and MinMember are how old an account, and how long ago the
	// joining, must be; 0 asks for nothing.
	MinAccount, MinMember                  time.Duration
	EnabledFrom, GuestsFrom, OutsidersFrom Origin
}

// Access returns the access rules of the place. A channel that was switched on
// or off by itself stays so; else its category decides, else the workspace.
func (r Resolved) Access() Access {
	enabled, _ := r.Get("enabled")
	guests, _ := r.Get("guests")
	outsiders, _ := r.Get("outsiders")
	a := Access{
		Enabled: enabled.Value == "on", Guests: guests.Value == "on", Outsiders: outsiders.Value == "on",
		EnabledFrom: enabled.Origin, GuestsFrom: guests.Origin, OutsidersFrom: outsiders.Origin,
		AllowPeople: r.list("allow.people"), DenyPeople: r.denials(),
		AllowGroups: r.list("allow.groups"), DenyGroups: r.list("deny.groups"),
		MinAccount: r.age("min_account_age"), MinMember: r.age("min_member_age"),
	}
	if category := r.Channel.Category; category != "" && enabled.Origin.Level != Channel {
		switch {
		case slices.Contains(r.list("deny.categories"), category):
			a.Enabled, a.EnabledFrom = false, r.values[position["deny.categories"]].Origin
		case slices.Contains(r.list("allow.categories"), category):
			a.Enabled, a.EnabledFrom = true, r.values[position["allow.categories"]].Origin
		}
	}
	return a
}

// Denied reports whether a person is denied, by name or by a group of theirs,
// and until when: of several denials the latest end counts, and a zero instant
// is none.
func (a Access) Denied(person string, actor chat.Actor) (until time.Time, denied bool) {
	if anyGroup(a.DenyGroups, actor) {
		return time.Time{}, true
	}
	for _, d := range a.DenyPeople {
		if !named([]string{d.Who}, person, actor) {
			continue
		}
		if d.Until.IsZero() {
			return time.Time{}, true
		}
		if denied = true; d.Until.After(until) {
			until = d.Until
		}
	}
	return until, denied
}

// Allows reports whether the lists let a person in. Deny wins; where allow
// lists are set, one of them must name the person or a group of theirs.
func (a Access) Allows(person string, actor chat.Actor) bool {
	if _, denied := a.Denied(person, actor); denied {
		return false
	}
	if len(a.AllowPeople) == 0 && len(a.AllowGroups) == 0 {
		return true
	}
	return named(a.AllowPeople, person, actor) || anyGroup(a.AllowGroups, actor)
}

// OldEnough reports whether an account may be served at an instant, and if not,
// from when it may be. The instant is zero where the platform does not say how
// old the account is: unknown counts as too young wherever an age is asked for.
func (a Access) OldEnough(actor chat.Actor, now time.Time) (from time.Time, ok bool) {
	for _, asked := range []struct {
		since int64
		least time.Duration
	}{{actor.Created, a.MinAccount}, {actor.Since, a.MinMember}} {
		if asked.least <= 0 {
			continue
		}
		if asked.since <= 0 {
			return time.Time{}, false
		}
		if t := time.Unix(asked.since, 0).Add(asked.least); t.After(from) {
			from = t
		}
	}
	return from, !now.Before(from)
}

// RoleOf is the strongest role a person has at the place; see Roles.
func (r Resolved) RoleOf(person string, actor chat.Actor) Role {
	return r.Roles(person, actor)[0]
}

// Roles are the roles a person has at the place, the strongest first and member
// always last: admin by the platform's word or a list, finance, owner of the
// channel and moderator by lists of people or groups. A guest or an outsider is
// never more than a member, whatever a list says.
func (r Resolved) Roles(person string, actor chat.Actor) []Role {
	if actor.Guest || actor.External || actor.Bot {
		return []Role{Member}
	}
	listed := func(list []string) bool { return named(list, person, actor) || anyGroup(list, actor) }
	var held []Role
	if actor.Admin || listed(r.list("admins")) || listed(r.policy.Roles.Admin) {
		held = append(held, Admin)
	}
	if listed(r.list("finance")) || listed(r.policy.Roles.Finance) {
		held = append(held, Finance)
	}
	if listed(r.Owners()) {
		held = append(held, Owner)
	}
	if listed(r.list("moderators")) || listed(r.policy.Roles.Moderator) {
		held = append(held, Moderator)
	}
	return append(held, Member)
}

// RoleFor is the role in which a person may change a setting on a level of the
// place: the strongest one that may. Without any it is the strongest held, and
// Set refuses it.
func (r Resolved) RoleFor(key string, l Level, person string, actor chat.Actor) Role {
	held := r.Roles(person, actor)
	if def, ok := Lookup(key); ok {
		for _, role := range held {
			if def.who(l).may(role, false) {
				return role
			}
		}
	}
	return held[0]
}

// Paused reports whether nothing that needs a model is answered in the channel
// for now.
func (r Resolved) Paused() bool { return r.on("paused") }

// PostEdited reports whether a draft may go into a public channel after a person
// edited it.
func (r Resolved) PostEdited() bool { return r.on("post_edited") }

// Owners lists who owns the channel.
func (r Resolved) Owners() []string { return r.list("owner") }

// FinanceList lists who sees spend, exports and audits, by policy and setting.
func (r Resolved) FinanceList() []string {
	return slices.Concat(r.policy.Roles.Finance, r.list("finance"))
}

// AdminList lists the admins besides the platform's, by policy and setting.
func (r Resolved) AdminList() []string { return slices.Concat(r.policy.Roles.Admin, r.list("admins")) }

func named(list []string, person string, actor chat.Actor) bool {
	return person != "" && slices.Contains(list, person) || actor.ID != "" && slices.Contains(list, actor.ID)
}

func anyGroup(list []string, actor chat.Actor) bool {
	return slices.ContainsFunc(actor.Groups, func(g string) bool { return slices.Contains(list, g) })
}

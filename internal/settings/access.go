package settings

import (
	"slices"

	"github.com/tierwise/tierwise/internal/chat"
)

// Access is where and for whom the bot answers at a place. Lists hold
// pseudonyms or platform ids; an empty allow list allows everyone.
type Access struct {
	Enabled                                bool // this channel is on
	Guests, Outsiders                      bool
	AllowPeople, DenyPeople                []string
	AllowGroups, DenyGroups                []string
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
		AllowPeople: r.list("allow.people"), DenyPeople: r.list("deny.people"),
		AllowGroups: r.list("allow.groups"), DenyGroups: r.list("deny.groups"),
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

// Allows reports whether the lists let a person in. Deny wins; where allow
// lists are set, one of them must name the person or a group of theirs.
func (a Access) Allows(person string, actor chat.Actor) bool {
	if named(a.DenyPeople, person, actor) || anyGroup(a.DenyGroups, actor) {
		return false
	}
	if len(a.AllowPeople) == 0 && len(a.AllowGroups) == 0 {
		return true
	}
	return named(a.AllowPeople, person, actor) || anyGroup(a.AllowGroups, actor)
}

// RoleOf is the strongest role a person has at the place: admin by the
// platform's word or a list, finance by a list, owner of the channel by a list,
// else member. Lists name people or groups. A guest or an outsider is never an
// admin, whatever a list says.
func (r Resolved) RoleOf(person string, actor chat.Actor) Role {
	listed := func(list []string) bool { return named(list, person, actor) || anyGroup(list, actor) }
	switch {
	case actor.Guest || actor.External || actor.Bot:
		return Member
	case actor.Admin || listed(r.list("admins")) || listed(r.policy.Roles.Admin):
		return Admin
	case listed(r.list("finance")) || listed(r.policy.Roles.Finance):
		return Finance
	case listed(r.Owners()):
		return Owner
	}
	return Member
}

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

package settings

import (
	"slices"
	"strings"
)

// Level is where a value comes from.
type Level string

// The levels, from the widest. The first two cannot be set in chat.
const (
	Default   Level = "default"
	Policy    Level = "policy"
	Workspace Level = "workspace"
	Channel   Level = "channel"
	Thread    Level = "thread"
	Person    Level = "person"
)

// Levels lists the levels that can be set in chat, from the widest.
func Levels() []Level { return []Level{Workspace, Channel, Thread, Person} }

// Origin is one spot on a level: a channel id, "<channel>/<thread>", or a
// pseudonym; empty for the workspace, policy and default.
type Origin struct {
	Level Level
	ID    string
}

// String is how a person reads it: "channel C1", "workspace".
func (o Origin) String() string { return strings.TrimRight(string(o.Level)+" "+o.ID, " ") }

// id is the record's id. It is made of platform ids only, so that renaming a
// channel or person changes nothing.
func (o Origin) id() string { return strings.TrimRight(string(o.Level)+"/"+o.ID, "/") }

// Role is in which capacity somebody acts.
type Role string

// The roles.
const (
	Operator Role = "operator"
	Admin    Role = "admin"
	Finance  Role = "finance"
	Owner    Role = "owner" // of the channel, team or workflow in question
	// Moderator takes answers back, pauses channels and denies people; no spend.
	Moderator Role = "moderator"
	Member    Role = "member"
)

// Who is the circle that may change a setting on a level.
type Who string

// The circles.
const (
	Nobody Who = ""
	Admins Who = "an admin"
	Owners Who = "the channel's owner or an admin"
	// Moderators are the owners' circle with the moderators.
	Moderators Who = "a moderator, the channel's owner or an admin"
	Members    Who = "anyone here"
	Self       Who = "the person alone"
)

// may reports whether somebody acting in a role is in the circle; self says
// that the change is of their own preferences.
func (w Who) may(r Role, self bool) bool {
	switch w {
	case Admins:
		return r == Operator || r == Admin
	case Owners:
		return r == Operator || r == Admin || r == Owner
	case Moderators:
		return r == Moderator || Owners.may(r, self)
	case Members:
		return slices.Contains([]Role{Operator, Admin, Finance, Owner, Moderator, Member}, r)
	case Self:
		return self
	}
	return false
}

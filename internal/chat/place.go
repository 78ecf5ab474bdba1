// Package chat holds the platform-neutral words of a conversation: where
// something happened (Place), who did it (Actor), what happened (Event), the
// two doors an adapter knocks at (Door), and how the bot speaks (Opener,
// Responder, Post). Everything here is plain serialisable data or a small
// interface; a platform's own types never appear. The package decides one
// thing only, whether a message is meant for the bot (Address), and that
// decision is a pure function. It stores, sends and bills nothing.
package chat

import "strings"

// Platform names where a conversation lives.
type Platform string

// The platforms. Console is the terminal, Playground the browser.
const (
	Slack      Platform = "slack"
	Discord    Platform = "discord"
	Console    Platform = "console"
	Playground Platform = "playground"
)

// Place is a spot in a conversation. Workspace is the tenant: a Slack team or
// a Discord guild. Thread is empty for the channel itself; a thread's usage
// also counts in its channel.
type Place struct {
	Platform  Platform `json:"platform"`
	Workspace string   `json:"workspace"`
	Channel   string   `json:"channel,omitempty"`
	Thread    string   `json:"thread,omitempty"`
}

// Tenant is the key of the workspace, unique over all platforms:
// "slack/T012AB". Every stored key begins with it.
func (p Place) Tenant() string { return string(p.Platform) + "/" + p.Workspace }

// String is the whole path: "slack/T012AB/C01/1712.34". Empty ends are left out.
func (p Place) String() string {
	return strings.TrimRight(p.Tenant()+"/"+p.Channel+"/"+p.Thread, "/")
}

// InChannel returns the place without its thread.
func (p Place) InChannel() Place {
	p.Thread = ""
	return p
}

// ChannelKind is what kind of channel a place is; it decides defaults for
// visibility and data class.
type ChannelKind string

// The kinds of channel. Unknown is treated like the most private one.
const (
	UnknownChannel ChannelKind = ""
	PublicChannel  ChannelKind = "public"
	PrivateChannel ChannelKind = "private"
	DirectMessage  ChannelKind = "dm"
	GroupMessage   ChannelKind = "group_dm"
)

// Private reports whether the channel's name and content are hidden from
// members who are not in it. An unknown kind counts as private.
func (k ChannelKind) Private() bool { return k != PublicChannel }

// Channel is what the platform says of a channel.
type Channel struct {
	Place    Place       `json:"place"`
	Name     string      `json:"name,omitempty"`
	Kind     ChannelKind `json:"kind,omitempty"`
	Category string      `json:"category,omitempty"` // Discord category id
	Shared   Shared      `json:"shared,omitempty"`
	Members  int         `json:"members,omitempty"` // 0 when not known
}

// Shared says whether people of other organisations are in a channel.
type Shared string

// Unknown is treated as shared: what is not known to be inside is outside.
const (
	SharedUnknown Shared = ""
	NotShared     Shared = "inside"
	WithOutsiders Shared = "outside"
)

// InChannelOf reports whether two places are in the same channel of the same
// workspace.
func (p Place) InChannelOf(q Place) bool {
	return p.Platform == q.Platform && p.Workspace == q.Workspace && p.Channel == q.Channel
}

// PlaceOf is the inverse of Tenant: the workspace as a place.
func PlaceOf(tenant string) Place {
	platform, workspace, _ := strings.Cut(tenant, "/")
	return Place{Platform: Platform(platform), Workspace: workspace}
}

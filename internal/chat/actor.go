package chat

// Actor is the person (or program) behind an event, as the platform describes
// it at that moment. The flags are the platform's word; lists and roles of the
// workspace are added by the gate.
type Actor struct {
	ID       string   `json:"id"`
	Name     string   `json:"name,omitempty"`
	Guest    bool     `json:"guest,omitempty"`    // restricted account inside the workspace
	External bool     `json:"external,omitempty"` // belongs to another organisation
	Admin    bool     `json:"admin,omitempty"`    // admin or owner, says the platform
	Bot      bool     `json:"bot,omitempty"`      // another program
	Self     bool     `json:"self,omitempty"`     // this bot
	Groups   []string `json:"groups,omitempty"`   // Slack usergroup ids or Discord role ids
	Locale   string   `json:"locale,omitempty"`   // BCP 47, "" when not known
	// Since is when the account joined the workspace and Created when it was
	// made, in Unix seconds; 0 when not known.
	Since   int64 `json:"since,omitempty"`
	Created int64 `json:"created,omitempty"`
}

// Identity is the bot's own identity in a workspace.
type Identity struct {
	User  string   `json:"user"`            // the bot's user id
	App   string   `json:"app,omitempty"`   // the app id
	Roles []string `json:"roles,omitempty"` // roles that mean the bot (Discord's managed role)
	Name  string   `json:"name,omitempty"`
}

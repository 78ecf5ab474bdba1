package chat

import (
	"context"
	"errors"
	"time"
)

// Errors of speaking. Adapters wrap the platform's own error around them.
var (
	// ErrUnsupported: this platform cannot do it (see Capabilities).
	ErrUnsupported = errors.New("chat: not supported by this platform")
	// ErrUnknownResult: the call may or may not have taken effect. A public
	// post is then looked up with Find; a private one goes to Drafts.
	ErrUnknownResult = errors.New("chat: result unknown")
	// ErrGone: the address has expired or the message or channel is no more.
	ErrGone = errors.New("chat: address gone")
	// ErrNotFound: no post with that job, or no such person or place.
	ErrNotFound = errors.New("chat: not found")
	// ErrNoAccess: the bot is not in the channel or lacks a permission.
	ErrNoAccess = errors.New("chat: no access")
	// ErrStopped: a person stopped the live post on the platform.
	ErrStopped = errors.New("chat: stopped by a person")
)

// RateLimited is returned when the platform asks to wait.
type RateLimited struct{ After time.Duration }

// Error says how long to wait.
func (r *RateLimited) Error() string { return "chat: rate limited, retry after " + r.After.String() }

// Capabilities is what a platform can do, as data. The core reads it instead
// of asking which platform it is.
type Capabilities struct {
	Threads       bool          `json:"threads"`
	Ephemeral     bool          `json:"ephemeral"` // private posts in a channel
	Edit          bool          `json:"edit"`      // a post can be replaced
	EditEphemeral bool          `json:"edit_ephemeral"`
	Append        bool          `json:"append"`   // native streaming
	MinEdit       time.Duration `json:"min_edit"` // least time between two edits of a post
	Buttons       int           `json:"buttons"`  // at most this many in a row
	Forms         bool          `json:"forms"`
	Files         bool          `json:"files"`
	MaxText       int           `json:"max_text"` // characters of one message; longer text is split
	// MaxParts is how many messages a text is split into at most; a longer one
	// goes out as a file. 0 means that text never becomes a file.
	MaxParts   int  `json:"max_parts,omitempty"`
	Tables     bool `json:"tables"`
	Charts     bool `json:"charts"`
	Permalinks bool `json:"permalinks"`
}

// NeedsFile reports whether a post brings files along: those it has, or its
// text where that is too long for messages.
func (c Capabilities) NeedsFile(p Post) bool {
	return len(p.Files) > 0 || c.MaxParts > 0 && len(Split(p.Text, c.MaxText-units(p.Footer)-footerRoom)) > c.MaxParts
}

// footerRoom is what the mark of a footer takes, in UTF-16 units.
const footerRoom = 4

// Opener gives a Responder for an address. There is one per platform; app
// hands it to the core, which never looks an adapter up.
type Opener interface {
	// Open is for answers. It works on any replica.
	Open(ctx context.Context, to ReplyTo) (Responder, error)
	// OpenPlace is for what nobody asked for just now: warnings,
	// announcements, audits, and posting a draft.
	OpenPlace(ctx context.Context, at Place) (Responder, error)
	// Directory looks people and channels of the platform up.
	Directory() Directory
}

// Responder speaks and reads at one address.
type Responder interface {
	Capabilities() Capabilities
	Speaker
	// History reads the conversation, to the end or to the query's bounds.
	History(ctx context.Context, q HistoryQuery) (History, error)
}

// Speaker writes posts. Every error is one of this package's, wrapped.
type Speaker interface {
	// Put makes the post, or replaces the message Post.Ref names, and returns
	// where it is. Two Puts with the same Job and no Ref may make two messages
	// only when the first one's result was ErrUnknownResult and nobody called
	// Find in between.
	Put(ctx context.Context, p Post) (Ref, error)
	// Append adds text to a live post. ErrUnsupported where the platform has
	// no streaming: the caller then replaces the post at MinEdit intervals.
	Append(ctx context.Context, ref Ref, text string) error
	// Find looks for a post by its job among the newest messages of the place.
	Find(ctx context.Context, job string) (Ref, error)
	// Remove deletes a post of ours; a post already gone is no error.
	Remove(ctx context.Context, ref Ref) error
}

// Directory is the platform's word on people and channels, fresh enough to
// decide by (cached for minutes, never past a change the platform announced).
type Directory interface {
	// Actor describes a person now. ErrNotFound when the platform knows none.
	Actor(ctx context.Context, workspace, id string) (Actor, error)
	// Access says what a person may do at a place now.
	Access(ctx context.Context, at Place, actor string) (Access, error)
	// Resolve finds the place a permalink or a channel name or id points to.
	Resolve(ctx context.Context, workspace, what string) (Place, error)
}

// Access is what a person may do at a place. The zero value allows nothing:
// unknown means off.
type Access struct {
	Channel Channel `json:"channel"`
	Read    bool    `json:"read"`     // sees the conversation
	Write   bool    `json:"write"`    // may post text there
	Attach  bool    `json:"attach"`   // may post files there
	Embed   bool    `json:"embed"`    // links of theirs are shown with a preview there
	BotRead bool    `json:"bot_read"` // the bot was invited and can read
	BotPost bool    `json:"bot_post"` // the bot may post
}

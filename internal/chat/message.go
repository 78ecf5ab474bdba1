package chat

import "time"

// Ref names one message: the channel it is in and the platform's id.
type Ref struct {
	Channel string `json:"channel,omitempty"`
	Thread  string `json:"thread,omitempty"`
	ID      string `json:"id,omitempty"`
}

// IsZero reports whether the Ref names nothing.
func (r Ref) IsZero() bool { return r == Ref{} }

// Message is one message read from a conversation, with names resolved: Text
// has "@anna" and "#ops" where the platform had ids.
type Message struct {
	ID        string    `json:"id"`
	Author    Actor     `json:"author"`
	At        time.Time `json:"at"`
	Text      string    `json:"text"`
	Permalink string    `json:"permalink,omitempty"`
	Thread    string    `json:"thread,omitempty"`
	ReplyTo   string    `json:"reply_to,omitempty"`
	Files     []File    `json:"files,omitempty"`
	Reactions int       `json:"reactions,omitempty"`
	Edited    bool      `json:"edited,omitempty"`
	// Named is set when the message names the bot: it is a request to it, not
	// part of what people say to each other.
	Named bool `json:"named,omitempty"`
}

// File is an attachment: named on the way in, with its bytes on the way out.
type File struct {
	Name string `json:"name"`
	Type string `json:"type,omitempty"` // media type
	Size int64  `json:"size,omitempty"` // bytes
	Alt  string `json:"alt,omitempty"`  // what a reader who cannot see it is told
	Data []byte `json:"data,omitempty"`
}

// Coverage says how much of a conversation was really read. It is shown to the
// person, so that a summary never claims more than it saw.
type Coverage struct {
	Read         int       `json:"read"`                    // messages read
	Total        int       `json:"total"`                   // messages there, -1 when the platform does not say
	FilesSkipped int       `json:"files_skipped,omitempty"` // attachments not read
	From         time.Time `json:"from,omitzero"`
	To           time.Time `json:"to,omitzero"`
	// Why says in a few words why not everything was read: "the platform gives
	// only 15 messages", "newest kept within the limit". Empty when all was read.
	Why string `json:"why,omitempty"`
	// Hidden means the platform withheld contents or history (a missing intent
	// or permission), so that an empty result says nothing about the channel.
	Hidden bool `json:"hidden,omitempty"`
}

// Complete reports whether everything in the range was read.
func (c Coverage) Complete() bool {
	return !c.Hidden && c.Why == "" && (c.Total < 0 || c.Read >= c.Total)
}

// History is a stretch of conversation, oldest first.
type History struct {
	Channel  Channel   `json:"channel"`
	Messages []Message `json:"messages"`
	Coverage Coverage  `json:"coverage"`
}

// HistoryQuery asks for a stretch of conversation.
type HistoryQuery struct {
	// Place is a thread, read from its root, or a channel.
	Place Place `json:"place"`
	// Since and Until bound a channel's history; zero means no bound.
	Since time.Time `json:"since,omitzero"`
	Until time.Time `json:"until,omitzero"`
	// From, in a channel, is the id of the message to begin at ("summarize from here").
	From string `json:"from,omitempty"`
	// Max is the largest number of messages kept: the root and the newest.
	// Zero means the adapter's own bound.
	Max int `json:"max,omitempty"`
}

package chat

import (
	"encoding/json"
	"time"
)

// EventKind is what happened.
type EventKind string

// The kinds of event. A mention is any message meant for the bot, also a
// direct message or a follow-up in a thread it answers in.
const (
	Mention   EventKind = "mention"   // a message for the bot; see Address
	Command   EventKind = "command"   // a slash command
	Shortcut  EventKind = "shortcut"  // a command on a message ("Summarize thread")
	Click     EventKind = "click"     // a button of ours
	Submit    EventKind = "submit"    // a form of ours, filled in
	Stop      EventKind = "stop"      // the platform's own stop button
	Removed   EventKind = "removed"   // the bot was removed from the workspace, or tokens revoked
	Joined    EventKind = "joined"    // the bot was invited to a channel
	Cancelled EventKind = "cancelled" // a form was closed without submitting
	// Notice is something the house itself has to say: a budget threshold was
	// passed, a report is due. It has no actor.
	Notice EventKind = "notice"
)

// Event is one thing that happened in chat, as plain data. An adapter fills
// it, hands it to Door.Accept and forgets it.
type Event struct {
	// ID is the platform's id of the delivery; the same id is the same event.
	ID    string    `json:"id"`
	Kind  EventKind `json:"kind"`
	Place Place     `json:"place"`
	Actor Actor     `json:"actor"`
	At    time.Time `json:"at"`
	// Channel is what the platform said of the channel in the same delivery.
	Channel Channel `json:"channel,omitzero"`
	// Message is the message it happened on: the mention itself, a shortcut's
	// target, the message a button belongs to.
	Message Ref `json:"message,omitzero"`
	// Target is the target message of a shortcut, where the platform sends it.
	Target *Message `json:"target,omitempty"`
	// Text is what was said, without the mention of the bot, ids resolved.
	Text string `json:"text,omitempty"`
	// Files are the attachments of the message, without their bytes.
	Files []File `json:"files,omitempty"`
	// Name is the command ("summarize"), the shortcut ("summarize_thread"), the
	// button's action or the form's id.
	Name string `json:"name,omitempty"`
	// Value is the button's value.
	Value string `json:"value,omitempty"`
	// Fields are a form's values, or a command's typed options, by name.
	Fields map[string]string `json:"fields,omitempty"`
	// State is the form's private state, as it was given when it was opened.
	State string `json:"state,omitempty"`
	// Viewing is the channel or thread the person had open beside a direct
	// message, where the platform says so: what "this" means there. It gives no
	// right to read it; that is asked like for any other place.
	Viewing Place `json:"viewing,omitzero"`
	// ReplyTo is where an answer goes.
	ReplyTo ReplyTo `json:"reply_to"`
}

// Marks are the keys under which a second copy of the event is recognised: the
// delivery id, and for things said in a message the message itself, because
// platforms send one mention as two events with two ids.
func (e Event) Marks() []string {
	marks := []string{"id:" + string(e.Kind) + ":" + e.ID}
	if e.Kind == Mention && !e.Message.IsZero() {
		marks = append(marks, "msg:"+e.Message.Channel+":"+e.Message.ID+":"+string(e.Kind))
	}
	return marks
}

// ReplyTo is the address of an answer. It holds what any replica needs to
// speak there later; Address is the adapter's own and is stored sealed.
//
// A private address whose Place names no channel is the person's direct
// conversation with the bot, which the adapter opens when it speaks.
type ReplyTo struct {
	Place Place `json:"place"`
	// Private means that only To sees the answer. It is fixed when the event is
	// acknowledged; sharing is a new post.
	Private bool   `json:"private,omitempty"`
	To      string `json:"to,omitempty"` // the asker's platform id
	// Message is the message that is answered.
	Message string `json:"message,omitempty"`
	// Address is the adapter's own: a response_url, an interaction token with
	// its expiry and the uses left.
	Address json.RawMessage `json:"address,omitempty"`
}

// Package step is one call of a plan, before anyone knows which model will
// answer it. A Step carries its input twice: as structure (messages with
// author, time and permalink; labels; instruction), on which the local tier
// works, and as the prompt rendered from it, which a remote model reads. The
// package renders nothing and calls nothing.
package step

import (
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// Intent is what a person wants done.
type Intent string

// The four intents.
const (
	Summarize Intent = "summarize"
	Draft     Intent = "draft"
	Classify  Intent = "classify"
	Ask       Intent = "ask"
)

// Intents lists them in the order they are shown.
func Intents() []Intent { return []Intent{Summarize, Draft, Classify, Ask} }

// Purpose is why a call is made; it is booked with the entry.
type Purpose string

// The purposes of a call.
const (
	Answer     Purpose = "answer"
	Vote       Purpose = "vote"       // a second cheap opinion
	Repair     Purpose = "repair"     // the answer failed a check; say what and ask again
	Segment    Purpose = "segment"    // one part of a conversation too long for one call
	Merge      Purpose = "merge"      // join the segments
	Escalation Purpose = "escalation" // one tier up after a failed check
	Shadow     Purpose = "shadow"     // an audit's paired call; never shown
	Judge      Purpose = "judge"
	Route      Purpose = "router"
)

// Step is one call of a plan.
type Step struct {
	N       int     `json:"n"` // 1, 2, …; unique within the plan
	Purpose Purpose `json:"purpose"`
	Intent  Intent  `json:"intent"`
	Input   Input   `json:"input"`
	Prompt  []Turn  `json:"prompt"`
	// MaxOutput bounds the answer in tokens, reasoning included.
	MaxOutput int64 `json:"max_output"`
	// Schema, when set, is the JSON schema the answer must follow.
	Schema []byte `json:"schema,omitempty"`
	// Temperature in thousandths; 0 is the default of the step, not zero heat.
	Milliheat int `json:"milliheat,omitempty"`
}

// Turn is one message of a rendered prompt.
type Turn struct {
	Role   string  `json:"role"` // "system", "user" or "assistant"
	Text   string  `json:"text"`
	Images []Image `json:"images,omitempty"`
	Files  []File  `json:"files,omitempty"`
}

// File is a document sent along: text of any kind, or a PDF. Anything else no
// provider of this wire takes.
type File struct {
	Name string `json:"name,omitempty"` // as the person called it
	Type string `json:"type"`           // media type
	Data []byte `json:"data"`
}

// Image is a picture sent along.
type Image struct {
	Type   string `json:"type"` // media type
	Data   []byte `json:"data"`
	Width  int    `json:"width,omitempty"` // pixels, 0 when unknown
	Height int    `json:"height,omitempty"`
}

// Input is the structured form of a step.
type Input struct {
	// Instruction is what the person wrote, without flags.
	Instruction string `json:"instruction,omitempty"`
	// Messages are the conversation, oldest first, names resolved and redacted.
	Messages []chat.Message `json:"messages,omitempty"`
	// First is the number under which the first of Messages is cited; 0 means
	// 1. A segment of a long conversation keeps the numbers of the whole.
	First    int           `json:"first,omitempty"`
	Coverage chat.Coverage `json:"coverage,omitzero"`
	Channel  string        `json:"channel,omitempty"` // name, for titles
	// Text is the text to work on when it is not a conversation.
	Text   string  `json:"text,omitempty"`
	Labels []Label `json:"labels,omitempty"`
	// Words bounds the answer's length in words; 0 means the intent's own.
	Words    int    `json:"words,omitempty"`
	Language string `json:"language,omitempty"` // BCP 47; "" follows the text
	Tone     string `json:"tone,omitempty"`
	// Template is the draft's kind ("reply", "announcement", …) or a summary's
	// shape ("decisions", "catch-up").
	Template string `json:"template,omitempty"`
	// Asker is the display name of who asked, for drafts.
	Asker string `json:"asker,omitempty"`
	// Previous is an earlier answer that Instruction asks to change.
	Previous string `json:"previous,omitempty"`
	// Now is the time of asking.
	Now time.Time `json:"now,omitzero"`
}

// Label is one class of a label set.
type Label struct {
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	Examples    []string `json:"examples,omitempty"`
}

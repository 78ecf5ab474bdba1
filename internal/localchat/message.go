package localchat

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tierwise/tierwise/internal/chat"
)

// Message is one message as the platform keeps it.
type Message struct {
	Ref    chat.Ref  `json:"ref"`
	Author string    `json:"author"` // member id
	At     time.Time `json:"at"`
	Text   string    `json:"text,omitempty"`
	// Mentions are the members a person named; what the bot says never
	// mentions anyone, so its list is always empty.
	Mentions []string `json:"mentions,omitempty"`
	// Named is set once a person's message has named the bot, so that an edit
	// does not ask again.
	Named  bool `json:"named,omitempty"`
	Edited bool `json:"edited,omitempty"`
	// To is the only member who sees it; "" for everybody.
	To string `json:"to,omitempty"`
	// Post is what the bot said; nil for a person's message.
	Post *chat.Post `json:"post,omitempty"`
	// Head is the first message of a long post of which this one is a
	// continuation.
	Head string `json:"head,omitempty"`
	// Answers is the id of the message it answers.
	Answers string `json:"answers,omitempty"`
	// Stopped is set when a person stopped the post while it was live.
	Stopped bool `json:"stopped,omitempty"`
}

// clone copies a message so far that nobody can change the original through it.
func (m *Message) clone() Message {
	c := *m
	c.Mentions = slices.Clone(m.Mentions)
	if m.Post != nil {
		p := *m.Post
		c.Post = &p
	}
	return c
}

// settled reports whether a message is something to read: a person's, or a
// post of the bot that is no longer on its way.
func (m *Message) settled() bool {
	return m.Post == nil || m.Post.Stage == "" || m.Post.Stage == chat.Final
}

// handleRune reports whether r can be part of a handle.
func handleRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '-'
}

// handles calls found with the start and end (in bytes) of every "@handle".
func handles(text string, found func(start, end int)) {
	for i := 0; i < len(text); {
		at := strings.IndexByte(text[i:], '@')
		if at < 0 {
			return
		}
		start := i + at
		end := start + 1
		for end < len(text) {
			r, size := utf8.DecodeRuneInString(text[end:])
			if !handleRune(r) {
				break
			}
			end += size
		}
		before, _ := utf8.DecodeLastRuneInString(text[:start])
		if end > start+1 && (start == 0 || !handleRune(before)) {
			found(start, end)
		}
		i = max(end, start+1)
	}
}

// mentions are the ids of the members a text names.
func (s *space) mentions(text string) []string {
	var ids []string
	handles(text, func(start, end int) {
		name := strings.ToLower(text[start+1 : end])
		for _, m := range s.members {
			if strings.ToLower(m.Name) == name && !slices.Contains(ids, m.ID) {
				ids = append(ids, m.ID)
			}
		}
	})
	return ids
}

// withoutBot is the text without the mentions of the bot, and without the comma
// or colon of an address ("@tierwise, …").
func withoutBot(text string) string {
	var b strings.Builder
	from := 0
	handles(text, func(start, end int) {
		if !strings.EqualFold(text[start+1:end], BotName) {
			return
		}
		b.WriteString(strings.TrimRight(text[from:start], " "))
		if from = end; from < len(text) && strings.IndexByte(",:", text[from]) >= 0 {
			from++
		}
	})
	b.WriteString(text[from:])
	return strings.TrimSpace(b.String())
}

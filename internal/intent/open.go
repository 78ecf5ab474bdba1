package intent

import (
	"strings"

	"github.com/tierwise/tierwise/internal/step"
)

var (
	// openWords point at a conversation that is before one's eyes.
	openWords = set(`this these here above thread channel conversation discussion dies diese dieser diesen hier kanal`)
	// replyWords make a draft an answer to somebody.
	replyWords = set(`reply respond response answer answers antwort antworte replies`)
)

// pasted is how long a text behind a colon or a line end is when it is what is
// meant itself.
const pasted = 60

// MeansOpen reports whether what was detected is about a conversation the person
// has open: a summary always, a reply, and what says "this", "here" or "the
// thread". A text pasted behind the request is meant itself; a change of an
// earlier answer is about that.
func (d Detected) MeansOpen() bool {
	if d.Revise || d.Command != NoCommand || pastes(d.Instruction) {
		return false
	}
	var wordBuf [maxWords]string
	var clauseBuf [24]clause
	for _, c := range clauses(d.Instruction, wordBuf[:0], clauseBuf[:0]) {
		if anyWord(c.words, openWords) || d.Intent == step.Draft && anyWord(c.words, replyWords) {
			return true
		}
	}
	return d.Intent == step.Summarize
}

func pastes(text string) bool {
	i := strings.IndexAny(text, ":\n")
	return i >= 0 && len(strings.TrimSpace(text[i+1:])) >= pasted
}

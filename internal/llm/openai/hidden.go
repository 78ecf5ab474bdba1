package openai

import (
	"regexp"
	"strings"

	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/internal/token"
)

// hidden is what must not show in an error: the key, the prompt and what was
// answered so far. Providers quote all three in their messages.
type hidden struct {
	key    string
	prompt []step.Turn
	answer string
}

const (
	maxSaid = 240 // bytes of a provider's message that are kept
	window  = 8   // so many bytes in common with the conversation are too many
)

// secretLike is text that looks like a credential of some provider.
var secretLike = regexp.MustCompile(`(?i)\b(?:sk|pk|gsk|xai|key|org|proj|AIza|Bearer)[-_ ]?[A-Za-z0-9_*.\-]{8,}`)

// clean returns a message fit for a log, or a note that it is withheld.
func (h hidden) clean(message string) string {
	m := message
	if len(m) > maxSaid {
		m = m[:maxSaid]
	}
	m = strings.Join(strings.Fields(strings.ToValidUTF8(m, "")), " ")
	if h.key != "" {
		m = strings.ReplaceAll(m, h.key, "[key]")
	}
	m = secretLike.ReplaceAllString(m, "[key]")
	if h.repeats(m) {
		return "[message withheld: it repeats part of the conversation]"
	}
	return m
}

// repeats reports whether m and the conversation have window bytes in common.
// A whole conversation shorter than that is compared as it is; beside a document
// that only the provider can read, every message may.
func (h hidden) repeats(m string) bool {
	texts := make([]string, 0, len(h.prompt)+1)
	for _, t := range h.prompt {
		texts = append(texts, t.Text)
		for _, f := range t.Files {
			if !token.IsText(f.Type) {
				return true // what it says cannot be compared
			}
			texts = append(texts, f.Name, string(f.Data))
		}
	}
	texts = append(texts, h.answer)
	for _, t := range texts {
		t = strings.Join(strings.Fields(t), " ")
		if t != "" && len(t) < window && strings.Contains(m, t) {
			return true
		}
		for i := 0; i+window <= len(m); i++ {
			if strings.Contains(t, m[i:i+window]) {
				return true
			}
		}
	}
	return false
}

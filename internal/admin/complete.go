package admin

import (
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/settings"
)

// maxChoices is what platforms show at most (Discord: 25,
// https://discord.com/developers/docs/interactions/application-commands, read 2026-11-23).
const maxChoices = 25

// complete offers the words that begin with what was typed so far.
func (a *Admin) complete(q chat.Question) chat.Answer {
	var words []string
	switch q.Name {
	case "ai-spend":
		words = viewWords
	case "ai-config":
		words = append(append(words, configVerbs...), settings.Keys()...)
	}
	var ans chat.Answer
	for _, w := range words {
		if strings.HasPrefix(w, strings.ToLower(strings.TrimSpace(q.Value))) && len(ans.Choices) < maxChoices {
			ans.Choices = append(ans.Choices, chat.Choice{Label: w, Value: w})
		}
	}
	return ans
}

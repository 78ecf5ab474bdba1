package local

import (
	"strings"

	"github.com/tierwise/tierwise/internal/step"
)

// summarize lists key messages and the blocks that rules find.
func summarize(in step.Input, l look) string {
	all := sentencesOf(in)
	if len(all) == 0 {
		return "There is nothing to summarize: the messages have no text."
	}
	found := find(in, all, l.items)
	switch in.Template {
	case "decisions":
		return only("Decisions", found.decisions, in.First, "No decision found in the messages.")
	case "actions":
		return only("Action items", found.actions, in.First, "No action item found in the messages.")
	case "questions":
		return only("Open questions", found.questions, in.First, "No open question found in the messages.")
	}
	budget := l.words
	if in.Words > 0 {
		budget = min(max(in.Words*2/3, 15), 400)
	}
	var b strings.Builder
	section(&b, "Key messages", picked(all, budget, found.indexes(l.blocks)), in.First)
	if l.blocks {
		section(&b, "Decisions", found.decisions, in.First)
		section(&b, "Open questions", found.questions, in.First)
		section(&b, "Action items", found.actions, in.First)
	}
	if l.links {
		section(&b, "Links and tickets", found.links, in.First)
	}
	return strings.TrimSpace(b.String())
}

// picked are the key messages. A conversation of nothing but short words gives
// its beginning and its end.
func picked(all []sentence, budget int, elsewhere map[int]bool) []sentence {
	var out, rest []sentence
	for _, i := range keyMessages(all, budget, elsewhere) {
		out = append(out, all[i])
	}
	if len(out) > 0 {
		return out
	}
	for i, s := range all {
		if !elsewhere[i] {
			rest = append(rest, s)
		}
	}
	if len(rest) > 2 {
		rest = []sentence{rest[0], rest[len(rest)-1]}
	}
	return rest
}

func section(b *strings.Builder, title string, items []sentence, first int) {
	if len(items) > 0 {
		b.WriteString("**" + title + "**\n" + bullets(items, first) + "\n")
	}
}

func only(title string, items []sentence, first int, none string) string {
	if len(items) == 0 {
		return none
	}
	var b strings.Builder
	section(&b, title, items, first)
	return strings.TrimSpace(b.String())
}

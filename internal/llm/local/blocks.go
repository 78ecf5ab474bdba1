package local

import (
	"regexp"
	"slices"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/step"
)

// blocks are what rules find in a conversation, each item a sentence with its
// message.
type blocks struct {
	decisions, questions, actions []sentence
	links                         []sentence
}

// find runs the rules over the sentences; each stands under one heading. A
// block keeps its newest items when there are more than the limit: what was said
// last holds.
func find(in step.Input, all []sentence, limit int) blocks {
	var b blocks
	for i, s := range all {
		asks := strings.HasSuffix(s.text, "?")
		bare := s
		bare.text = unmarked(s.text)
		switch {
		case strings.Count(s.text, "\"")%2 == 1: // half of a quotation: nobody here says it
		case requested(s), !asks && (promises(s.text) || takes(bare)):
			bare.name = owner(s, bare)
			b.actions = append(b.actions, bare)
		case asks && len(s.content) >= 1 && len(strings.Fields(s.text)) >= 3:
			if pending(s.text) || !answered(in.Messages, s) {
				b.questions = append(b.questions, s)
			}
		case !asks && pending(s.text) && len(s.content) >= 2:
			b.questions = append(b.questions, s)
		case !asks && len(s.content) >= 2 && decides(s.text):
			b.decided(all, i, bare)
		case len(b.decisions) > 0 && explains(b.decisions[len(b.decisions)-1], s):
			b.decisions = append(b.decisions, s)
		}
		b.links = append(b.links, linksIn(s)...)
	}
	b.decisions, b.questions, b.actions = last(b.decisions, limit), last(b.questions, limit), last(b.actions, limit)
	b.links = last(unique(b.links), limit)
	return b
}

// The expressions are slow beside a look for the words without which they
// cannot match, and most sentences have none of those.
var (
	decisionWords = []string{"deci", "beschluss", "agree", "let", "we'll", "we’ll", "we will", "we are going", "we're going", "going with", "go with", "settled", "final ", "consensus",
		"entsch", "beschl", "vereinbart", "geeinigt", "décid", "acordado", "quedamos"}
	promiseWords = []string{"ll ", "will ", "can take", "ssigned to", ":", "ich ", "je ", "encargo", "voy a", "lo hago"}
)

func has(text string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}

func decides(text string) bool {
	return has(strings.ToLower(text), decisionWords) && decision.MatchString(text) && !unsettled.MatchString(text)
}

// unmarked takes a mark like "to do:" off.
func unmarked(text string) string {
	if i := strings.IndexByte(text, ':'); i < 0 || i > 20 {
		return text
	}
	return marker.ReplaceAllString(text, "")
}

// pending reports whether a sentence says that something is open.
func pending(text string) bool {
	low := strings.ToLower(text)
	return (strings.Contains(low, "open ") || strings.Contains(low, "no owner")) && opens.MatchString(text)
}

// decided adds a decision. "Decision made." speaks of the sentence before it.
func (b *blocks) decided(all []sentence, i int, s sentence) {
	if i > 0 && all[i-1].message == s.message && strings.HasPrefix(strings.ToLower(s.text), "decision made") {
		b.decisions = append(b.decisions, all[i-1])
	}
	if s.words > 1 {
		b.decisions = append(b.decisions, s)
	}
}

// explains reports whether a statement follows a short decision in its message:
// it is its second half more often than not.
func explains(decided, s sentence) bool {
	return decided.message == s.message && decided.at == s.at-1 && decided.words <= 8 && s.words <= 25 && !strings.HasSuffix(s.text, "?")
}

// indexes are the sentences that stand in a block.
func (b blocks) indexes(shown bool) map[int]bool {
	at := map[int]bool{}
	if !shown {
		return at
	}
	for _, list := range [][]sentence{b.decisions, b.questions, b.actions} {
		for _, s := range list {
			at[s.at] = true
		}
	}
	return at
}

// promises reports whether a sentence takes something on.
func promises(text string) bool {
	if has(text, promiseWords) && action.MatchString(text) {
		return !figurative.MatchString(text)
	}
	return strings.Contains(text, "I ") && commits.MatchString(text) && soon.MatchString(text)
}

// takes reports whether a sentence gives something to a person of the
// conversation with a date: "Omar adds an alert on this by Thursday".
func takes(s sentence) bool {
	words := strings.Fields(s.text)
	if len(words) < 4 || !s.people[strings.ToLower(words[0])] || !soon.MatchString(s.text) {
		return false
	}
	verb := words[1]
	return verb == "will" || len(verb) > 3 && strings.HasSuffix(verb, "s") && !strings.HasSuffix(verb, "ss")
}

func last(list []sentence, n int) []sentence { return list[max(0, len(list)-n):] }

// requested reports whether a sentence asks a person of the conversation to do
// something.
func requested(s sentence) bool {
	low := strings.ToLower(s.text)
	if !strings.Contains(low, " you ") && !strings.Contains(low, "please") && !strings.Contains(low, "pls") {
		return false
	}
	m := request.FindStringSubmatch(s.text)
	if m == nil {
		return false
	}
	return m[1] == "" && len(s.content) >= 2 || s.people[strings.ToLower(m[1])] || strings.HasPrefix(strings.TrimSpace(m[0]), "@")
}

// assigned finds the owner of a written action item: "ACTION: joy to fix …".
var assigned = regexp.MustCompile(`(?i)\b(?:action(?: item)?|todo|next step)\]?:?\s+@?([\pL\d_.-]{2,30}) to \pL`)

// owner is who has been asked, in the words of the sentence; else the speaker.
// bare is the sentence without a mark like "to do:".
func owner(s, bare sentence) string {
	m := request.FindStringSubmatch(s.text)
	if m == nil || m[1] == "" {
		m = assigned.FindStringSubmatch(s.text)
	}
	who := ""
	switch {
	case m != nil:
		who = m[1]
	case takes(bare):
		who, _, _ = strings.Cut(bare.text, " ")
	}
	if who == "" || strings.EqualFold(who, s.name) {
		return s.name
	}
	return s.name + " → " + who
}

// answered looks for an answer by another person: a reply to the message, one
// of the next three that is no question, or one of the next ten that names the
// asker or shares a content word.
func answered(all []chat.Message, s sentence) bool {
	at := s.message
	if at < 0 {
		return false
	}
	asked := all[at]
	name := strings.ToLower(asked.Author.Name)
	for d, m := range all[at+1 : min(len(all), at+11)] {
		if m.Author.ID == asked.Author.ID && m.Author.Name == asked.Author.Name {
			continue
		}
		text := strings.TrimSpace(m.Text)
		switch {
		case m.ReplyTo != "" && m.ReplyTo == asked.ID:
			return true
		case strings.HasSuffix(text, "?") || text == "":
		case d < 3:
			return true
		case name != "" && strings.Contains(strings.ToLower(text), name):
			return true
		default:
			for _, w := range contentWords(text) {
				if len(w) > 3 && slices.Contains(s.content, w) {
					return true
				}
			}
		}
	}
	return false
}

// linksIn lists the web links and ticket ids of a sentence.
func linksIn(s sentence) []sentence {
	if !strings.ContainsAny(s.text, "0123456789:") {
		return nil
	}
	var out []sentence
	var links []string
	if strings.Contains(s.text, "://") {
		links = webLink.FindAllString(s.text, 4)
	}
	for _, l := range links {
		out = append(out, sentence{message: s.message, text: strings.TrimRight(l, ".,;:!?")})
	}
	if !strings.ContainsAny(s.text, "0123456789") {
		return out
	}
	rest := withoutLinks(s.text)
	for _, t := range ticket.FindAllString(rest, 4) {
		out = append(out, sentence{message: s.message, text: strings.TrimSpace(t)})
	}
	return out
}

func unique(list []sentence) []sentence {
	seen := map[string]bool{}
	return slices.DeleteFunc(list, func(s sentence) bool {
		key := strings.ToLower(s.text)
		double := seen[key]
		seen[key] = true
		return double
	})
}

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

var (
	decision = regexp.MustCompile(`(?i)\b(we('|’)?(ll| will| are going to|('|’)re going to) (go|use|ship|keep|do|drop|move|release|take|start|stop|switch|postpone|merge|revert|not)\b|(we|i|team|they)('|’)?(ve)? (have )?(decided|agreed)|decision:|agreed[:,.!]|agreed,? |let('|’)?s (go with|do|use|keep|drop|ship|move|not|postpone|stick)|settled on|go(ing)? with (the|option|plan)|final (call|decision|answer)|it('|’)?s decided|consensus)`)
	action   = regexp.MustCompile(`(?i)(\bI('|’)ll (?:(?:also|then|just|try to|go|have to) )*(?:take|do|fix|write|send|check|look|update|open|file|add|make|ask|ping|test|review|prepare|create|post|push|merge|set|draft|work|handle|follow|schedule|upload|contact|try|read|move|change|remove|put|talk|call|email|mail|document|ship|get|bring|investigate|report|reproduce|run|see (?:if|what))\b|\bI will (?:take|do|fix|write|send|check|look|update|open|file|add|make|ask|test|review|prepare|create|post|push|merge|handle|follow|schedule|call|email|mail|move|talk|get|bring|tell)\b|\b(todo|to do|action item|action|next step):|\bI can take (that|this|it)\b|\bassigned to\b)`)
	request  = regexp.MustCompile(`(?i)(?:^|\s)@?([\pL\d_.-]{2,30})[:,]? (?:can|could|would|will) you (?:please )?(\pL+)|^(?:please|pls) (\pL+)`)
	webLink  = regexp.MustCompile(`https?://[^\s<>()\[\]"']+`)
	ticket   = regexp.MustCompile(`\b[A-Z][A-Z0-9]{1,9}-\d{1,6}\b|(?:^|\s)#\d{2,7}\b|(?i:\b(?:bug|issue|ticket|pr|lp) #?\d{2,7}\b)`)
)

// find runs the rules over the sentences. Each block keeps its newest items
// when there are more than the limit: what was said last holds.
func find(in step.Input, all []sentence, limit int) blocks {
	var b blocks
	authors := map[string]bool{}
	for _, m := range in.Messages {
		authors[strings.ToLower(m.Author.Name)] = true
	}
	for _, s := range all {
		asks := strings.HasSuffix(s.text, "?")
		switch {
		case asks && !requested(s, authors) && len(s.content) >= 1 && len(strings.Fields(s.text)) >= 3:
			if !answered(in.Messages, s) {
				b.questions = append(b.questions, s)
			}
		case !asks && (promises(s.text) || takes(s, authors)):
			s.name = owner(s)
			b.actions = append(b.actions, s)
		case requested(s, authors):
			s.name = owner(s)
			b.actions = append(b.actions, s)
		case !asks && len(s.content) >= 2 && decision.MatchString(s.text):
			b.decisions = append(b.decisions, s)
		}
		b.links = append(b.links, linksIn(s)...)
	}
	b.decisions, b.questions, b.actions = last(b.decisions, limit), last(b.questions, limit), last(b.actions, limit)
	b.links = last(unique(b.links), limit)
	return b
}

// promises reports whether a sentence takes something on. The words every form
// needs are looked for first, because most sentences have none of them.
func promises(text string) bool {
	for _, w := range []string{"ll ", "will ", "can take", "ssigned to", ":"} {
		if strings.Contains(text, w) {
			return action.MatchString(text)
		}
	}
	return false
}

// takes reports whether a sentence gives something to a person of the
// conversation with a date: "Omar adds an alert on this by Thursday".
func takes(s sentence, authors map[string]bool) bool {
	words := strings.Fields(s.text)
	if len(words) < 4 || !authors[strings.ToLower(words[0])] || !strings.Contains(s.text, " by ") {
		return false
	}
	verb := words[1]
	return verb == "will" || len(verb) > 3 && strings.HasSuffix(verb, "s") && !strings.HasSuffix(verb, "ss")
}

func last(list []sentence, n int) []sentence { return list[max(0, len(list)-n):] }

// requested reports whether a sentence asks a person of the conversation to do
// something.
func requested(s sentence, authors map[string]bool) bool {
	if !strings.Contains(s.text, " you ") && !strings.HasPrefix(strings.ToLower(s.text), "pl") {
		return false
	}
	m := request.FindStringSubmatch(s.text)
	if m == nil {
		return false
	}
	return m[3] != "" && len(s.content) >= 2 || authors[strings.ToLower(m[1])] || strings.Contains(m[0], "@")
}

// assigned finds the owner of a written action item: "ACTION: joy to fix …".
var assigned = regexp.MustCompile(`(?i)\b(?:action(?: item)?|todo|next step)\]?:?\s+@?([\pL\d_.-]{2,30}) to \pL`)

// owner is who has been asked, in the words of the sentence; else the speaker.
func owner(s sentence) string {
	m := request.FindStringSubmatch(s.text)
	if m == nil || m[1] == "" {
		m = assigned.FindStringSubmatch(s.text)
	}
	if m == nil || strings.EqualFold(m[1], s.name) {
		return s.name
	}
	return s.name + " → " + m[1]
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
	for _, l := range webLink.FindAllString(s.text, 4) {
		out = append(out, sentence{message: s.message, text: strings.TrimRight(l, ".,;:!?")})
	}
	rest := webLink.ReplaceAllString(s.text, " ")
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

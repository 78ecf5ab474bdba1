package intent

import (
	"strings"

	"github.com/tierwise/tierwise/internal/step"
)

const (
	sureVerb     = 90
	sureNoun     = 82
	sureQuestion = 80
	sureAsk      = 70
	sureMaybe    = 55
	sureNot      = 30
)

// imperative reads a clause that begins with a verb: "summarize …", "give me …".
func imperative(w []string, i int) guess {
	v := w[i]
	switch {
	case summarizeVerbs[v], v == "sum", v == "tl", v == "fasse", phrase(w, i, "catch", "me"), phrase(w, i, "catch", "us"),
		phrase(w, i, "fill", "me"), phrase(w, i, "bring", "me"), phrase(w, i, "get", "me", "up"), phrase(w, i, "boil"),
		phrase(w, i, "wrap", "up"), phrase(w, i, "wrap", "this"), phrase(w, i, "bullet"), phrase(w, i, "outline"), phrase(w, i, "run", "me", "through"),
		phrase(w, i, "update", "me"), phrase(w, i, "bullet-point"):
		return spokenOf(w, i, guess{step.Summarize, sureVerb})
	case classifyVerbs[v], v == "score" && anyWord(w[i:], pointers), v == "assign" && anyWord(w[i:], classNouns), v == "group" && anyWord(w[i:], pointers):
		return spokenOf(w, i, guess{step.Classify, sureVerb})
	case v == "answer" && (i+1 == len(w) || at(w, i+1) == "me" || at(w, i+1) == "my" || at(w, i+1) == "the" && at(w, i+2) == "question"):
		return guess{step.Ask, sureVerb}
	case draftVerbs[v]:
		return spokenOf(w, i, guess{step.Draft, sureVerb})
	case v == "turn" || v == "make" || v == "convert" || v == "tone" || v == "fix" && anyWord(w[i:], wordings):
		return transform(w, i)
	case v == "help" && i+1 < len(w):
		return helpMe(w, i+1)
	case v == "tell":
		return tell(w, i+1)
	case v == "give" || v == "show" || v == "get" || v == "send" || v == "list" || v == "extract" || v == "pull" || v == "find" || v == "collect" || v == "create" || v == "generate" || v == "produce" || v == "provide" || v == "do" && at(w, i+1) == "a" || v == "post" || v == "share":
		return wanted(w, i+1)
	case v == "determine" || v == "decide" || v == "identify" || v == "detect" || v == "pick" || v == "choose" || v == "set" || v == "put" || v == "call":
		if anyWord(w[i:], classNouns) || phrase(w, i+1, "if", "this", "is") || phrase(w, i+1, "whether", "this", "is") || v == "call" && isThis(w, i+1) && kindAsked(w, i+2) {
			return guess{step.Classify, sureQuestion}
		}
	case askVerbs[v]:
		return guess{step.Ask, sureVerb - 5}
	case v == "thank" && i+1 < len(w) && at(w, i+1) != "you":
		return guess{step.Draft, sureQuestion}
	}
	return guess{}
}

// spokenOf lowers a verb that is really a noun being spoken of: "draft is
// wrong", "summarize was better".
func spokenOf(w []string, i int, g guess) guess {
	if next := at(w, i+1); auxes[next] && next != "do" && next != "can" {
		return guess{step.Ask, sureMaybe}
	}
	return g
}

// transform reads "turn this into a changelog entry", "make it sound friendlier".
func transform(w []string, i int) guess {
	for k, x := range w[i:] {
		switch x {
		case "into", "to":
			if g := nounPhrase(w, i+k+1); g.intent != "" {
				return g
			}
			if x == "into" {
				return guess{step.Draft, sureVerb - 5}
			}
		case "sound", "more", "less", "friendlier", "politer", "nicer", "warmer", "grammar", "tone", "wording", "spelling", "typos", "presentable":
			return guess{step.Draft, sureVerb - 5}
		}
	}
	return wanted(w, i+1)
}

// helpMe reads what follows "help".
func helpMe(w []string, i int) guess {
	if at(w, i) == "me" || at(w, i) == "us" {
		i++
	}
	if at(w, i) == "to" {
		i++
	}
	if at(w, i) == "with" {
		i++
	}
	if i >= len(w) {
		return guess{step.Ask, sureMaybe}
	}
	if w[i] == "answer" || w[i] == "say" {
		return guess{step.Draft, sureVerb}
	}
	if g := imperative(w, i); g.intent != "" {
		return g
	}
	if g := nounPhrase(w, i); g.intent != "" {
		return g
	}
	return guess{step.Ask, sureVerb - 5}
}

// tell reads what follows "tell": "me what I missed" is a summary, "the team
// that …" a message, "me …" a question.
func tell(w []string, i int) guess {
	if at(w, i) != "me" && at(w, i) != "us" {
		return guess{step.Draft, sureQuestion}
	}
	i++
	if g := missed(w, i); g.intent != "" {
		return g
	}
	for _, lead := range []string{"if", "whether"} {
		if at(w, i) == lead && isThis(w, i+1) && anyWord(w[i:], kinds) {
			return guess{step.Classify, sureQuestion}
		}
	}
	if i < len(w) && whWords[w[i]] {
		if g := question(w, i, '?'); g.intent != step.Ask {
			return g
		}
	}
	return guess{step.Ask, sureVerb - 5}
}

// wanted reads the object of "give me", "list", "create".
func wanted(w []string, i int) guess {
	for x := at(w, i); x == "me" || x == "us" || x == "out" || x == "up" || x == "together"; x = at(w, i) {
		i++
	}
	if g := nounPhrase(w, i); g.intent != "" {
		g.sure = max(g.sure, sureQuestion)
		return g
	}
	if i < len(w) && whWords[w[i]] {
		return question(w, i, '?')
	}
	return guess{step.Ask, sureAsk}
}

// nounPhrase reads a clause whose first noun is the thing wanted: "short
// summary of …", "release announcement for …", "thank-you note".
func nounPhrase(w []string, i int) guess {
	if at(w, i) == "short" && at(w, i+1) == "version" || at(w, i) == "the" && phrase(w, i+1, "short", "version") {
		return guess{step.Summarize, sureNoun}
	}
	for i < len(w) && (small[w[i]] || w[i] == "of" || w[i] == "all") {
		i++
	}
	for k := i; k < len(w) && k < i+3; k++ {
		if k > i && boundary[w[k-1]] {
			break
		}
		if gist(w, k) && !auxes[at(w, k+1)] {
			return guess{step.Summarize, sureNoun}
		}
		if draftNouns[w[k]] && !auxes[at(w, k+1)] {
			return guess{step.Draft, sureNoun}
		}
		if classNouns[w[k]] && (k+1 == len(w) || boundary[at(w, k+1)]) {
			return guess{step.Classify, sureNoun}
		}
	}
	return guess{}
}

// boundary words end a noun phrase.
var boundary = set(`of for to about on in from with that which i we you and or is was this the a at by since above here please if`)

// wordings are what "fix the …" means when a text is to be improved.
var wordings = set(`grammar wording spelling tone typos`)

// gist reports whether a word that asks for a summary stands at i.
func gist(w []string, i int) bool {
	x := at(w, i)
	if gistNouns[x] {
		return true
	}
	second, ok := gistPairs[x]
	if !ok {
		return false
	}
	if second == "" {
		return true
	}
	next := at(w, i+1)
	for _, s := range strings.Fields(second) {
		if s == next {
			return true
		}
	}
	return false
}

// statement reads a clause that is neither an order nor a question: a wish
// ("would be great to have a recap"), or plain talk.
func statement(w []string, i int, end byte) guess {
	if alternatives(w, i, end) {
		return guess{step.Classify, sureQuestion}
	}
	for k := i; k < len(w); k++ {
		if negations[w[k]] || w[k] == "of" && at(w, k-1) == "instead" {
			break
		}
		det := at(w, k-1)
		if det == "the" || det == "your" || det == "that" || det == "his" || det == "her" || det == "their" || det == "last" || det == "my" {
			continue // spoken of
		}
		switch {
		case summarizeVerbs[w[k]] && det != "to" || gist(w, k) && w[k] != "minutes":
			return guess{step.Summarize, sureMaybe}
		case classifyVerbs[w[k]] && w[k] != "sort" && w[k] != "rate" && w[k] != "label" && w[k] != "tag":
			return guess{step.Classify, sureMaybe}
		case w[k] == "draft" || w[k] == "announcement" || w[k] == "reply" && (det == "a" || det == "to"):
			return guess{step.Draft, sureMaybe}
		}
	}
	if end == '?' {
		return guess{step.Ask, sureMaybe}
	}
	return guess{step.Ask, sureNot}
}

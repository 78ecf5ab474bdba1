package intent

import "github.com/tierwise/tierwise/internal/step"

// question reads a clause that begins with a question word or an auxiliary.
// Most questions are asks; a few patterns mean a summary, a class or a draft.
func question(w []string, i int, end byte) guess {
	if g := missed(w, i); g.intent != "" {
		return g
	}
	if wordingWanted(w, i) {
		return guess{step.Draft, sureQuestion}
	}
	if classWanted(w, i, end) {
		return guess{step.Classify, sureQuestion}
	}
	return guess{step.Ask, sureAsk}
}

// missed reads the questions that want a summary: "what did I miss", "what's
// the gist", "where do we stand".
func missed(w []string, i int) guess {
	yes := guess{step.Summarize, sureQuestion}
	for k := i; k < len(w); k++ {
		if (w[k] == "miss" || w[k] == "missed") && (at(w, k-1) == "i" || at(w, k-1) == "we" || at(w, k-1) == "i've" || at(w, k-1) == "have") && (k+1 == len(w) || scoped(w, k+1)) {
			return yes
		}
		if w[k] == "speed" && phrase(w, k-2, "up", "to") {
			return yes
		}
	}
	first := at(w, i)
	switch first {
	case "what", "what's", "whats", "which", "where", "how", "anything":
	case "are", "is", "were", "any":
		if (at(w, i+1) == "there" || first == "any") && endsWithGist(w, i) {
			return yes
		}
		return guess{}
	default:
		return guess{}
	}
	rest := w[i+1:]
	switch {
	case (at(rest, 0) == "happened" || phrase(rest, 0, "has", "happened") || phrase(rest, 0, "going", "on") || phrase(rest, 0, "is", "going", "on") || phrase(rest, 0, "new")) && scoped(w, i+2):
		return yes
	case first == "where" && (phrase(rest, 0, "do", "we", "stand") || phrase(rest, 0, "are", "we", "on", "this") || phrase(rest, 0, "are", "we", "at")):
		return yes
	case first == "where":
		return guess{}
	case phrase(rest, 0, "did", "we", "decide") && scoped(rest, 3), phrase(rest, 0, "did", "we", "agree") && (scoped(rest, 3) || at(rest, 3) == "on" && scoped(rest, 4)), phrase(rest, 0, "have", "we", "decided"),
		phrase(rest, 0, "was", "decided") && scoped(rest, 2), phrase(rest, 0, "has", "been", "decided"), phrase(rest, 0, "got", "decided"), phrase(rest, 0, "was", "agreed"),
		phrase(rest, 0, "was", "discussed"), phrase(rest, 0, "did", "they", "decide"), phrase(rest, 0, "are", "people", "saying"), phrase(rest, 0, "is", "everyone", "saying"):
		return yes
	case phrase(rest, 0, "the", "latest"), phrase(rest, 0, "is", "the", "latest"):
		if scoped(w, i+3) {
			return yes
		}
	case phrase(rest, 0, "this", "thread"), phrase(rest, 0, "is", "this", "thread", "about"), phrase(rest, 0, "is", "this", "about"), phrase(rest, 0, "is", "this", "conversation", "about"):
		if at(rest, 0) == "is" || at(w, len(w)-1) == "about" {
			return yes
		}
	}
	if k := gistAt(w, i); k > 0 && k <= i+5 && !auxQuestionVerb(w, i) && !about(w, i, k) {
		return yes
	}
	return guess{}
}

// scoped reports whether the words from i on only say where or since when, so
// that "what happened here today" is a summary and "what happened to the
// build" is not.
func scoped(w []string, i int) bool {
	if i >= len(w) {
		return true
	}
	switch w[i] {
	case "to", "with", "when", "if", "after":
		return false
	}
	return anyWord(w[i:], scopes)
}

func gistAt(w []string, i int) int {
	for k := i + 1; k < len(w); k++ {
		if gist(w, k) {
			return k
		}
	}
	return 0
}

func endsWithGist(w []string, i int) bool {
	k := gistAt(w, i)
	return k > 0
}

// about reports that the word at k is spoken of rather than asked for: "what
// does the summary say", "what is a recap", "what's wrong with the summary".
func about(w []string, i, k int) bool {
	det := at(w, k-1)
	if det == "a" || det == "your" || det == "with" || det == "of" {
		return true
	}
	for _, x := range w[i+1 : k] {
		if x == "wrong" || x == "mean" || x == "think" || x == "does" || x == "about" || x == "for" || x == "from" || x == "in" {
			return true
		}
	}
	for _, x := range w[k+1:] {
		if x == "say" || x == "mean" || x == "says" || x == "means" || x == "miss" || x == "wrong" {
			return true
		}
	}
	return false
}

// auxQuestionVerb: "which summary is right", "how good is the summary".
func auxQuestionVerb(w []string, i int) bool { return w[i] == "which" || w[i] == "how" }

// wordingWanted reads "how should I reply", "what do we say to", "how do I
// politely decline".
func wordingWanted(w []string, i int) bool {
	if w[i] != "how" && w[i] != "what" && w[i] != "how'd" {
		return false
	}
	a, b := at(w, i+1), at(w, i+2)
	if a != "should" && a != "do" && a != "would" && a != "can" && a != "could" || b != "i" && b != "we" && b != "you" {
		return false
	}
	k := i + 3
	for x := at(w, k); x == "best" || x == "politely" || x == "nicely" || x == "gently" || x == "diplomatically"; x = at(w, k) {
		k++
	}
	switch at(w, k) {
	case "reply", "respond", "word", "phrase", "decline", "apologize", "apologise":
		return true
	case "say", "write", "answer", "tell":
		return a != "do" || b != "we" || at(w, k) == "say"
	}
	return false
}

// classWanted reads the questions that want a class.
func classWanted(w []string, i int, end byte) bool {
	switch w[i] {
	case "what", "what's", "whats", "which":
		for k := i + 1; k < len(w) && k < i+5; k++ {
			if classNouns[w[k]] && at(w, k-1) != "a" && at(w, k-1) != "an" && (anyWord(w[k+1:], pointers) || k+1 == len(w) || anyWord(w[i:k], pointers)) {
				return true
			}
		}
		if (at(w, i+1) == "kind" || at(w, i+1) == "type" || at(w, i+1) == "sort") && at(w, i+2) == "of" && anyWord(w[i+3:], pointers) || at(w, i+1) == "type" && anyWord(w[i+2:], pointers) {
			return true
		}
		if w[i] == "which" && belongs(w[i:]) && anyWord(w[i+1:], pointers) {
			return true
		}
		return false
	case "how":
		return levels[at(w, i+1)] && (anyWord(w[i+2:], pointers) || len(w) == i+2)
	case "is", "are", "was", "does", "should", "would", "do", "isn't", "could":
		if !isThis(w, i+1) && !phrase(w, i, "does", "this") {
			return false
		}
		return alternatives(w, i+1, '?') || kindAsked(w, i+2)
	case "who":
		return false
	}
	return false
}

// isThis reports whether the words at i point at something said here: "this",
// "the last message", "that ticket".
func isThis(w []string, i int) bool {
	switch at(w, i) {
	case "this", "that", "it", "these", "those":
		return true
	case "the":
		return pointers[at(w, i+1)] && at(w, i+1) != "thread" && at(w, i+1) != "one" || pointers[at(w, i+2)] && at(w, i+1) == "last"
	}
	return false
}

// kindAsked reports whether a kind is what the question is about: the last word
// or the one behind "a".
func kindAsked(w []string, i int) bool {
	for k := i; k < len(w); k++ {
		if kinds[w[k]] && (k == len(w)-1 || at(w, k+1) == "or" || at(w, k-1) == "a" || at(w, k-1) == "an") {
			return true
		}
	}
	return false
}

// alternatives reports whether the words offer a choice of classes: "a bug or
// a question", "p1 or p3", with at least one of them a known kind or a point
// at something here.
func alternatives(w []string, i int, end byte) bool {
	for k := i + 1; k+1 < len(w); k++ {
		if w[k] != "or" || at(w, k+1) == "not" {
			continue
		}
		if kinds[w[k-1]] || kinds[w[k+1]] || (at(w, k+1) == "a" || at(w, k+1) == "an") && kinds[at(w, k+2)] {
			return true
		}
		if isThis(w, i) && (at(w, i+1) == "a" || at(w, i+1) == "an" || at(w, i+1) == "more") {
			return true
		}
	}
	return false
}

// belongs: "which team should own this", "which queue does it go to".
func belongs(w []string) bool {
	for k, x := range w {
		switch x {
		case "own", "belong", "belongs", "handle", "owns", "fits", "fit", "handles", "take", "applies", "apply":
			return k > 1
		case "go":
			return at(w, k+1) == "to" || at(w, k+1) == "in" || at(w, k+1) == "into"
		}
	}
	return false
}

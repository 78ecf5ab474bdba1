package intent

import (
	"strings"

	"github.com/tierwise/tierwise/internal/step"
)

// Detect reads a mention's text, without the mention itself, and says what is
// meant. hasThread tells whether there is an earlier conversation that "this"
// or "shorter" could mean. It never fails: what it cannot read is an ask with a
// confidence below Sure.
func Detect(text string, hasThread bool) Detected {
	rest, flags := splitFlags(text)
	d := Detected{Instruction: rest, Flags: flags}
	var wordBuf [maxWords]string
	var clauseBuf [24]clause
	cs := clauses(rest, wordBuf[:0], clauseBuf[:0])
	if cmd := command(cs, rest); cmd != NoCommand {
		d.Command, d.Confidence = cmd, 90
		d.Alternatives = step.Intents()
		return d
	}
	if d.revision(cs, hasThread) {
		d.Alternatives = others(d.Intent)
		return d
	}
	d.Intent, d.Confidence, d.Alternatives = best(cs)
	if flags.LabelsGiven && d.Intent != step.Classify && d.Confidence < 85 {
		d.setIntent(step.Classify, 85)
	}
	if flags.Template != "" && d.Confidence < 80 {
		d.setIntent(step.Draft, 80)
	}
	if d.Intent == step.Classify && !d.Flags.LabelsGiven {
		d.Flags.Labels = labelsIn(rest)
	}
	return d
}

func (d *Detected) setIntent(i step.Intent, confidence int) {
	d.Intent, d.Confidence, d.Alternatives = i, confidence, others(i)
}

// guess is what one clause seems to want.
type guess struct {
	intent step.Intent
	sure   int
}

// best weighs the clauses: the surest guess wins, the earlier of two equals.
// The runner-up comes first among the alternatives.
func best(cs []clause) (step.Intent, int, []step.Intent) {
	top, next := guess{step.Ask, 30}, guess{}
	found := false
	for i := range cs {
		g := read(cs[i])
		switch {
		case g.intent == "":
		case !found || g.sure > top.sure:
			if found && g.intent != top.intent {
				next = top
			}
			top, found = g, true
		case g.intent != top.intent && g.sure > next.sure:
			next = g
		}
		if cs[i].end == ':' && found && top.sure >= 85 {
			break // what follows a command and a colon is its object
		}
	}
	alt := others(top.intent)
	for i, a := range alt {
		if a == next.intent {
			copy(alt[1:i+1], alt[:i])
			alt[0] = a
		}
	}
	return top.intent, top.sure, alt
}

// read reads one clause.
func read(c clause) guess {
	w := c.words
	h := skipPolite(w)
	if h == len(w) {
		return guess{}
	}
	if n := negated(w, h); n > 0 {
		// "instead of summarizing draft a reply": go on behind what is not wanted.
		if rest := behindNegated(w, h+n); rest < len(w) {
			return imperative(w, rest)
		}
		return guess{}
	}
	if g := imperative(w, h); g.intent != "" {
		return g
	}
	if (whWords[w[h]] || auxes[w[h]]) && at(w, h+1) != "be" {
		return question(w, h, c.end)
	}
	if g := nounPhrase(w, h); g.intent != "" {
		return g
	}
	return statement(w, h, c.end)
}

// skipPolite returns where the clause's own matter begins: behind greetings,
// "could you please", "I'd like you to", "let's".
func skipPolite(w []string) int {
	i := 0
	for i < len(w) {
		switch {
		case polite[w[i]] || strings.HasPrefix(w[i], "@"):
			i++
		case (w[i] == "can" || w[i] == "could" || w[i] == "would" || w[i] == "will") && at(w, i+1) == "you":
			i += 2
		case phrase(w, i, "are", "you", "able", "to"), phrase(w, i, "would", "you", "mind"), phrase(w, i, "i", "need", "you", "to"),
			phrase(w, i, "i", "want", "you", "to"), phrase(w, i, "i'd", "like", "you", "to"):
			i += min(4, len(w)-i)
		case phrase(w, i, "i", "would", "like", "you", "to"):
			i += 5
		case phrase(w, i, "i'd", "like", "to"), phrase(w, i, "i'd", "like"), phrase(w, i, "any", "chance", "you", "could"):
			i += 2
			if at(w, i) == "to" {
				i++
			} else if phrase(w, i, "you", "could") {
				i += 2
			}
		case phrase(w, i, "i", "need"), phrase(w, i, "we", "need"), phrase(w, i, "i", "want"), phrase(w, i, "we", "want"),
			phrase(w, i, "go", "ahead"), phrase(w, i, "time", "to"), phrase(w, i, "try", "to"):
			i += 2
			if at(w, i) == "to" {
				i++
			}
		case phrase(w, i, "can", "i", "get"), phrase(w, i, "can", "i", "have"), phrase(w, i, "could", "i", "get"),
			phrase(w, i, "can", "we", "get"), phrase(w, i, "could", "i", "have"), phrase(w, i, "could", "we", "get"), phrase(w, i, "may", "i", "have"):
			i += 3
		case w[i] == "let's" || w[i] == "lets":
			i++
		default:
			return i
		}
	}
	return i
}

// negated reports how many words of negation stand at i.
func negated(w []string, i int) int {
	switch {
	case phrase(w, i, "do", "not"), phrase(w, i, "instead", "of"), phrase(w, i, "rather", "than"):
		return 2
	case phrase(w, i, "there's", "no", "need"), phrase(w, i, "you", "don't", "need"), phrase(w, i, "i", "don't", "want"), phrase(w, i, "i", "don't", "need"),
		phrase(w, i, "i", "do", "not"), phrase(w, i, "no", "need", "to"), phrase(w, i, "i", "didn't", "ask"), phrase(w, i, "i", "am", "not"):
		return 3
	case at(w, i) == "of" && i > 0 && w[i-1] == "instead":
		return 1
	case negations[at(w, i)] && !auxQuestion(w, i):
		return 1
	}
	return 0
}

// auxQuestion tells "doesn't it work?" from "don't summarize".
func auxQuestion(w []string, i int) bool { return auxes[w[i]] && pronouns[at(w, i+1)] }

// behindNegated skips the verb that is not wanted and returns the next word
// that begins a request, or the end.
func behindNegated(w []string, i int) int {
	for i++; i < len(w); i++ {
		if summarizeVerbs[w[i]] || draftVerbs[w[i]] || classifyVerbs[w[i]] || w[i] == "tell" || w[i] == "explain" {
			if prev := at(w, i-1); prev != "or" && prev != "and" && prev != "a" && prev != "the" {
				return i
			}
		}
	}
	return i
}

package local

import (
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/tierwise/tierwise/internal/step"
)

// question is what is asked of a conversation.
type question struct {
	text  string
	words []string // content words, stemmed, without names of speakers that are its subject
	about string   // the speaker it is about, "" when none or more than one
	wants *regexp.Regexp
	who   bool // a person is asked for
}

// askedFor says by the question word what an answer must have in it.
var askedFor = []struct{ word, thing *regexp.Regexp }{
	{regexp.MustCompile(`(?i)^(when|since when|until when|wann|cuándo|quand|what time|which day)\b|\b(by when|deadline)\b`),
		regexp.MustCompile(`(?i)\d{1,2}:\d{2}|\b\d{4}-\d{2}-\d{2}\b|\b(today|tomorrow|yesterday|tonight|now|noon|morning|evening|(mon|tues|wednes|thurs|fri|satur|sun)day|(mon|tue|wed|thu|fri|sat|sun) \d|(minutes?|hours?|days?|weeks?|months?)\b|(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w* \d)|\d (minutes?|hours?|days?)`)},
	{regexp.MustCompile(`(?i)^(how (many|much|long|often|big|large|high|old)|what percentage|wie ?viele?|cuánt[oa]s?|combien)\b`), regexp.MustCompile(`\d|\b(one|two|three|four|five|six|seven|eight|nine|ten|none|nobody|half)\b`)},
	{regexp.MustCompile(`(?i)^(why|what caused|how come|warum|wieso|por qué|pourquoi)\b|\b(cause|reason)\b`),
		regexp.MustCompile(`(?i)\b(because|since|due to|caused?|reason|so that|after|as a result|therefore|weil|da|porque|parce que|full|calls?|changed?|never|missing)\b`)},
	{regexp.MustCompile(`(?i)\b(link|url|runbook|docs?|documentation)\b`), regexp.MustCompile(`https?://|"[^"]+"`)},
}

// Words that speak of the conversation, not of its matter.
var aboutTalk = wordSet(`anyone anybody conversation thread discuss mention talk tel happen summary mean everyone people person did found say`)

var (
	wantsPerson    = regexp.MustCompile(`(?i)^(who|whose|whom|wer|wem|quién|qui)\b`)
	wantsDecisions = regexp.MustCompile(`(?i)\b(what|which|any|list|show)\b.{0,20}\bdecisions?\b|\bwhat (was|were|did (we|they|you)|have (we|they)) .{0,12}(decided?|agreed?)\b`)
	wantsActions   = regexp.MustCompile(`(?i)\b(action items?|to-?dos?|next steps|who (does|has to do|is doing) what|open tasks)\b`)
	// wantsGist is a question for the whole: what is said most of is its answer.
	wantsGist = regexp.MustCompile(`(?i)^(?:hey|hi|so|ok|and|please|can you (?:tell me|explain)|[ ,])*(?:` +
		`what(?:'s|’s| is| has| was)? (?:(?:just |been )?happen(?:ed|ing|s)|(?:been )?going on|went wrong|(?:this|the|that) (?:thread|conversation|discussion|channel)? ?(?:all )?about|(?:the )?(?:current )?(?:status|state|matter|gist|situation|story|problem|issue)|wrong|up|new)` +
		`|what did (?:i|we) miss|(?:catch|fill) me (?:up|in)|any (?:news|updates?)|where (?:are|do) we stand|where are we` +
		`|was ist (?:hier )?(?:passiert|los|das problem)|worum geht(?: e|')s|was habe ich verpasst|qué (?:ha pasado|pasó|pasa)|de qué se trata|que s'est-il passé|de quoi s'agit-il` +
		`)(?: (?:here|today|so far|now|currently|hier|aquí|ici|of (?:it|this)|with (?:it|this)|about|on|in (?:this|the|that) (?:thread|channel|conversation|discussion)))*[ .?!]*$`)
	wantsOpen = regexp.MustCompile(`(?i)\b(open|unanswered) (questions?|points?|issues?)\b|\bwhat (is|remains|'s) (still )?(open|unanswered|unclear)\b`)
)

func readQuestion(in step.Input) question {
	q := question{text: strings.TrimSpace(in.Instruction)}
	people := authors(in)
	var named []string
	for _, w := range wordsOf(q.text) {
		w = strings.TrimSuffix(strings.TrimSuffix(w, "'s"), "’s")
		if people[w] && !slices.Contains(named, w) {
			named = append(named, w)
		}
	}
	for _, w := range contentWords(q.text) {
		if !aboutTalk[w] && !slices.Contains(named, w) && !slices.Contains(q.words, w) {
			q.words = append(q.words, w)
		}
	}
	if len(named) == 1 {
		q.about = named[0]
	} else {
		q.words = append(q.words, named...)
	}
	q.who = wantsPerson.MatchString(q.text)
	for _, a := range askedFor {
		if a.word.MatchString(q.text) {
			q.wants = a.thing
			break
		}
	}
	return q
}

// listed answers a question for decisions, tasks or open points. none is the
// sentence for an empty list, "" when something else is asked.
func (q question) listed(b blocks) (list []sentence, none string) {
	switch {
	case wantsDecisions.MatchString(q.text):
		return b.decisions, "The conversation states no decision."
	case wantsActions.MatchString(q.text):
		return b.actions, "Nobody took on a task in the conversation."
	case wantsOpen.MatchString(q.text):
		return b.questions, "No question is left open in the conversation."
	}
	return nil, ""
}

// weights are how rare the question's words are among the sentences.
func (q question) weights(all []sentence) map[string]float64 {
	w := map[string]float64{}
	for _, term := range q.words {
		n := 0
		for _, s := range all {
			if slices.Contains(s.content, term) {
				n++
			}
		}
		w[term] = 1 + math.Log(float64(1+len(all))/float64(1+n))
	}
	return w
}

// cover is the weighed share of the question's words in a sentence; the words
// around it count half.
func (q question) cover(weight map[string]float64, own, around []string) float64 {
	total, got := 0.0, 0.0
	for _, term := range q.words {
		total += weight[term]
		switch {
		case slices.Contains(own, term):
			got += weight[term]
		case slices.Contains(around, term):
			got += weight[term] / 2
		}
	}
	if total == 0 {
		return 0
	}
	return got / total
}

var firstPerson = regexp.MustCompile(`\bI\b|\b[Mm]e\b|\b[Ww]e\b|\b(ich|wir|yo|je)\b`)

// suits reports whether a sentence has what the question asks for.
func (q question) suits(s sentence) bool {
	if q.wants != nil && !q.wants.MatchString(s.text) {
		return false
	}
	if !q.who || firstPerson.MatchString(s.text) {
		return true
	}
	return slices.ContainsFunc(wordsOf(s.text), func(w string) bool { return s.people[strings.TrimSuffix(w, "'s")] })
}

// unable says what only a model can do.
func (l look) unable(what string) string {
	if l.pretends {
		return "The simulated models of the demo cannot " + what + "; a real one can. Connect one to try it."
	}
	return "I can't " + what + " without a model: an admin can connect one."
}

// beyond is where an answer could come from that the conversation does not have.
func (l look) beyond() string {
	if l.pretends {
		return ""
	}
	return "\n\nI can't answer from anything else without a model: an admin can connect one."
}

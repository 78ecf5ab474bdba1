package local

import (
	"strings"
	"unicode"
)

// contentWords are the words that carry meaning, lower case and stemmed.
func contentWords(s string) []string {
	var out []string
	for _, w := range wordsOf(s) {
		if len(w) > 1 && !stopWords[w] {
			out = append(out, stem(w))
		}
	}
	return out
}

// wordsOf splits a text into lower-case words of letters and digits.
func wordsOf(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' && r != '’'
	})
}

// endings are taken off in this order, one of them.
var endings = []string{"ing", "ed", "es", "s", "ly"}

// stem takes the commonest English endings off. It is crude on purpose: the
// same word in two forms must meet, a wrong meeting costs little.
func stem(w string) string {
	if len(w) > 3 {
		w = strings.TrimSuffix(strings.TrimSuffix(w, "'s"), "’s")
	}
	for _, e := range endings {
		root, cut := strings.CutSuffix(w, e)
		if cut && len(root) > 2 && !strings.HasSuffix(w, "ss") && !strings.HasSuffix(w, "eed") && strings.ContainsAny(root, "aeiouy") {
			w = root
			break
		}
	}
	if n := len(w); n > 3 && (w[n-1] == 'e' || w[n-1] == w[n-2] && w[n-1] > '9') {
		w = w[:n-1] // "merge" and "merged", "run" and "running"
	}
	return w
}

var stopWords = wordSet(`a about above actually after again ah all also always am an and any anyway are aren't as at back be because been before being
	below between both but by can can't cannot come could couldn't did didn't do does doesn't doing don't done down during each eh else er even ever
	few for from further get gets go goes going gonna got guess had hadn't has hasn't have haven't having he he'd he'll he's hello hence her here here's hers
	hey hi him his hm hmm how how's i i'd i'll i'm i've if in into is isn't it it's its itself just kind know let let's like likely ll look lot made make many
	may maybe me mean might mine mm mhm mmm more most much must my myself need no nor not now of off oh ok okay on once one only or other our ours out over
	own perhaps please put quite rather re really right s said same say see seem she she's should shouldn't since so some something sort still stuff such sure
	t take than thank thanks that that's the their theirs them then there there's these they they'd they'll they're they've thing things think this those
	though through to too tell two uh um under until up us use ve very want was wasn't way we we'd we'll we're we've well went were weren't what what's when
	where which while who who's whom why will with won't would wouldn't yeah yep yes yet you you'd you'll you're you've your yours`)

func wordSet(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(list) {
		m[w] = true
	}
	return m
}

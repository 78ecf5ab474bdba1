package local

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tierwise/tierwise/internal/step"
)

// sentence is one unit of a summary.
type sentence struct {
	message int    // index in Input.Messages, -1 for a text
	name    string // speaker
	text    string
	words   int      // of "name: text"
	content []string // content words, stemmed, lower case
}

const (
	maxSentences     = 40_000
	maxSentenceWords = 60
)

// sentencesOf cuts the input into sentences.
func sentencesOf(in step.Input) []sentence {
	var out []sentence
	add := func(message int, name, text string) {
		for _, s := range split(text) {
			if len(out) < maxSentences {
				out = append(out, sentence{message: message, name: name, text: s,
					words: len(strings.Fields(name)) + len(strings.Fields(s)), content: contentWords(s)})
			}
		}
	}
	for i, m := range in.Messages {
		add(i, m.Author.Name, m.Text)
	}
	if in.Text != "" {
		add(-1, "", in.Text)
	}
	return out
}

// split cuts a text into sentences at ends of sentences and lines. Code blocks
// are left out: a stack trace is no key message. A run without an end is cut
// after maxSentenceWords.
func split(text string) []string {
	var out []string
	fenced := false
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = strings.Count(line, "```") == 1 != fenced
			continue
		}
		if fenced {
			continue
		}
		line = strings.TrimLeft(strings.TrimSpace(line), "-*•> ")
		start := 0
		for i, r := range line {
			if r != '.' && r != '!' && r != '?' && r != '…' && r != '。' && r != '？' && r != '！' {
				continue
			}
			end := i + utf8.RuneLen(r)
			next, size := utf8.DecodeRuneInString(line[end:])
			if size > 0 && !unicode.IsSpace(next) && r < 0x80 || r == '.' && abbreviated(line[start:i]) {
				continue
			}
			out = appendSentence(out, line[start:end])
			start = end
		}
		out = appendSentence(out, line[start:])
	}
	return out
}

// abbreviated reports whether a dot after the text ends no sentence.
func abbreviated(text string) bool {
	word := text[strings.LastIndexAny(text, " (")+1:]
	switch strings.ToLower(word) {
	case "e.g", "i.e", "etc", "vs", "mr", "mrs", "dr", "no", "approx", "z.b", "bzw", "ca", "u.s":
		return true
	}
	return len(word) == 1 && unicode.IsUpper(rune(word[0]))
}

func appendSentence(out []string, s string) []string {
	words := strings.Fields(s)
	for len(words) > maxSentenceWords {
		out = append(out, strings.Join(words[:maxSentenceWords], " ")+" …")
		words = words[maxSentenceWords:]
	}
	if len(words) == 0 {
		return out
	}
	return append(out, strings.Join(words, " "))
}

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

// stem takes the commonest English endings off. It is crude on purpose: the
// same word in two forms must meet, a wrong meeting costs little.
func stem(w string) string {
	if len(w) > 3 {
		w = strings.TrimSuffix(strings.TrimSuffix(w, "'s"), "’s")
	}
	for _, e := range []string{"ing", "ed", "es", "s", "ly"} {
		if len(w) > len(e)+3 && strings.HasSuffix(w, e) && !strings.HasSuffix(w, "ss") {
			return strings.TrimSuffix(w, e)
		}
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

package local

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tierwise/tierwise/internal/step"
)

// sentence is one unit of a summary.
type sentence struct {
	at      int             // index among all sentences
	message int             // index in Input.Messages, -1 for a text
	name    string          // speaker
	people  map[string]bool // of the conversation, lower case; shared
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
	people := authors(in)
	add := func(message int, name, text string) {
		for _, s := range split(text) {
			if len(out) < maxSentences {
				out = append(out, sentence{at: len(out), message: message, people: people, name: name, text: s,
					words: len(strings.Fields(name)) + len(strings.Fields(s)), content: contentWords(withoutLinks(s))})
			}
		}
	}
	for i, m := range in.Messages {
		if !m.Author.Self && !m.Named { // what we said, or what was asked of us, is no source
			add(i, m.Author.Name, m.Text)
		}
	}
	if in.Text != "" {
		add(-1, "", in.Text)
	}
	return out
}

func withoutLinks(s string) string {
	if !strings.Contains(s, "://") {
		return s
	}
	return webLink.ReplaceAllString(s, " ")
}

// authors are the names of who speaks in the conversation, lower case.
func authors(in step.Input) map[string]bool {
	names := map[string]bool{}
	for _, m := range in.Messages {
		names[strings.ToLower(m.Author.Name)] = true
	}
	return names
}

// split cuts a text into sentences at ends of sentences and lines, never inside
// inline code or a link. Code blocks are left out: a stack trace is no key
// message. A run without an end is cut after maxSentenceWords.
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
		code := false
		for i, r := range line {
			if r == '`' {
				code = !code && strings.Contains(line[i+1:], "`")
			}
			if code || r != '.' && r != '!' && r != '?' && r != '…' && r != '。' && r != '？' && r != '！' {
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

// smallTalk is what people say to open, close and confirm; with nothing behind
// it a sentence says nothing about the matter.
var smallTalk = regexp.MustCompile(`(?i)^(hi|hello|hey|hiya|yo|good (morning|evening|afternoon|day|night)|morning|greetings|welcome|thanks?( you| a lot| so much)?|thx|ty|cheers|` +
	`np|no (problem|worries)|you('|’)?re welcome|bye|see (you|ya)|good night|great|cool|nice|awesome|perfect|excellent|lol|haha|sorry|o/|\+1|brb|afk|` +
	`hallo|guten (morgen|tag|abend)|moin|danke|bitte|tschüss|hola|buenos d[ií]as|gracias|bonjour|salut|merci)\b[\s\pL\d@,!.:'’)(_-]{0,40}$`)

// chatter reports whether a sentence only opens, closes or confirms, or is said
// to a program.
func chatter(text string) bool {
	return machine.MatchString(text) || len(text) < 60 && !strings.ContainsAny(text, "?/=") && smallTalk.MatchString(text) && len(contentWords(text)) < 5
}

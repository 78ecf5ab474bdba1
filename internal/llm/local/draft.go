package local

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tierwise/tierwise/internal/step"
)

// parts are what a message is made of. Empty ones are left out: nothing is
// invented, and no gap is left for somebody to post by mistake.
type parts struct {
	words                    phrases
	tone                     string
	from, to                 string
	many                     bool // said to more than one person
	asked                    bool // the message answered is a question
	text                     string
	decided, open, next, key []string
}

// draft turns the instruction into a message; without words to say it lists what
// the thread knows, or confirms that its last message was read.
func draft(in step.Input, l look) string {
	if in.Previous != "" && in.Instruction != "" && shorter(in.Instruction) {
		return firstHalf(in.Previous)
	}
	if translation.MatchString(in.Instruction) {
		return l.unable("translate")
	}
	w := readWish(in)
	if indirectly.MatchString(w.text) && w.kind == "" {
		w.text, w.kind = found(in, w.text), "announcement"
	}
	p := parts{words: phrasesOf(w.language), tone: in.Tone, from: titled(plainName(in.Asker)), to: w.to, many: w.many, text: w.text}
	b := find(in, sentencesOf(in), l.items)
	p.decided, p.open, p.next = texts(b.decisions, false), texts(b.questions, false), texts(b.actions, true)
	switch {
	case w.text != "":
		return p.message(p.text)
	case w.kind == "status update", w.kind == "announcement", w.kind == "handover":
		p.key = texts(picked(people(sentencesOf(in), in), reportWords, b.indexes(true)), true)
		return p.report(w.kind)
	}
	if m := lastOther(in); m >= 0 {
		p.asked = asks(in.Messages[m].Text)
		if p.to == "" && !p.many {
			p.to = titled(plainName(in.Messages[m].Author.Name))
		}
	}
	return p.message(p.stock(w.kind))
}

// indirectly is content that the conversation has and the instruction has not:
// "tell them when the freeze is".
var indirectly = regexp.MustCompile(`(?i)^(when|where|who|why|how|what)\b`)

// found is the sentence of the conversation that answers a question, with its
// speaker, or "".
func found(in step.Input, question string) string {
	in.Instruction = question
	q := readQuestion(in)
	for _, h := range q.rank(in, sentencesOf(in)) {
		if h.kept && h.cover >= sure {
			return titled(plainName(h.name)) + ": " + excerpt(h.text, bulletWords)
		}
	}
	return ""
}

// reportWords is how much of a report is neither decided, planned nor open.
const reportWords = 40

// people are the sentences that people said.
func people(all []sentence, in step.Input) []sentence {
	return slices.DeleteFunc(all, func(s sentence) bool { return s.message >= 0 && in.Messages[s.message].Author.Bot })
}

// translation asks for what only a model can do.
var translation = regexp.MustCompile(`(?i)^(?:please |can you |could you )*(?:translate|übersetze?|traduce|traduis)\b`)

func asks(text string) bool {
	return strings.HasSuffix(strings.TrimSpace(text), "?") || strings.Contains(text, "? ")
}

// lastOther is the newest message of somebody else than the asker, or -1.
func lastOther(in step.Input) int {
	for i := len(in.Messages) - 1; i >= 0; i-- {
		if m := in.Messages[i]; m.Author.Name != "" && !strings.EqualFold(m.Author.Name, in.Asker) && !m.Author.Bot && !m.Author.Self {
			return i
		}
	}
	return -1
}

func texts(list []sentence, named bool) []string {
	var out []string
	for _, s := range list {
		t := excerpt(s.text, 30)
		if _, who, ok := strings.Cut(s.name, " → "); ok {
			s.name = who
		}
		if named && s.name != "" && !strings.HasPrefix(strings.ToLower(t), strings.ToLower(s.name)+" ") {
			t = titled(plainName(s.name)) + ": " + t
		}
		out = append(out, sentenceCase(t))
	}
	return out
}

// titled writes a handle like a name: "ruth" is "Ruth".
func titled(name string) string {
	if strings.ContainsAny(name, "0123456789_.@") {
		return name
	}
	first, size := utf8.DecodeRuneInString(name)
	if size == 0 || !unicode.IsLower(first) {
		return name
	}
	return string(unicode.ToUpper(first)) + name[size:]
}

func sentenceCase(s string) string {
	if s == "" {
		return s
	}
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

// ended gives a text the full stop it lacks.
func ended(s string) string {
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".!?…:)`") {
		return s
	}
	return s + "."
}

func shorter(instruction string) bool {
	low := strings.ToLower(instruction)
	return strings.Contains(low, "short") || strings.Contains(low, "brief")
}

// firstHalf keeps the first half of a text's sentences.
func firstHalf(text string) string {
	s := split(text)
	return strings.Join(s[:(len(s)+1)/2], " ")
}

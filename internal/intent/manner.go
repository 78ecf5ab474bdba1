package intent

import (
	"regexp"
	"strconv"
	"strings"
)

func itoa(n int) string { return strconv.Itoa(n) }

// refusals are phrases that no useful answer has near its start.
var refusals = []string{"as an ai", "as a language model", "as a large language model", "i'm sorry, but", "i am sorry, but", "i apologize, but",
	"i cannot help", "i can't help", "i cannot assist", "i can't assist", "i cannot provide", "i can't provide", "i'm unable to", "i am unable to",
	"i'm not able to", "i am not able to", "i cannot summarize", "i can't summarize", "i don't have access", "i do not have access", "no conversation was provided",
	"please provide the conversation", "please provide the text", "i cannot fulfill", "i can't fulfill"}

// refuses looks at the first 300 bytes: later on such words are reported speech.
func refuses(answer string) bool {
	head := plainApostrophe(strings.ToLower(answer[:min(len(answer), 300)]))
	for _, r := range refusals {
		if i := strings.Index(head, r); i >= 0 && !strings.Contains(head[:i], "\"") && !strings.Contains(head[:i], "“") {
			return true
		}
	}
	return false
}

var (
	preface = regexp.MustCompile(`(?i)^(sure|certainly|of course|absolutely|okay|great)?[!,.]?\s*(here(’|')?s|here is|here are|below is|the following is)\b[^\n]{0,120}:\s*(\n|$)`)
	eager   = regexp.MustCompile(`(?i)^(sure|certainly|of course|absolutely)[!,.]\s`)
	closing = regexp.MustCompile(`(?i)\n+[^\n]*(let me know if|i hope this helps|feel free to (ask|reach)|happy to help|is there anything else)[^\n]*$`)
)

func prefaced(answer string) bool {
	return preface.MatchString(answer) || eager.MatchString(answer) || closing.MatchString(answer)
}

// Clean takes a preface ("Sure! Here is a summary:"), a closing remark and a
// fence around the whole answer off. It is worth a try before a repair call.
// A draft keeps its closing: "let me know if …" may be part of the message.
func Clean(answer string, draft bool) string {
	s := strings.TrimSpace(answer)
	if inner, ok := strings.CutPrefix(s, "```"); ok && strings.HasSuffix(inner, "```") && strings.Count(s, "```") == 2 {
		if _, body, found := strings.Cut(inner, "\n"); found {
			s = strings.TrimSpace(strings.TrimSuffix(body, "```"))
		}
	}
	if loc := preface.FindStringIndex(s); loc != nil && loc[1] < len(s) {
		s = strings.TrimSpace(s[loc[1]:])
	}
	if loc := eager.FindStringIndex(s); loc != nil && loc[1] < len(s) {
		s = strings.TrimSpace(s[loc[1]:])
	}
	if !draft {
		if loc := closing.FindStringIndex(s); loc != nil && loc[0] > 0 {
			s = strings.TrimSpace(s[:loc[0]])
		}
	}
	return s
}

var hedges = []string{"i'm not sure", "i am not sure", "i don't know", "i do not know", "it's unclear", "it is unclear", "hard to say", "it depends",
	"might be", "may be", "could be", "possibly", "perhaps", "probably", "i think", "i believe", "i guess", "not certain", "without more information",
	"without more context", "i'm not certain", "cannot determine", "can't determine", "not enough information"}

// Hedging counts hedging phrases in the first 600 bytes of an answer. It is a
// feature for the router as well as a check.
func Hedging(answer string) int {
	head := plainApostrophe(strings.ToLower(answer[:min(len(answer), 600)]))
	n := 0
	for _, h := range hedges {
		n += strings.Count(head, h)
	}
	return n
}

// bracketed finds what may be a placeholder: "[your name]", "<date>", "{{x}}",
// "[...]". Citations, links and redaction marks are told apart afterwards.
var (
	bracketed = regexp.MustCompile(`\[[^\[\]\n]{1,50}\]|\{\{?[^{}\n]{1,50}\}?\}|<[a-zA-Z][a-zA-Z _-]{1,40}>`)
	redacted  = regexp.MustCompile(`^\[[A-Z]+_\d+\]$`)
	numeric   = regexp.MustCompile(`^\[\d[\d, –-]*\]$`)
	openSlots = regexp.MustCompile(`\b(XX+|TBD|INSERT [A-Z]+|lorem ipsum)\b`)
)

// placeholder returns the first placeholder of a draft, or "". "[… date]" is the
// local tier's mark for a gap that the person fills in, and allowed.
func placeholder(answer string) string {
	for _, loc := range bracketed.FindAllStringIndex(answer, -1) {
		p := answer[loc[0]:loc[1]]
		switch {
		case redacted.MatchString(p), numeric.MatchString(p), strings.HasPrefix(p, "[…"):
		case p == "[x]" || p == "[X]" || p == "[ ]":
		case p[0] == '[' && strings.HasPrefix(answer[loc[1]:], "("): // a link
		default:
			return p
		}
	}
	return openSlots.FindString(answer)
}

// commonWords are the words that give a language away.
var commonWords = map[string][]string{
	"en": {"the", "and", "to", "of", "is", "we", "you", "for", "that", "will", "with", "please", "thanks", "this", "have"},
	"de": {"der", "die", "das", "und", "ist", "wir", "nicht", "für", "mit", "auf", "ein", "eine", "bitte", "danke", "dass"},
	"fr": {"le", "la", "les", "et", "est", "nous", "vous", "pour", "avec", "une", "des", "merci", "pas", "que", "dans"},
	"es": {"el", "la", "los", "y", "es", "que", "para", "con", "una", "por", "gracias", "no", "en", "se", "del"},
	"it": {"il", "la", "che", "e", "per", "con", "una", "non", "di", "grazie", "del", "è", "sono", "ciao", "alla"},
	"pt": {"o", "que", "e", "para", "com", "uma", "não", "de", "obrigado", "do", "da", "em", "por", "os", "você"},
	"nl": {"de", "het", "een", "en", "is", "wij", "niet", "voor", "met", "dat", "van", "bedankt", "je", "zijn", "op"},
}

// otherLanguage is a hint: it speaks only when another known language clearly
// outweighs the wanted one.
func otherLanguage(answer, want string) bool {
	base, _, _ := strings.Cut(strings.ToLower(want), "-")
	if _, known := commonWords[base]; !known {
		return false
	}
	counts := map[string]int{}
	words := strings.FieldsFunc(strings.ToLower(answer), func(r rune) bool { return strings.ContainsRune(" \n\t.,;:!?()\"", r) })
	if len(words) < 8 {
		return false
	}
	seen := map[string]int{}
	for _, w := range words {
		seen[w]++
	}
	for lang, list := range commonWords {
		for _, w := range list {
			counts[lang] += seen[w]
		}
	}
	for lang, n := range counts {
		if lang != base && n >= 4 && n >= 3*(counts[base]+1) {
			return true
		}
	}
	return false
}

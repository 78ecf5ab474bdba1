package intent

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A mention is read up to these bounds: what a person wants stands in the
// first lines, the rest is what they pasted.
const (
	maxRead  = 1500 // bytes
	maxWords = 160
)

// clause is a run of words up to a stop, with the stop that ended it.
type clause struct {
	words []string
	end   byte // '?', ':', ',', '.', '!' or 0
}

// clauses splits lower-cased text into clauses at punctuation and at "but".
// Quoted runs are left out: a quoted word is spoken of, not spoken.
func clauses(text string, buf []string, out []clause) []clause {
	if len(text) > maxRead {
		text = text[:maxRead]
	}
	text = strings.ToLower(text)
	start := 0
	cut := func(end byte) {
		if len(buf) > start {
			out = append(out, clause{words: buf[start:len(buf):len(buf)], end: end})
			start = len(buf)
		} else if end == '?' && len(out) > 0 {
			out[len(out)-1].end = end
		}
	}
	for i := 0; i < len(text) && len(buf) < maxWords; {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case wordRune(r):
			j := wordEnd(text, i)
			w := plainApostrophe(text[i:j])
			i = j
			if w == "but" || w == "aber" {
				cut(',')
				continue
			}
			buf = append(buf, w)
			continue
		case r == '"' || r == '“' || r == '`':
			i = skipQuoted(text, i, r, size)
			continue
		case r == ';' && i > 1 && text[i-2:i] == "tl":
			i += size // "tl;dr" is one word in two halves; "tl" alone is enough
			continue
		case r == '.' || r == ',' || r == ';' || r == ':' || r == '!' || r == '?' || r == '\n' || r == '—' || r == '(' || r == ')':
			stop := byte(',')
			if r < utf8.RuneSelf {
				stop = byte(r)
			}
			cut(stop)
		}
		i += size
	}
	cut(0)
	return out
}

func wordRune(r rune) bool {
	return r == '\'' || r == '’' || r == '/' || r == '@' || r == '#' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

// wordEnd goes to the end of a word. A dot, hyphen or colon inside one belongs
// to it ("v1.2", "thank-you", "https://…").
func wordEnd(text string, i int) int {
	for i < len(text) {
		r, size := utf8.DecodeRuneInString(text[i:])
		if wordRune(r) {
			i += size
			continue
		}
		if r == '-' || r == '.' || r == ':' {
			next, _ := utf8.DecodeRuneInString(text[i+size:])
			if i+size < len(text) && wordRune(next) {
				i += size
				continue
			}
		}
		break
	}
	return i
}

func plainApostrophe(w string) string {
	if strings.Contains(w, "’") {
		return strings.ReplaceAll(w, "’", "'")
	}
	return w
}

// skipQuoted steps over a quoted run of one line; a quote that does not close
// is only a character.
func skipQuoted(text string, i int, open rune, size int) int {
	closing := open
	if open == '“' {
		closing = '”'
	}
	rest := text[i+size:]
	end := strings.IndexRune(rest, closing)
	if end < 0 || strings.Contains(rest[:end], "\n") {
		return i + size
	}
	return i + size + end + utf8.RuneLen(closing)
}

// at returns the word at i, or "" outside the clause.
func at(words []string, i int) string {
	if i < 0 || i >= len(words) {
		return ""
	}
	return words[i]
}

// phrase reports whether the words at i spell the phrase.
func phrase(words []string, i int, want ...string) bool {
	if i < 0 || i+len(want) > len(words) {
		return false
	}
	for k, w := range want {
		if words[i+k] != w {
			return false
		}
	}
	return true
}

// anyWord reports whether one of words is in set.
func anyWord(words []string, set map[string]bool) bool {
	for _, w := range words {
		if set[w] {
			return true
		}
	}
	return false
}

func set(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(list) {
		m[w] = true
	}
	return m
}

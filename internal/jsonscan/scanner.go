// Package jsonscan walks over JSON texts of which a few fields matter. It
// promises to be strict (RFC 8259), to allocate nothing, and to bound nesting, so
// that a hostile text costs no more than its length. It decodes into no type and
// keeps no tree: what a field means is its reader's to know; whatever is read
// once and whole is better served by encoding/json.
package jsonscan

import (
	"unicode/utf16"
	"unicode/utf8"
)

// Scanner walks one JSON text. It exists because a stream is hundreds of small
// texts of which three fields matter: decoding each by reflection would be most
// of the cost of a call. After a mistake in the text it is Bad and every method
// returns its zero value. Values it returns alias the text.
type Scanner struct {
	b   []byte
	i   int
	bad bool
}

// New returns a scanner before the first value of a text.
func New(text []byte) Scanner { return Scanner{b: text} }

// Bad reports whether a mistake was seen.
func (s *Scanner) Bad() bool { return s.bad }

// Pos is the offset in the text of what comes next.
func (s *Scanner) Pos() int { return s.i }

// MaxDepth bounds nesting, so that a hostile answer cannot exhaust the stack.
const MaxDepth = 64

func (s *Scanner) space() {
	if s.i < len(s.b) && s.b[s.i] > ' ' {
		return // the common case, small enough to be inlined
	}
	s.blanks()
}

func (s *Scanner) blanks() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\t', '\n', '\r':
			s.i++
		default:
			return
		}
	}
}

// Peek returns the first byte of the next value, 0 at the end.
func (s *Scanner) Peek() byte {
	s.space()
	if s.bad || s.i >= len(s.b) {
		return 0
	}
	return s.b[s.i]
}

// Take consumes c if it comes next.
func (s *Scanner) Take(c byte) bool {
	if s.Peek() != c {
		return false
	}
	s.i++
	return true
}

func (s *Scanner) fail() { s.bad = true }

// End reports whether the text was right and is used up.
func (s *Scanner) End() bool {
	s.space()
	return !s.bad && s.i == len(s.b)
}

// Key steps to the next member of an object whose brace is open and returns its
// name without escapes resolved. It returns false after the last one.
func (s *Scanner) Key(n int) ([]byte, bool) {
	if s.Take('}') {
		return nil, false
	}
	if n > 0 && !s.Take(',') {
		s.fail()
		return nil, false
	}
	name, _ := s.Str()
	if !s.Take(':') {
		s.fail()
	}
	return name, !s.bad
}

// Elem steps to the next element of an array whose bracket is open.
func (s *Scanner) Elem(n int) bool {
	if s.Take(']') {
		return false
	}
	if n > 0 && !s.Take(',') {
		s.fail()
	}
	return !s.bad
}

// Str reads a string and returns what is between its quotes; plain is false
// when it holds escapes or text that is not UTF-8.
func (s *Scanner) Str() (raw []byte, plain bool) {
	if !s.Take('"') {
		s.fail()
		return nil, false
	}
	start, ascii, escaped := s.i, true, false
	for b, i := s.b, s.i; i < len(b); i++ { // locals, because this is the hot loop
		c := b[i]
		if c >= 0x20 && c < utf8.RuneSelf && c != '"' && c != '\\' {
			continue
		}
		switch {
		case c == '"':
			raw, s.i = b[start:i], i+1
			return raw, !escaped && (ascii || utf8.Valid(raw))
		case c >= utf8.RuneSelf:
			ascii = false
		default:
			n := escape(b[i:])
			if n == 0 { // or a control character
				s.fail()
				return nil, false
			}
			escaped = true
			i += n - 1
		}
	}
	s.fail()
	return nil, false
}

// escape is the length of the escape that b begins with, 0 when it is none.
func escape(b []byte) int {
	if len(b) < 2 || b[0] != '\\' {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if _, ok := hex4(b[2:]); ok {
			return 6
		}
	}
	return 0
}

// Text reads a string or null and appends what it means to dst.
func (s *Scanner) Text(dst []byte) []byte {
	if s.Peek() != '"' {
		s.skip(0)
		return dst
	}
	raw, plain := s.Str()
	if plain {
		return append(dst, raw...)
	}
	return unescape(dst, raw)
}

// Raw steps over a value and returns it as it stands.
func (s *Scanner) Raw() []byte {
	s.space()
	start := s.i
	s.skip(0)
	if s.bad {
		return nil
	}
	return s.b[start:s.i]
}

// Valid steps over a value and reports whether it was right and the whole text.
func (s *Scanner) Valid() bool {
	s.skip(0)
	return s.End()
}

// Skip steps over a value.
func (s *Scanner) Skip() { s.skip(0) }

func (s *Scanner) skip(depth int) {
	if depth > MaxDepth {
		s.fail()
		return
	}
	switch c := s.Peek(); {
	case c == '{':
		s.i++
		for n := 0; ; n++ {
			if _, ok := s.Key(n); !ok {
				return
			}
			s.skip(depth + 1)
		}
	case c == '[':
		s.i++
		for n := 0; s.Elem(n); n++ {
			s.skip(depth + 1)
		}
	case c == '"':
		s.Str()
	case c == '-' || c >= '0' && c <= '9':
		s.number()
	default:
		s.word()
	}
}

func (s *Scanner) word() {
	for _, w := range [...]string{"null", "true", "false"} {
		if len(s.b)-s.i >= len(w) && string(s.b[s.i:s.i+len(w)]) == w {
			s.i += len(w)
			return
		}
	}
	s.fail()
}

func (s *Scanner) number() {
	s.Take('-')
	if s.at('0') {
		s.i++
	} else {
		s.digits()
	}
	if s.at('.') {
		s.i++
		s.digits()
	}
	if s.at('e') || s.at('E') {
		s.i++
		if s.at('+') || s.at('-') {
			s.i++
		}
		s.digits()
	}
}

// at reports whether c is the very next byte.
func (s *Scanner) at(c byte) bool { return s.i < len(s.b) && s.b[s.i] == c }

func (s *Scanner) digits() {
	start := s.i
	for s.i < len(s.b) && s.b[s.i] >= '0' && s.b[s.i] <= '9' {
		s.i++
	}
	if s.i == start {
		s.fail()
	}
}

// unescape appends the meaning of a checked string body to dst; what is no
// UTF-8, and half a surrogate pair, becomes U+FFFD.
func unescape(dst, raw []byte) []byte {
	for i := 0; i < len(raw); {
		if raw[i] != '\\' {
			r, n := utf8.DecodeRune(raw[i:])
			dst, i = utf8.AppendRune(dst, r), i+n
			continue
		}
		if raw[i+1] != 'u' {
			dst, i = append(dst, short(raw[i+1])), i+2
			continue
		}
		r, _ := hex4(raw[i+2:])
		i += 6
		if utf16.IsSurrogate(r) {
			pair := rune(utf8.RuneError)
			if i+1 < len(raw) && raw[i] == '\\' && raw[i+1] == 'u' {
				low, _ := hex4(raw[i+2:])
				if pair = utf16.DecodeRune(r, low); pair != utf8.RuneError {
					i += 6
				}
			}
			r = pair
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

// short is the meaning of a one-letter escape.
func short(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

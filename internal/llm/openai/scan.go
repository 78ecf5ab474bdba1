package openai

import (
	"unicode/utf16"
	"unicode/utf8"
)

// scanner walks one JSON text strictly (RFC 8259) and without allocating. It
// exists because a stream is hundreds of small texts of which three fields
// matter: decoding each by reflection would be most of our cost per call. After
// a mistake in the text bad is set and every method returns its zero value.
type scanner struct {
	b   []byte
	i   int
	bad bool
}

// maxDepth bounds nesting, so that a hostile answer cannot exhaust the stack.
const maxDepth = 64

func (s *scanner) space() {
	if s.i < len(s.b) && s.b[s.i] > ' ' {
		return // the common case, small enough to be inlined
	}
	s.blanks()
}

func (s *scanner) blanks() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\t', '\n', '\r':
			s.i++
		default:
			return
		}
	}
}

// peek returns the first byte of the next value, 0 at the end.
func (s *scanner) peek() byte {
	s.space()
	if s.bad || s.i >= len(s.b) {
		return 0
	}
	return s.b[s.i]
}

// take consumes c if it comes next.
func (s *scanner) take(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.i++
	return true
}

func (s *scanner) fail() { s.bad = true }

// end reports whether the text was right and is used up.
func (s *scanner) end() bool {
	s.space()
	return !s.bad && s.i == len(s.b)
}

// key steps to the next member of an object whose brace is open and returns its
// name without escapes resolved. It returns false after the last one.
func (s *scanner) key(n int) ([]byte, bool) {
	if s.take('}') {
		return nil, false
	}
	if n > 0 && !s.take(',') {
		s.fail()
		return nil, false
	}
	name, _ := s.str()
	if !s.take(':') {
		s.fail()
	}
	return name, !s.bad
}

// elem steps to the next element of an array whose bracket is open.
func (s *scanner) elem(n int) bool {
	if s.take(']') {
		return false
	}
	if n > 0 && !s.take(',') {
		s.fail()
	}
	return !s.bad
}

// str reads a string and returns what is between its quotes; plain is false
// when it holds escapes or text that is not UTF-8.
func (s *scanner) str() (raw []byte, plain bool) {
	if !s.take('"') {
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

// text reads a string or null and appends what it means to dst.
func (s *scanner) text(dst []byte) []byte {
	if s.peek() != '"' {
		s.skip(0)
		return dst
	}
	raw, plain := s.str()
	if plain {
		return append(dst, raw...)
	}
	return unescape(dst, raw)
}

// raw steps over a value and returns it as it stands.
func (s *scanner) raw() []byte {
	s.space()
	start := s.i
	s.skip(0)
	if s.bad {
		return nil
	}
	return s.b[start:s.i]
}

// skip steps over a value.
func (s *scanner) skip(depth int) {
	if depth > maxDepth {
		s.fail()
		return
	}
	switch c := s.peek(); {
	case c == '{':
		s.i++
		for n := 0; ; n++ {
			if _, ok := s.key(n); !ok {
				return
			}
			s.skip(depth + 1)
		}
	case c == '[':
		s.i++
		for n := 0; s.elem(n); n++ {
			s.skip(depth + 1)
		}
	case c == '"':
		s.str()
	case c == '-' || c >= '0' && c <= '9':
		s.number()
	default:
		s.word()
	}
}

func (s *scanner) word() {
	for _, w := range [...]string{"null", "true", "false"} {
		if len(s.b)-s.i >= len(w) && string(s.b[s.i:s.i+len(w)]) == w {
			s.i += len(w)
			return
		}
	}
	s.fail()
}

func (s *scanner) number() {
	s.take('-')
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
func (s *scanner) at(c byte) bool { return s.i < len(s.b) && s.b[s.i] == c }

func (s *scanner) digits() {
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

package redact

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Neutralise makes model output harmless as a whole; see Stream.
func Neutralise(s string) string {
	var n Stream
	return n.Write(s) + n.Close()
}

// Stream makes model output harmless while it arrives: no mention is live, a
// link shows where it goes, images are not fetched, there is no HTML outside
// code and no invisible control character. What cannot be decided yet (half a
// mention, link, tag or run of backticks) is held back, so the pieces joined are
// the same for every way of cutting the input. The zero value is ready; it is
// for one answer and one goroutine.
type Stream struct {
	bytes  []byte // an unfinished UTF-8 sequence
	shape  shape
	final  mentions
	before rune // the last rune that was kept, for joiners
}

// Write takes the next piece and returns what is certain by now.
func (s *Stream) Write(piece string) string {
	return s.final.write(s.shape.write(s.visible(piece, false), false), false)
}

// Close returns the rest. A code fence that was left open is closed, or it
// would swallow what is shown below the answer.
func (s *Stream) Close() string {
	rest := s.shape.write(s.visible("", true), true)
	return s.final.write(rest+s.shape.closeFence(), true)
}

// visible decodes and drops what cannot be seen.
func (s *Stream) visible(piece string, end bool) string {
	if len(s.bytes) > 0 {
		piece = string(s.bytes) + piece
		s.bytes = s.bytes[:0]
	}
	var b strings.Builder
	b.Grow(len(piece))
	for len(piece) > 0 {
		if !end && !utf8.FullRuneInString(piece) {
			s.bytes = append(s.bytes, piece...)
			break
		}
		r, size := utf8.DecodeRuneInString(piece)
		piece = piece[size:]
		if r = s.kept(r); r >= 0 {
			b.WriteRune(r)
			s.before = r
		}
	}
	return b.String()
}

// kept returns the rune to show, or -1. Joiners stay where scripts and emoji
// need them, never between Latin letters.
func (s *Stream) kept(r rune) rune {
	switch {
	case r == '\n' || r == '\t':
		return r
	case r == '\u2028' || r == '\u2029':
		return '\n'
	case r == '\u200c' || r == '\u200d':
		if s.before > 0x2ff {
			return r
		}
		return -1
	case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == '\u034f', r == '\u115f', r == '\u1160', r == '\u3164', r == '\uffa0':
		return -1
	}
	return r
}

// mentions is the last filter: whatever the steps before it made, no mention
// that a platform would act on leaves it.
type mentions struct{ held string }

// live are the words that ping many people when they follow "@".
var live = []string{"everyone", "here", "channel", "group"}

func (m *mentions) write(s string, end bool) string {
	s = m.held + s
	m.held = ""
	var b strings.Builder
	for {
		i := strings.IndexAny(s, "@<")
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		s = s[i:]
		out, wait := defuse(s, end)
		if wait {
			m.held = s
			return b.String()
		}
		b.WriteString(out)
		s = s[1:]
	}
}

// defuse decides what the "@" or "<" at the beginning of s becomes; wait means
// that more text is needed.
func defuse(s string, end bool) (out string, wait bool) {
	rest := s[1:]
	if s[0] == '<' {
		switch {
		case rest == "":
			return "<", !end
		case rest[0] == '@' || rest[0] == '#':
			return "‹", false
		case rest[0] == '!' && len(rest) == 1:
			return "<", !end
		case rest[0] == '!' && strings.IndexByte("ceghsd", rest[1]) >= 0:
			return "‹", false
		}
		return "<", false
	}
	for _, w := range live {
		n := min(len(w), len(rest))
		if !strings.EqualFold(rest[:n], w[:n]) {
			continue
		}
		if n == len(w) {
			return "＠", false
		}
		if !end {
			return "", true
		}
	}
	return "@", false
}

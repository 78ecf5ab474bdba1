package redact

import "strings"

// Bounds of what is held back while it is undecided, in bytes. A longer thing
// is not what it seemed to be.
const (
	maxTag   = 2100
	maxLabel = 600
	maxURL   = 2100
	maxCode  = 1000
	maxTicks = 64
)

// shape rewrites links, images, angle brackets and tags. It knows code fences
// and inline code, in which tags are text.
type shape struct {
	buf    string
	fence  bool
	inline int // bytes of buf that are inline code, its closing run included
	last   byte
	url    int // progress through "://" and the authority behind it
}

// token is what one step of the scanner made of the beginning of the buffer.
type token struct {
	used int
	out  string
	wait bool
}

func (s *shape) write(piece string, end bool) string {
	s.buf += piece
	var b strings.Builder
	for s.buf != "" {
		t := s.next(end)
		if t.wait {
			break
		}
		s.buf = s.buf[t.used:]
		s.inline = max(0, s.inline-t.used)
		s.note(t.out)
		b.WriteString(t.out)
	}
	return b.String()
}

// note remembers what later tokens depend on.
func (s *shape) note(out string) {
	for i := 0; i < len(out); i++ {
		c := out[i]
		switch {
		case s.url == 0 && c == ':', s.url == 1 && c == '/':
			s.url++
		case s.url == 2 && c == '/':
			s.url = 3
		case s.url == 3 && strings.IndexByte("/?# \n\t()", c) < 0:
		default:
			s.url = 0
		}
		s.last = c
	}
}

func (s *shape) closeFence() string {
	if !s.fence {
		return ""
	}
	s.fence = false
	if s.last == '\n' {
		return "```"
	}
	return "\n```"
}

func (s *shape) code() bool { return s.fence || s.inline > 0 }

// window is the text that a decision may look at, and whether it is all there
// will be. Inline code ends its own window.
func (s *shape) window(end bool) (string, bool) {
	if s.inline > 0 {
		return s.buf[:s.inline], true
	}
	return s.buf, end
}

// next makes one token of the beginning of the buffer.
func (s *shape) next(end bool) token {
	w, all := s.window(end)
	switch w[0] {
	case '`':
		return s.ticks(w, all)
	case '\\':
		if len(w) == 1 && !all {
			return token{wait: true}
		}
		if len(w) > 1 && !s.code() && strings.IndexByte("[]`", w[1]) >= 0 {
			return token{used: 2, out: w[:2]}
		}
		return token{used: 1, out: `\`}
	case '<':
		return s.angle(w, all)
	case '!':
		if len(w) == 1 && !all {
			return token{wait: true}
		}
		if len(w) > 1 && w[1] == '[' {
			if t := link(w[1:], all, s.code(), true); t.used > 0 || t.wait {
				t.used++
				return t
			}
		}
		return token{used: 1, out: "!"}
	case '[':
		if t := link(w, all, s.code(), false); t.used > 0 || t.wait {
			return t
		}
		return token{used: 1, out: "["}
	case ']':
		return s.bracket(w, all)
	case '@':
		if s.url == 3 && !s.code() { // https://bank.example@evil.example
			return token{used: 1, out: "＠"}
		}
		return token{used: 1, out: "@"}
	}
	n := strings.IndexAny(w, "`\\<![]@")
	if n < 0 {
		n = len(w)
	}
	return token{used: n, out: w[:n]}
}

// bracket keeps "](" and "]:" of unfinished links and link definitions apart.
func (s *shape) bracket(w string, all bool) token {
	if len(w) == 1 {
		return token{used: 1, out: "]", wait: !all}
	}
	if s.code() {
		return codeBracket(w, all)
	}
	if w[1] == '(' || w[1] == ':' {
		return token{used: 1, out: "] "}
	}
	return token{used: 1, out: "]"}
}

// codeBracket leaves "x[i](y)" in code alone and parts only what would be a web
// link where a platform does not take it for code.
func codeBracket(w string, all bool) token {
	if w[1] != '(' {
		return token{used: 1, out: "]"}
	}
	address := strings.TrimLeft(w[2:min(len(w), maxTicks)], " \t\n")
	n := min(len(address), len("http"))
	switch {
	case !strings.EqualFold(address[:n], "http"[:n]):
		return token{used: 1, out: "]"}
	case n == len("http") || len(w) >= maxTicks:
		return token{used: 1, out: "] "}
	}
	return token{used: 1, out: "]", wait: !all}
}

// ticks reads a run of backticks. Three or more open or close a fence, wherever
// they stand, because chat platforms read them so; fewer are inline code when a
// run of the same length closes them in the same paragraph.
func (s *shape) ticks(w string, all bool) token {
	n := 0
	for n < len(w) && n < maxTicks && w[n] == '`' {
		n++
	}
	if n == len(w) && n < maxTicks && !all {
		return token{wait: true}
	}
	if s.inline > 0 {
		return token{used: n, out: w[:n]}
	}
	if n >= 3 {
		s.fence = !s.fence
		return token{used: n, out: w[:n]}
	}
	if s.fence {
		return token{used: n, out: w[:n]}
	}
	closing, decided := closingRun(w, n, all)
	if !decided {
		return token{wait: true}
	}
	if closing > 0 {
		s.inline = closing
	}
	return token{used: n, out: w[:n]}
}

// closingRun returns where the inline code that begins with n backticks ends,
// or 0 when it does not.
func closingRun(w string, n int, all bool) (end int, decided bool) {
	for i := n; i < len(w) && i < maxCode; {
		if w[i] == '\n' {
			if i+1 == len(w) && !all {
				return 0, false
			}
			if i+1 < len(w) && w[i+1] == '\n' {
				return 0, true
			}
		}
		if w[i] != '`' {
			i++
			continue
		}
		k := i
		for k < len(w) && w[k] == '`' {
			k++
		}
		if k == len(w) && !all && k-i < maxTicks {
			return 0, false
		}
		if k-i == n {
			return k, true
		}
		if k-i >= 3 {
			return 0, true // a fence begins
		}
		i = k
	}
	return 0, all || len(w) >= maxCode
}

package redact

import "strings"

// angle reads what begins with "<": a platform's mention, channel, emoji or
// link, or a tag. Outside code a tag's bracket is replaced, so that no HTML is
// left; what is only "less than" stays.
func (s *shape) angle(w string, all bool) token {
	if len(w) == 1 {
		if !all {
			return token{wait: true}
		}
		return token{used: 1, out: "<"}
	}
	if !tagStart(w[1]) {
		return token{used: 1, out: "<"}
	}
	end := -1
	for i := 1; i < len(w) && i < maxTag; i++ {
		if c := w[i]; c == '>' {
			end = i
			break
		} else if c == '\n' || c == '<' {
			end = 0
			break
		}
	}
	if end < 0 && !all && len(w) < maxTag {
		return token{wait: true}
	}
	if end > 0 {
		if out, ok := platformForm(w[1:end], s.code()); ok {
			return token{used: end + 1, out: out}
		}
	}
	if s.code() {
		return token{used: 1, out: "<"}
	}
	return token{used: 1, out: "‹"}
}

func tagStart(c byte) bool {
	return (c|0x20) >= 'a' && (c|0x20) <= 'z' || strings.IndexByte("/!?@#:$&", c) >= 0
}

// platformForm turns the inside of a platform's own markup into plain words.
func platformForm(in string, code bool) (string, bool) {
	body, label, labelled := strings.Cut(in, "|")
	name := strings.TrimLeft(inert(label), "＠#")
	switch {
	case strings.HasPrefix(body, "!date^") && labelled:
		return name, true
	case strings.HasPrefix(body, "!subteam"):
		return "＠" + or(name, "group"), true
	case body == "!channel" || body == "!here" || body == "!everyone" || body == "!group":
		return "＠" + body[1:], true
	case len(body) > 1 && body[0] == '@':
		return "＠" + or(name, strings.TrimLeft(inert(body), "＠!&")), true
	case len(body) > 1 && body[0] == '#' && (labelled || idLike(body[1:])):
		return "#" + or(name, inert(body[1:])), true
	case strings.HasPrefix(body, ":") || strings.HasPrefix(body, "a:"):
		if parts := strings.Split(body, ":"); len(parts) == 3 && parts[1] != "" {
			return ":" + inert(parts[1]) + ":", true
		}
	case webAddress(body):
		return shown(label, body, false, code), true
	case strings.HasPrefix(body, "mailto:"):
		return inert(strings.TrimPrefix(body, "mailto:")), true
	}
	return "", false
}

// idLike reports whether s is a platform's id: upper-case letters and digits.
func idLike(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return s != ""
}

func or(s, otherwise string) string {
	if s != "" {
		return s
	}
	return otherwise
}

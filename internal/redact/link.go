package redact

import (
	"net/url"
	"regexp"
	"strings"
)

// link rewrites "[label](address)" at the beginning of w. used is 0 when there
// is no such thing there.
func link(w string, all, code, image bool) token {
	closing, state := matching(w, '[', ']', maxLabel, all)
	if state == undecided {
		return token{wait: true}
	}
	if state == absent {
		return token{}
	}
	if closing+1 == len(w) && !all {
		return token{wait: true}
	}
	if closing+1 >= len(w) || w[closing+1] != '(' {
		return token{}
	}
	end, state := matching(w[closing+1:], '(', ')', maxURL, all)
	if state == undecided {
		return token{wait: true}
	}
	if state == absent {
		return token{}
	}
	label, address := w[1:closing], w[closing+2:closing+1+end]
	if code && !webAddress(firstField(address)) {
		return token{}
	}
	return token{used: closing + 1 + end + 1, out: shown(label, address, image, code)}
}

type found int

const (
	absent found = iota
	undecided
	present
)

// matching finds the bracket that closes the one at w[0], on the same line and
// within the limit.
func matching(w string, open, closing byte, limit int, all bool) (int, found) {
	depth := 0
	for i := 0; i < len(w) && i < limit; i++ {
		switch w[i] {
		case open:
			depth++
		case closing:
			if depth--; depth == 0 {
				return i, present
			}
		case '\n':
			return 0, absent
		}
	}
	if all || len(w) >= limit {
		return 0, absent
	}
	return 0, undecided
}

// firstField is the address without a title and angle brackets.
func firstField(s string) string {
	s = strings.TrimSpace(s)
	if i := strings.IndexAny(s, " \t"); i >= 0 {
		s = s[:i]
	}
	return strings.Trim(s, "<>")
}

func webAddress(s string) bool {
	low := strings.ToLower(s[:min(len(s), 8)])
	return strings.HasPrefix(low, "http://") || strings.HasPrefix(low, "https://")
}

// shown is a link as what it is: label and address, both to be seen. A label
// that names another host than the address gets the host only, which is no
// link; an image becomes its address as code, which nobody fetches.
func shown(label, address string, image, code bool) string {
	label = inert(label)
	address = firstField(address)
	if !webAddress(address) {
		if image {
			return join(label, inert(address))
		}
		return "[" + label + "] (" + inert(address) + ")"
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return join(label, inert(address))
	}
	host := strings.ToLower(u.Hostname())
	plain := plainURL(address)
	switch {
	case image && !code:
		return join(label, "`"+plain+"`")
	case u.User != nil || !ascii(host) || otherHost(label, host):
		return join(label, inert(host))
	case label == "" || sameAddress(label, plain):
		return plain
	}
	return join(label, plain)
}

func join(label, address string) string {
	if label == "" {
		return address
	}
	return label + " (" + address + ")"
}

// inertMap replaces the characters that could begin something else.
var inertMap = strings.NewReplacer("<", "‹", ">", "›", "[", "(", "]", ")", "`", "'", "@", "＠")

func inert(s string) string {
	s = inertMap.Replace(strings.TrimSpace(s))
	return strings.TrimSpace(strings.NewReplacer("![", "(", "](", ") (").Replace(s))
}

// plainURL encodes what could end the address early or begin a mention.
var urlMap = strings.NewReplacer("<", "%3C", ">", "%3E", "`", "%60", "@", "%40", "(", "%28", ")", "%29", "[", "%5B", "]", "%5D", "|", "%7C", "\\", "%5C", "\"", "%22", "*", "%2A")

func plainURL(s string) string { return urlMap.Replace(s) }

func ascii(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// hostLike finds what a reader would take for a host name.
var hostLike = regexp.MustCompile(`(?i)(?:[\pL\d](?:[\pL\d-]{0,62})\.)+\pL{2,24}\b`)

// otherHost reports whether the label names a host that is neither the
// address's nor a parent or a child "www" of it.
func otherHost(label, host string) bool {
	for _, h := range hostLike.FindAllString(label, -1) {
		h = strings.TrimPrefix(strings.ToLower(h), "www.")
		if own := strings.TrimPrefix(host, "www."); h != own && !strings.HasSuffix(own, "."+h) {
			if !fileName(h) {
				return true
			}
		}
	}
	return false
}

// fileName tells "main.go" and "report.pdf" from a host; ambiguous endings that
// are also top-level domains count as hosts only with two dots.
func fileName(h string) bool {
	_, ext, _ := strings.Cut(h, ".")
	switch ext {
	case "go", "js", "ts", "json", "yaml", "yml", "toml", "txt", "pdf", "html", "css", "csv", "xml", "log", "java", "cpp", "rb", "doc", "docx", "xlsx", "png", "jpg":
		return true
	}
	return false
}

func sameAddress(label, address string) bool {
	trim := func(s string) string {
		s = strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(s), "https://"), "http://")
		return strings.TrimSuffix(strings.TrimPrefix(s, "www."), "/")
	}
	return trim(label) == trim(address)
}

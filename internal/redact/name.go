package redact

import (
	"strings"
	"unicode"
)

// maxNameLen bounds a shown name in characters.
const maxNameLen = 60

// Name makes a person's display name, or a label, plain text that fits inside a
// sentence: no markup, no mention, no link, one line. An empty name stays so.
func Name(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune("*_~`[]()<>|\\#!", r):
			return -1
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, s)
	if r := []rune(s); len(r) > maxNameLen {
		s = string(r[:maxNameLen]) + "…"
	}
	return strings.TrimSpace(Neutralise(s))
}

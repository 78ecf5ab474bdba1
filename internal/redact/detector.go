package redact

import (
	"net/netip"
	"regexp"
	"strings"
)

// detector finds values of one kind. possible is a cheap look that spares the
// pattern; valid decides a match by more than its shape.
// around, when set, is a character that every value contains: only the words
// with it are searched.
type detector struct {
	pattern  *regexp.Regexp
	possible func(s string) bool
	around   string
	valid    func(s string, from, to int) bool
}

// matches lists the pattern's matches in s.
func (d detector) matches(s string) [][]int {
	if d.around == "" {
		return d.pattern.FindAllStringSubmatchIndex(s, -1)
	}
	var out [][]int
	for at := 0; ; {
		i := strings.Index(s[at:], d.around)
		if i < 0 {
			return out
		}
		i += at
		from := max(at, strings.LastIndexAny(s[:i], " \t\n")+1)
		to := len(s)
		if n := strings.IndexAny(s[i:], " \t\n"); n >= 0 {
			to = i + n
		}
		for _, loc := range d.pattern.FindAllStringIndex(s[from:to], -1) {
			out = append(out, []int{from + loc[0], from + loc[1]})
		}
		at = to
	}
}

var detectors = map[Kind]detector{
	Keys: {
		pattern: regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)` +
			`|\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{16,}` + // several model and payment providers
			`|\bxox[a-z]-[A-Za-z0-9-]{10,}|\bxapp-[A-Za-z0-9-]{10,}` +
			`|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bglpat-[A-Za-z0-9_-]{16,}` +
			`|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bAIza[A-Za-z0-9_-]{30,}|\bya29\.[A-Za-z0-9_-]{20,}|\bhf_[A-Za-z0-9]{20,}|\bnpm_[A-Za-z0-9]{30,}` +
			`|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}` +
			`|https://hooks\.slack\.com/services/[A-Za-z0-9/]+` +
			`|(?i:\bbearer\s+)([A-Za-z0-9._~+/=-]{16,})` +
			`|://[^\s/:@]+:([^\s/@]{3,})@` +
			`|(?i:\b(?:password|passwd|pwd|secret|api[_-]?key|access[_-]?key|auth[_-]?token|client[_-]?secret|token)["']?\s*[:=]\s*["']?)([^\s"',;]{6,})`),
		possible: holdsKey,
		valid: func(s string, from, to int) bool {
			return !strings.HasPrefix(s[from:to], "[") // already a placeholder
		},
	},
	Email: {
		pattern:  regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,24}\b`),
		possible: func(s string) bool { return strings.Contains(s, "@") },
		around:   "@",
	},
	Phone: {
		pattern:  regexp.MustCompile(`\+\d[\d ()./-]{6,20}\d|\(\d{2,5}\)[ ./-]?\d[\d ./-]{4,14}\d|\b0\d{1,4}[ /-]\d[\d ./-]{4,14}\d\b|\b\d{3}[-. ]\d{3}[-. ]\d{4}\b`),
		possible: func(s string) bool { return digitsIn(s) >= 7 },
		valid: func(s string, from, to int) bool {
			n := digitsIn(s[from:to])
			return n >= 7 && n <= 15 && alone(s, from, to)
		},
	},
	Card: {
		pattern:  regexp.MustCompile(`\b\d(?:[ -]?\d){12,18}\b`),
		possible: func(s string) bool { return digitsIn(s) >= 13 },
		valid:    func(s string, from, to int) bool { return luhn(s[from:to]) && alone(s, from, to) },
	},
	IBAN: {
		pattern:  regexp.MustCompile(`(?i)\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b`),
		possible: func(s string) bool { return digitsIn(s) >= 8 },
		valid:    func(s string, from, to int) bool { return iban(s[from:to]) },
	},
	IP: {
		pattern:  regexp.MustCompile(`\b\d{1,3}(?:\.\d{1,3}){3}\b|(?i)(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}`),
		possible: func(s string) bool { return strings.Count(s, ".") >= 3 || strings.Count(s, ":") >= 2 },
		valid: func(s string, from, to int) bool {
			a, err := netip.ParseAddr(s[from:to])
			return err == nil && !a.IsUnspecified() && !a.IsLoopback() && alone(s, from, to)
		},
	},
}

// keyMarks are what every key pattern begins with or stands behind, lower case.
var keyMarks = []string{"-----begin", "sk-", "sk_", "pk-", "pk_", "rk-", "rk_", "xox", "xapp-", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_",
	"glpat-", "akia", "asia", "aiza", "ya29.", "hf_", "npm_", "eyj", "hooks.slack.com", "bearer", "://", "password", "passwd", "pwd", "secret", "key", "token"}

// holdsKey is the cheap look before the long pattern.
func holdsKey(s string) bool {
	if len(s) < 10 {
		return false
	}
	low := strings.ToLower(s)
	for _, m := range keyMarks {
		if strings.Contains(low, m) {
			return true
		}
	}
	return false
}

func digitsIn(s string) int {
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] >= '0' && s[i] <= '9' {
			n++
		}
	}
	return n
}

// alone reports whether the match is not a piece of a longer token, such as an
// id, a version or a decimal.
func alone(s string, from, to int) bool {
	return (from == 0 || !inToken(s[from-1])) && (to == len(s) || !inToken(s[to]))
}

func inToken(c byte) bool {
	return c == '_' || c == ':' || c >= '0' && c <= '9' || (c|0x20) >= 'a' && (c|0x20) <= 'z'
}

// luhn checks the digits of a payment card.
func luhn(s string) bool {
	sum, n := 0, 0
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] < '0' || s[i] > '9' {
			continue
		}
		d := int(s[i] - '0')
		if n%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
		n++
	}
	return n >= 13 && n <= 19 && sum > 0 && sum%10 == 0
}

// iban checks the two check digits (ISO 13616: the number read with its head
// at the end leaves 1 when divided by 97).
func iban(s string) bool {
	s = strings.ToUpper(strings.ReplaceAll(s, " ", ""))
	if len(s) < 15 || len(s) > 34 {
		return false
	}
	rest := 0
	for _, c := range s[4:] + s[:4] {
		switch {
		case c >= '0' && c <= '9':
			rest = (rest*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z':
			rest = (rest*100 + int(c-'A') + 10) % 97
		default:
			return false
		}
	}
	return rest == 1
}

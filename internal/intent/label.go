package intent

import (
	"encoding/json"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tierwise/tierwise/internal/step"
)

const unsure = "unsure"

// longestWhy bounds the reason that is shown beside a label, in characters.
const longestWhy = 120

// ErrLabel: an answer names no label of the set.
var ErrLabel = errors.New("intent: the answer names no label of the set")

// Choice is a classification that was read from an answer.
type Choice struct {
	Label  string // a name of the set, spelled as there; "" when unsure
	Unsure bool
	// Top are the two likeliest labels; the second may be empty.
	Top [2]string
	// Confidence is what the answer claimed, 0 to 100, or -1.
	Confidence int
	// Why is what the answer says speaks for it, one short line; "" when it
	// says nothing.
	Why string
}

// ParseLabel reads a classify answer: JSON with or without a fence around it,
// or a text that names exactly one label, or "unsure" with the two likeliest.
// ErrLabel when none is named.
func ParseLabel(answer string, labels []step.Label) (Choice, error) {
	if c, ok := labelJSON(answer, labels); ok {
		return c, nil
	}
	text := strings.Trim(strings.TrimSpace(answer), "*_`\"'. \n")
	text = strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(text, "Label:"), "label:"))
	if name, ok := match(text, labels); ok {
		return Choice{Label: name, Top: [2]string{name}, Confidence: -1}, nil
	}
	named := mentioned(text, labels)
	if strings.Contains(strings.ToLower(text), unsure) {
		c := Choice{Unsure: true, Confidence: -1}
		copy(c.Top[:], named)
		return c, nil
	}
	if len(named) == 1 && len(strings.Fields(text)) <= 40 {
		return Choice{Label: named[0], Top: [2]string{named[0]}, Confidence: -1}, nil
	}
	return Choice{}, ErrLabel
}

func labelJSON(answer string, labels []step.Label) (Choice, bool) {
	start, end := strings.Index(answer, "{"), strings.LastIndex(answer, "}")
	if start < 0 || end < start {
		return Choice{}, false
	}
	var raw struct {
		Label, First, Second, Why string
		Confidence                any
	}
	if json.Unmarshal([]byte(answer[start:end+1]), &raw) != nil {
		return Choice{}, false
	}
	c := Choice{Confidence: percent(raw.Confidence), Why: oneLine(raw.Why, longestWhy)}
	first, _ := match(raw.First, labels)
	second, _ := match(raw.Second, labels)
	if strings.EqualFold(strings.TrimSpace(raw.Label), unsure) {
		c.Unsure, c.Top = true, [2]string{first, second}
		return c, true
	}
	name, ok := match(raw.Label, labels)
	if !ok {
		return Choice{}, false
	}
	if second == name {
		second = first
	}
	if second == name {
		second = ""
	}
	c.Label, c.Top = name, [2]string{name, second}
	return c, true
}

// percent reads a confidence written as 0.8, 80 or "80 %".
func percent(v any) int {
	switch x := v.(type) {
	case float64:
		if x > 0 && x <= 1 {
			x *= 100
		}
		return int(min(max(x, 0), 100))
	case string:
		n := 0
		for _, r := range x {
			if r < '0' || r > '9' {
				break
			}
			if n = n*10 + int(r-'0'); n > 100 {
				return 100
			}
		}
		return n
	}
	return -1
}

// match finds a label by its whole name, ignoring case and the difference of
// spaces, hyphens and underscores.
func match(text string, labels []step.Label) (string, bool) {
	want := plainName(text)
	for _, l := range labels {
		if want != "" && plainName(l.Name) == want {
			return l.Name, true
		}
	}
	return "", false
}

func plainName(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return unicode.IsSpace(r) || r == '-' || r == '_' || r == '"' || r == '\''
	}), " ")
}

// mentioned lists the labels named in the text as whole words, in the order of
// the text; a label inside a longer named one does not count.
func mentioned(text string, labels []step.Label) []string {
	low := plainName(text)
	type hit struct {
		at, end int
		name    string
	}
	var hits []hit
	for _, l := range labels {
		name := plainName(l.Name)
		for from := 0; name != ""; {
			i := strings.Index(low[from:], name)
			if i < 0 {
				break
			}
			at := from + i
			if edge(low, at, at+len(name)) {
				hits = append(hits, hit{at, at + len(name), l.Name})
				break
			}
			from = at + len(name)
		}
	}
	var out []string
	for at := 0; at <= len(low); at++ {
		for _, h := range hits {
			if h.at != at {
				continue
			}
			inside := false
			for _, o := range hits {
				inside = inside || o.at <= h.at && o.end >= h.end && o.end-o.at > h.end-h.at
			}
			if !inside {
				out = append(out, h.name)
			}
		}
	}
	return out
}

// edge reports whether text[i:j] is not part of a longer word.
func edge(text string, i, j int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:i])
	after, _ := utf8.DecodeRuneInString(text[j:])
	return (i == 0 || !unicode.IsLetter(before) && !unicode.IsDigit(before)) && (j == len(text) || !unicode.IsLetter(after) && !unicode.IsDigit(after))
}

// Agree joins votes: the label that more than half of them name, or unsure with
// the two labels named first.
func Agree(votes ...Choice) (Choice, bool) {
	counts := map[string]int{}
	var order []string
	for _, v := range votes {
		for i, name := range v.Top {
			if name == "" {
				continue
			}
			if _, seen := counts[name]; !seen {
				order = append(order, name)
				counts[name] = 0
			}
			if i == 0 && !v.Unsure {
				counts[name]++
			}
		}
	}
	for _, name := range order {
		if counts[name]*2 > len(votes) {
			c := Choice{Label: name, Top: [2]string{name}, Confidence: 100 * counts[name] / len(votes)}
			for _, v := range votes {
				if v.Label == name && c.Why == "" {
					c.Why = v.Why
				}
			}
			for _, o := range order {
				if o != name {
					c.Top[1] = o
					break
				}
			}
			return c, true
		}
	}
	c := Choice{Unsure: true, Confidence: -1}
	copy(c.Top[:], order)
	return c, false
}

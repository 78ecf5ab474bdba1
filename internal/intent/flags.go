package intent

import (
	"strconv"
	"strings"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/step"
)

const knownFlags = "--tier, --for, --labels, --lang, --words, --tone and --template"

// maxLabels bounds a label set given in a message; more than that is a paste.
const maxLabels = 30

// splitFlags takes "--name value" and "--name=value" out of text. Phones turn
// two hyphens into a dash, so a dash glued to a letter counts too. Text without
// flags is returned as it is.
func splitFlags(text string) (rest string, f Flags) {
	if !strings.Contains(text, "--") && !strings.ContainsAny(text, "—–") {
		return strings.TrimSpace(text), f
	}
	var kept []string
	words := fields(text)
	for i := 0; i < len(words); i++ {
		name, ok := flagName(words[i])
		if !ok {
			kept = append(kept, words[i])
			continue
		}
		name, value, glued := strings.Cut(name, "=")
		if !glued && i+1 < len(words) {
			if _, next := flagName(words[i+1]); !next {
				i++
				value = words[i]
			}
		}
		if name == "labels" {
			i, value = commaList(words, i, value)
		}
		f.set(name, unquote(value))
	}
	return strings.Join(kept, " "), f
}

// flagName reports whether a word is a flag and returns it without its dashes.
func flagName(w string) (string, bool) {
	for _, dash := range []string{"--", "—", "–"} {
		if r, ok := strings.CutPrefix(w, dash); ok && r != "" && (r[0]|0x20) >= 'a' && (r[0]|0x20) <= 'z' {
			name, value, glued := strings.Cut(r, "=")
			name = strings.ToLower(name)
			if glued {
				name += "=" + value
			}
			return name, true
		}
	}
	return "", false
}

// commaList goes on reading words while the list so far ends in a comma, or the
// next word begins with one: "bug, question , other".
func commaList(words []string, i int, value string) (int, string) {
	for i+1 < len(words) {
		if _, next := flagName(words[i+1]); next {
			break
		}
		if !strings.HasSuffix(value, ",") && !strings.HasPrefix(words[i+1], ",") {
			break
		}
		i++
		value += words[i]
	}
	return i, value
}

// fields splits at white space and keeps a quoted run together. Line breaks are
// spaces here: a message with flags is an instruction, not a document.
func fields(text string) []string {
	var out []string
	start, quote := -1, rune(0)
	for i, r := range text {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case (r == '"' || r == '“') && (start < 0 || text[i-1] == '='):
			if start < 0 {
				start = i
			}
			quote = r
			if r == '“' {
				quote = '”'
			}
		case r == ' ' || r == '\t' || r == '\n' || r == '\r':
			if start >= 0 {
				out = append(out, text[start:i])
				start = -1
			}
		case start < 0:
			start = i
		}
	}
	if start >= 0 {
		out = append(out, text[start:])
	}
	return out
}

func unquote(s string) string { return strings.Trim(s, `"“”`) }

// set stores one flag or records why it cannot.
func (f *Flags) set(name, value string) {
	if value == "" {
		f.problem("--" + clip(name, 20) + " needs a value.")
		return
	}
	switch name {
	case "tier":
		t, err := catalog.ParseTier(strings.ToLower(value))
		if err != nil {
			f.problem("--tier takes local, economy, standard or frontier.")
			return
		}
		f.Tier, f.HasTier = t, true
	case "for", "workflow":
		f.Workflow = clip(value, 80)
	case "labels", "label":
		f.Labels, f.LabelsGiven = splitLabels(value), true
		if len(f.Labels) < 2 {
			f.problem("--labels needs at least two labels, separated by commas.")
		}
	case "lang", "language":
		if !languageTag(value) {
			f.problem("--lang takes a language code such as de, en or pt-BR.")
			return
		}
		f.Language = value
	case "words":
		n, err := strconv.Atoi(value)
		if err != nil || n < 5 || n > 2000 {
			f.problem("--words takes a number from 5 to 2000.")
			return
		}
		f.Words = n
	case "tone":
		f.Tone = clip(value, 40)
	case "template":
		f.Template = clip(strings.ToLower(value), 40)
	default:
		f.problem("I don't know --" + clip(name, 20) + ". The flags are " + knownFlags + ".")
	}
}

func (f *Flags) problem(s string) { f.Problems = append(f.Problems, s) }

// languageTag accepts the common shape of a BCP 47 tag: "de", "pt-BR", "zh-Hant".
func languageTag(s string) bool {
	parts := strings.Split(s, "-")
	if len(parts[0]) < 2 || len(parts[0]) > 3 || len(parts) > 3 {
		return false
	}
	for i, p := range parts {
		for j := 0; j < len(p); j++ {
			letter := (p[j]|0x20) >= 'a' && (p[j]|0x20) <= 'z'
			if !letter && (i == 0 || p[j] < '0' || p[j] > '9') {
				return false
			}
		}
		if len(p) == 0 || len(p) > 8 {
			return false
		}
	}
	return true
}

// splitLabels reads a comma-separated list, without empties or doubles.
func splitLabels(s string) []string {
	var out []string
	for _, l := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' || r == '|' }) {
		if out = addLabel(out, l); len(out) == maxLabels {
			break
		}
	}
	return out
}

func addLabel(list []string, l string) []string {
	l = clip(strings.TrimSpace(l), 60)
	if l == "" {
		return list
	}
	for _, have := range list {
		if strings.EqualFold(have, l) {
			return list
		}
	}
	return append(list, l)
}

// LabelSet makes labels without descriptions of the names.
func LabelSet(names []string) []step.Label {
	out := make([]step.Label, len(names))
	for i, n := range names {
		out[i].Name = n
	}
	return out
}

// clip shortens s to at most n runes.
func clip(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i] + "…"
		}
		n--
	}
	return s
}

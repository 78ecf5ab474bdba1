package local

import (
	"regexp"
	"strconv"
	"strings"
)

// bulletWords bounds one line of a list.
const bulletWords = 45

// bullets renders sentences with speaker and citation, those of one message on
// one line: a reader looks for who said something once.
func bullets(items []sentence, first int) string {
	var b strings.Builder
	for i := 0; i < len(items); {
		n := i + 1
		for n < len(items) && items[n].message == items[i].message && items[n].name == items[i].name && items[i].message >= 0 && items[i].name != "" {
			n++
		}
		b.WriteString(bullet(items[i:n], first) + "\n")
		i = n
	}
	return b.String()
}

// bullet renders sentences of one message. What stood between two of them is
// marked as left out.
func bullet(of []sentence, first int) string {
	var b strings.Builder
	b.WriteString("- ")
	name, lead := addressee(of[0])
	if name != "" {
		b.WriteString("**" + plainName(name) + "**: ")
	}
	var text strings.Builder
	for i, s := range of {
		if i == 0 {
			s.text = lead
		}
		switch {
		case i == 0:
		case s.at == of[i-1].at+1:
			text.WriteByte(' ')
		default:
			text.WriteString(" … ")
		}
		text.WriteString(s.text)
	}
	b.WriteString(plainMarks(excerpt(text.String(), bulletWords)))
	if of[0].message >= 0 {
		b.WriteString(" [" + strconv.Itoa(first+of[0].message) + "]")
	}
	return b.String()
}

// toName is a name at the beginning: "bruno: what are you trying?".
var toName = regexp.MustCompile(`^@?([\pL\d_.-]{2,30})[:,] (\S.*)$`)

// addressee takes the name a message begins with out of its text and puts it
// beside the speaker: "pavel → bruno".
func addressee(s sentence) (name, text string) {
	m := toName.FindStringSubmatch(s.text)
	if m == nil || !s.people[strings.ToLower(m[1])] {
		return s.name, s.text
	}
	if strings.Contains(s.name, " → ") {
		return s.name, m[2]
	}
	return s.name + " → " + m[1], m[2]
}

// numberMark is what would be read as a citation of ours.
var numberMark = regexp.MustCompile(`\[(\d[\d, –-]*)\]`)

// plainMarks keeps numbers in brackets that a person wrote from passing for
// citations.
func plainMarks(s string) string {
	if !strings.Contains(s, "[") {
		return s
	}
	return numberMark.ReplaceAllString(s, "($1)")
}

// plainName drops what would be markup in a name.
func plainName(n string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("*_`[]<>", r) {
			return -1
		}
		return r
	}, n)
}

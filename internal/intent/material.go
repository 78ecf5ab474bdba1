package intent

import (
	"strconv"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/step"
)

// material is what is known of the conversation.
type material struct {
	text    string // lower case, spaces collapsed: words, names and links
	numbers map[string]bool
	names   map[string]bool
	days    map[string]bool // "2006-01-02" of the messages and a week around them
	times   map[string]bool
	day     string // the last day that went into days
	first   int
	last    int
	words   int
}

// source collects the facts of a step's input.
func source(in step.Input) material {
	m := material{numbers: map[string]bool{}, names: map[string]bool{}, days: map[string]bool{}, times: map[string]bool{},
		first: max(in.First, 1), last: max(in.First, 1) + len(in.Messages) - 1}
	var b strings.Builder
	add := func(s string) {
		b.WriteString(strings.ToLower(plainQuotes(s)))
		b.WriteByte(' ')
	}
	for _, msg := range in.Messages {
		add(nameOf(msg.Author))
		add(msg.Text)
		add(msg.Permalink)
		for _, f := range msg.Files {
			add(f.Name)
		}
		for _, w := range strings.Fields(strings.ToLower(nameOf(msg.Author))) {
			m.names[w] = true
		}
		m.words += len(strings.Fields(msg.Text))
		m.when(msg.At)
	}
	for _, s := range []string{in.Text, in.Instruction, in.Channel, in.Asker, in.Previous} {
		add(s)
	}
	m.words += len(strings.Fields(in.Text))
	m.when(in.Now)
	m.text = strings.Join(strings.Fields(b.String()), " ")
	eachNumber(m.text, func(n string) { m.numbers[plainNumber(n)] = true })
	m.spelled()
	m.numbers[strconv.Itoa(len(in.Messages))] = true
	return m
}

// numerals are the numbers that people write in words.
var numerals = map[string]int{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
	"eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
	"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}

// spelled adds the numbers that the source has in words: "twenty five" is 25.
func (m *material) spelled() {
	before := 0
	for w := range strings.FieldsFuncSeq(m.text, func(r rune) bool { return r < 'a' || r > 'z' }) {
		n := numerals[w]
		if n > 0 {
			m.numbers[strconv.Itoa(n)] = true
		}
		if before >= 20 && n > 0 && n < 10 {
			m.numbers[strconv.Itoa(before+n)] = true
		}
		before = n
	}
}

// eachNumber calls f with every number that numberPattern finds; it is for long
// texts, where a pattern would be the slowest part of a check.
func eachNumber(text string, f func(n string)) {
	digit := func(i int) bool { return i < len(text) && text[i] >= '0' && text[i] <= '9' }
	for i := 0; i < len(text); i++ {
		if !digit(i) {
			continue
		}
		start := i
		for digit(i) || i < len(text) && (text[i] == '.' || text[i] == ',') && digit(i+1) {
			i++
		}
		f(text[start:i])
	}
}

// when makes the day of a message and the days around it known: "tomorrow" is a
// date to a reader.
func (m *material) when(t time.Time) {
	if t.IsZero() {
		return
	}
	m.times[t.UTC().Format("15:04")] = true
	day := t.Format(time.DateOnly)
	if day == m.day {
		return // messages of one day come in a row
	}
	m.day = day
	for d := -1; d <= 7; d++ {
		m.days[t.AddDate(0, 0, d).Format(time.DateOnly)] = true
	}
	m.numbers[strconv.Itoa(t.Year())] = true
}

// hasDay reports whether a day of a month is in the source, in words or as the
// date of a message.
func (m material) hasDay(number, month string) bool {
	if m.numbers[plainNumber(number)] && strings.Contains(m.text, month) {
		return true
	}
	n, _ := strconv.Atoi(number)
	for d := range m.days {
		t, err := time.Parse(time.DateOnly, d)
		if err == nil && t.Day() == n && strings.ToLower(t.Month().String()[:3]) == month {
			return true
		}
	}
	return false
}

// knows reports whether a lower-case name is an author's or occurs as a word.
func (m material) knows(name string) bool {
	if m.names[name] {
		return true
	}
	for from := 0; ; {
		i := strings.Index(m.text[from:], name)
		if i < 0 {
			return false
		}
		if at := from + i; edge(m.text, at, at+len(name)) {
			return true
		}
		from += i + len(name)
	}
}

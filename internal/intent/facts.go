package intent

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// facts of an answer that must occur in the conversation.
var (
	urlPattern    = regexp.MustCompile(`https?://[^\s<>()\[\]"'|]+`)
	isoDate       = regexp.MustCompile(`\b\d{4}-\d{2}-\d{2}\b`)
	clockTime     = regexp.MustCompile(`\b\d{1,2}:\d{2}\b`)
	monthDay      = regexp.MustCompile(`(?i)\b(?:(\d{1,2})(?:st|nd|rd|th)?\.? (?:of )?(` + months + `)|(` + months + `) (\d{1,2})(?:st|nd|rd|th)?)\b`)
	numberPattern = regexp.MustCompile(`\d+(?:[.,]\d+)*`)
	atName        = regexp.MustCompile(`(^|[\s(])@([\pL\d_.-]+)`)
	citation      = regexp.MustCompile(`\[(\d{1,5}(?:\s*[,–-]\s*\d{1,5})*)\]`)
	quotation     = regexp.MustCompile(`“([^”\n]{3,400})”|"([^"\n]{3,400})"`)
	ordinal       = regexp.MustCompile(`(?m)^\s*\d{1,2}[.)]\s`)
	said          = regexp.MustCompile(`\b(\p{Lu}\p{Ll}{2,})\b (?:said|says|asked|asks|will|agreed|suggested|suggests|proposed|proposes|wants|confirmed|owns|offered|reported|noted|thinks)\b`)
)

const months = `jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?`

// counted are the words a small number may count without being in the source.
var counted = set(`messages message people persons options option items item decisions decision questions question steps points issues issue participants ways
	topics tasks bugs others approaches problems parts members reasons`)

// notNames begin a clause like a name does.
var notNames = set(`the they this that these it someone somebody everyone everybody nobody team people others both each there who which what we you
	another nothing everything users customers participants one neither all either`)

// facts reports what the answer states and the source does not.
func (c *findings) facts(src material, answer string) {
	c.cited(src, answer)
	rest := citation.ReplaceAllString(answer, " ")
	for _, u := range urlPattern.FindAllString(rest, -1) {
		if u = strings.TrimRight(u, ".,;:!?*_`"); !strings.Contains(src.text, strings.ToLower(u)) {
			c.add(CodeLink, "This link does not occur in the conversation: "+clip(u, 200))
		}
	}
	rest = urlPattern.ReplaceAllString(rest, " ")
	for _, q := range quotation.FindAllStringSubmatch(rest, -1) {
		if text := plainText(q[1] + q[2]); strings.Count(text, " ") >= 2 && !strings.Contains(plainText(src.text), text) {
			c.add(CodeQuote, "This quote is not word for word in the conversation: "+clip(q[1]+q[2], 120))
		}
	}
	for _, n := range atName.FindAllStringSubmatch(rest, -1) {
		if name := strings.ToLower(strings.TrimRight(n[2], ".-")); !src.knows(name) {
			c.add(CodeName, "This person does not occur in the conversation: @"+clip(n[2], 40))
		}
	}
	for _, n := range said.FindAllStringSubmatch(rest, -1) {
		if name := strings.ToLower(n[1]); !notNames[name] && !src.knows(name) {
			c.add(CodeName, "This name does not occur in the conversation: "+clip(n[1], 40))
		}
	}
	c.numbers(src, c.dates(src, rest))
}

// cited checks the numbers in square brackets.
func (c *findings) cited(src material, answer string) {
	found := citations(answer)
	for _, n := range found {
		if n < src.first || n > src.last {
			c.add(CodeCitation, "There is no message ["+itoa(n)+"]: cite only "+itoa(src.first)+" to "+itoa(src.last)+".")
		}
	}
	if len(found) == 0 && src.last-src.first+1 >= citationsFrom {
		c.add(CodeNoCitation, "Put the number of its message after every claim, like ["+itoa(src.first)+"].")
	}
}

// citations lists the message numbers an answer cites; "[3–5]" cites its ends.
func citations(answer string) []int {
	var out []int
	for _, m := range citation.FindAllStringSubmatch(answer, -1) {
		for _, n := range numberPattern.FindAllString(strings.NewReplacer(",", " ", "–", " ", "-", " ").Replace(m[1]), -1) {
			if v, err := strconv.Atoi(n); err == nil {
				out = append(out, v)
			}
		}
	}
	return out
}

// dates checks dates and times and returns the text without them.
func (c *findings) dates(src material, text string) string {
	unknown := func(s string) { c.add(CodeDate, "This date or time does not occur in the conversation: "+clip(s, 40)) }
	for _, d := range isoDate.FindAllString(text, -1) {
		if !src.days[d] && !strings.Contains(src.text, d) {
			unknown(d)
		}
	}
	text = isoDate.ReplaceAllString(text, " ")
	for _, t := range clockTime.FindAllString(text, -1) {
		if !src.times[t] && !strings.Contains(src.text, t) && !strings.Contains(src.text, strings.TrimPrefix(t, "0")) {
			unknown(t)
		}
	}
	text = clockTime.ReplaceAllString(text, " ")
	for _, m := range monthDay.FindAllStringSubmatch(text, -1) {
		number, month := m[1]+m[4], strings.ToLower(m[2] + m[3])[:3]
		if !src.hasDay(number, month) {
			unknown(m[0])
		}
	}
	return monthDay.ReplaceAllString(text, " ")
}

// numbers checks what is left: a number must be in the source, unless it only
// counts things or numbers a list.
func (c *findings) numbers(src material, text string) {
	text = ordinal.ReplaceAllString(text, " ")
	for _, loc := range numberPattern.FindAllStringIndex(text, -1) {
		n := text[loc[0]:loc[1]]
		if src.numbers[plainNumber(n)] {
			continue
		}
		next := strings.ToLower(firstWord(text[loc[1]:]))
		if v, err := strconv.Atoi(n); err == nil && v <= 20 && counted[next] {
			continue
		}
		c.add(CodeNumber, "This number does not occur in the conversation: "+clip(n, 30))
	}
}

// plainNumber makes "1,250" and "1250", "3.50" and "3.5" equal.
func plainNumber(n string) string {
	n = strings.TrimRight(n, ".,")
	if !strings.ContainsAny(n, ".,") && n[0] != '0' {
		return n
	}
	if i := strings.LastIndexByte(n, ','); i >= 0 && len(n)-i == 4 {
		n = strings.ReplaceAll(n, ",", "")
	}
	n = strings.ReplaceAll(n, ",", ".")
	if strings.Count(n, ".") == 1 {
		n = strings.TrimRight(strings.TrimRight(n, "0"), ".")
	}
	if t := strings.TrimLeft(n, "0"); t != "" && t[0] != '.' {
		return t
	}
	return n
}

// straight makes typographic quotes plain.
var straight = strings.NewReplacer("’", "'", "‘", "'", "“", "\"", "”", "\"")

func plainQuotes(s string) string { return straight.Replace(s) }

// plainText is lower-case words with single spaces, for comparing quotes.
func plainText(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(plainQuotes(s)), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\''
	}), " ")
}

func firstWord(s string) string {
	s = strings.TrimLeft(s, " ")
	end := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })
	if end < 0 {
		return s
	}
	return s[:end]
}

func wordSet(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(plainText(s)) {
		m[w] = true
	}
	return m
}

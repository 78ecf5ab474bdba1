package local

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tierwise/tierwise/internal/step"
)

// parts are what a template is filled with; empty ones become gaps.
type parts struct {
	to, from, topic, message string
	decisions, questions     []string
	actions, dates           []string
}

// gap marks what the person must fill in.
func gap(what string) string { return "[… " + what + "]" }

// draft fills a template from the thread. The kind is the one asked for, or
// told by the words of the instruction.
func draft(in step.Input, l look) string {
	if in.Previous != "" && in.Instruction != "" && shorter(in.Instruction) {
		return firstHalf(in.Previous)
	}
	p := gather(in, l)
	switch kindOf(in) {
	case "announcement":
		return announcement(p)
	case "status update":
		return status(p)
	case "apology":
		return apology(p)
	case "decline":
		return decline(p)
	case "handover":
		return handover(p)
	case "thank-you":
		return thanks(p)
	}
	return reply(p)
}

// kinds tell a template by words of the instruction, the first that fits.
var kinds = []struct {
	name  string
	words *regexp.Regexp
}{
	{"apology", regexp.MustCompile(`(?i)\b(apolog\w*|sorry)\b`)},
	{"decline", regexp.MustCompile(`(?i)\b(decline|refuse|turn down|say no|polite no|can('|’)t make|cannot make|reject)\b`)},
	{"thank-you", regexp.MustCompile(`(?i)\bthank`)},
	{"handover", regexp.MustCompile(`(?i)\bhand ?-?over\b|\bhand off\b|\bnext shift\b`)},
	{"status update", regexp.MustCompile(`(?i)\b(status|progress|update)\b`)},
	{"announcement", regexp.MustCompile(`(?i)\b(announce\w*|tell (the|every|all|our)|release notes|changelog)\b`)},
}

func kindOf(in step.Input) string {
	asked := strings.ToLower(strings.ReplaceAll(in.Template, "_", " "))
	for _, k := range kinds {
		if asked == k.name || strings.ReplaceAll(k.name, "-", " ") == strings.ReplaceAll(asked, "-", " ") && asked != "" {
			return k.name
		}
	}
	if asked == "reply" {
		return "reply"
	}
	for _, k := range kinds {
		if k.words.MatchString(in.Instruction) {
			return k.name
		}
	}
	return "reply"
}

var (
	addressed = regexp.MustCompile(`(?i)\b(?:reply|respond|write|answer|message|note|email|say|apologi[sz]e|thank(?:s| you)?)\s+(?:(?:an?|the|short|quick)\s+)*(?:to\s+)?@?([\pL][\pL\d_.-]{1,29})`)
	payload   = regexp.MustCompile(`(?is)\b(?:that|saying|to say|telling (?:them|him|her|the team)|about)\s+(.{3,600})$|:\s*(.{3,600})$`)
	dates     = regexp.MustCompile(`(?i)\b(?:(?:next |this |on )?(?:mon|tues|wednes|thurs|fri|satur|sun)day|tomorrow|tonight|next week|\d{4}-\d{2}-\d{2}|(?:january|february|march|april|may|june|july|august|september|october|november|december) \d{1,2}|\d{1,2}(?::\d{2})? ?(?:am|pm)|\d{1,2}:\d{2})\b`)
)

// gather takes the parts from the instruction and the conversation.
func gather(in step.Input, l look) parts {
	p := parts{from: plainName(in.Asker), topic: topic(in)}
	if m := addressed.FindStringSubmatch(in.Instruction); m != nil && !commonWord[strings.ToLower(m[1])] {
		p.to = m[1]
	} else if m := lastOther(in); m >= 0 {
		p.to = plainName(in.Messages[m].Author.Name)
	}
	if m := payload.FindStringSubmatch(in.Instruction); m != nil {
		p.message = sentenceCase(strings.TrimSpace(m[1] + m[2]))
	}
	found := find(in, sentencesOf(in), l.items)
	p.decisions, p.questions, p.actions = texts(found.decisions, false), texts(found.questions, false), texts(found.actions, true)
	for i := len(in.Messages) - 1; i >= 0 && len(p.dates) < 3; i-- {
		for _, d := range dates.FindAllString(in.Messages[i].Text, 3) {
			if !slices.Contains(p.dates, d) {
				p.dates = append(p.dates, d)
			}
		}
	}
	return p
}

// commonWord are words that follow "reply to" without being a person.
var commonWord = wordSet(`a an the this that it them him her me us you my our your their saying about for to status update team everyone customer customers client
	message reply email note short quick polite friendly announcement question last above and in of all from on up answer`)

// lastOther is the newest message of somebody else than the asker, or -1.
func lastOther(in step.Input) int {
	for i := len(in.Messages) - 1; i >= 0; i-- {
		if m := in.Messages[i]; m.Author.Name != "" && !strings.EqualFold(m.Author.Name, in.Asker) && !m.Author.Bot {
			return i
		}
	}
	return -1
}

// topic is the conversation's three commonest content words, in the order in
// which they first occur; of a tie the earlier wins.
func topic(in step.Input) string {
	counts, shown, names := map[string]int{}, map[string]string{}, map[string]bool{}
	var order []string
	for _, m := range in.Messages {
		names[strings.ToLower(m.Author.Name)] = true
	}
	for _, m := range in.Messages {
		for _, w := range wordsOf(webLink.ReplaceAllString(m.Text, " ")) {
			if len(w) < 4 || stopWords[w] || names[w] {
				continue
			}
			k := stem(w)
			if counts[k] == 0 {
				order = append(order, k)
				shown[k] = w
			}
			counts[k]++
		}
	}
	best := slices.Clone(order)
	slices.SortStableFunc(best, func(a, b string) int { return counts[b] - counts[a] })
	best = best[:min(3, len(best))]
	var out []string
	for _, k := range order {
		if slices.Contains(best, k) {
			out = append(out, shown[k])
		}
	}
	return strings.Join(out, ", ")
}

func texts(list []sentence, named bool) []string {
	var out []string
	for _, s := range list {
		t := excerpt(s.text, 30)
		if named && s.name != "" {
			t = plainName(s.name) + ": " + t
		}
		out = append(out, t)
	}
	return out
}

func sentenceCase(s string) string {
	if s == "" {
		return s
	}
	first, size := utf8.DecodeRuneInString(s)
	s = string(unicode.ToUpper(first)) + s[size:]
	if !strings.ContainsAny(s[len(s)-1:], ".!?…") {
		s += "."
	}
	return s
}

func shorter(instruction string) bool {
	low := strings.ToLower(instruction)
	return strings.Contains(low, "short") || strings.Contains(low, "brief")
}

// firstHalf keeps the first half of a text's sentences.
func firstHalf(text string) string {
	s := split(text)
	return strings.Join(s[:(len(s)+1)/2], " ")
}

package intent

import (
	"strconv"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/step"
)

// Cite turns the citations of an answer into links to their messages:
// "[3](https://…)". Numbers without a permalink stay as they are, so do code
// and links. The answer must have been neutralised before: the links made here
// are ours and would be undone.
func Cite(in step.Input, answer string) string {
	first := max(in.First, 1)
	var b strings.Builder
	code := false
	for i, piece := range strings.Split(answer, "`") {
		if i > 0 {
			b.WriteByte('`')
			code = !code
		}
		if piece == "" && i > 0 {
			continue // inside a run of backticks
		}
		if code {
			b.WriteString(piece)
			continue
		}
		b.WriteString(citeText(in, first, piece))
	}
	return b.String()
}

func citeText(in step.Input, first int, text string) string {
	var b strings.Builder
	last := 0
	for _, loc := range citation.FindAllStringIndex(text, -1) {
		if strings.HasPrefix(text[loc[1]:], "(") || loc[0] > 0 && text[loc[0]-1] == '!' {
			continue
		}
		link, before := links(in, first, text[loc[0]:loc[1]]), text[last:loc[0]]
		if link == "" {
			before = strings.TrimRight(before, " ")
		}
		b.WriteString(before)
		b.WriteString(link)
		last = loc[1]
	}
	b.WriteString(text[last:])
	return b.String()
}

// links makes one link of each number in "[3, 7]".
func links(in step.Input, first int, mark string) string {
	var out []string
	own := 0
	for _, n := range citations(mark) {
		label := strconv.Itoa(n)
		i := n - first
		if ours(in, i) {
			own++
			continue
		}
		if i >= 0 && i < len(in.Messages) && safeLink(in.Messages[i].Permalink) {
			out = append(out, "["+label+"]("+in.Messages[i].Permalink+")")
			continue
		}
		out = append(out, "["+label+"]")
	}
	switch {
	case len(out) == 0 && own > 0:
		return ""
	case len(out) == 0:
		return mark
	}
	sep := " "
	if strings.ContainsAny(mark, "–-") {
		sep = "–"
	}
	return strings.Join(out, sep)
}

// ours reports whether the i-th message is an earlier answer of the bot's own: it
// is no source. When that very answer is to be changed, it is what is spoken of
// and may be named.
func ours(in step.Input, i int) bool {
	return in.Previous == "" && i >= 0 && i < len(in.Messages) && in.Messages[i].Author.Self
}

// safeLink accepts an https or loopback address that cannot break out of the
// parentheses it is put in.
func safeLink(s string) bool {
	return (strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")) && !strings.ContainsAny(s, " ()<>\n\t\"")
}

// CoverageLine says how much was read: "read 214 of 214 messages, 3 files
// skipped". It is empty when nothing was read.
func CoverageLine(c chat.Coverage) string {
	if c.Read == 0 && !c.Hidden {
		return ""
	}
	var b strings.Builder
	b.WriteString("read " + strconv.Itoa(c.Read))
	if c.Total >= 0 {
		b.WriteString(" of " + strconv.Itoa(max(c.Total, c.Read)))
	}
	b.WriteString(plural(max(c.Total, c.Read), " message", " messages"))
	if c.FilesSkipped > 0 {
		b.WriteString(", " + strconv.Itoa(c.FilesSkipped) + plural(c.FilesSkipped, " file", " files") + " skipped")
	}
	if c.Hidden {
		b.WriteString(", the platform withheld some contents")
	}
	if c.Why != "" {
		b.WriteString(" (" + c.Why + ")")
	}
	return b.String()
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// LocalNote says what an answer of the local tier is. It stands beside the
// answer, not in it, so that a draft can be posted without it.
func LocalNote(i step.Intent) string {
	switch i {
	case step.Summarize:
		return "Key messages picked on this server, no AI model used, $0.00"
	case step.Draft:
		return "Written on this server from your words and the conversation, no AI model used, $0.00"
	case step.Classify:
		return "Compared with the labels on this server, no AI model used, $0.00"
	default:
		return "Messages found on this server, no AI model used, $0.00"
	}
}

// ShowChoice says a classification in a sentence, and below it what speaks for
// it when the answer said so.
func ShowChoice(c Choice) string {
	said := sayChoice(c)
	if c.Why != "" {
		said += "\nWhy: " + c.Why
	}
	return said
}

func sayChoice(c Choice) string {
	if !c.Unsure {
		return "**" + c.Label + "**"
	}
	switch {
	case c.Top[0] != "" && c.Top[1] != "":
		return "Unsure: **" + c.Top[0] + "** or **" + c.Top[1] + "**"
	case c.Top[0] != "":
		return "Unsure: perhaps **" + c.Top[0] + "**"
	}
	return "Unsure: none of the labels fits clearly"
}

package slack

import (
	"regexp"
	"strings"
)

var (
	heading = regexp.MustCompile(`^#{1,6}\s+(.*?)\s*#*$`)
	bold    = regexp.MustCompile(`(\*\*|__)(\S(?:.*?\S)?)(\*\*|__)`)
	italic  = regexp.MustCompile(`(^|[^*\w])\*([^\s*](?:[^*]*?[^\s*])?)\*($|[^*\w])`)
	strike  = regexp.MustCompile(`~~(\S(?:.*?\S)?)~~`)
	bullet  = regexp.MustCompile(`^(\s*)[-*+]\s+`)
)

// mrkdwn turns CommonMark into the older markup that pages and forms take.
// Code keeps its text; what Slack could read as markup of its own is escaped.
func mrkdwn(s string) string {
	var out []string
	fenced := false
	for _, line := range lines(s) {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
			out = append(out, "```")
			continue
		}
		line = escape.Replace(line)
		if !fenced {
			line = styled(line)
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

// styled turns the marks of one line, leaving code spans alone.
func styled(line string) string {
	if m := heading.FindStringSubmatch(line); m != nil {
		return "*" + strings.ReplaceAll(m[1], "*", "") + "*"
	}
	line = bullet.ReplaceAllString(line, "${1}• ")
	pieces := strings.Split(line, "`")
	for i := 0; i < len(pieces); i += 2 {
		p := italic.ReplaceAllString(pieces[i], "${1}_${2}_${3}")
		p = bold.ReplaceAllString(p, "*${2}*")
		pieces[i] = strike.ReplaceAllString(p, "~${1}~")
	}
	return strings.Join(pieces, "`")
}

func lines(s string) []string { return strings.Split(s, "\n") }

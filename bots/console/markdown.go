package console

import "regexp"

var (
	citation = regexp.MustCompile(`\[(\d{1,5})\]\(https?://[^\s()]+\)`)
	strong   = regexp.MustCompile(`\*\*([^*\n]+)\*\*`)
	remark   = regexp.MustCompile(`(?m)^_(.+)_$`)
)

// markdown shows the little markup that posts of the bot use in a terminal's
// terms: a citation is its number (which /read shows beside the message),
// strong text is bold or plain, a remark under the answer is dim. The text has
// been made safe before.
func (s Style) markdown(text string) string {
	text = citation.ReplaceAllString(text, "[$1]")
	text = strong.ReplaceAllStringFunc(text, func(m string) string { return s.paint(bold, m[2:len(m)-2]) })
	return remark.ReplaceAllStringFunc(text, func(m string) string { return s.paint(dim, "("+m[1:len(m)-1]+")") })
}

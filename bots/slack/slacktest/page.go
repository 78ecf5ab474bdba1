package slacktest

import (
	"fmt"
	"html"
	"regexp"
	"strings"
)

// Page is what a person sees, as an HTML page to be looked at. It resembles a
// Slack client closely enough to judge what is read and pressed; it loads
// nothing.
type Page struct {
	f    *Fake
	body strings.Builder
}

// NewPage begins a page.
func (f *Fake) NewPage() *Page { return &Page{f: f} }

// Conversation adds what a person sees at a place under a heading: the root of
// a thread and its replies, or a channel.
func (p *Page) Conversation(heading string, seen []Seen) *Page {
	p.heading(heading)
	for _, s := range seen {
		p.message(s)
	}
	return p
}

// View adds a Home page or a form.
func (p *Page) View(heading string, v View) *Page {
	p.heading(heading)
	p.body.WriteString(`<div class="view">`)
	if v.Title != "" {
		fmt.Fprintf(&p.body, "<h2>%s</h2>", html.EscapeString(v.Title))
	}
	p.blocks(v.Blocks)
	if v.Submit != "" {
		fmt.Fprintf(&p.body, `<div class="row end"><span class="b primary">%s</span></div>`, html.EscapeString(v.Submit))
	}
	p.body.WriteString("</div>")
	return p
}

// HTML is the whole page.
func (p *Page) HTML() string {
	return "<!doctype html><meta charset=utf-8><style>" + pageStyle + "</style>" + p.body.String()
}

func (p *Page) heading(s string) {
	fmt.Fprintf(&p.body, "<h1>%s</h1>", html.EscapeString(s))
}

// message is one message with its author.
func (p *Page) message(s Seen) {
	unlock := p.f.lock()
	name, app := s.User, s.BotID != ""
	if u := p.f.state.user(s.User); u != nil {
		name = u.Name
		app = app || u.Bot
	}
	unlock()
	class := "m"
	if s.Private {
		class += " private"
	}
	initial, tag := strings.ToUpper(name[:min(1, len(name))]), ""
	if app {
		tag = `<span class="tag">APP</span>`
	}
	fmt.Fprintf(&p.body, `<div class="%s"><span class="face f%d">%s</span><div class="said">`, class, faceOf(name), html.EscapeString(initial))
	if s.Private {
		p.body.WriteString(`<div class="only">👁 Only visible to you</div>`)
	}
	fmt.Fprintf(&p.body, `<b>%s</b>%s <span class="grey">%s</span>`, html.EscapeString(name), tag, p.f.clockOf(s.TS))
	if len(s.Blocks) == 0 {
		fmt.Fprintf(&p.body, "<div>%s</div>", p.marked(s.Raw))
	}
	p.blocks(s.Blocks)
	for _, f := range s.Files {
		fmt.Fprintf(&p.body, `<div class="file">📄 %s</div>`, html.EscapeString(f))
	}
	p.body.WriteString("</div></div>")
}

// faceOf is the colour of a name, one of four.
func faceOf(name string) int {
	sum := 0
	for _, b := range []byte(name) {
		sum += int(b)
	}
	return sum % 4
}

func (f *Fake) clockOf(ts string) string {
	var seconds int64
	if _, err := fmt.Sscanf(ts, "%d.", &seconds); err != nil {
		return ""
	}
	return unix(seconds).Format("15:04")
}

func (p *Page) blocks(blocks []map[string]any) {
	for _, b := range blocks {
		p.block(b)
	}
}

func (p *Page) block(b object) {
	switch b["type"] {
	case "markdown":
		fmt.Fprintf(&p.body, "<div>%s</div>", p.commonMark(text(b["text"])))
	case "section":
		p.body.WriteString("<div>" + p.textOf(b["text"]) + "</div>")
	case "header":
		p.body.WriteString("<h3>" + p.textOf(b["text"]) + "</h3>")
	case "context":
		p.body.WriteString(`<div class="grey small">`)
		for _, e := range list(b["elements"]) {
			p.body.WriteString(p.textOf(e) + " ")
		}
		p.body.WriteString("</div>")
	case "divider":
		p.body.WriteString("<hr>")
	case "actions":
		p.body.WriteString(`<div class="row">`)
		for _, e := range list(b["elements"]) {
			p.element(e)
		}
		p.body.WriteString("</div>")
	case "input":
		p.input(b)
	case "data_table":
		p.table(b)
	case "data_visualization":
		p.chart(b)
	default:
		fmt.Fprintf(&p.body, `<div class="unknown">%s</div>`, html.EscapeString(text(b["type"])))
	}
}

func (p *Page) element(v any) {
	e, _ := v.(map[string]any)
	switch e["type"] {
	case "button":
		fmt.Fprintf(&p.body, `<span class="b %s">%s</span>`, html.EscapeString(text(e["style"])), p.textOf(e["text"]))
	case "overflow":
		p.body.WriteString(`<span class="b">⋯</span>`)
	}
}

// input is one field of a form.
func (p *Page) input(b object) {
	e, _ := b["element"].(map[string]any)
	value := html.EscapeString(text(e["initial_value"]))
	if o, ok := e["initial_option"].(map[string]any); ok {
		value = p.textOf(o["text"])
	}
	if value == "" {
		value = `<span class="grey">` + p.textOf(e["placeholder"]) + "</span>"
	}
	if strings.Contains(text(e["type"]), "select") {
		value += " ▾"
	}
	optional := ""
	if b["optional"] == true {
		optional = ` <span class="grey">(optional)</span>`
	}
	class := "field"
	if e["multiline"] == true {
		class += " long"
	}
	fmt.Fprintf(&p.body, `<label>%s%s</label><div class="%s">%s</div>`, p.textOf(b["label"]), optional, class, value)
	if b["hint"] != nil {
		p.body.WriteString(`<div class="grey small">` + p.textOf(b["hint"]) + "</div>")
	}
}

// textOf is a text object.
func (p *Page) textOf(v any) string {
	o, _ := v.(map[string]any)
	if o["type"] == "plain_text" {
		return html.EscapeString(html.UnescapeString(text(o["text"])))
	}
	return p.marked(text(o["text"]))
}

var (
	codeSpan   = regexp.MustCompile("`([^`\n]+)`")
	fence      = regexp.MustCompile("(?s)```\\w*\n?(.*?)```")
	slackBold  = regexp.MustCompile(`\*([^*\n]+)\*`)
	slackItal  = regexp.MustCompile(`(^|[\s(])_([^_\n]+)_`)
	slackQuote = regexp.MustCompile(`(?m)^&gt; ?(.*)$`)
	slackUser  = regexp.MustCompile(`&lt;@([A-Z0-9]+)(?:\|[^&]*)?&gt;`)
	markBold   = regexp.MustCompile(`\*\*([^*\n]+)\*\*`)
	markLink   = regexp.MustCompile(`\[([^\]\n]+)\]\(([^)\s]+)\)`)
	markBullet = regexp.MustCompile(`(?m)^(\s*)[-*] `)
	markHead   = regexp.MustCompile(`(?m)^#{1,6} (.*)$`)
)

// marked is Slack's own markup as HTML.
func (p *Page) marked(s string) string {
	s = html.EscapeString(html.UnescapeString(s))
	s = slackUser.ReplaceAllStringFunc(s, func(m string) string {
		id := slackUser.FindStringSubmatch(m)[1]
		defer p.f.lock()()
		if u := p.f.state.user(id); u != nil {
			id = u.Name
		}
		return `<span class="at">@` + html.EscapeString(id) + "</span>"
	})
	return p.coded(s, func(s string) string {
		s = slackQuote.ReplaceAllString(s, `<span class="quote">$1</span>`)
		s = slackBold.ReplaceAllString(s, "<b>$1</b>")
		return slackItal.ReplaceAllString(s, "$1<i>$2</i>")
	})
}

// commonMark is the part of CommonMark that answers use, as HTML.
func (p *Page) commonMark(s string) string {
	s = html.EscapeString(html.UnescapeString(s))
	return p.coded(s, func(s string) string {
		s = markHead.ReplaceAllString(s, "<b>$1</b>")
		s = markBullet.ReplaceAllString(s, "$1• ")
		s = slackQuote.ReplaceAllString(s, `<span class="quote">$1</span>`)
		s = markBold.ReplaceAllString(s, "<b>$1</b>")
		s = markLink.ReplaceAllString(s, `<a>$1</a>`)
		return slackItal.ReplaceAllString(s, "$1<i>$2</i>")
	})
}

// coded styles what is not code, and breaks lines.
func (p *Page) coded(s string, style func(string) string) string {
	var out strings.Builder
	at := 0
	for _, m := range append(fence.FindAllStringSubmatchIndex(s, -1), []int{len(s), len(s), 0, 0}) {
		for i, piece := range splitCode(s[at:m[0]]) {
			if i%2 == 1 {
				out.WriteString("<code>" + piece + "</code>")
				continue
			}
			out.WriteString(style(piece))
		}
		if m[1] > m[0] {
			out.WriteString("<pre>" + s[m[2]:m[3]] + "</pre>")
		}
		at = m[1]
	}
	return strings.ReplaceAll(out.String(), "\n", "<br>")
}

// splitCode cuts a text at its code spans: text, code, text, …
func splitCode(s string) []string {
	var out []string
	at := 0
	for _, m := range codeSpan.FindAllStringSubmatchIndex(s, -1) {
		out = append(out, s[at:m[0]], s[m[2]:m[3]])
		at = m[1]
	}
	return append(out, s[at:])
}

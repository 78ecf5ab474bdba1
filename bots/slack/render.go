package slack

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	slackgo "github.com/slack-go/slack"

	"github.com/tierwise/tierwise/internal/chat"
)

// Bounds of messages; see ../shared/spec/slack/block-limits.json and
// https://docs.slack.dev/reference/block-kit, read 2026-11-23.
const (
	maxBlocks      = 50
	maxHomeBlocks  = 100
	maxButtonText  = 75
	maxOverflow    = 5
	maxRow         = 24 // 25 are allowed; a menu may follow the last
	maxOptionValue = 150
	maxContext     = 3000
	maxBlockID     = 255
	sampleLine     = "simulated model · sample money"
	shownPrivately = "only visible to you"
	zeroWidth      = "\u200b" // breaks what Slack would read as a mention or a link
)

// part is one message of a post.
type part struct {
	text   string // plain, for notifications and screen readers
	blocks []slackgo.Block
}

// render cuts a post into messages. Footer, buttons, table and chart belong to
// the last, as Slack's own; see plainly for where those are refused.
func render(p chat.Post) []part {
	body := inert(p.Text)
	if titled(p) {
		body = "" // the table or chart says it
	}
	texts := chat.Split(body, maxText-room(p))
	var out []part
	for i, t := range texts {
		var blocks []slackgo.Block
		if strings.TrimSpace(t) != "" {
			blocks = append(blocks, slackgo.NewMarkdownBlock("", t))
		}
		if i == len(texts)-1 {
			blocks = append(blocks, tail(p)...)
		}
		if len(blocks) == 0 {
			blocks = []slackgo.Block{slackgo.NewMarkdownBlock("", "…")}
		}
		out = append(out, part{text: fallback(t, p), blocks: blocks})
	}
	return out
}

// room is what the last message needs beside its text.
func room(p chat.Post) int { return min(len(p.Footer)+len(sampleLine)+8, maxContext) }

// tail is what stands under a text.
func tail(p chat.Post) []slackgo.Block {
	var out []slackgo.Block
	if c := p.Chart; c != nil && len(c.Labels) > 0 && len(c.Series) > 0 {
		out = append(out, chartBlock(c))
	}
	if t := p.Table; t != nil && len(t.Columns) > 0 {
		out = append(out, tableBlock(t))
	}
	if line := grey(p); line != "" {
		out = append(out, slackgo.NewContextBlock("", plain(line, maxContext)))
	}
	return append(out, buttons(p.Buttons, p.More)...)
}

// grey is the line under an answer.
func grey(p chat.Post) string {
	var words []string
	if p.Footer != "" {
		words = append(words, p.Footer)
	}
	if p.Sample {
		words = append(words, sampleLine)
	}
	return strings.Join(words, " · ")
}

// fallback is a text without markup that can mention nobody.
func fallback(text string, p chat.Post) string {
	text = strings.TrimSpace(text)
	if text == "" {
		text = grey(p)
	}
	if text == "" && p.Table != nil {
		text = p.Table.Title
	}
	if text == "" && p.Chart != nil {
		text = p.Chart.Title
	}
	return escaped(withoutSchemes.Replace(or(text, "…")), maxFallback)
}

// escaped is a text that can mention nobody, of at most n characters after it
// has grown by that.
func escaped(s string, n int) string {
	s = clip(s, n)
	grown := 0
	for i, r := range s {
		if grown += utf8.RuneCountInString(escape.Replace(string(r))); grown >= n && i < len(s)-utf8.RuneLen(r) {
			return escape.Replace(s[:i]) + "…"
		}
	}
	return escape.Replace(s)
}

// withoutSchemes keeps addresses in the plain text from being links: an edited
// message takes no word against previews.
var withoutSchemes = strings.NewReplacer("https://", "", "http://", "")

var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// opening is where a mention of a person, channel or group would begin, also
// written with entities.
var opening = regexp.MustCompile(`(<|&lt;|&#60;|&#x3[cC];)([@!#])`)

// inert breaks everything that Slack could read as a mention. The text comes
// neutralised; this holds also for what was quoted, and inside code.
func inert(s string) string { return opening.ReplaceAllString(s, "${1}"+zeroWidth+"${2}") }

// pressable is what a button's press gives back.
type pressable struct {
	name, value string
	form        bool
}

// Buttons carry their name in action_id and their value as it is. An entry of
// the "⋯" menu carries both in its value.
const (
	buttonPrefix = "tw"
	menuAction   = buttonPrefix + ":menu"
)

// id is "tw:<number>:<c or f>:<name>": the number keeps it unique in a block.
func (p pressable) id(n int) string {
	kind := "c"
	if p.form {
		kind = "f"
	}
	return buttonPrefix + ":" + strconv.Itoa(n) + ":" + kind + ":" + p.name
}

// entry is a menu entry's value.
func (p pressable) entry() string { return p.id(0)[len(buttonPrefix)+3:] + "|" + p.value }

// readButton is the inverse of both.
func readButton(a action) (pressable, bool) {
	if a.ID == menuAction || strings.HasPrefix(a.ID, menuAction+":") {
		head, value, _ := strings.Cut(a.Selected.Value, "|")
		kind, name, ok := strings.Cut(head, ":")
		return pressable{name, value, kind == "f"}, ok && name != ""
	}
	f := strings.SplitN(a.ID, ":", 4)
	if len(f) != 4 || f[0] != buttonPrefix || f[3] == "" {
		return pressable{}, false
	}
	return pressable{f[3], a.Value, f[2] == "f"}, true
}

// buttons are one row: what is shown, and a menu of the rest. A menu holds
// five; the entries beyond are a second one.
func buttons(shown, more []chat.Button) []slackgo.Block {
	var row []slackgo.BlockElement
	for i, b := range shown {
		e := slackgo.NewButtonBlockElement(pressableOf(b).id(i), b.Value, plain(b.Label, maxButtonText))
		if b.Style != chat.Plain {
			e.Style = slackgo.Style(b.Style)
		}
		row = append(row, e)
	}
	for n := 0; len(more) > 0 && len(row) < maxRow; n++ {
		head := more[:min(maxOverflow, len(more))]
		more = more[len(head):]
		var entries []*slackgo.OptionBlockObject
		for _, b := range head {
			p := pressableOf(b)
			if utf8.RuneCountInString(p.entry()) > maxOptionValue { // too much for a menu
				if len(row) < maxRow {
					row = append(row, slackgo.NewButtonBlockElement(p.id(len(row)+50), b.Value, plain(b.Label, maxButtonText)))
				}
				continue
			}
			entries = append(entries, slackgo.NewOptionBlockObject(p.entry(), plain(b.Label, maxOption), nil))
		}
		if len(entries) > 0 {
			row = append(row, slackgo.NewOverflowBlockElement(menuID(n), entries...))
		}
	}
	if len(row) == 0 {
		return nil
	}
	return []slackgo.Block{slackgo.NewActionBlock("", row...)}
}

func menuID(n int) string {
	if n == 0 {
		return menuAction
	}
	return menuAction + ":" + strconv.Itoa(n)
}

func pressableOf(b chat.Button) pressable { return pressable{b.Name, b.Value, b.OpensForm} }

// blocksJSON is blocks as an argument.
func blocksJSON(blocks []slackgo.Block) string {
	raw, err := json.Marshal(blocks)
	if err != nil { // blocks are built here, of strings and integers
		return "[]"
	}
	return string(raw)
}

package slacktest

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"
)

// blockLimits is block-limits.json: kind → part → rule → number. A few rules
// sit one level higher or lower.
type blockLimits map[string]any

// number finds a limit along a path; 0 when there is none.
func (l blockLimits) number(path ...string) int {
	var v any = map[string]any(l)
	for _, key := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return 0
		}
		v = m[key]
	}
	n, _ := v.(float64)
	return int(n)
}

// How much the surfaces take.
const (
	maxMessageBlocks = 50
	maxViewBlocks    = 100
	maxMarkdown      = 12000 // all markdown of one message together
)

// blockCheck walks blocks and collects what is wrong.
type blockCheck struct {
	limits blockLimits
	wrong  []string
	ids    []string
}

func (b *blockCheck) add(format string, args ...any) {
	b.wrong = append(b.wrong, fmt.Sprintf(format, args...))
}

// Problems says what Slack would not take of blocks, an array as JSON, on a
// surface: "message", "modal" or "home". It is what every request is held
// against, for tests of many renderings that need no request each.
func (f *Fake) Problems(blocks []byte, surface string) []string {
	var all []object
	switch err := json.Unmarshal(blocks, &all); {
	case err != nil:
		return []string{"not an array of blocks"}
	case f.spec == nil:
		return []string{"there is no reference to check against"}
	}
	return blockProblems(f.spec.limits, all, surface)
}

// blockProblems says what Slack would not take of blocks on a surface
// ("message", "modal", "home").
func blockProblems(limits blockLimits, blocks []object, surface string) []string {
	b := &blockCheck{limits: limits}
	most := maxViewBlocks
	if surface == "message" {
		most = maxMessageBlocks
	}
	if len(blocks) > most {
		b.add("%d blocks, at most %d are allowed", len(blocks), most)
	}
	markdown := 0
	for i, block := range blocks {
		b.block(fmt.Sprintf("blocks[%d]", i), block, surface)
		if block["type"] == "markdown" {
			// One block that is too long alone is told of as such.
			markdown += min(utf8.RuneCountInString(text(block["text"])), maxMarkdown)
		}
	}
	if markdown > maxMarkdown {
		b.add("%d characters of markdown, at most %d are allowed", markdown, maxMarkdown)
	}
	return b.wrong
}

// blockSurfaces are the block types and where they may stand.
var blockSurfaces = map[string][]string{
	"section": {"message", "modal", "home"}, "divider": {"message", "modal", "home"}, "header": {"message", "modal", "home"},
	"context": {"message", "modal", "home"}, "actions": {"message", "modal", "home"}, "image": {"message", "modal", "home"},
	"rich_text": {"message", "modal", "home"}, "video": {"message", "modal", "home"}, "input": {"message", "modal", "home"},
	"markdown": {"message"}, "file": {"message"}, "table": {"message"}, "context_actions": {"message"},
	"data_table": {"message", "modal", "home"}, "data_visualization": {"message", "modal", "home"},
	"task_card": {"message"}, "plan": {"message"}, "alert": {"message", "modal"}, "card": {"message"},
	"carousel": {"message"}, "container": {"message", "modal", "home"}, "call": {"message"},
}

func (b *blockCheck) block(at string, block object, surface string) {
	kind := text(block["type"])
	surfaces, known := blockSurfaces[kind]
	if !known {
		b.add("%s: unsupported type %q", at, kind)
		return
	}
	if !slices.Contains(surfaces, surface) {
		b.add("%s: %s is not allowed in a %s", at, kind, surface)
	}
	at += "." + kind
	if id := text(block["block_id"]); id != "" {
		if slices.Contains(b.ids, id) {
			b.add("%s: block_id %q is used twice", at, id)
		}
		b.ids = append(b.ids, id)
		b.length(at+".block_id", id, b.limits.number("block_id", "max_length"))
	}
	switch kind {
	case "section":
		b.section(at, block)
	case "header":
		b.textObject(at+".text", block["text"], b.limits.number("header", "text", "max_length"), "plain_text")
	case "context", "actions", "context_actions":
		b.elements(at, kind, block)
	case "image":
		b.length(at+".image_url", text(block["image_url"]), b.limits.number("image", "image_url", "max_length"))
		b.required(at, block, "alt_text")
		b.length(at+".alt_text", text(block["alt_text"]), b.limits.number("image", "alt_text", "max_length"))
	case "markdown":
		b.between(at+".text", utf8.RuneCountInString(text(block["text"])), 1, b.limits.number("markdown", "text", "max_length"))
	case "input":
		b.input(at, block)
	case "data_table":
		b.dataTable(at, block)
	case "data_visualization":
		b.visualization(at, block)
	case "table":
		b.table(at, block)
	default:
		b.parts(at, kind, block)
	}
}

// partLimits are the texts of the rarer blocks that have a longest length.
var partLimits = map[string][]string{
	"alert": {"text"}, "card": {"title", "subtitle", "body", "subtext"}, "container": {"title", "subtitle"},
	"video": {"alt_text", "title", "author_name", "description", "provider_name"},
}

// partCounts are the lists of the rarer blocks that have a most.
var partCounts = map[string]string{"card": "actions", "carousel": "elements", "container": "child_blocks"}

func (b *blockCheck) parts(at, kind string, block object) {
	for _, part := range partLimits[kind] {
		s := text(block[part])
		if o, ok := block[part].(map[string]any); ok {
			s = text(o["text"])
		}
		b.length(at+"."+part, s, b.limits.number(kind, part, "max_length"))
	}
	part := partCounts[kind]
	if part == "" {
		return
	}
	items := list(block[part])
	b.between(at+"."+part, len(items), b.limits.number(kind, part, "min_items"), b.limits.number(kind, part, "max_items"))
	for i, item := range items {
		child, _ := item.(map[string]any)
		if here := fmt.Sprintf("%s.%s[%d]", at, part, i); kind == "card" {
			b.element(here, child)
		} else {
			b.block(here, child, "message")
		}
	}
}

func (b *blockCheck) section(at string, block object) {
	fields := list(block["fields"])
	if block["text"] == nil && len(fields) == 0 {
		b.add("%s: has neither text nor fields", at)
	}
	if block["text"] != nil {
		b.textObject(at+".text", block["text"], b.limits.number("section", "text", "max_length"), "")
	}
	if most := b.limits.number("section", "fields", "max_items"); len(fields) > most {
		b.add("%s: %d fields, at most %d are allowed", at, len(fields), most)
	}
	for i, field := range fields {
		b.textObject(fmt.Sprintf("%s.fields[%d]", at, i), field, b.limits.number("section", "fields", "item_max_length"), "")
	}
	if accessory, ok := block["accessory"].(map[string]any); ok {
		b.element(at+".accessory", accessory)
	}
}

func (b *blockCheck) elements(at, kind string, block object) {
	elements := list(block["elements"])
	b.between(at+".elements", len(elements), 1, b.limits.number(kind, "elements", "max_items"))
	var ids []string
	for i, e := range elements {
		element, _ := e.(map[string]any)
		here := fmt.Sprintf("%s[%d]", at, i)
		if kind == "context" && text(element["type"]) != "image" {
			b.textObject(here, element, b.limits.number("text", "max_length"), "")
			continue
		}
		b.element(here, element)
		if special := slices.Contains([]string{"feedback_buttons", "icon_button"}, text(element["type"])); special != (kind == "context_actions") && kind != "context" {
			b.add("%s: %s does not belong in %s", here, text(element["type"]), kind)
		}
		if id := text(element["action_id"]); id != "" {
			if slices.Contains(ids, id) {
				b.add("%s: action_id %q is used twice in the block", here, id)
			}
			ids = append(ids, id)
		}
	}
}

func (b *blockCheck) input(at string, block object) {
	b.textObject(at+".label", block["label"], b.limits.number("input", "label", "max_length"), "plain_text")
	if block["hint"] != nil {
		b.textObject(at+".hint", block["hint"], b.limits.number("input", "hint", "max_length"), "plain_text")
	}
	element, ok := block["element"].(map[string]any)
	if !ok {
		b.add("%s: has no element", at)
		return
	}
	b.element(at+".element", element)
}

// textObject checks {type, text}; kind "" allows both kinds.
func (b *blockCheck) textObject(at string, v any, most int, kind string) {
	o, ok := v.(map[string]any)
	if !ok {
		b.add("%s: is not a text object", at)
		return
	}
	switch t := text(o["type"]); {
	case t != "plain_text" && t != "mrkdwn":
		b.add("%s: type %q is not a text type", at, t)
	case kind != "" && t != kind:
		b.add("%s: is %s, must be %s", at, t, kind)
	case t == "plain_text" && o["verbatim"] != nil:
		b.add("%s: verbatim is for mrkdwn", at)
	}
	b.between(at, utf8.RuneCountInString(text(o["text"])), 1, most)
}

func (b *blockCheck) required(at string, o object, key string) {
	if text(o[key]) == "" {
		b.add("%s: %s is missing", at, key)
	}
}

func (b *blockCheck) length(at, s string, most int) {
	if n := utf8.RuneCountInString(s); most > 0 && n > most {
		b.add("%s: %d characters, at most %d are allowed", at, n, most)
	}
}

func (b *blockCheck) between(at string, n, least, most int) {
	if n < least || most > 0 && n > most {
		b.add("%s: %d, allowed are %d to %d", at, n, least, most)
	}
}

// text is v as a string, or "".
func text(v any) string {
	s, _ := v.(string)
	return s
}

// list is v as a JSON array, or nil.
func list(v any) []any {
	a, _ := v.([]any)
	return a
}

// blocksArg reads and checks the blocks of a call.
func (c *call) blocksArg(surface string) (blocks []object, given bool, refused *Error) {
	s := c.str("blocks")
	if s == "" || s == "null" {
		return nil, false, nil
	}
	if err := json.Unmarshal([]byte(s), &blocks); err != nil {
		c.violate(c.method, "blocks are not a JSON array of objects")
		return nil, true, refuse("invalid_blocks_format")
	}
	return blocks, true, c.checkBlocks(blocks, surface)
}

// checkBlocks records what is wrong with blocks and gives missing block_ids.
func (c *call) checkBlocks(blocks []object, surface string) *Error {
	if c.spec != nil {
		if wrong := blockProblems(c.spec.limits, blocks, surface); len(wrong) > 0 {
			for _, w := range wrong {
				c.violate(c.method, "%s", w)
			}
			return refuse("invalid_blocks", wrong...)
		}
	}
	for _, block := range blocks {
		if text(block["block_id"]) == "" {
			block["block_id"] = c.state.next("blk")
		}
	}
	return nil
}

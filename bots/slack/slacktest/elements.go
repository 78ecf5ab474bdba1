package slacktest

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// element checks one interactive element.
func (b *blockCheck) element(at string, e object) {
	kind := text(e["type"])
	at += "." + kind
	b.length(at+".action_id", text(e["action_id"]), b.limits.number("action_id", "max_length"))
	if confirm, ok := e["confirm"].(map[string]any); ok {
		for _, part := range []string{"title", "text", "confirm", "deny"} {
			b.optionalText(at+".confirm."+part, confirm[part], b.limits.number("confirmation", part, "max_length"), "")
		}
	}
	switch kind {
	case "button", "workflow_button":
		b.button(at, e)
	case "overflow":
		b.options(at, e, b.limits.number("overflow", "options", "min_items"), b.limits.number("overflow", "options", "max_items"))
	case "checkboxes", "radio_buttons":
		b.options(at, e, 1, b.limits.number(kind, "options", "max_items"))
	case "static_select", "multi_static_select", "external_select", "multi_external_select",
		"users_select", "multi_users_select", "conversations_select", "multi_conversations_select",
		"channels_select", "multi_channels_select":
		b.selectMenu(at, kind, e)
	case "plain_text_input":
		if n, ok := e["max_length"].(float64); ok && int(n) > b.limits.number("plain_text_input", "max_length", "max") {
			b.add("%s: max_length %v is too large", at, n)
		}
		b.length(at+".initial_value", text(e["initial_value"]), b.limits.number("plain_text_input", "max_length", "max"))
		b.optionalText(at+".placeholder", e["placeholder"], b.limits.number("select", "placeholder", "max_length"), "plain_text")
	case "feedback_buttons":
		for _, which := range []string{"positive_button", "negative_button"} {
			button, _ := e[which].(map[string]any)
			b.textObject(at+"."+which, button["text"], b.limits.number("feedback_button", "text", "max_length"), "plain_text")
			b.length(at+"."+which, text(button["value"]), b.limits.number("feedback_button", "value", "max_length"))
		}
	case "image":
		b.required(at, e, "alt_text")
	case "icon_button", "datepicker", "timepicker", "datetimepicker", "number_input", "email_text_input",
		"url_text_input", "file_input", "rich_text_input", "url":
	default:
		b.add("%s: unsupported element %q", at, kind)
	}
}

func (b *blockCheck) button(at string, e object) {
	b.textObject(at+".text", e["text"], b.limits.number("button", "text", "max_length"), "plain_text")
	for _, part := range []string{"url", "value", "accessibility_label"} {
		b.length(at+"."+part, text(e[part]), b.limits.number("button", part, "max_length"))
	}
	if style := text(e["style"]); e["style"] != nil && style != "primary" && style != "danger" {
		b.add("%s: style %q is not primary or danger", at, style)
	}
}

func (b *blockCheck) optionalText(at string, v any, most int, kind string) {
	if v != nil {
		b.textObject(at, v, most, kind)
	}
}

func (b *blockCheck) selectMenu(at, kind string, e object) {
	b.optionalText(at+".placeholder", e["placeholder"], b.limits.number("select", "placeholder", "max_length"), "plain_text")
	if !strings.HasSuffix(kind, "static_select") {
		return
	}
	groups := list(e["option_groups"])
	if len(groups) == 0 {
		b.options(at, e, 1, b.limits.number("select", "options", "max_items"))
		return
	}
	b.between(at+".option_groups", len(groups), 1, b.limits.number("select", "option_groups", "max_items"))
	for i, g := range groups {
		group, _ := g.(map[string]any)
		here := fmt.Sprintf("%s.option_groups[%d]", at, i)
		b.textObject(here, group["label"], b.limits.number("option_group", "label", "max_length"), "plain_text")
		b.options(here, group, 1, b.limits.number("option_group", "options", "max_items"))
	}
}

func (b *blockCheck) options(at string, e object, least, most int) {
	options := list(e["options"])
	b.between(at+".options", len(options), least, most)
	var values []string
	for i, o := range options {
		option, _ := o.(map[string]any)
		here := fmt.Sprintf("%s.options[%d]", at, i)
		b.textObject(here, option["text"], b.limits.number("option", "text", "max_length"), "")
		b.length(here+".value", text(option["value"]), b.limits.number("option", "value", "max_length"))
		b.optionalText(here+".description", option["description"], b.limits.number("option", "description", "max_length"), "")
		values = append(values, text(option["value"]))
	}
	// An initial option must be one of the options, whole.
	if initial, ok := e["initial_option"].(map[string]any); ok && !slices.Contains(values, text(initial["value"])) {
		b.add("%s: initial_option %q is not among the options", at, text(initial["value"]))
	}
}

func (b *blockCheck) dataTable(at string, block object) {
	rows := list(block["rows"])
	b.between(at+".rows", len(rows), b.limits.number("data_table", "rows", "min_items"), b.limits.number("data_table", "rows", "max_items"))
	for i, r := range rows {
		b.between(fmt.Sprintf("%s.rows[%d]", at, i), len(list(r)), 1, b.limits.number("data_table", "columns", "max_items"))
	}
	if n, ok := block["page_size"].(float64); ok {
		b.between(at+".page_size", int(n), b.limits.number("data_table", "page_size", "min"), b.limits.number("data_table", "page_size", "max"))
	}
	b.content(at, rows, b.limits.number("data_table", "content", "max_length"))
}

// table rules come from the field: 100 rows, 20 columns, 10,000 characters.
func (b *blockCheck) table(at string, block object) {
	rows := list(block["rows"])
	b.between(at+".rows", len(rows), 1, 100)
	for i, r := range rows {
		b.between(fmt.Sprintf("%s.rows[%d]", at, i), len(list(r)), 1, 20)
	}
	b.content(at, rows, 10000)
}

// content counts the characters of all cells.
func (b *blockCheck) content(at string, rows []any, most int) {
	n := 0
	walkText(rows, func(s string) { n += utf8.RuneCountInString(s) })
	if n > most {
		b.add("%s: %d characters in cells, at most %d are allowed", at, n, most)
	}
}

func (b *blockCheck) visualization(at string, block object) {
	b.length(at+".title", text(block["title"]), b.limits.number("data_visualization", "title", "max_length"))
	chart, _ := block["chart"].(map[string]any)
	if chart == nil {
		b.add("%s: has no chart", at)
		return
	}
	limit := func(path ...string) int { return b.limits.number(append([]string{"data_visualization"}, path...)...) }
	if text(chart["type"]) == "pie" {
		segments := list(chart["segments"])
		b.between(at+".segments", len(segments), 1, limit("segments", "max_items"))
		for i, s := range segments {
			segment, _ := s.(map[string]any)
			b.length(fmt.Sprintf("%s.segments[%d]", at, i), text(segment["label"]), limit("segment", "label", "max_length"))
			if v, _ := segment["value"].(float64); v <= 0 {
				b.add("%s.segments[%d]: value %v is not more than 0", at, i, segment["value"])
			}
		}
		return
	}
	series := list(chart["series"])
	b.between(at+".series", len(series), 1, limit("series", "max_items"))
	for i, s := range series {
		one, _ := s.(map[string]any)
		here := fmt.Sprintf("%s.series[%d]", at, i)
		b.between(here+".name", utf8.RuneCountInString(text(one["name"])), 1, limit("series_name", "max_length"))
		b.between(here+".data", len(list(one["data"])), 1, limit("data", "max_items"))
		for _, p := range list(one["data"]) {
			point, _ := p.(map[string]any)
			b.length(here+".data", text(point["label"]), limit("point_label", "max_length"))
		}
	}
	axis, _ := chart["axis_config"].(map[string]any)
	if categories := list(axis["categories"]); categories != nil {
		b.between(at+".categories", len(categories), 1, limit("categories", "max_items"))
		for _, c := range categories {
			b.length(at+".categories", text(c), limit("category_label", "max_length"))
		}
	}
	for _, label := range []string{"x_label", "y_label"} {
		b.length(at+"."+label, text(axis[label]), limit("axis_label", "max_length"))
	}
}

// walkText calls f with every "text" string below v.
func walkText(v any, f func(string)) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			walkText(x, f)
		}
	case map[string]any:
		for key, x := range v {
			if s, ok := x.(string); ok && key == "text" {
				f(s)
			}
			walkText(x, f)
		}
	}
}

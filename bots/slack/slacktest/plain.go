package slacktest

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Plain is what is written in blocks for a terminal: tables in columns, charts
// as bars, everything else as it reads, and buttons in brackets.
func Plain(blocks []map[string]any) string {
	var b strings.Builder
	for _, block := range blocks {
		switch block["type"] {
		case "divider":
			b.WriteString("────\n")
		case "data_table":
			plainTable(&b, block)
		case "data_visualization":
			plainChart(&b, block)
		case "actions":
			for i, c := range controls([]object{block}) {
				if i > 0 {
					b.WriteString(" ")
				}
				b.WriteString("[" + c.Label + "]")
			}
			b.WriteString("\n")
		default:
			b.WriteString(written([]object{block}) + "\n")
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

func plainTable(b *strings.Builder, block object) {
	b.WriteString(text(block["caption"]) + "\n")
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	for _, row := range list(block["rows"]) {
		for _, c := range list(row) {
			cell, _ := c.(map[string]any)
			fmt.Fprint(w, text(cell["text"])+"\t")
		}
		fmt.Fprintln(w)
	}
	_ = w.Flush() // into memory
}

// plainBar is the length of the longest bar.
const plainBar = 40

// short is a value to three digits, never with an exponent.
func short(v float64) string {
	digits := 0
	for x := math.Abs(v); x > 0 && x < 100 && digits < 9; x *= 10 {
		digits++
	}
	s := strconv.FormatFloat(v, 'f', digits, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func plainChart(b *strings.Builder, block object) {
	c, _ := block["chart"].(map[string]any)
	axis, _ := c["axis_config"].(map[string]any)
	var labels []string
	for _, l := range list(axis["categories"]) {
		labels = append(labels, text(l))
	}
	fmt.Fprintf(b, "%s, %s\n", text(block["title"]), text(axis["y_label"]))
	values, most := points(c, labels)
	for i, v := range values {
		fmt.Fprintf(b, "%s %s %s\n", labels[i], strings.Repeat("▇", int(v/most*plainBar)), short(v))
	}
}

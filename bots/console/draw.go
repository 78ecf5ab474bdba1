package console

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/width"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/money"
)

// safe makes a text harmless for a terminal: control characters, and the marks
// that reorder text, are shown as what they are. Line ends and tabs stay.
func safe(s string) string {
	if !strings.ContainsFunc(s, harmful) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if harmful(r) {
			fmt.Fprintf(&b, "\\x%02x", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func harmful(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case unicode.IsControl(r):
		return true
	}
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 // bidirectional overrides
}

// columns is how wide a text is on a terminal.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

func runeColumns(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
		return 2
	}
	return 1
}

// clip cuts a text to a number of columns, with an ellipsis for what is missing.
func clip(s string, most int) string {
	s = strings.ReplaceAll(s, "\n", " ")
	if columns(s) <= most {
		return s
	}
	used := 0
	for i, r := range s {
		used += runeColumns(r)
		if used > most-1 {
			return s[:i] + "…"
		}
	}
	return s
}

func pad(s string, to int, right bool) string {
	fill := strings.Repeat(" ", max(0, to-columns(s)))
	if right {
		return fill + s
	}
	return s + fill
}

// tableLines draws a table: columns aligned, numbers to the right.
func tableLines(t *chat.Table) []string {
	widths := make([]int, len(t.Columns))
	head := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		head[i] = oneLine(c.Name)
		widths[i] = columns(head[i])
	}
	rows := [][]string{head}
	for _, row := range t.Rows {
		cells := make([]string, len(t.Columns))
		for i := range min(len(row), len(cells)) {
			cells[i] = oneLine(row[i])
			widths[i] = max(widths[i], columns(cells[i]))
		}
		rows = append(rows, cells)
	}
	var lines []string
	if t.Title != "" {
		lines = append(lines, oneLine(t.Title))
	}
	for i, row := range rows {
		lines = append(lines, tableRow(row, t.Columns, widths))
		if i == 0 {
			lines = append(lines, rule(widths))
		}
	}
	return lines
}

func tableRow(row []string, cols []chat.Column, widths []int) string {
	cells := make([]string, len(row))
	for i, cell := range row {
		cells[i] = pad(cell, widths[i], cols[i].Number)
	}
	return strings.TrimRight(strings.Join(cells, "  "), " ")
}

func rule(widths []int) string {
	cells := make([]string, len(widths))
	for i, w := range widths {
		cells[i] = strings.Repeat("─", w)
	}
	return strings.Join(cells, "  ")
}

func oneLine(s string) string {
	return strings.Join(strings.Fields(safe(s)), " ")
}

// barColumns is the length of the longest bar.
const barColumns = 30

// chartLines draws a chart as bars, one line per label and series.
func chartLines(c *chat.Chart) []string {
	var lines []string
	if c.Title != "" {
		lines = append(lines, oneLine(c.Title))
	}
	var most int64
	label := 0
	for _, s := range c.Series {
		for _, v := range s.Values {
			most = max(most, v)
		}
	}
	names := make([][]string, len(c.Series))
	for i, s := range c.Series {
		for j := range min(len(s.Values), len(c.Labels)) {
			name := oneLine(c.Labels[j])
			if len(c.Series) > 1 {
				name += " " + oneLine(s.Name)
			}
			names[i] = append(names[i], name)
			label = max(label, columns(name))
		}
	}
	for j := range c.Labels {
		for i, s := range c.Series {
			if j < len(names[i]) {
				lines = append(lines, fmt.Sprintf("%s %s %s", pad(names[i][j], label, false), bar(s.Values[j], most), amount(s.Values[j], c.Unit)))
			}
		}
	}
	return lines
}

// bar is a bar of value out of most; what is more than nothing shows.
func bar(value, most int64) string {
	if value <= 0 || most <= 0 {
		return "·"
	}
	for most > 1<<50 { // the product below must fit
		value, most = value>>1, most>>1
	}
	halves := max(1, int(min(value, most)*2*barColumns/most))
	return strings.Repeat("█", halves/2) + strings.Repeat("▌", halves%2)
}

func amount(v int64, unit string) string {
	switch unit {
	case "nano-USD":
		return money.Nano(v).Short()
	case "":
		return fmt.Sprint(v)
	}
	return fmt.Sprintf("%d %s", v, unit)
}

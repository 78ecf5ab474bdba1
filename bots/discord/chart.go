package discord

import (
	"fmt"
	"math"
	"strings"

	"github.com/tierwise/tierwise/internal/chart"
	"github.com/tierwise/tierwise/internal/chat"
)

// tableText is a table as a code block, because Discord has none. Columns of
// numbers are aligned right.
func tableText(t *chat.Table) string {
	if t == nil {
		return ""
	}
	width := make([]int, len(t.Columns))
	rows := [][]string{make([]string, len(t.Columns))}
	for i, c := range t.Columns {
		rows[0][i] = c.Name
	}
	rows = append(rows, t.Rows...)
	for _, r := range rows {
		for i := range min(len(r), len(width)) {
			width[i] = max(width[i], len([]rune(cell(r[i]))))
		}
	}
	var b strings.Builder
	if t.Title != "" {
		fmt.Fprintf(&b, "**%s**\n", t.Title)
	}
	b.WriteString("```\n")
	for _, r := range rows {
		var line strings.Builder
		for i := range min(len(r), len(width)) {
			text := cell(r[i])
			pad := strings.Repeat(" ", width[i]-len([]rune(text)))
			if t.Columns[i].Number {
				text, pad = pad+text, ""
			}
			line.WriteString(text + pad + "  ")
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	b.WriteString("```")
	return b.String()
}

// cell keeps a value on its line and inside the block.
func cell(s string) string {
	return clip(strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "```", "'''"), 60)
}

// barWidth is the longest bar of a drawn chart, in characters.
const barWidth = 20

// chartText is a chart with its values, for those who read rather than look.
func chartText(c *chat.Chart) string {
	if c == nil {
		return ""
	}
	most, wide := highest(c), 0
	for _, l := range c.Labels {
		wide = max(wide, len([]rune(cell(l))))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "**%s** (%s)\n```\n", c.Title, chart.Unit(c.Unit))
	for _, s := range c.Series {
		if len(c.Series) > 1 {
			b.WriteString(cell(s.Name) + "\n")
		}
		for i := range min(len(s.Values), len(c.Labels)) {
			v, label := s.Values[i], cell(c.Labels[i])
			bar := ""
			if c.Kind != "line" { // a line is seen in the picture; here its values are read
				bar = strings.Repeat("█", barOf(v, most)) + " "
			}
			fmt.Fprintf(&b, "%s%s %s%s\n", label, strings.Repeat(" ", wide-len([]rune(label))), bar, chart.Value(c.Unit, v))
		}
	}
	b.WriteString("```")
	return b.String()
}

// barOf is the length of a value's bar, the highest being barWidth long.
func barOf(v, most int64) int {
	for most > math.MaxInt64/barWidth {
		v, most = v/2, most/2
	}
	return int(min(max(v, 0), most) * barWidth / most)
}

func highest(c *chat.Chart) int64 {
	var most int64 = 1
	for _, s := range c.Series {
		for _, v := range s.Values {
			most = max(most, v)
		}
	}
	return most
}

package slack

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	slackgo "github.com/slack-go/slack"

	"github.com/tierwise/tierwise/internal/chat"
)

// Bounds of tables and charts; see ../shared/spec/slack/block-limits.json and
// https://docs.slack.dev/reference/block-kit/blocks/data-table-block, read 2026-11-23.
const (
	maxRows      = 200 // beside the head
	maxColumns   = 20
	maxCells     = 19_000 // characters in all cells; 20,000 are allowed
	tablePage    = 10
	maxChartName = 50
	maxSeries    = 6
	maxPoints    = 20
	maxPointName = 20
)

// tableBlock is a table as Slack's own, with columns that sort.
func tableBlock(t *chat.Table) slackgo.Block {
	columns := t.Columns[:min(len(t.Columns), maxColumns)]
	b := slackgo.NewDataTableBlock(or(t.Title, "Table")).WithPageSize(tablePage)
	head := make([]slackgo.DataTableCell, 0, len(columns))
	used := 0
	for _, c := range columns {
		head = append(head, slackgo.NewDataTableRawTextCell(or(c.Name, "·")))
		used += size([]string{c.Name}, 1)
	}
	b.AddRow(head...)
	numeric := sortable(t)
	for i, row := range t.Rows {
		used += size(row, len(columns))
		if i == maxRows-1 && len(t.Rows) > maxRows || used > maxCells {
			b.AddRow(filler(len(columns), fmt.Sprintf("… %d more rows", len(t.Rows)-i))...)
			return b
		}
		b.AddRow(tableRow(columns, row, numeric)...)
	}
	if len(t.Rows) == 0 {
		b.AddRow(filler(len(columns), "nothing")...)
	}
	return b
}

// size is the characters a row takes; an empty cell takes a dash.
func size(row []string, columns int) int {
	n := columns
	for _, cell := range row[:min(len(row), columns)] {
		n += utf8.RuneCountInString(cell)
	}
	return n
}

func tableRow(columns []chat.Column, row []string, numeric []bool) []slackgo.DataTableCell {
	cells := make([]slackgo.DataTableCell, 0, len(columns))
	for i := range columns {
		cell := "–"
		if i < len(row) && row[i] != "" {
			cell = row[i]
		}
		if numeric[i] {
			n, _ := numberIn(cell)
			cells = append(cells, slackgo.NewDataTableRawNumberCell(n).WithText(cell))
			continue
		}
		cells = append(cells, slackgo.NewDataTableRawTextCell(cell))
	}
	return cells
}

func filler(n int, first string) []slackgo.DataTableCell {
	cells := []slackgo.DataTableCell{slackgo.NewDataTableRawTextCell(first)}
	for len(cells) < n {
		cells = append(cells, slackgo.NewDataTableRawTextCell("–"))
	}
	return cells
}

// sortable says which columns hold numbers only; Slack sorts those by value.
func sortable(t *chat.Table) []bool {
	out := make([]bool, len(t.Columns))
	for i, c := range t.Columns {
		out[i] = c.Number && len(t.Rows) <= maxRows
		for _, row := range t.Rows {
			if i >= len(row) {
				out[i] = false
				continue
			}
			if _, ok := numberIn(row[i]); !ok {
				out[i] = false
			}
		}
	}
	return out
}

// numberIn is the number a cell shows, of "<$0.0001" the bound; it orders rows
// and is never added up.
func numberIn(cell string) (float64, bool) {
	cleaned := strings.NewReplacer("<", "", "$", "", ",", "", "%", "", " ", "", "\u00a0", "").Replace(cell)
	n, err := strconv.ParseFloat(cleaned, 64)
	return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
}

// scales are what large units are shown in: the divisor keeps numbers
// readable, the shape of the picture is the same.
var scales = map[string]struct {
	by   float64
	name string
}{"nano-USD": {1e9, "US$"}}

// chartBlock is a chart as Slack's own. Where there are more points than it
// shows, the newest stay.
func chartBlock(c *chat.Chart) slackgo.Block {
	scale, ok := scales[c.Unit]
	if !ok {
		scale.by, scale.name = 1, c.Unit
	}
	from := max(0, len(c.Labels)-maxPoints)
	labels := unique(c.Labels[from:])
	var series []slackgo.DataVisualizationDataSeries
	for i, s := range c.Series[:min(len(c.Series), maxSeries)] {
		one := slackgo.DataVisualizationDataSeries{Name: clip(or(s.Name, "series "+strconv.Itoa(i+1)), maxPointName)}
		for j, label := range labels {
			value := 0.0
			if from+j < len(s.Values) {
				value = float64(s.Values[from+j]) / scale.by
			}
			one.Data = append(one.Data, slackgo.NewDataVisualizationDataPoint(label, value))
		}
		series = append(series, one)
	}
	axis := slackgo.NewDataVisualizationAxisConfig(labels...).WithYLabel(clip(scale.name, maxChartName))
	title := clip(or(c.Title, "Chart"), maxChartName)
	if c.Kind == "line" {
		return slackgo.NewDataVisualizationBlock(title, slackgo.NewDataVisualizationLineChart(axis, series...))
	}
	return slackgo.NewDataVisualizationBlock(title, slackgo.NewDataVisualizationBarChart(axis, series...))
}

// unique shortens labels and keeps them different, as categories must be.
func unique(labels []string) []string {
	seen := map[string]bool{}
	out := make([]string, 0, len(labels))
	for i, l := range labels {
		l = clip(or(l, strconv.Itoa(i+1)), maxPointName)
		for n := 2; seen[l]; n++ {
			l = clip(l, maxPointName-4) + " " + strconv.Itoa(n)
		}
		seen[l] = true
		out = append(out, l)
	}
	return out
}

package slack

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tierwise/tierwise/internal/chart"
	"github.com/tierwise/tierwise/internal/chat"
)

// drawn reports whether a post has something of Slack's own that can be drawn
// otherwise where Slack refuses it.
func drawn(p chat.Post) bool { return p.Table != nil || p.Chart != nil }

// drawnPage is the same of a page with sections.
func drawnPage(p chat.Post) bool {
	return drawn(p) || slices.ContainsFunc(p.Sections, func(s chat.Section) bool { return s.Table != nil || s.Chart != nil })
}

// plainly is a post whose table and chart are text, also those of its sections.
func plainly(p chat.Post) chat.Post {
	if titled(p) {
		p.Text = "" // the drawing says it
	}
	p.Text, p.Table, p.Chart = strings.TrimSpace(p.Text+"\n\n"+asText(p)), nil, nil
	p.Sections = slices.Clone(p.Sections)
	for i, s := range p.Sections {
		p.Sections[i].Text, p.Sections[i].Table, p.Sections[i].Chart = strings.TrimSpace(s.Text+"\n\n"+asText(chat.Post{Table: s.Table, Chart: s.Chart})), nil, nil
	}
	return p
}

// titled reports whether a post's text is only the title of its table or chart.
func titled(p chat.Post) bool {
	text := strings.TrimSpace(p.Text)
	return p.Table != nil && text == "**"+p.Table.Title+"**" || p.Chart != nil && text == "**"+p.Chart.Title+"**"
}

// picture is a post's chart as a file with its words; none where there is
// nothing to draw or the post is not finished.
func picture(p chat.Post) []chat.File {
	raw := chart.Picture(p.Chart)
	if raw == nil || p.Stage == chat.Live || p.Stage == chat.Placeholder {
		return nil
	}
	return []chat.File{{Name: "chart.png", Type: "image/png", Alt: chart.Words(p.Chart, maxAlt), Data: raw}}
}

// putDrawn puts a post without Slack's own table and chart: both as text, and
// the chart as a picture, too. A picture that cannot be handed over is left out;
// the text has its numbers.
func (r *responder) putDrawn(ctx context.Context, p chat.Post) (chat.Ref, error) {
	put, attach := r.putPublic, r.attached
	if r.to.Private {
		put, attach = r.putPrivate, r.attachedPrivately
	}
	r.a.count("slack.figure_refused")
	files := picture(p)
	p = plainly(p)
	if len(files) == 0 {
		return put(ctx, p)
	}
	ids, err := r.hand(ctx, files)
	if err != nil {
		r.a.count("slack.file_lost")
		r.a.log.Warn("a chart was not handed over; its numbers are in the text", "err", err)
		return put(ctx, p)
	}
	return attach(ctx, p, ids)
}

// asText draws table and chart as a code block, for where Slack refuses its
// own.
func asText(p chat.Post) string {
	var b strings.Builder
	if c := p.Chart; c != nil {
		rows := [][]string{}
		for i, l := range c.Labels {
			row := []string{l}
			for _, s := range c.Series {
				v := int64(0)
				if i < len(s.Values) {
					v = s.Values[i]
				}
				row = append(row, chart.Value(c.Unit, v))
			}
			rows = append(rows, row)
		}
		head := []string{chart.Unit(c.Unit)}
		for _, s := range c.Series {
			head = append(head, s.Name)
		}
		b.WriteString(grid(c.Title, head, rows))
	}
	if t := p.Table; t != nil {
		var head []string
		for _, c := range t.Columns {
			head = append(head, c.Name)
		}
		b.WriteString(grid(t.Title, head, t.Rows))
	}
	return b.String()
}

// grid is rows in columns of even width.
func grid(title string, head []string, rows [][]string) string {
	width := make([]int, len(head))
	all := append([][]string{head}, rows[:min(len(rows), maxRows)]...)
	for _, row := range all {
		for i := range width {
			if i < len(row) {
				width[i] = max(width[i], utf8.RuneCountInString(row[i]))
			}
		}
	}
	var b strings.Builder
	if title != "" {
		b.WriteString("**" + title + "**\n")
	}
	b.WriteString("```\n")
	for _, row := range all {
		for i := range width {
			cell := ""
			if i < len(row) {
				cell = strings.ReplaceAll(row[i], "`", "'")
			}
			b.WriteString(cell + strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell)+2))
		}
		b.WriteString("\n")
	}
	if n := len(rows) - maxRows; n > 0 {
		fmt.Fprintf(&b, "… %d more rows\n", n)
	}
	b.WriteString("```\n")
	return b.String()
}

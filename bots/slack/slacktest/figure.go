package slacktest

import (
	"fmt"
	"html"
	"strings"
	"time"
)

func unix(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }

// table draws a data_table.
func (p *Page) table(b object) {
	fmt.Fprintf(&p.body, `<div class="caption">%s</div><table>`, html.EscapeString(text(b["caption"])))
	for i, row := range list(b["rows"]) {
		p.body.WriteString("<tr>")
		for _, c := range list(row) {
			cell, _ := c.(map[string]any)
			tag, class := "td", ""
			if i == 0 {
				tag = "th"
			}
			if cell["type"] == "raw_number" {
				class = ` class="n"`
			}
			fmt.Fprintf(&p.body, "<%s%s>%s</%s>", tag, class, html.EscapeString(text(cell["text"])), tag)
		}
		p.body.WriteString("</tr>")
	}
	p.body.WriteString("</table>")
}

// The picture of a chart, in pixels.
const (
	chartWide, chartHigh = 640, 150
	chartFoot, chartLeft = 22, 64
)

// chart draws a data_visualization with bars or a line.
func (p *Page) chart(b object) {
	c, _ := b["chart"].(map[string]any)
	axis, _ := c["axis_config"].(map[string]any)
	var labels []string
	for _, l := range list(axis["categories"]) {
		labels = append(labels, text(l))
	}
	values, most := points(c, labels)
	fmt.Fprintf(&p.body, `<div class="caption">%s <span class="grey">%s</span></div><svg width="%d" height="%d">`,
		html.EscapeString(text(b["title"])), html.EscapeString(text(axis["y_label"])), chartWide, chartHigh+chartFoot)
	for _, share := range []float64{0, 0.5, 1} {
		y := float64(chartHigh) - share*(chartHigh-14)
		fmt.Fprintf(&p.body, `<line x1="%d" x2="%d" y1="%.0f" y2="%.0f" stroke="#ddd"/><text x="%d" y="%.0f" text-anchor="end">%s</text>`,
			chartLeft, chartWide, y, y, chartLeft-6, y+4, short(most*share))
	}
	step := float64(chartWide-chartLeft) / float64(max(1, len(labels)))
	var line strings.Builder
	for i, v := range values {
		x, h := chartLeft+float64(i)*step, v/most*(chartHigh-14)
		if c["type"] == "bar" {
			fmt.Fprintf(&p.body, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="2" fill="#1264a3"/>`, x+step*.15, chartHigh-h, step*.7, h)
		}
		fmt.Fprintf(&line, "%.1f,%.1f ", x+step/2, chartHigh-h)
		fmt.Fprintf(&p.body, `<text x="%.1f" y="%d" text-anchor="middle">%s</text>`, x+step/2, chartHigh+15, html.EscapeString(labels[i]))
	}
	if c["type"] == "line" {
		fmt.Fprintf(&p.body, `<polyline points="%s" fill="none" stroke="#1264a3" stroke-width="2"/>`, line.String())
	}
	p.body.WriteString("</svg>")
}

// points are the first series' values in the order of the labels, and the
// largest, which is never 0.
func points(c object, labels []string) (values []float64, most float64) {
	values = make([]float64, len(labels))
	for _, s := range list(c["series"])[:min(1, len(list(c["series"])))] {
		series, _ := s.(map[string]any)
		for _, d := range list(series["data"]) {
			point, _ := d.(map[string]any)
			for i, l := range labels {
				if v, ok := point["value"].(float64); ok && text(point["label"]) == l {
					values[i], most = v, max(most, v)
				}
			}
		}
	}
	if most == 0 {
		most = 1
	}
	return values, most
}

// pageStyle makes it look like what people know.
const pageStyle = `body{font:15px/1.46 "Noto Sans","DejaVu Sans",sans-serif;color:#1d1c1d;margin:0 24px 24px;max-width:820px}
h1{font-size:17px;border-bottom:1px solid #ddd;padding:14px 0 10px;margin:0 0 8px}h2{font-size:20px;margin:0 0 8px}h3{margin:8px 0}
.m{display:flex;gap:10px;padding:8px 4px}.private{background:#f8f8f8}.said{flex:1}.only{font-size:12px;color:#616061;margin-bottom:2px}
.face{width:36px;height:36px;border-radius:6px;color:#fff;font-weight:bold;text-align:center;line-height:36px;background:#4a154b}
.f1{background:#2bac76}.f2{background:#e8912d}.f3{background:#1264a3}
.tag{font-size:10px;background:#ddd;color:#616061;border-radius:2px;padding:1px 4px;margin-left:5px;font-weight:bold}
.grey{color:#616061}.small{font-size:12px;margin:3px 0}.row{display:flex;flex-wrap:wrap;gap:8px;margin:8px 0}.end{justify-content:flex-end}
.b{border:1px solid #bbb;border-radius:5px;padding:4px 12px;font-weight:bold;font-size:13px;background:#fff}.primary{background:#007a5a;border-color:#007a5a;color:#fff}.danger{background:#e01e5a;border-color:#e01e5a;color:#fff}
code{background:#f3f3f3;border:1px solid #ddd;border-radius:3px;color:#c01343;padding:1px 3px;font:13px "DejaVu Sans Mono",monospace}pre{background:#f8f8f8;border:1px solid #ddd;border-radius:4px;padding:8px;margin:4px 0;font:13px "DejaVu Sans Mono",monospace}
.quote{display:block;border-left:4px solid #ddd;padding-left:10px}.at{background:#e8f5fa;color:#1264a3;padding:0 2px;border-radius:3px}a{color:#1264a3}
table{border-collapse:collapse;margin:6px 0;font-size:14px}td,th{border:1px solid #ddd;padding:5px 12px;text-align:left}th{background:#f8f8f8}.n{text-align:right}
.caption{font-weight:bold;margin-top:8px}svg text{font-size:11px;fill:#616061}.view{padding:4px}hr{border:0;border-top:1px solid #ddd;margin:12px 0}
label{display:block;font-weight:bold;margin-top:12px}.field{border:1px solid #888;border-radius:4px;padding:7px 10px;min-height:22px}.long{min-height:90px;white-space:pre-wrap}.file{border:1px solid #ddd;border-radius:6px;padding:8px;margin:4px 0}.unknown{background:#fee;color:#900}`

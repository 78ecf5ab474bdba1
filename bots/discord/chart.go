package discord

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"strconv"
	"strings"

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
	fmt.Fprintf(&b, "**%s** (%s)\n```\n", c.Title, c.Unit)
	for _, s := range c.Series {
		if len(c.Series) > 1 {
			b.WriteString(cell(s.Name) + "\n")
		}
		for i := range min(len(s.Values), len(c.Labels)) {
			v, label := s.Values[i], cell(c.Labels[i])
			bar := int(max(v, 0) / max(most/barWidth, 1))
			fmt.Fprintf(&b, "%s%s %s %d\n", label, strings.Repeat(" ", wide-len([]rune(label))), strings.Repeat("█", min(bar, barWidth)), v)
		}
	}
	b.WriteString("```")
	return b.String()
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

// chartAlt says in words what the picture shows.
func chartAlt(c *chat.Chart) string {
	parts := []string{c.Title + " in " + c.Unit}
	for _, s := range c.Series {
		for i := range min(len(s.Values), len(c.Labels)) {
			parts = append(parts, c.Labels[i]+" "+strconv.FormatInt(s.Values[i], 10))
		}
	}
	return clip(strings.Join(parts, ", "), 1024)
}

// Size of a chart's picture, in pixels.
const (
	picWidth, picHeight = 720, 300
	picMargin, picGrid  = 24, 4
)

// Colours readable on Discord's dark and light ground, and apart from each
// other for people who see few colours.
var (
	picGround = color.RGBA{0x2b, 0x2d, 0x31, 0xff}
	picLine   = color.RGBA{0x4e, 0x50, 0x58, 0xff}
	picBars   = []color.RGBA{{0x56, 0xb4, 0xe9, 0xff}, {0xe6, 0x9f, 0x00, 0xff}, {0x00, 0x9e, 0x73, 0xff}, {0xcc, 0x79, 0xa7, 0xff}}
)

// chartPNG draws the bars; names and values stand in the text beside it. It is
// nil when there is nothing to draw.
func chartPNG(c *chat.Chart) []byte {
	if c == nil || len(c.Labels) == 0 || len(c.Series) == 0 {
		return nil
	}
	img := image.NewPaletted(image.Rect(0, 0, picWidth, picHeight), append(color.Palette{picGround, picLine}, palette()...))
	floor, tall := picHeight-picMargin, picHeight-2*picMargin
	for i := range picGrid + 1 {
		y := floor - tall*i/picGrid
		fill(img, image.Rect(picMargin, y, picWidth-picMargin, y+1), picLine)
	}
	most, slot := highest(c), (picWidth-2*picMargin)/len(c.Labels)
	each := max(slot*4/5/len(c.Series), 1)
	for n, s := range c.Series {
		for i := range min(len(s.Values), len(c.Labels)) {
			high := scaled(s.Values[i], most, tall)
			x := picMargin + i*slot + slot/10 + n*each
			fill(img, image.Rect(x, floor-high, x+max(each-2, 1), floor), picBars[n%len(picBars)])
		}
	}
	var b bytes.Buffer
	if png.Encode(&b, img) != nil {
		return nil
	}
	return b.Bytes()
}

// scaled is v of most on a height; divided first where the product could
// overflow.
func scaled(v, most int64, tall int) int {
	v = min(max(v, 0), most)
	for most > 1<<40 {
		v, most = v>>1, most>>1
	}
	return int(v * int64(tall) / max(most, 1))
}

func palette() color.Palette {
	var p color.Palette
	for _, c := range picBars {
		p = append(p, c)
	}
	return p
}

func fill(img draw.Image, r image.Rectangle, c color.Color) {
	draw.Draw(img, r, image.NewUniform(c), image.Point{}, draw.Src)
}

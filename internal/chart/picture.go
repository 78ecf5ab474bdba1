package chart

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"

	"github.com/tierwise/tierwise/internal/chat"
)

// Size of a picture and of its margins, in pixels.
const (
	width, height = 840, 360
	left, right   = 96, 24 // the scale stands at the left
	above, below  = 44, 40 // legend and labels
	quarters      = 4
	maxSeries     = 6
	maxLegend     = 16 // characters of a name in the legend
)

// Colours readable on a dark ground, and apart from each other for people who
// see few colours.
var (
	ground = color.RGBA{0x22, 0x25, 0x29, 0xff}
	faint  = color.RGBA{0x4a, 0x4e, 0x57, 0xff}
	ink    = color.RGBA{0xd6, 0xd9, 0xde, 0xff}
	hues   = []color.RGBA{{0x56, 0xb4, 0xe9, 0xff}, {0xe6, 0x9f, 0x00, 0xff}, {0x00, 0x9e, 0x73, 0xff},
		{0xcc, 0x79, 0xa7, 0xff}, {0xf0, 0xe4, 0x42, 0xff}, {0xd5, 0x5e, 0x00, 0xff}}
)

// canvas is a picture being drawn. Nobody sees it before it is finished.
type canvas struct {
	img   *image.Paletted
	chart *chat.Chart
	end   int64 // of the scale
}

// Picture is a chart as a PNG, with bars, or with lines where its kind is
// "line". It is nil when there is nothing to draw. Of more than six series the
// first six are drawn.
func Picture(c *chat.Chart) []byte {
	if !drawable(c) {
		return nil
	}
	v := &canvas{chart: c, end: top(highest(c))}
	colours := color.Palette{ground, faint, ink}
	for _, hue := range hues {
		colours = append(colours, hue)
	}
	v.img = image.NewPaletted(image.Rect(0, 0, width, height), colours)
	v.scale()
	v.labels()
	v.legend()
	for n, s := range c.Series[:min(len(c.Series), maxSeries)] {
		if c.Kind == "line" {
			v.line(n, s.Values)
		} else {
			v.bars(n, s.Values)
		}
	}
	var b bytes.Buffer
	if png.Encode(&b, v.img) != nil {
		return nil // a buffer takes everything
	}
	return b.Bytes()
}

func (v *canvas) fill(r image.Rectangle, c color.Color) {
	draw.Draw(v.img, r, image.NewUniform(c), image.Point{}, draw.Src)
}

// floor and tall are where the drawing stands and how high it may be.
func floor() int { return height - below }
func tall() int  { return height - above - below }

// scale draws the grid with its numbers.
func (v *canvas) scale() {
	for i := range quarters + 1 {
		y := floor() - tall()*i/quarters
		v.fill(image.Rect(left, y, width-right, y+1), faint)
		number := Value(v.chart.Unit, v.end/quarters*int64(i)+v.end%quarters*int64(i)/quarters)
		v.write(left-8-written(number), y-glyphHigh/2, number, ink)
	}
}

// slot is the room of one label, in thousandths of a pixel so that many labels
// do not drift.
func (v *canvas) slot() int { return (width - left - right) * 1000 / len(v.chart.Labels) }

// middle is where the i-th label stands.
func (v *canvas) middle(i int) int { return left + (v.slot()*i+v.slot()/2)/1000 }

// labels writes as many labels as have room, the last one always.
func (v *canvas) labels() {
	free := width
	for i := len(v.chart.Labels) - 1; i >= 0; i-- {
		text := clip(v.chart.Labels[i], maxLegend)
		w := written(text)
		x := min(max(v.middle(i)-w/2, 0), width-w)
		if x+w+10 > free {
			continue
		}
		v.write(x, floor()+12, text, ink)
		free = x
	}
}

// legend names the series by their colours; one series needs none.
func (v *canvas) legend() {
	if len(v.chart.Series) < 2 {
		return
	}
	x := left
	for n, s := range v.chart.Series[:min(len(v.chart.Series), maxSeries)] {
		name := clip(s.Name, maxLegend)
		if x+20+written(name) > width {
			return
		}
		v.fill(image.Rect(x, 14, x+12, 26), hues[n])
		v.write(x+20, 13, name, ink)
		x += 20 + written(name) + 24
	}
}

// bars draws one series as bars beside those of the others.
func (v *canvas) bars(n int, values []int64) {
	count := min(len(v.chart.Series), maxSeries)
	room := max(v.slot()*4/5, 1000)
	each := max(room/count, 1000)
	for i := range min(len(values), len(v.chart.Labels)) {
		x := left + (v.slot()*i+(v.slot()-room)/2+n*each)/1000
		wide := max(each/1000-2, 1)
		v.fill(image.Rect(x, floor()-v.high(values[i]), x+wide, floor()), hues[n])
	}
}

// line draws one series as a line with a mark at every value.
func (v *canvas) line(n int, values []int64) {
	before := image.Point{}
	for i := range min(len(values), len(v.chart.Labels)) {
		at := image.Pt(v.middle(i), floor()-v.high(values[i]))
		if i > 0 {
			v.stroke(before, at, hues[n])
		}
		v.fill(image.Rect(at.X-3, at.Y-3, at.X+4, at.Y+4), hues[n])
		before = at
	}
}

// stroke draws a straight line three pixels thick.
func (v *canvas) stroke(from, to image.Point, c color.Color) {
	steps := max(abs(to.X-from.X), abs(to.Y-from.Y), 1)
	for i := range steps + 1 {
		x, y := from.X+(to.X-from.X)*i/steps, from.Y+(to.Y-from.Y)*i/steps
		v.fill(image.Rect(x-1, y-1, x+2, y+2), c)
	}
}

func abs(n int) int { return max(n, -n) }

// high is how many pixels a value takes; divided first where the product could
// overflow. What is below nothing is drawn as nothing; the words have it.
func (v *canvas) high(value int64) int {
	end := v.end
	value = min(max(value, 0), end)
	for end > 1<<40 {
		value, end = value>>1, end>>1
	}
	return int(value * int64(tall()) / end)
}

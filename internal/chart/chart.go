// Package chart shows numbers to people: a chat.Chart as a PNG with bars or
// lines, its legend and its scale, and the same in words for those who cannot
// see it. It promises that a picture never shows another number than the words
// beside it, that amounts of money stay integers until they are words, and that
// any chart, also an empty or an odd one, is drawn or left out without a fault.
// It knows no platform, reads no ledger and decides nothing.
package chart

import (
	"math"
	"strconv"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/money"
)

// nanoUSD is the unit of money in a chat.Chart.
const nanoUSD = "nano-USD"

// Unit is how a chart's unit is called before people: "US$" for "nano-USD",
// anything else as it is.
func Unit(unit string) string {
	if unit == nanoUSD {
		return "US$"
	}
	return unit
}

// Value is a number of a chart in words: "$1.25" for money, "1,234" otherwise.
func Value(unit string, v int64) string {
	if unit == nanoUSD {
		return money.Nano(v).Short()
	}
	return grouped(v)
}

// grouped is a number with a comma between thousands.
func grouped(v int64) string {
	digits := strconv.FormatInt(v, 10)
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return sign + digits
}

// Words says what the picture shows, for people who cannot see it, in at most
// so many characters. It is "" where Picture has nothing to draw.
func Words(c *chat.Chart, most int) string {
	if !drawable(c) {
		return ""
	}
	title := c.Title
	if title == "" {
		title = "Chart"
	}
	parts := []string{title + " in " + Unit(c.Unit)}
	for _, s := range c.Series {
		for i := range min(len(s.Values), len(c.Labels)) {
			name := ""
			if i == 0 && len(c.Series) > 1 {
				name = s.Name + ": "
			}
			parts = append(parts, name+c.Labels[i]+" "+Value(c.Unit, s.Values[i]))
		}
	}
	return clip(strings.Join(parts, ", "), most)
}

func clip(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:max(most-1, 0)]) + "…"
}

// drawable reports whether there is anything to see.
func drawable(c *chat.Chart) bool { return c != nil && len(c.Labels) > 0 && len(c.Series) > 0 }

// highest is the largest value, at least 1.
func highest(c *chat.Chart) int64 {
	var most int64 = 1
	for _, s := range c.Series {
		for i := range min(len(s.Values), len(c.Labels)) {
			most = max(most, s.Values[i])
		}
	}
	return most
}

// top is the end of the scale: 4, 8, 12 or 20 followed by zeros, so that the
// quarters of it are whole numbers people can read.
func top(most int64) int64 {
	for unit := int64(1); unit <= math.MaxInt64/200; unit *= 10 {
		for _, step := range []int64{4, 8, 12, 20} {
			if unit*step >= most {
				return unit * step
			}
		}
	}
	return most
}

package chart

import (
	"bytes"
	"flag"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/internal/chat"
)

// show is a folder in which the pictures of this test are left to be looked at.
var show = flag.String("show", "", "write the pictures of the tests into this folder")

func week(kind string) *chat.Chart {
	return &chat.Chart{Title: "Cost a day", Kind: kind, Unit: "nano-USD", Labels: []string{"Mon 11-16", "Tue 11-17", "Wed 11-18", "Thu 11-19", "Fri 11-20"},
		Series: []chat.Series{{Name: "economy", Values: []int64{120_000_000, 310_000_000, 90_000_000, 0, 450_000_000}}, {Name: "frontier", Values: []int64{0, 70_000_000, 1_200_000_000, 20_000_000, 0}}}}
}

// at counts the pixels of a series' colour in a picture.
func at(t *testing.T, raw []byte, hue int) int {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for y := above; y < floor(); y++ {
		for x := left; x < width-right; x++ {
			if img.At(x, y) == hues[hue] {
				n++
			}
		}
	}
	return n
}

func TestBarsAndLinesAreDrawnToScale(t *testing.T) {
	for _, kind := range []string{"bar", "line"} {
		c := week(kind)
		raw := Picture(c)
		if *show != "" {
			if err := os.WriteFile(filepath.Join(*show, kind+".png"), raw, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if at(t, raw, 0) == 0 || at(t, raw, 1) == 0 || at(t, raw, 2) != 0 {
			t.Errorf("%s: %d, %d and %d pixels of the series", kind, at(t, raw, 0), at(t, raw, 1), at(t, raw, 2))
		}
	}
	// A bar of twice the value has twice the pixels.
	bar := func(v int64) int {
		return at(t, Picture(&chat.Chart{Labels: []string{"a", "b"}, Series: []chat.Series{{Values: []int64{v, 0}}, {Values: []int64{0, 800}}}}), 0)
	}
	if one, two := bar(400), bar(800); two != 2*one || one == 0 {
		t.Errorf("a bar of 400 has %d pixels, one of 800 %d", one, two)
	}
}

func TestTheWordsHaveTheNumbers(t *testing.T) {
	c := week("bar")
	got := Words(c, 1000)
	for _, want := range []string{"Cost a day in US$", "economy: Mon 11-16 $0.12", "Fri 11-20 $0.45", "frontier: Mon 11-16 $0.00", "Wed 11-18 $1.20"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
	if short := Words(c, 40); len([]rune(short)) != 40 {
		t.Errorf("%d characters", len([]rune(short)))
	}
	if got := Value("requests", -1234567); got != "-1,234,567" {
		t.Errorf("a number reads %s", got)
	}
}

// TestOddChartsDoNoHarm: nothing, too much, and numbers at the ends.
func TestOddChartsDoNoHarm(t *testing.T) {
	for _, c := range []*chat.Chart{nil, {}, {Labels: []string{"a"}}, {Series: []chat.Series{{Values: []int64{1}}}}} {
		if Picture(c) != nil || Words(c, 100) != "" {
			t.Errorf("%+v is drawn", c)
		}
	}
	odd := &chat.Chart{Kind: "line", Unit: "nano-USD"}
	for i := range 2000 {
		odd.Labels = append(odd.Labels, strings.Repeat("ж", i%30))
	}
	for range 9 {
		odd.Series = append(odd.Series, chat.Series{Name: strings.Repeat("name ", 9), Values: []int64{math.MaxInt64, math.MinInt64, 0, -1}})
	}
	if at(t, Picture(odd), 5) == 0 {
		t.Error("the sixth series is missing")
	}
	odd.Kind = "bar"
	if Picture(odd) == nil {
		t.Error("no picture")
	}
	for _, n := range []int64{1, 4, 5, 999, 1_000_001, math.MaxInt64/20 + 1, math.MaxInt64} {
		if end := top(n); end < n {
			t.Errorf("the scale for %d ends at %d", n, end)
		}
	}
}

func BenchmarkPicture(b *testing.B) {
	c := week("bar")
	for b.Loop() {
		Picture(c)
	}
}

package token

import (
	"fmt"
	"sync"

	"github.com/tiktoken-go/tokenizer"
)

// perText is added to every bound: very short texts are where a fitted charge
// is most easily too low.
const perText = 4

// perTurn covers what providers add around each message: role, separators and
// the start of the reply.
const perTurn = 8

// Upper is an upper bound of the tokens a text has in a tokenizer family: the
// figure that holds and context checks use. It never exceeds one token a byte,
// which no byte-pair tokenizer can. It needs no vocabulary and does not
// allocate; how far it lies above the true count is measured in the tests.
func Upper(family, text string) int64 {
	if text == "" {
		return 0
	}
	f := familyOf(family)
	var s scan
	s.run(text, f.Digits)
	n := (s.ascii*f.ASCII+s.other*f.Other)/(100*unit) + s.digits + perText
	return min(n, int64(len(text))+1)
}

// UpperTurn is Upper for a message as part of a conversation, with what
// providers add around it.
func UpperTurn(family, text string) int64 { return Upper(family, text) + perTurn }

// UpperImage is an upper bound of the tokens a picture counts as, from its size
// in pixels. Vendors scale a picture down, cut it into tiles of 512 to 768
// pixels and charge each; the bound takes the dearest of the published rules:
// 85 + 170 a tile of 512, 258 a tile of 768, one token per 750 pixels, and one
// token per 32 x 32 patch up to 1,536 with the largest published multiplier
// 2.46. An unknown size (0) is taken as the largest.
func UpperImage(width, height int) int64 {
	const side = 2048 // larger pictures are scaled down to this by every vendor
	w, h := int64(width), int64(height)
	if w <= 0 || h <= 0 || w > side || h > side {
		w, h = clampSize(w, h, side)
	}
	up := func(a, b int64) int64 { return (a + b - 1) / b }
	patches := min(up(w, 32)*up(h, 32), 1536)
	return max(
		85+170*up(w, 512)*up(h, 512),
		258*up(w, 768)*up(h, 768),
		up(w*h, 750),
		up(patches*246, 100),
	)
}

// clampSize scales a picture into a square, keeping its shape; an unknown one
// becomes the square.
func clampSize(w, h, side int64) (int64, int64) {
	if w <= 0 || h <= 0 {
		return side, side
	}
	long := max(w, h)
	if long > 1<<31 {
		return side, side
	}
	return max(1, (w*side+long-1)/long), max(1, (h*side+long-1)/long)
}

// Counter counts exactly, for the families whose vocabulary this program has.
// Loading one takes tens of milliseconds and some megabytes, so it happens at
// the first use. It may be used by many goroutines at once.
type Counter struct {
	o200k, cl100k func() (tokenizer.Codec, error)
}

// NewCounter returns a counter that has loaded nothing yet.
func NewCounter() *Counter {
	lazy := func(e tokenizer.Encoding) func() (tokenizer.Codec, error) {
		return sync.OnceValues(func() (tokenizer.Codec, error) { return tokenizer.Get(e) })
	}
	return &Counter{o200k: lazy(tokenizer.O200kBase), cl100k: lazy(tokenizer.Cl100kBase)}
}

// Count is the number of tokens of a text, and whether it is exact: for a
// family without a vocabulary here it is the bound Upper gives. It costs about
// a quarter of a microsecond a byte, so it is for figures that are booked, not
// for holds.
func (c *Counter) Count(family, text string) (n int64, exact bool, err error) {
	load := c.o200k
	switch family {
	case "o200k":
	case "cl100k":
		load = c.cl100k
	default:
		return Upper(family, text), false, nil
	}
	codec, err := load()
	if err != nil {
		return 0, false, fmt.Errorf("token: load %s: %w", family, err)
	}
	k, err := codec.Count(text)
	if err != nil {
		return 0, false, fmt.Errorf("token: count: %w", err)
	}
	return int64(k), true, nil
}

// Upper is the package's Upper, for callers that hold a Counter as an interface.
func (c *Counter) Upper(family, text string) int64 { return Upper(family, text) }

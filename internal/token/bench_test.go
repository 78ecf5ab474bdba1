package token_test

import (
	"strings"
	"testing"

	"github.com/tierwise/tierwise/internal/token"
)

var sentence = "maria: can we move the 2.4.1 release to Thursday? The CI on main fails since d41d8cd9 (see https://ci.example.com/run/8812).\n"

// BenchmarkUpper is what a hold pays for its estimate: 4 KB and 100 KB of chat.
func BenchmarkUpper(b *testing.B) {
	for _, k := range []struct {
		name string
		size int
	}{{"4KB", 4 << 10}, {"100KB", 100 << 10}} {
		text := strings.Repeat(sentence, k.size/len(sentence)+1)[:k.size]
		b.Run(k.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				token.Upper("o200k", text)
			}
		})
	}
}

// BenchmarkCount is exact counting of the same 4 KB, for the ratio.
func BenchmarkCount(b *testing.B) {
	text := strings.Repeat(sentence, 4<<10/len(sentence)+1)[:4<<10]
	c := token.NewCounter()
	if _, _, err := c.Count("o200k", text); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, _, err := c.Count("o200k", text); err != nil {
			b.Fatal(err)
		}
	}
}

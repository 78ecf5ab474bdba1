package chat

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestSplitCutsWhereAPersonWould(t *testing.T) {
	para := strings.Repeat("word ", 11) + "end."
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"short":                         {"hello", []string{"hello"}},
		"empty":                         {"", []string{""}},
		"exact":                         {strings.Repeat("x", 80), []string{strings.Repeat("x", 80)}},
		"paragraphs":                    {para + "\n\n" + para, []string{para, para}},
		"lines":                         {para + "\n" + para, []string{para, para}},
		"no place":                      {strings.Repeat("x", 100), []string{strings.Repeat("x", 63), strings.Repeat("x", 37)}},
		"wide characters are never cut": {strings.Repeat("🦭", 50), []string{strings.Repeat("🦭", 31), strings.Repeat("🦭", 19)}},
	} {
		if diff := cmp.Diff(c.want, Split(c.text, 80)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestSplitClosesAndReopensFences(t *testing.T) {
	var b strings.Builder
	b.WriteString("Before:\n```go\n")
	for i := range 12 {
		fmt.Fprintf(&b, "line(%d)\n", i)
	}
	b.WriteString("```\nAfter.")
	parts := Split(b.String(), 80)
	if len(parts) < 2 {
		t.Fatalf("%d parts", len(parts))
	}
	for i, p := range parts {
		if strings.Count(p, "```")%2 != 0 {
			t.Errorf("part %d leaves a fence open:\n%s", i+1, p)
		}
		if i > 0 && strings.Contains(p, "line(") && !strings.HasPrefix(p, "```go\n") {
			t.Errorf("part %d lost the language:\n%s", i+1, p)
		}
	}
	// A longer fence may hold a shorter one.
	nested := "~~~~text\n" + strings.Repeat("~~~ inside\n", 20) + "~~~~\nAfter."
	for i, p := range Split(nested, 80)[1:] {
		if !strings.HasPrefix(p, "~~~~text\n") {
			t.Errorf("part %d forgot the outer fence:\n%s", i+2, p)
		}
	}
}

func FuzzSplit(f *testing.F) {
	f.Add("a\n\n```go\ncode\n```\n"+strings.Repeat("word ", 60), 80)
	f.Add(strings.Repeat("```\n", 90), 64)
	f.Add(strings.Repeat("🦭", 100), 7)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit = limit%4000 + 1
		parts := Split(text, limit)
		if len(parts) == 0 {
			t.Fatal("no part")
		}
		for i, p := range parts {
			if n := len(utf16.Encode([]rune(p))); n > max(limit, 64) {
				t.Errorf("part %d of %d units, limit %d", i+1, n, limit)
			}
			if utf8.ValidString(text) && !utf8.ValidString(p) {
				t.Errorf("part %d cuts a character", i+1)
			}
			if i < len(parts)-1 && openFence(p) != "" {
				t.Errorf("part %d leaves a fence open: %q", i+1, p)
			}
		}
		if got, want := letters(strings.Join(parts, "")), letters(text); !strings.ContainsAny(text, "`~") && got != want {
			t.Errorf("%d characters became %d", len(want), len(got))
		}
	})
}

// letters is a text without what a cut may leave out.
func letters(s string) string { return strings.NewReplacer(" ", "", "\n", "").Replace(s) }

func BenchmarkSplit(b *testing.B) {
	text := strings.Repeat("A sentence of a long answer, with a few words more.\n", 1000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Split(text, 2000)
	}
}

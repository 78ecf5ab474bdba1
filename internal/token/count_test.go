package token_test

import (
	"errors"
	"testing"

	"github.com/tierwise/tierwise/internal/token"
	"pgregory.net/rapid"
)

func counts(lo int64) *rapid.Generator[token.Count] {
	return rapid.Custom(func(t *rapid.T) token.Count {
		n := func(name string) int64 { return rapid.Int64Range(lo, 1<<40).Draw(t, name) }
		return token.Count{n("in"), n("read"), n("w5"), n("w1"), n("out"), n("think")}
	})
}

func TestBucketsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := counts(0).Draw(t, "a"), counts(0).Draw(t, "b")
		if a.In()+a.Out() != a.Total() || a.Input+a.CacheRead+a.CacheWrite5m+a.CacheWrite1h+a.Output+a.Reasoning != a.Total() {
			t.Fatal("the total is not the sum of the buckets")
		}
		if a.Add(b).Sub(b) != a || a.Add(b).Total() != a.Total()+b.Total() {
			t.Fatal("Add and Sub do not undo each other")
		}
	})
}

func TestANegativeBucketIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := counts(-3).Draw(t, "c")
		negative := min(c.Input, c.CacheRead, c.CacheWrite5m, c.CacheWrite1h, c.Output, c.Reasoning) < 0
		if err := c.Check(); errors.Is(err, token.ErrNegative) != negative {
			t.Fatalf("%+v: %v", c, err)
		}
	})
}

func TestPicturesAreBoundedByEveryPublishedRule(t *testing.T) {
	for _, k := range []struct {
		w, h  int
		least int64
	}{
		{512, 512, 85 + 170},           // one tile of 512
		{1024, 1024, 85 + 4*170},       // four of them
		{1092, 1092, 1590},             // a token per 750 pixels
		{2048, 2048, 85 + 16*170},      // sixteen
		{8000, 4000, 85 + 8*170},       // scaled into 2048
		{0, 0, 2048 * 2048 / 750},      // unknown: the largest
		{1 << 40, 1, 85 + 4*170},       // absurd sizes do not overflow
		{-5, 100, 2048 * 2048 / 750},   // nor do negative ones
		{1, 1, 85 + 170},               // a dot is a tile
		{1000, 1000, 32 * 32 * 2},      // patches of 32 with a multiplier
		{3000, 3000, 1536 * 246 / 100}, // patches are capped
	} {
		if got := token.UpperImage(k.w, k.h); got < k.least || got > 6000 {
			t.Errorf("%dx%d: %d tokens, want at least %d and at most 6000", k.w, k.h, got, k.least)
		}
	}
}

func TestOtherFamiliesGetMoreThanTheReference(t *testing.T) {
	for _, text := range []string{sentence, "今日の会議では新しい予算案について話し合います", "1234567890 1234567890"} {
		ref := token.Upper("o200k", text)
		for _, family := range []string{"cl100k", "llama", "deepseek", "mistral", "gemini", "claude", "bytes", "never heard of"} {
			if got := token.Upper(family, text); got < ref {
				t.Errorf("%s: %d below the reference's %d", family, got, ref)
			}
		}
	}
	if token.Upper("o200k", "") != 0 || token.UpperTurn("o200k", "") <= 0 {
		t.Error("an empty text has no tokens, an empty message has its frame")
	}
}

func TestAFamilyWithoutVocabularyIsBoundedAndSaysSo(t *testing.T) {
	n, exact, err := token.NewCounter().Count("claude", sentence)
	if err != nil || exact || n != token.Upper("claude", sentence) {
		t.Fatal(n, exact, err)
	}
}

package local

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/llm"
	"github.com/tierwise/tierwise/internal/step"
)

func TestDemoTiersDifferAndAreCounted(t *testing.T) {
	c := NewDemo(func(s string) int64 { return int64(len(strings.Fields(s))) })
	in := step.Input{Messages: release()}
	s := step.Step{Intent: step.Summarize, Input: in, Prompt: []step.Turn{{Role: "user", Text: strings.Repeat("word ", 50)}}}
	var lengths []int64
	for _, tier := range []catalog.Tier{catalog.Economy, catalog.Standard, catalog.Frontier} {
		text, n, done := run(t, c, catalog.Model{Tier: tier, Wire: "sample"}, s)
		lengths = append(lengths, done.Tokens.Output)
		if done.Tokens.Input != 54 || done.Cost != nil || n < 2 || done.Served != "sample" {
			t.Errorf("%s: %d chunks, %+v", tier, n, done)
		}
		if done.Tokens.Output != int64(len(strings.Fields(text))) || strings.Contains(text, "without a model") {
			t.Errorf("%s: %d tokens for %q", tier, done.Tokens.Output, text)
		}
	}
	if !slices.IsSorted(lengths) || lengths[0] == lengths[2] {
		t.Errorf("tokens by tier: %v", lengths)
	}
	s.MaxOutput = 5
	if text, _, done := run(t, c, catalog.Model{Tier: catalog.Frontier}, s); done.Finish != llm.Length || done.Tokens.Output > 5 {
		t.Errorf("%+v %q", done, text)
	}
}

func TestStopEndsTheStreamWithWhatWasSaid(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := step.Step{Intent: step.Summarize, Input: step.Input{Messages: release()}}
	text := ""
	for ch, err := range NewDemo(nil).Stream(ctx, llm.Request{Model: &catalog.Model{Tier: catalog.Frontier}, Step: &s}) {
		if err == nil {
			text += ch.Text
			cancel()
			continue
		}
		var off *llm.CutOff
		if !errors.As(err, &off) || !errors.Is(err, context.Canceled) || off.Chars != len(text) || off.Tokens.Output == 0 || !off.Sent {
			t.Errorf("%v after %q", err, text)
		}
	}
	if text == "" {
		t.Error("no text before the stop")
	}
}

// Package local is the local tier: an llm.Client that answers from the
// structure of a step by counting words, matching patterns and filling
// templates. It promises to be deterministic, to finish in time linear in the
// conversation, to copy and cite instead of inventing, and to need no network
// and no key. It is not a language model and does not pretend to be one: what it
// cannot do it says in a sentence. The demo form plays the three remote tiers
// for the sample workspace with the same engine.
package local

import (
	"context"
	"iter"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/llm"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/internal/token"
)

// Client is the engine. It has no state and is safe for concurrent use.
type Client struct {
	count func(text string) int64
	now   func() time.Time
	demo  bool
}

// New returns the local tier. count bounds the tokens of a text; with nil a
// token is counted for every four bytes.
func New(count func(text string) int64) *Client {
	if count == nil {
		count = func(text string) int64 { return int64(len(text)+3) / 4 }
	}
	return &Client{count: count, now: time.Now}
}

// Stream answers a step. It ends with a Done that counts tokens and costs
// nothing. The only error is the context's, as a CutOff.
func (c *Client) Stream(ctx context.Context, r llm.Request) iter.Seq2[llm.Chunk, error] {
	return func(yield func(llm.Chunk, error) bool) {
		start := c.now()
		if err := ctx.Err(); err != nil {
			yield(llm.Chunk{}, &llm.CutOff{Err: err})
			return
		}
		text, finish := c.answer(r), llm.Stopped
		if limit := r.Step.MaxOutput; c.demo && limit > 0 && c.count(text) > limit {
			text, finish = cut(text, limit, c.count), llm.Length
		}
		used := token.Count{Input: c.sent(r.Step)}
		first := c.now().Sub(start)
		pieces := []string{text}
		if c.demo {
			pieces = chunks(text)
		}
		chars := 0
		for _, p := range pieces {
			if err := ctx.Err(); err != nil {
				used.Output = c.count(text[:chars])
				yield(llm.Chunk{}, &llm.CutOff{Sent: true, Tokens: used, Chars: chars, Err: err})
				return
			}
			if p != "" && !yield(llm.Chunk{Text: p}, nil) {
				return
			}
			chars += len(p)
		}
		used.Output = c.count(text)
		yield(llm.Chunk{Done: c.done(r, used, finish, first, c.now().Sub(start))}, nil)
	}
}

func (c *Client) done(r llm.Request, used token.Count, finish llm.Finish, first, total time.Duration) *llm.Done {
	d := &llm.Done{Finish: finish, Tokens: used, Counted: true, Served: r.Model.Wire, First: first, Total: total}
	if !c.demo {
		free := int64(0)
		d.Cost = &free
	}
	return d
}

// sent counts what a remote model would have been sent: the prompt, or the
// structure when nobody rendered one.
func (c *Client) sent(s *step.Step) int64 {
	var n int64
	for _, t := range s.Prompt {
		n += c.count(t.Text) + 4
	}
	if len(s.Prompt) > 0 {
		return n
	}
	n = c.count(s.Input.Instruction) + c.count(s.Input.Text)
	for _, m := range s.Input.Messages {
		n += c.count(m.Text)
	}
	return n
}

// answer works on the structured input.
func (c *Client) answer(r llm.Request) string {
	in := safe(r.Step.Input)
	look := lookFor(c.demo, r.Model.Tier)
	switch r.Step.Intent {
	case step.Summarize:
		return summarize(in, look)
	case step.Classify:
		return classify(in)
	case step.Draft:
		return draft(in, look)
	default:
		return ask(in, look)
	}
}

// maxMessages and maxText bound the work; beyond them the newest count.
const (
	maxMessages = 20_000
	maxText     = 120_000
)

// safe returns the input with bounded, valid texts. The caller's messages are
// not changed.
func safe(in step.Input) step.Input {
	if n := len(in.Messages) - maxMessages; n > 0 {
		in.First = max(in.First, 1) + n
		in.Messages = in.Messages[n:]
	}
	messages := in.Messages[:0:0]
	for _, m := range in.Messages {
		m.Text = strings.ToValidUTF8(m.Text[:min(len(m.Text), maxText)], "\uFFFD")
		if m.Author.Name == "" {
			m.Author.Name = m.Author.ID
		}
		m.Author.Name = strings.Join(strings.Fields(strings.ToValidUTF8(m.Author.Name, "")), " ")
		messages = append(messages, m)
	}
	in.Messages = messages
	in.First = max(in.First, 1)
	in.Text = strings.ToValidUTF8(in.Text[:min(len(in.Text), maxText)], "\uFFFD")
	in.Instruction = strings.ToValidUTF8(in.Instruction[:min(len(in.Instruction), maxText)], "\uFFFD")
	return in
}

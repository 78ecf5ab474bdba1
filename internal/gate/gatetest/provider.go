package gatetest

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/llm"
	"github.com/tierwise/tierwise/internal/llm/local"
	"github.com/tierwise/tierwise/internal/token"
)

// ProviderText is in every error of a scripted provider. No person, log line,
// ledger row or error of ours may ever show it.
const ProviderText = "PROVIDER-SAYS-kx81"

// Turn is how a scripted model behaves in one call.
type Turn struct {
	Text string
	Err  error         // instead of an answer; after Text, when there is some
	Each time.Duration // pause before each word
	Hold chan struct{} // nothing is said until it is closed
	Done llm.Done      // what was used; zero is 100 in and a token a word out
}

// Err is a provider's failure with the provider's own words in it.
func Err(kind error) error { return fmt.Errorf("%s: %w", ProviderText, kind) }

// Provider is a llm.Client by script. Models without a script answer "Fine."
type Provider struct {
	// OnCall, when set, is told of each call instead of keeping it.
	OnCall func()
	local  *local.Client

	mu      sync.Mutex
	scripts map[string][]Turn
	calls   []llm.Request
}

func newProvider() *Provider {
	count := func(text string) int64 { return token.Upper("bytes", text) }
	return &Provider{local: local.New(count), scripts: map[string][]Turn{}}
}

// Script says how a model behaves in its next calls; the last one stays.
func (p *Provider) Script(model string, turns ...Turn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.scripts[model] = turns
}

// Calls lists the calls so far, those of the local engine left out.
func (p *Provider) Calls() []llm.Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]llm.Request(nil), p.calls...)
}

// Models lists the models of the calls so far.
func (p *Provider) Models() []string {
	var out []string
	for _, c := range p.Calls() {
		out = append(out, c.Model.ID)
	}
	return out
}

func (p *Provider) next(r llm.Request) Turn {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.OnCall != nil {
		p.OnCall()
	} else {
		p.calls = append(p.calls, r)
	}
	turns := p.scripts[r.Model.ID]
	switch len(turns) {
	case 0:
		return Turn{Text: "Fine."}
	case 1:
	default:
		p.scripts[r.Model.ID] = turns[1:]
	}
	return turns[0]
}

// Health implements assistant.Caller.
func (p *Provider) Health() []llm.Health { return nil }

// Stream implements llm.Client.
func (p *Provider) Stream(ctx context.Context, r llm.Request) iter.Seq2[llm.Chunk, error] {
	if r.Model.Provider == "local" {
		return p.local.Stream(ctx, r)
	}
	t := p.next(r)
	return func(yield func(llm.Chunk, error) bool) {
		said := 0
		cut := func(err error) {
			yield(llm.Chunk{}, &llm.CutOff{Sent: true, Tokens: token.Count{Input: 100, Output: int64(said)}, Chars: said, Err: err})
		}
		if t.Hold != nil {
			select {
			case <-t.Hold:
			case <-ctx.Done():
				cut(ctx.Err())
				return
			}
		}
		for _, word := range strings.SplitAfter(t.Text, " ") {
			if t.Each > 0 {
				timer := time.NewTimer(t.Each)
				select {
				case <-timer.C:
				case <-ctx.Done():
				}
				timer.Stop()
			}
			if ctx.Err() != nil {
				cut(ctx.Err())
				return
			}
			if word == "" {
				continue
			}
			said++
			if !yield(llm.Chunk{Text: word}, nil) {
				return
			}
		}
		if t.Err != nil {
			yield(llm.Chunk{}, t.Err)
			return
		}
		d := t.Done
		if d.Tokens == (token.Count{}) {
			d.Tokens, d.Counted = token.Count{Input: 100, Output: int64(max(said, 1))}, true
		}
		if d.Finish == "" {
			d.Finish = llm.Stopped
		}
		yield(llm.Chunk{Done: &d}, nil)
	}
}

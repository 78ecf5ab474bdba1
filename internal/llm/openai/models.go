package openai

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	goopenai "github.com/sashabaranov/go-openai"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/llm"
	"github.com/tierwise/tierwise/internal/step"
)

// Listed is a model an endpoint says it serves.
type Listed struct {
	ID      string
	Owner   string
	Context int64 // tokens, 0 when the endpoint does not say
}

// listTime and listBytes bound a list of models; the longest known is 1 MB.
const (
	listTime  = 20 * time.Second
	listBytes = 8 << 20
)

// Models asks the endpoint what it serves (GET /models), in its own order. The
// errors are those of a call.
func (c *Client) Models(ctx context.Context) ([]Listed, error) {
	ctx, cancel := context.WithTimeout(ctx, listTime)
	defer cancel()
	l := lister{c: c}
	api := c.api
	api.HTTPClient = &l
	known, err := goopenai.NewClientWithConfig(api).ListModels(ctx)
	switch {
	case err == nil:
		return l.merge(known.Models), nil
	case isTyped(err):
		return nil, fmt.Errorf("openai: %s: models: %w", c.id, err)
	case ctx.Err() != nil:
		return nil, fmt.Errorf("openai: %s: models: %w: %w", c.id, llm.ErrUnavailable, ctx.Err())
	case isNet(err):
		return nil, fmt.Errorf("openai: %s: models: %w: %w", c.id, llm.ErrUnavailable, netCause(err))
	}
	return nil, fmt.Errorf("openai: %s: models: %w: it is not a list of models", c.id, llm.ErrBadAnswer)
}

// isTyped reports whether Do made the error.
func isTyped(err error) bool {
	var r *refusal
	return errors.As(err, &r) || errors.Is(err, llm.ErrTooLarge)
}

// lister is an HTTPDoer that bounds the list and keeps its bytes.
type lister struct {
	c    *Client
	body []byte
}

// Do implements go-openai's HTTPDoer.
func (l *lister) Do(req *http.Request) (*http.Response, error) {
	resp, err := l.c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, l.c.refused(resp, hidden{key: string(l.c.key)})
	}
	l.body, err = io.ReadAll(io.LimitReader(resp.Body, listBytes+1))
	switch {
	case err != nil:
		return nil, err
	case len(l.body) > listBytes:
		return nil, llm.ErrTooLarge
	case isHTML(resp.Header, l.body):
		return nil, classify(&refusal{status: resp.StatusCode, html: true, said: "an HTML page"}, resp.Header, time.Now())
	}
	resp.Body = io.NopCloser(bytes.NewReader(l.body))
	return resp, nil
}

// merge adds the context sizes, for which every kind of server has its own
// field.
func (l *lister) merge(known []goopenai.Model) []Listed {
	var sizes struct {
		Data []struct {
			OpenRouter int64 `json:"context_length"`
			VLLM       int64 `json:"max_model_len"`
			Groq       int64 `json:"context_window"`
			Mistral    int64 `json:"max_context_length"`
		} `json:"data"`
	}
	// A size in another shape only means that the size is not known.
	_ = json.Unmarshal(l.body, &sizes)
	out := make([]Listed, len(known))
	for i, m := range known {
		out[i] = Listed{ID: m.ID, Owner: m.OwnedBy}
		if i < len(sizes.Data) {
			s := sizes.Data[i]
			out[i].Context = max(s.OpenRouter, s.VLLM, s.Groq, s.Mistral)
		}
	}
	return out
}

// Probe makes a call of one token and returns how it ended: the latency, the
// model that answered and the usage fields seen. It costs what such a call
// costs. An endpoint that answers and counts nothing has Counted false.
func (c *Client) Probe(ctx context.Context, m catalog.Model) (llm.Done, error) {
	r := llm.Request{Model: &m, Step: &step.Step{
		N: 1, Purpose: step.Answer, Intent: step.Ask, MaxOutput: 1,
		Prompt: []step.Turn{{Role: "user", Text: "Say yes."}},
	}}
	var d llm.Done
	for chunk, err := range c.Stream(ctx, r) {
		if err != nil {
			return llm.Done{}, err
		}
		if chunk.Done != nil {
			d = *chunk.Done
		}
	}
	return d, nil
}

package openai

import (
	"errors"
	"net/http"
	"strings"

	goopenai "github.com/sashabaranov/go-openai"

	"github.com/tierwise/tierwise/internal/llm"
)

// quirk is what a server refuses of a request that others take. It is learned
// from the refusal, which costs nothing, and kept per model while the process
// lives, so that a new endpoint needs no configuration.
type quirk struct {
	noUsage    bool // stream_options
	otherLimit bool // the other name of the output limit
	noHeat     bool // temperature
	noSchema   bool // response_format
	noUser     bool // user
}

// maxQuirks bounds how often one call is sent again for a quirk.
const maxQuirks = 5

// unsupported are the words of a refusal that is about a parameter as such, not
// about its value.
var unsupported = []string{"unsupported", "not supported", "extra_forbidden", "unrecognized", "unknown", "not permitted", "does not support", "unexpected"}

// learn adds to q what a refusal of req teaches, and reports whether it taught
// anything new.
func (q *quirk) learn(err error, req goopenai.ChatCompletionRequest) bool {
	var r *refusal
	if !errors.Is(err, llm.ErrBadRequest) || !errors.As(err, &r) ||
		r.status != http.StatusBadRequest && r.status != http.StatusUnprocessableEntity {
		return false
	}
	about := strings.ToLower(r.param + " " + r.message)
	if !anyOf(strings.ToLower(r.code+" "+r.kind+" ")+about, unsupported...) {
		return false
	}
	for _, f := range []struct {
		name string
		sent bool
		flag *bool
	}{
		{"stream_options", req.StreamOptions != nil, &q.noUsage},
		//lint:ignore SA1019 the older name is one of the quirks
		{"max_tokens", req.MaxTokens > 0, &q.otherLimit},
		{"max_completion_tokens", req.MaxCompletionTokens > 0, &q.otherLimit},
		{"temperature", req.Temperature > 0, &q.noHeat},
		{"response_format", req.ResponseFormat != nil, &q.noSchema},
		{"json_schema", req.ResponseFormat != nil, &q.noSchema},
		{"user", req.User != "" && r.param == "user", &q.noUser},
	} {
		if f.sent && !*f.flag && strings.Contains(about, f.name) {
			*f.flag = true
			return true
		}
	}
	return false
}

func (c *Client) quirk(model string) quirk {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.quirks[model]
}

func (c *Client) remember(model string, q quirk) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.quirks[model] = q
}

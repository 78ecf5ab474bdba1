package openai

import (
	"encoding/json"

	goopenai "github.com/sashabaranov/go-openai"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/llm"
)

// newLimit lists the profiles whose servers want the output limit under its
// newer name. Everybody else, a custom endpoint above all, knows max_tokens.
var newLimit = map[string]bool{"openai-chat": true, "groq": true, "xai": true}

// build forms the request of a step, all but its messages. A schema is sent to
// models that follow one strictly; others are asked by the prompt alone and
// checked afterwards. A model that cannot stream is not asked to.
func (c *Client) build(r llm.Request, q quirk) goopenai.ChatCompletionRequest {
	reasoning := r.Model.Has(catalog.Reasoning)
	req := goopenai.ChatCompletionRequest{
		Model:  r.Model.Wire,
		Stream: streams(r.Model),
		User:   r.User,
	}
	if req.Stream && !q.noUsage {
		req.StreamOptions = &goopenai.StreamOptions{IncludeUsage: true}
	}
	if q.noUser {
		req.User = ""
	}
	limit := int(r.Step.MaxOutput)
	if (newLimit[c.profile] || reasoning) != q.otherLimit {
		req.MaxCompletionTokens = limit
	} else {
		//lint:ignore SA1019 servers other than OpenAI's know no other name
		req.MaxTokens = limit
	}
	if !reasoning && !q.noHeat && r.Step.Milliheat > 0 { // reasoning models refuse a temperature
		req.Temperature = float32(r.Step.Milliheat) / 1000
	}
	if len(r.Step.Schema) > 0 && r.Model.Has(catalog.JSON) && !q.noSchema {
		req.ResponseFormat = &goopenai.ChatCompletionResponseFormat{
			Type: goopenai.ChatCompletionResponseFormatTypeJSONSchema,
			JSONSchema: &goopenai.ChatCompletionResponseFormatJSONSchema{
				Name: "answer", Schema: json.RawMessage(r.Step.Schema), Strict: true,
			},
		}
	}
	// The library refuses some requests by the model's name before they are
	// sent; the model's own rule is the one it would refuse for.
	if goopenai.NewReasoningValidator().Validate(req) != nil {
		//lint:ignore SA1019 it is cleared
		req.Temperature, req.MaxTokens, req.MaxCompletionTokens = 0, 0, limit
	}
	return req
}

// streams reports whether a model's answer comes piece by piece.
func streams(m *catalog.Model) bool { return m.Has(catalog.Streaming) }

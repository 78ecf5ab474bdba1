package openai

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/llm"
	"github.com/tierwise/tierwise/internal/llm/llmtest"
)

func TestTooLongWithItsNumbers(t *testing.T) {
	for _, tc := range []struct {
		server      string
		status      int
		body        string
		limit, sent int64
	}{
		{"OpenAI", 400, llmtest.Refusal("This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens. Please reduce the length of the messages.", "invalid_request_error", "context_length_exceeded"), 8192, 9001},
		{"OpenAI with output", 400, llmtest.Refusal("This model's maximum context length is 4097 tokens, however you requested 5001 tokens (4001 in your prompt; 1000 for the completion).", "", ""), 4097, 5001},
		{"OpenAI, newer", 400, llmtest.Refusal("Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300123 tokens.", "", "context_length_exceeded"), 272000, 300123},
		{"OpenRouter", 400, llmtest.Refusal("This endpoint's maximum context length is 131072 tokens. However, you requested about 140000 tokens (130000 of text input, 10000 in the output).", "", ""), 131072, 140000},
		{"vLLM", 400, `{"object":"error","message":"You passed 4097 input tokens and requested 16 output tokens. However, the model's context length is only 4096 tokens","type":"BadRequestError","code":400}`, 4096, 4097},
		{"Anthropic", 400, llmtest.Refusal("prompt is too long: 215000 tokens > 200000 maximum", "invalid_request_error", ""), 200000, 215000},
		{"Anthropic with output", 400, llmtest.Refusal("input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length", "", ""), 200000, 210000},
		{"Google", 400, `[{"error":{"code":400,"message":"The input token count (1100000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}]`, 1048576, 1100000},
		{"llama.cpp", 400, `{"error":{"code":400,"message":"the request exceeds the available context size, try increasing it","type":"exceed_context_size_error","n_prompt_tokens":5000,"n_ctx":4096}}`, 4096, 5000},
		{"llama.cpp in words", 400, llmtest.Refusal("request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it", "", ""), 4096, 5000},
		{"Mistral", 400, `{"object":"error","message":"Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length","type":"invalid_request_error","code":"3051"}`, 32768, 40000},
		{"xAI", 400, `{"code":"Client specified an invalid argument","error":"This model's maximum prompt length is 131072 but the request contains 140000 tokens."}`, 131072, 140000},
		{"Cohere", 400, `{"message":"too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 6000"}`, 4081, 6000},
		{"Together", 422, llmtest.Refusal("Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097. Given: 4000 `inputs` tokens and 1000 `max_new_tokens`", "", ""), 4097, 4000},
		{"thousands", 400, llmtest.Refusal("maximum context length is 128,000 tokens, but the request has 130,500", "", ""), 128000, 130500},
		{"above the rate for good", 429, llmtest.Refusal("Request too large for m on tokens per min (TPM): Limit 30000, Requested 41000. Try again in 2s", "tokens", "rate_limit_exceeded"), 30000, 41000},
		{"no numbers", 413, `too big`, 0, 0},
		{"Bedrock", 400, `{"message":"Input is too long for requested model."}`, 0, 0},
		{"a number that does not fit", 400, llmtest.Refusal("prompt is too long: 99999999999999999999 tokens > 200000 maximum", "", ""), 200000, 0},
	} {
		err := classify(readRefusal(tc.status, []byte(tc.body), hidden{}), http.Header{}, time.Now())
		var long *llm.ContextTooLong
		if !errors.As(err, &long) || long.Limit != tc.limit || long.Sent != tc.sent {
			t.Errorf("%s: %v, want %d over %d", tc.server, err, tc.sent, tc.limit)
		}
	}
}

package openai

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// tooLong are the sentences in which servers say that the input does not fit.
// Groups named limit and sent hold the numbers; sent may be a sum.
var tooLong = []*regexp.Regexp{
	// OpenAI, vLLM, DeepSeek, OpenRouter
	regexp.MustCompile(`maximum context length is (?P<limit>\d+).*?(?:requested|resulted in|passed|has)(?: about)?(?: at least)? (?P<sent>\d+)`),
	// OpenAI's newer wording
	regexp.MustCompile(`exceeds? the (?:configured )?limit of (?P<limit>\d+) tokens.*?resulted in (?P<sent>\d+)`),
	// vLLM's newer wording
	regexp.MustCompile(`passed (?P<sent>\d+) input tokens.*?context length is only (?P<limit>\d+)`),
	// Anthropic
	regexp.MustCompile(`prompt is too long: (?P<sent>\d+) tokens > (?P<limit>\d+)`),
	regexp.MustCompile(`exceed context limit: (?P<sent>\d+ \+ \d+) > (?P<limit>\d+)`),
	// Google
	regexp.MustCompile(`input token count \(?(?P<sent>\d+)\)? exceeds the maximum number of tokens allowed \(?(?P<limit>\d+)`),
	// llama.cpp
	regexp.MustCompile(`request \((?P<sent>\d+) tokens\) exceeds the available context size \((?P<limit>\d+)`),
	// Mistral
	regexp.MustCompile(`prompt contains (?P<sent>\d+) tokens.*?model with (?P<limit>\d+) maximum context length`),
	// xAI
	regexp.MustCompile(`maximum prompt length is (?P<limit>\d+) but the request contains (?P<sent>\d+)`),
	// Cohere
	regexp.MustCompile(`cannot exceed (?P<limit>\d+) - received (?P<sent>\d+)`),
	// Text Generation Inference, Together
	regexp.MustCompile(`must be <= (?P<limit>\d+)\. given: (?P<sent>\d+)`),
	// A request above the account's tokens per minute never passes, however
	// long one waits.
	regexp.MustCompile(`request too large.*?limit:? (?P<limit>\d+), requested:? (?P<sent>\d+)`),
}

// overlong reports whether a refusal says that the input is too long, and the
// numbers it gives (0 when it gives none). say is the message in lower case.
func overlong(r *refusal, say string) (limit, sent int64, ok bool) {
	plain := strings.ReplaceAll(say, ",", "")
	for _, re := range tooLong {
		// The comma between two numbers is needed by the last form only.
		for _, text := range [...]string{plain, say} {
			if m := re.FindStringSubmatch(text); m != nil {
				return sum(m[re.SubexpIndex("limit")]), sum(m[re.SubexpIndex("sent")]), true
			}
		}
	}
	if r.kind == "exceed_context_size_error" || anyOf(r.code, "context_length_exceeded", "string_above_max_length") ||
		r.status == http.StatusRequestEntityTooLarge ||
		anyOf(say, "context length", "context window", "input is too long", "prompt is too long", "maximum context") {
		return r.limit, r.sent, true
	}
	return 0, 0, false
}

// sum reads a number or "a + b"; what does not fit is 0.
func sum(s string) int64 {
	var total int64
	for part := range strings.SplitSeq(s, "+") {
		n, err := strconv.ParseInt(strings.TrimSpace(part), 10, 64)
		if err != nil {
			return 0
		}
		total += n
	}
	return max(total, 0)
}

package catalog

// thinking says how reasoning tokens stand to output tokens.
type thinking int

const (
	included thinking = iota // output counts them
	added                    // output does not count them
	byTotal                  // servers differ: the total tells
)

// profile is how one kind of API lays out its usage. Paths are dotted and start
// at the usage object, except model and service, which start at the document
// unless they begin with "usage.".
type profile struct {
	roots           []string // where the usage object is, first found wins
	model, service  string
	in, out, cached []string // first present wins
	extraIn         string   // input that in does not count
	written         string   // written to a cache, all of it
	written5m       string
	written1h       string
	reasoning       string
	total           string
	thinking        thinking
	inExcludesCache bool
	outMayMiss      bool // an answer without output leaves the field out
	cost, upstream  string
	ownKey          string
	files           bool // its chat wire takes PDF documents as content parts
}

// openAIChat is the shape most servers copy; the others are told by what they
// do differently. Read from the vendors' references and compared with recorded
// bodies in the tests.
func openAIChat(change func(*profile)) *profile {
	p := &profile{
		roots: []string{"usage"}, model: "model", service: "service_tier",
		in: []string{"prompt_tokens"}, out: []string{"completion_tokens"},
		cached:    []string{"prompt_tokens_details.cached_tokens"},
		reasoning: "completion_tokens_details.reasoning_tokens", total: "total_tokens",
	}
	change(p)
	return p
}

var profiles = map[string]*profile{
	// Documents: OpenAI's guide "File inputs" (read 2026-11-24): chat completions
	// take PDF files only; text goes into a text part.
	"openai-chat": openAIChat(func(p *profile) {
		p.written, p.files = "prompt_tokens_details.cache_write_tokens", true
	}),
	"openai-responses": {
		roots: []string{"usage", "response.usage"}, model: "model", service: "service_tier",
		in: []string{"input_tokens"}, out: []string{"output_tokens"},
		cached: []string{"input_tokens_details.cached_tokens"}, written: "input_tokens_details.cache_write_tokens",
		reasoning: "output_tokens_details.reasoning_tokens", total: "total_tokens",
	},
	// Servers that copy the shape of OpenAI and differ in reasoning.
	"openai-compatible": openAIChat(func(p *profile) {
		p.written, p.thinking = "prompt_tokens_details.cache_write_tokens", byTotal
	}),
	// OpenRouter takes the same document part, and may charge for reading it
	// beside the tokens (guide "PDF inputs", 2026-11-24), which no hold covers.
	"openrouter": openAIChat(func(p *profile) {
		p.written = "prompt_tokens_details.cache_write_tokens"
		p.cost, p.upstream, p.ownKey = "cost", "cost_details.upstream_inference_cost", "is_byok"
	}),
	"anthropic": {
		roots: []string{"usage", "message.usage"}, model: "model", service: "usage.service_tier",
		in: []string{"input_tokens"}, out: []string{"output_tokens"}, inExcludesCache: true,
		cached: []string{"cache_read_input_tokens"}, written: "cache_creation_input_tokens",
		written5m: "cache_creation.ephemeral_5m_input_tokens", written1h: "cache_creation.ephemeral_1h_input_tokens",
		reasoning: "output_tokens_details.thinking_tokens",
	},
	"anthropic-compat": openAIChat(func(p *profile) { p.cached = []string{"cached_tokens"} }),
	"gemini": {
		roots: []string{"usageMetadata"}, model: "modelVersion", service: "usage.serviceTier",
		in: []string{"promptTokenCount"}, out: []string{"candidatesTokenCount"}, outMayMiss: true,
		extraIn: "toolUsePromptTokenCount", cached: []string{"cachedContentTokenCount"},
		reasoning: "thoughtsTokenCount", thinking: added, total: "totalTokenCount",
	},
	"gemini-compat": openAIChat(func(p *profile) { p.thinking = byTotal }),
	"xai":           openAIChat(func(p *profile) { p.thinking = added }),
	"mistral":       openAIChat(func(p *profile) {}),
	"deepseek": openAIChat(func(p *profile) {
		p.cached = []string{"prompt_tokens_details.cached_tokens", "prompt_cache_hit_tokens"}
	}),
	"groq": openAIChat(func(p *profile) { p.roots = []string{"usage", "x_groq.usage"} }),
}

// CarriesFiles reports whether servers of that profile take PDF documents over
// the chat wire. Others are known to refuse the content part or, which is worse,
// to ignore it.
func CarriesFiles(name string) bool { return profiles[name] != nil && profiles[name].files }

// KnownProfile reports whether usage can be read by that profile.
func KnownProfile(name string) bool {
	_, ok := profiles[name]
	return ok
}

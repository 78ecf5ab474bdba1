package openai

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/llm"
	"github.com/tierwise/tierwise/internal/llm/llmtest"
	"github.com/tierwise/tierwise/internal/token"
)

// TestEveryStreamIsReadRight walks the ways servers differ without being
// wrong: each must give the text and the figures.
func TestEveryStreamIsReadRight(t *testing.T) {
	answer := llmtest.Answer("Under ", "a tree.")
	const text = "Under a tree."
	cumulative := func(n int) string {
		return strings.Replace(llmtest.Usage, `"completion_tokens":14`, `"completion_tokens":`+string(rune('0'+n)), 1)
	}
	some := token.Count{Input: 7, Output: 3}
	small := `{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}`
	for _, tc := range []struct {
		name    string
		reply   llmtest.Reply
		text    string
		tokens  token.Count
		counted bool
		finish  llm.Finish
	}{
		{"normal", answer.Reply(), text, used, true, llm.Stopped},
		{"no space after data:", answer.NoSpace().Reply(), text, used, true, llm.Stopped},
		{"CRLF", answer.CRLF().Reply(), text, used, true, llm.Stopped},
		{"no blank lines", answer.NoBlank().Reply(), text, used, true, llm.Stopped},
		{"comments as keep-alive", answer.KeepAlive().Reply(), text, used, true, llm.Stopped},
		{"wrong content type", answer.As("text/html"), text, used, true, llm.Stopped},
		{"no content type", answer.As("application/json"), text, used, true, llm.Stopped},
		{"one frame", llmtest.Frames{strings.Join(answer, "")}.Reply(), text, used, true, llm.Stopped},
		{"a byte at a time", bytewise(answer).Reply(), text, used, true, llm.Stopped},
		{"no [DONE]", answer[:len(answer)-1].Reply(), text, used, true, llm.Stopped},
		{"missing usage", without(answer, 4).Reply(), text, estimated(text), false, llm.Stopped},
		{"usage null", replace(answer, 4, llmtest.Used("null")).Reply(), text, estimated(text), false, llm.Stopped},
		{"usage empty", replace(answer, 4, llmtest.Used("{}")).Reply(), text, estimated(text), false, llm.Stopped},
		{"usage contradicts itself", replace(answer, 4, llmtest.Used(`{"prompt_tokens":-5,"completion_tokens":1}`)).Reply(), text, estimated(text), false, llm.Stopped},
		{"usage of zero is zero", replace(answer, 4, llmtest.Used(`{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}`)).Reply(), text, token.Count{}, true, llm.Stopped},
		{"usage twice", replace(answer, 4, llmtest.Used(llmtest.Usage)+llmtest.Used(llmtest.Usage)).Reply(), text, used, true, llm.Stopped},
		{"usage in every chunk", replace(answer, 1, llmtest.Used(cumulative(5))+answer[1]+llmtest.Used(cumulative(9))).Reply(), text, used, true, llm.Stopped},
		{"usage in x_groq", replace(answer, 4, llmtest.Data(`{"choices":[],"x_groq":{"id":"r","usage":`+small+`}}`)).Reply(), text, some, true, llm.Stopped},
		{"usage in the choice", replace(answer, 4, llmtest.Data(`{"choices":[{"index":0,"delta":{},"usage":`+small+`}]}`)).Reply(), text, some, true, llm.Stopped},
		{"empty choices first", append(llmtest.Frames{llmtest.Used("null")}, answer...).Reply(), text, used, true, llm.Stopped},
		{"only choices without text", llmtest.Frames{llmtest.Used("null"), llmtest.Used(llmtest.Usage), llmtest.Done()}.Reply(), "", used, true, llm.Other},
		{"role only", llmtest.Frames{llmtest.Role(), llmtest.Finish("stop"), llmtest.Used(llmtest.Usage), llmtest.Done()}.Reply(), "", used, true, llm.Stopped},
		{"tool call only", llmtest.Frames{llmtest.Delta(`{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}`),
			llmtest.Finish("tool_calls"), llmtest.Used(llmtest.Usage), llmtest.Done()}.Reply(), "", used, true, llm.Other},
		{"reasoning is not text", append(llmtest.Frames{llmtest.Delta(`{"reasoning_content":"hm, zebras"}`), llmtest.Delta(`{"reasoning":"more"}`)}, answer...).Reply(), text, used, true, llm.Stopped},
		{"reasoning is estimated apart", llmtest.Frames{llmtest.Delta(`{"reasoning_content":"hm"}`), llmtest.Text("ok"), llmtest.Finish("stop"), llmtest.Done()}.Reply(),
			"ok", token.Count{Input: int64(len(question)), Output: 2, Reasoning: 2}, false, llm.Stopped},
		{"a refusal is text", llmtest.Frames{llmtest.Delta(`{"refusal":"I will not."}`), llmtest.Finish("stop"), llmtest.Used(llmtest.Usage), llmtest.Done()}.Reply(), "I will not.", used, true, llm.Stopped},
		{"content in parts", llmtest.Frames{llmtest.Delta(`{"content":[{"type":"thinking","thinking":[{"type":"text","text":"no"}]},{"type":"text","text":"yes"}]}`),
			llmtest.Finish("stop"), llmtest.Used(llmtest.Usage), llmtest.Done()}.Reply(), "yes", used, true, llm.Stopped},
		{"length", replace(answer, 3, llmtest.Finish("length")).Reply(), text, used, true, llm.Length},
		{"filtered on the way", replace(answer, 3, llmtest.Finish("content_filter")).Reply(), text, used, true, llm.Filtered},
		{"whole JSON instead of a stream", llmtest.Status(200, llmtest.Whole(text, llmtest.Usage)), text, used, true, llm.Stopped},
		{"whole JSON after white space", llmtest.Status(200, "\n \n"+llmtest.Whole(text, llmtest.Usage)), text, used, true, llm.Stopped},
		{"whole JSON without usage", llmtest.Status(200, llmtest.Whole(text, "")), text, estimated(text), false, llm.Stopped},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := run(t.Context(), newClient(t, llmtest.New(t, tc.reply).URL, nil), ask())
			if got.err != nil {
				t.Fatal(got.err)
			}
			if got.text != tc.text {
				t.Errorf("text %q, want %q", got.text, tc.text)
			}
			if got.done.Tokens != tc.tokens || got.done.Counted != tc.counted || got.done.Finish != tc.finish {
				t.Errorf("tokens %+v counted %v finish %s", got.done.Tokens, got.done.Counted, got.done.Finish)
			}
		})
	}
}

func without(f llmtest.Frames, i int) llmtest.Frames { return replace(f, i, "") }

func replace(f llmtest.Frames, i int, frame string) llmtest.Frames {
	out := append(llmtest.Frames(nil), f...)
	out[i] = frame
	return out
}

func bytewise(f llmtest.Frames) (out llmtest.Frames) {
	for _, b := range []byte(strings.Join(f, "")) {
		out = append(out, string(b))
	}
	return out
}

// TestEveryRefusalIsTyped walks the refusals that cost nothing: each is one
// typed error, no cut-off.
func TestEveryRefusalIsTyped(t *testing.T) {
	say := llmtest.Refusal
	for _, tc := range []struct {
		name  string
		reply llmtest.Reply
		want  error
	}{
		{"500", llmtest.Status(500, say("The server had an error", "server_error", "")), llm.ErrUnavailable},
		{"500 without body", llmtest.Status(500, ""), llm.ErrUnavailable},
		{"502 HTML", llmtest.Page(502), llm.ErrUnavailable},
		{"503", llmtest.Status(503, "upstream connect error"), llm.ErrUnavailable},
		{"529 overloaded", llmtest.Status(529, say("Overloaded", "overloaded_error", "")), llm.ErrUnavailable},
		{"200 HTML", llmtest.Page(200), llm.ErrUnavailable},
		{"403 HTML", llmtest.Page(403), llm.ErrUnavailable},
		{"401", llmtest.Status(401, say("Incorrect API key provided", "invalid_request_error", "invalid_api_key")), llm.ErrAuth},
		{"403", llmtest.Status(403, say("Country not supported", "request_forbidden", "unsupported_country")), llm.ErrAuth},
		{"404", llmtest.Status(404, say("The model does not exist", "invalid_request_error", "model_not_found")), llm.ErrNoModel},
		{"400 no such model", llmtest.Status(400, say("x/y is not a valid model ID", "", "")), llm.ErrNoModel},
		{"400", llmtest.Status(400, say("Invalid value", "invalid_request_error", "invalid_value")), llm.ErrBadRequest},
		{"422", llmtest.Status(422, `{"detail":[{"loc":["body","messages"],"msg":"field required","type":"value_error.missing"}]}`), llm.ErrBadRequest},
		{"filter", llmtest.Status(400, say("The response was filtered", "", "content_filter")), llm.ErrFiltered},
		{"filter of Azure", llmtest.Status(400, `{"error":{"message":"x","code":"x","innererror":{"code":"ResponsibleAIPolicyViolation"}}}`), llm.ErrFiltered},
		{"quota", llmtest.Status(429, say("You exceeded your current quota", "insufficient_quota", "insufficient_quota")), llm.ErrQuota},
		{"402", llmtest.Status(402, say("Insufficient credits", "", "")), llm.ErrQuota},
		{"400 no credit", llmtest.Status(400, say("Your credit balance is too low to access the API", "invalid_request_error", "")), llm.ErrQuota},
		{"redirect to another host", llmtest.Status(307, "", "Location", "http://127.0.0.2:1/v1/chat/completions"), llm.ErrUnavailable},
		{"redirect that loses the method", llmtest.Status(302, "", "Location", "/v1/elsewhere"), llm.ErrUnavailable},
		{"error event at once", llmtest.Frames{"event: error\n" + llmtest.Data(`{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`)}.Reply(), llm.ErrUnavailable},
		{"error in a 200", llmtest.Status(200, `{"error":{"message":"No endpoints found","code":404}}`), llm.ErrNoModel},
		{"error list in a 200", llmtest.Status(200, `[{"error":{"code":400,"message":"API key not valid","status":"INVALID_ARGUMENT"}}]`), llm.ErrBadRequest},
		{"vLLM's error in a stream", llmtest.Frames{llmtest.Data(`{"object":"error","message":"bad","type":"BadRequestError","code":400}`)}.Reply(), llm.ErrBadRequest},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := run(t.Context(), newClient(t, llmtest.New(t, tc.reply).URL, nil), ask())
			var cut *llm.CutOff
			if !errors.Is(got.err, tc.want) || errors.As(got.err, &cut) {
				t.Errorf("got %v, want %v", got.err, tc.want)
			}
		})
	}
}

// TestRateLimits walks the ways a provider says how long to wait.
func TestRateLimits(t *testing.T) {
	say := llmtest.Refusal
	date := time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat)
	for _, tc := range []struct {
		name  string
		reply llmtest.Reply
		lo    time.Duration
		hi    time.Duration
	}{
		{"seconds", llmtest.Status(429, say("Slow down", "", "rate_limit_exceeded"), "Retry-After", "7"), 7 * time.Second, 7 * time.Second},
		{"fraction", llmtest.Status(429, "", "Retry-After", "1.5"), 1500 * time.Millisecond, 1500 * time.Millisecond},
		{"milliseconds", llmtest.Status(429, "", "Retry-After-Ms", "250", "Retry-After", "1"), 250 * time.Millisecond, 250 * time.Millisecond},
		{"date", llmtest.Status(429, "", "Retry-After", date), 80 * time.Second, 90 * time.Second},
		{"a date gone by", llmtest.Status(429, "", "Retry-After", "Mon, 02 Jan 2006 15:04:05 GMT"), 0, 0},
		{"reset of an exhausted limit", llmtest.Status(429, "", "x-ratelimit-remaining-tokens", "0", "x-ratelimit-reset-tokens", "1m2s"), 62 * time.Second, 62 * time.Second},
		{"body", llmtest.Status(429, say("Rate limit reached. Please try again in 1m2.5s. Visit", "tokens", "rate_limit_exceeded")), 62500 * time.Millisecond, 62500 * time.Millisecond},
		{"body in words", llmtest.Status(429, say("Please retry after 24 seconds.", "", "")), 24 * time.Second, 24 * time.Second},
		{"Google's RetryInfo", llmtest.Status(429, `[{"error":{"code":429,"message":"You exceeded your current quota.","status":"RESOURCE_EXHAUSTED","details":[{"retryDelay": "34s"}]}}]`), 34 * time.Second, 34 * time.Second},
		{"nothing said", llmtest.Status(429, ""), 0, 0},
		{"nonsense", llmtest.Status(429, "", "Retry-After", "soon"), 0, 0},
		{"a century", llmtest.Status(429, "", "Retry-After", "3153600000"), maxWait, maxWait},
		{"inside a 200", llmtest.Frames{llmtest.Data(`{"error":{"message":"Rate limit exceeded","code":429}}`)}.Reply(), 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := run(t.Context(), newClient(t, llmtest.New(t, tc.reply).URL, nil), ask())
			var limited *llm.RateLimited
			if !errors.As(got.err, &limited) || limited.After < tc.lo || limited.After > tc.hi {
				t.Errorf("%v, want a wait of %v to %v", got.err, tc.lo, tc.hi)
			}
		})
	}
}

// TestAnUnavailableProviderMaySayHowLong: the wait is honoured like that of a
// rate limit, and the provider still counts as failing.
func TestAnUnavailableProviderMaySayHowLong(t *testing.T) {
	page := "<html>Service Unavailable</html>"
	for _, tc := range []struct {
		name  string
		reply llmtest.Reply
		wait  time.Duration // -1: nothing was said
	}{
		{"503", llmtest.Status(503, "", "Retry-After", "7"), 7 * time.Second},
		{"503 with a body", llmtest.Status(503, llmtest.Refusal("Overloaded", "server_error", ""), "Retry-After", "3"), 3 * time.Second},
		{"503 HTML of a proxy", llmtest.Status(503, page, "Content-Type", "text/html", "Retry-After", "30"), 30 * time.Second},
		{"529", llmtest.Status(529, llmtest.Refusal("Overloaded", "overloaded_error", ""), "Retry-After-Ms", "1500"), 1500 * time.Millisecond},
		{"500 that says it in words", llmtest.Status(500, llmtest.Refusal("Please try again in 2s", "server_error", "")), 2 * time.Second},
		{"503 that says nothing", llmtest.Status(503, ""), -1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := run(t.Context(), newClient(t, llmtest.New(t, tc.reply).URL, nil), ask())
			var (
				limited *llm.RateLimited
				cut     *llm.CutOff
			)
			if !errors.Is(got.err, llm.ErrUnavailable) || errors.As(got.err, &cut) {
				t.Fatal(got.err)
			}
			if errors.As(got.err, &limited) != (tc.wait >= 0) || limited != nil && limited.After != tc.wait {
				t.Errorf("%v, want a wait of %v", got.err, tc.wait)
			}
		})
	}
}

// TestEveryCutIsBooked walks the ways an answer can break off after it may have
// been billed: each is a cut-off with its kind and with figures.
func TestEveryCutIsBooked(t *testing.T) {
	answer := llmtest.Answer("Under ", "a tree.")
	partial := llmtest.Frames{llmtest.Role(), llmtest.Text("Under ")}
	started := estimated("Under ")
	for _, tc := range []struct {
		name   string
		reply  llmtest.Reply
		want   error
		text   string
		tokens token.Count
	}{
		{"closed before a byte", answer.Cut(0), llm.ErrUnavailable, "", estimated("")},
		{"wrong JSON", append(partial, llmtest.Data(`{"choices":[{]}`)).Reply(), llm.ErrBadAnswer, "Under ", started},
		{"truncated JSON", append(partial, `data: {"choices":[{"delta":{"content":"a tr`).Reply(), llm.ErrBadAnswer, "Under ", started},
		{"not JSON at all", llmtest.Status(200, "hello\nworld\n", "Content-Type", "text/plain"), llm.ErrUnavailable, "", estimated("")},
		{"text instead of an event", append(partial, llmtest.Data("oops")).Reply(), llm.ErrBadAnswer, "Under ", started},
		{"truncated whole answer", llmtest.Status(200, llmtest.Whole("Under a tree.", "")[:120]), llm.ErrBadAnswer, "", estimated("")},
		{"empty 200", llmtest.Status(200, ""), llm.ErrUnavailable, "", estimated("")},
		{"nothing but the end", llmtest.Frames{llmtest.Done()}.Reply(), llm.ErrBadAnswer, "", estimated("")},
		{"error object in the middle", append(partial, llmtest.Data(`{"error":{"message":"Upstream died","code":502}}`)).Reply(), llm.ErrUnavailable, "Under ", started},
		{"error in the choice", append(partial, llmtest.Data(`{"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error","error":{"code":502,"message":"x"}}]}`)).Reply(), llm.ErrUnavailable, "Under ", started},
		{"usage so far, then broken", append(append(llmtest.Frames{}, partial...), llmtest.Used(llmtest.Usage)).Cut(3), llm.ErrUnavailable, "Under ", used},
		{"hundred megabytes", llmtest.Huge(100, false), llm.ErrTooLarge, "*", token.Count{}},
		{"hundred megabytes in a line", llmtest.Huge(100, true), llm.ErrTooLarge, "", estimated("")},
		{"hundred megabytes of JSON", llmtest.Status(200, `{"choices":[{"message":{"content":"`+strings.Repeat("x", 3<<20)), llm.ErrTooLarge, "", estimated("")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := run(t.Context(), newClient(t, llmtest.New(t, tc.reply).URL, nil), ask())
			var cut *llm.CutOff
			if !errors.As(got.err, &cut) || !errors.Is(got.err, tc.want) || !cut.Sent {
				t.Fatalf("got %v (sent %v), want a cut-off for %v", got.err, cut != nil && cut.Sent, tc.want)
			}
			want := tc.tokens
			if tc.text == "*" { // as much as the limit let through
				want, tc.text = estimated(got.text), got.text
			}
			if got.text != tc.text || cut.Chars != len(tc.text) || cut.Tokens != want {
				t.Errorf("text of %d, chars %d, tokens %+v, want %+v", len(got.text), cut.Chars, cut.Tokens, want)
			}
		})
	}
}

func TestCutAtEveryChunk(t *testing.T) {
	answer := llmtest.Answer("Under ", "a ", "tree.")
	for n := range len(answer) {
		got := run(t.Context(), newClient(t, llmtest.New(t, answer.Cut(n)).URL, nil), ask())
		if n > 4 { // the reason of the end was received: the answer is whole
			if got.err != nil || got.text != "Under a tree." || got.done.Counted != (n > 5) {
				t.Errorf("cut at %d: %q, %v, %+v", n, got.text, got.err, got.done)
			}
			continue
		}
		var cut *llm.CutOff
		if !errors.As(got.err, &cut) || !errors.Is(got.err, io.ErrUnexpectedEOF) || cut.Tokens != estimated(got.text) || cut.Chars != len(got.text) {
			t.Errorf("cut at %d: %v", n, got.err)
		}
	}
}

package openai

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/llm"
	"github.com/tierwise/tierwise/internal/llm/llmtest"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/internal/token"
)

// letters counts a token per letter, so that estimates are recognisable.
func letters(_ string, turns []step.Turn) int64 {
	var n int64
	for _, t := range turns {
		n += int64(len(t.Text)) + 1000*int64(len(t.Images))
	}
	return n
}

const question = "Where does the zebra sleep at night?"

// used is what a normal scripted answer is booked at, estimated what one
// without usage is.
var used = token.Count{Input: llmtest.Prompt - llmtest.Cached, CacheRead: llmtest.Cached,
	Output: llmtest.Completion - llmtest.Reasoned, Reasoning: llmtest.Reasoned}

func estimated(answer string) token.Count {
	return token.Count{Input: int64(len(question)), Output: int64(len(answer))}
}

func newClient(t testing.TB, base string, change func(*Config)) *Client {
	t.Helper()
	cfg := Config{
		Provider: catalog.Provider{ID: "test", BaseURL: base, Profile: "openai-chat"},
		Key:      "sk-test-sentinel-key-0123456789",
		Count:    letters,
		Limits:   Limits{Bytes: 2 << 20, Line: 1 << 18},
	}
	if change != nil {
		change(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func ask() llm.Request {
	return llm.Request{
		Model: &catalog.Model{ID: "test/m", Provider: "test", Wire: "m", Family: "f", Abilities: []catalog.Ability{catalog.JSON, catalog.Images, catalog.Streaming}},
		Step: &step.Step{N: 1, MaxOutput: 256, Prompt: []step.Turn{
			{Role: "user", Text: question},
		}},
	}
}

// result is a call read to its end.
type result struct {
	text   string
	pieces int
	done   *llm.Done
	err    error
}

func run(ctx context.Context, c llm.Client, r llm.Request) result {
	var (
		got result
		b   strings.Builder
	)
	for chunk, err := range c.Stream(ctx, r) {
		if err != nil {
			got.err = err
			break
		}
		if chunk.Done != nil {
			got.done = chunk.Done
			continue
		}
		got.pieces++
		b.WriteString(chunk.Text)
	}
	got.text = b.String()
	return got
}

func TestAnswerStreamsAndIsCounted(t *testing.T) {
	srv := llmtest.New(t, llmtest.Answer("Under ", "a tree.\n", "Zzz… 🦓").Reply())
	got := run(t.Context(), newClient(t, srv.URL, nil), ask())
	if got.err != nil {
		t.Fatal(got.err)
	}
	if got.text != "Under a tree.\nZzz… 🦓" || got.pieces != 3 {
		t.Errorf("text %q in %d pieces", got.text, got.pieces)
	}
	d := got.done
	if d.Tokens != used || !d.Counted || d.Cost != nil {
		t.Errorf("tokens %+v counted %v cost %v", d.Tokens, d.Counted, d.Cost)
	}
	if d.Finish != llm.Stopped || d.Served != "served-1" || d.ID != "chatcmpl-1" || d.Service != "" {
		t.Errorf("done %+v", d)
	}
	if d.First <= 0 || d.Total < d.First {
		t.Errorf("first %v total %v", d.First, d.Total)
	}
}

func TestRequestOnTheWire(t *testing.T) {
	srv := llmtest.New(t, llmtest.Answer("{}").Reply())
	r := ask()
	r.User, r.Step.Milliheat, r.Step.Schema = "u-pseudonym", 200, []byte(`{"type":"object","additionalProperties":false}`)
	r.Step.Prompt[0].Images = []step.Image{{Type: "image/png", Data: []byte{1, 2, 3}}}
	r.Step.Prompt = append([]step.Turn{{Role: "system", Text: "Be brief."}}, r.Step.Prompt...)
	if got := run(t.Context(), newClient(t, srv.URL, nil), r); got.err != nil {
		t.Fatal(got.err)
	}
	a := srv.Asked()[0]
	if a.Path != "/v1/chat/completions" || a.Header.Get("Authorization") != "Bearer sk-test-sentinel-key-0123456789" {
		t.Errorf("path %s, authorization %q", a.Path, a.Header.Get("Authorization"))
	}
	for _, want := range []string{
		`"stream":true`, `"stream_options":{"include_usage":true}`, `"max_completion_tokens":256`, `"temperature":0.2`,
		`"user":"u-pseudonym"`, `"strict":true`, `"schema":{"type":"object","additionalProperties":false}`,
		`"url":"data:image/png;base64,AQID"`, `{"role":"system","content":"Be brief."}`, `"model":"m"`,
	} {
		if !strings.Contains(string(a.Raw), want) {
			t.Errorf("request lacks %s:\n%s", want, a.Raw)
		}
	}
}

func TestRequestLeavesOutWhatIsNotSet(t *testing.T) {
	srv := llmtest.New(t, llmtest.Answer("ok").Reply())
	c := newClient(t, srv.URL, func(cfg *Config) { cfg.Provider.Profile, cfg.Key = "mistral", "" })
	r := ask()
	r.Model.Abilities, r.Step.Schema = nil, []byte(`{}`)
	if got := run(t.Context(), c, r); got.err != nil {
		t.Fatal(got.err)
	}
	a := srv.Asked()[0]
	for _, never := range []string{"temperature", "user\":\"", "response_format", "max_completion_tokens"} {
		if strings.Contains(string(a.Raw), never) {
			t.Errorf("request has %s:\n%s", never, a.Raw)
		}
	}
	if !strings.Contains(string(a.Raw), `"max_tokens":256`) || a.Header.Get("Authorization") != "" {
		t.Errorf("request %s, authorization %q", a.Raw, a.Header.Get("Authorization"))
	}
}

func TestReasoningModelGetsNoTemperature(t *testing.T) {
	srv := llmtest.New(t, llmtest.Answer("ok").Reply())
	c := newClient(t, srv.URL, func(cfg *Config) { cfg.Provider.Profile = "mistral" })
	r := ask()
	r.Step.Milliheat = 700
	for _, change := range []func(){
		func() { r.Model.Abilities = []catalog.Ability{catalog.Reasoning} },
		func() { r.Model.Abilities, r.Model.Wire = nil, "o3-like" }, // the library knows by name
	} {
		change()
		if got := run(t.Context(), c, r); got.err != nil {
			t.Fatal(got.err)
		}
	}
	for _, a := range srv.Asked() {
		if a.Body["temperature"] != nil || a.Body["max_completion_tokens"] == nil || a.Body["max_tokens"] != nil {
			t.Errorf("request %s", a.Raw)
		}
	}
}

func TestServerTeachesItsQuirksOnce(t *testing.T) {
	srv := llmtest.New(t,
		llmtest.Status(422, `{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"Extra inputs are not permitted","input":{"x":"`+question+`"}}]}`),
		llmtest.Status(400, `{"error":{"message":"Unsupported parameter: 'max_completion_tokens'","type":"invalid_request_error","param":"max_completion_tokens","code":"unsupported_parameter"}}`),
		llmtest.Answer("ok").Reply())
	c := newClient(t, srv.URL, nil)
	for range 2 {
		if got := run(t.Context(), c, ask()); got.err != nil || got.text != "ok" {
			t.Fatalf("%q, %v", got.text, got.err)
		}
	}
	asked := srv.Asked()
	if len(asked) != 4 {
		t.Fatalf("%d requests, want 3 for the first call and 1 for the second", len(asked))
	}
	if last := asked[3].Body; last["stream_options"] != nil || last["max_tokens"] == nil || last["max_completion_tokens"] != nil {
		t.Errorf("last request %s", asked[3].Raw)
	}
}

func TestBadValueIsNoQuirk(t *testing.T) {
	srv := llmtest.New(t, llmtest.Status(400, llmtest.Refusal("max_completion_tokens is too large: 256", "invalid_request_error", "invalid_value")))
	got := run(t.Context(), newClient(t, srv.URL, nil), ask())
	if !errors.Is(got.err, llm.ErrBadRequest) || len(srv.Asked()) != 1 {
		t.Errorf("%v after %d requests", got.err, len(srv.Asked()))
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	for name, base := range map[string]string{
		"plain http": "http://models.example.com/v1", "user": "https://u:p@models.example.com", "query": "https://models.example.com?key=1",
		"no host": "https:///v1", "other scheme": "ftp://models.example.com", "private http": "http://10.0.0.5/v1",
	} {
		if _, err := New(Config{Provider: catalog.Provider{BaseURL: base}}); err == nil {
			t.Errorf("%s: %s was taken", name, base)
		}
	}
	for _, base := range []string{"https://models.example.com/v1", "http://localhost:1234", "http://127.0.0.1:1/v1", "http://[::1]:1"} {
		if _, err := New(Config{Provider: catalog.Provider{BaseURL: base}}); err != nil {
			t.Errorf("%s: %v", base, err)
		}
	}
}

func TestModelsAndProbe(t *testing.T) {
	srv := llmtest.New(t, llmtest.Models("a", "b"), llmtest.Answer("Y").Reply(), llmtest.Page(200), llmtest.Status(200, `[]`), llmtest.Status(401, ``))
	c := newClient(t, srv.URL, nil)
	list, err := c.Models(t.Context())
	if err != nil || len(list) != 2 || list[1] != (Listed{ID: "b", Owner: "test", Context: 16384}) {
		t.Fatalf("%+v, %v", list, err)
	}
	d, err := c.Probe(t.Context(), *ask().Model)
	if err != nil || d.Tokens != used || len(d.Fields) == 0 || d.Total <= 0 {
		t.Errorf("probe %+v, %v", d, err)
	}
	if n := srv.Asked()[1].Body["max_completion_tokens"]; n != float64(1) {
		t.Errorf("the probe asked for %v tokens", n)
	}
	for _, want := range []error{llm.ErrUnavailable, llm.ErrBadAnswer, llm.ErrAuth} {
		if _, err := c.Models(t.Context()); !errors.Is(err, want) {
			t.Errorf("models: %v, want %v", err, want)
		}
	}
}

func TestAModelThatCannotStreamIsAskedForItsAnswerInOnePiece(t *testing.T) {
	srv := llmtest.New(t, llmtest.Status(200, llmtest.Whole("Under a tree.", llmtest.Usage)))
	r := ask()
	r.Model.Abilities = nil
	got := run(t.Context(), newClient(t, srv.URL, nil), r)
	if got.err != nil || got.text != "Under a tree." || got.pieces != 1 || got.done.Tokens != used {
		t.Errorf("%q in %d pieces, %v, %+v", got.text, got.pieces, got.err, got.done)
	}
	a := srv.Asked()[0]
	if a.Body["stream"] != false || a.Body["stream_options"] != nil || a.Header.Get("Accept") != "application/json" {
		t.Errorf("request %s, accept %q", a.Raw, a.Header.Get("Accept"))
	}
}

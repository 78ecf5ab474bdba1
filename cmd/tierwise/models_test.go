package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/internal/llm/llmtest"
)

// TestModelsAgainstAnEndpoint is an operator who connects a server and looks at
// it: what it serves, whether each model answers and counts, and why one fails.
func TestModelsAgainstAnEndpoint(t *testing.T) {
	refused := llmtest.Status(401, llmtest.Refusal("Incorrect API key provided: sk-verysecret123456", "invalid_request_error", "invalid_api_key"))
	for _, c := range []struct {
		name    string
		args    []string
		replies []llmtest.Reply
		code    int
		out     []string
		err     string
	}{
		{"discover", []string{"models", "discover"}, []llmtest.Reply{llmtest.Models("small", "large", "other")}, 0,
			[]string{"custom    small      8 k  economy", "custom    large     16 k  standard", "custom    other     24 k  not in the catalog"}, ""},
		{"live", []string{"models", "check", "--live"}, []llmtest.Reply{llmtest.Models("small", "large", "other"), llmtest.Answer("yes").Reply(), refused}, 1,
			[]string{"custom/economy/small   ok", "served-1", "completion_tokens_details.reasoning_tokens", "custom/standard/large  failed\n",
				"custom/standard/large: llm: the provider refused the key", "invalid_api_key"}, "1 model did not answer."},
		{"live, a server that does not count", []string{"models", "check", "--live"},
			[]llmtest.Reply{llmtest.Models("small", "large", "other"), llmtest.Frames{llmtest.Text("yes"), llmtest.Finish("stop"), llmtest.Done()}.Reply()}, 0,
			[]string{"none: calls are booked as estimates"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			env := []string{"OPENAI_BASE_URL=" + llmtest.New(t, c.replies...).URL, "TIERWISE_MODELS=economy=small,standard=large"}
			r := tierwise(t, filepath.Join(t.TempDir(), "data"), "", env, c.args...)
			if r.code != c.code {
				t.Errorf("exit code %d: %s", r.code, r.err)
			}
			wantAll(t, r.out, c.out...)
			wantAll(t, r.err, c.err)
			if strings.Contains(r.out+r.err, "verysecret") {
				t.Error("a key is shown")
			}
			for line := range strings.Lines(r.out) {
				if strings.HasSuffix(strings.TrimSuffix(line, "\n"), " ") {
					t.Errorf("blanks at the end of %q", line)
				}
			}
		})
	}
}

// TestModelsFromAPriceFile: files are compared and proposed from, and what is
// wrong with one is said in a sentence.
func TestModelsFromAPriceFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	dev := write("api.json", `{"groq":{"models":{"llama-3.1-8b-instant":{"limit":{"context":131072,"output":131072},"cost":{"input":0.05,"output":0.09}},
		"new/model":{"limit":{"context":64000,"output":8000},"cost":{"input":1,"output":2}}}}}`)
	same := write("same.json", `{"groq":{"models":{"llama-3.1-8b-instant":{"limit":{"context":131072,"output":131072},"cost":{"input":0.05,"output":0.08}}}}}`)
	for _, c := range []struct {
		args []string
		code int
		out  []string
		err  string
	}{
		{[]string{"check", "--models-dev", dev, "--date", "2026-11-20"}, 0, []string{"conflict", "models.dev 2026-11-20: standard price: output $0.09 there and $0.08 here", " models, "}, ""},
		{[]string{"import", "--models-dev", dev, "--date", "2026-11-20", "groq/new/model=economy"}, 0,
			[]string{"models:\n  groq/llama-3.1-8b-instant:\n    prices:\n      - from: 2026-11-20\n        input: 0.05\n        output: 0.09\n", "  groq/new/model:\n    tier: economy\n"}, "nothing was changed"},
		{[]string{"import", "--models-dev", same}, 0, nil, "Nothing to propose"},
		{[]string{"import", "--litellm", dev}, 2, nil, "has none of the catalog's models: is it another kind of file?"},
		{[]string{"import", "--models-dev", write("page.html", "<html>")}, 2, nil, "page.html is not a models.dev api.json."},
		{[]string{"import", "--models-dev", dev, "groq/nothing=economy"}, 2, nil, `no model with exactly the id "groq/nothing"`},
		{[]string{"import", "--models-dev", dev, "groq/new/model=local"}, 2, nil, "economy, standard or frontier"},
		{[]string{"import"}, 2, nil, "give one file"},
		{[]string{"check", "--models-dev", dev, "--date", "yesterday"}, 2, nil, `--date takes a day such as 2026-01-31, not "yesterday"`},
		{[]string{"check", "--models-dev", filepath.Join(dir, "none")}, 2, nil, "cannot be read"},
		{[]string{"check", "--live"}, 0, []string{"No remote model is connected"}, ""},
		{[]string{"discover"}, 0, []string{"No remote provider is connected"}, ""},
		{[]string{"--help"}, 0, []string{"list ", "check ", "discover ", "import "}, ""},
	} {
		t.Run(strings.Join(c.args[:1], "")+" "+c.err, func(t *testing.T) {
			t.Parallel()
			r := tierwise(t, filepath.Join(t.TempDir(), "data"), "", nil, append([]string{"models"}, c.args...)...)
			if r.code != c.code {
				t.Errorf("exit code %d: %s", r.code, r.err)
			}
			wantAll(t, r.out, c.out...)
			wantAll(t, r.err, c.err)
			if c.out == nil && r.out != "" {
				t.Errorf("printed %q", r.out)
			}
		})
	}
}

func TestModelsAsJSON(t *testing.T) {
	for _, c := range []struct {
		args []string
		into any
	}{
		{[]string{"models", "list", "--json"}, &[]struct{ Tier, Model, Input string }{}},
		{[]string{"models", "check", "--live", "--json"}, &struct{ Findings, Live []map[string]any }{}},
		{[]string{"models", "discover", "--json"}, &[]map[string]any{}},
	} {
		r := tierwise(t, filepath.Join(t.TempDir(), "data"), "", nil, c.args...)
		if err := json.Unmarshal([]byte(r.out), c.into); r.code != 0 || err != nil || strings.Contains(r.out, "null") || strings.Contains(r.out, `"Model"`) {
			t.Errorf("%v: %v\n%s%s", c.args, err, r.out, r.err)
		}
	}
}

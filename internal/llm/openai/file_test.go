package openai

import (
	"errors"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/llm"
	"github.com/tierwise/tierwise/internal/llm/llmtest"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/internal/token"
)

var (
	note1    = step.File{Name: "notes.md", Type: "text/markdown; charset=utf-8", Data: []byte("# Plan\nship on <Thursday>")}
	contract = step.File{Name: "contract.pdf", Type: token.PDF, Data: []byte("%PDF-1.4 /Type /Page endobj")}
)

func withFiles(files ...step.File) llm.Request {
	r := ask()
	r.Model.Abilities = append(r.Model.Abilities, catalog.Files)
	r.Step.Prompt[0].Files = files
	return r
}

func TestFilesOnTheWire(t *testing.T) {
	srv := llmtest.New(t, llmtest.Answer("ok").Reply())
	if got := run(t.Context(), newClient(t, srv.URL, nil), withFiles(note1, contract)); got.err != nil {
		t.Fatal(got.err)
	}
	parts := srv.Asked()[0].Body["messages"].([]any)[0].(map[string]any)["content"].([]any)
	if len(parts) != 3 {
		t.Fatalf("%d parts: %s", len(parts), srv.Asked()[0].Raw)
	}
	asked, text, file := parts[0].(map[string]any), parts[1].(map[string]any), parts[2].(map[string]any)
	if asked["text"] != question || text["type"] != "text" || text["text"] != "notes.md:\n# Plan\nship on <Thursday>" {
		t.Errorf("%v, %v", asked, text)
	}
	body, _ := file["file"].(map[string]any)
	if file["type"] != "file" || body["filename"] != "contract.pdf" || body["file_data"] != "data:application/pdf;base64,JVBERi0xLjQgL1R5cGUgL1BhZ2UgZW5kb2Jq" {
		t.Errorf("%v", file)
	}
}

// TestWhatCannotBeSentIsRefusedBeforeAnyCall: each is one typed error, and the
// provider hears nothing.
func TestWhatCannotBeSentIsRefusedBeforeAnyCall(t *testing.T) {
	without := withFiles(contract)
	without.Model.Abilities = ask().Model.Abilities
	blind := ask()
	blind.Model.Abilities = []catalog.Ability{catalog.Streaming}
	blind.Step.Prompt[0].Images = []step.Image{{Type: "image/png", Data: []byte{1}}}
	for _, tc := range []struct {
		name    string
		profile string
		r       llm.Request
	}{
		{"a PDF to a model without the ability", "openai-chat", without},
		{"a PDF over a wire without documents", "mistral", withFiles(contract)},
		{"a spreadsheet", "openai-chat", withFiles(step.File{Type: "application/vnd.ms-excel", Data: []byte{1}})},
		{"text that is none", "openai-chat", withFiles(step.File{Type: "text/plain", Data: []byte{0xff, 0xfe}})},
		{"a picture to a model without the ability", "openai-chat", blind},
	} {
		t.Run(tc.name, func(t *testing.T) {
			srv := llmtest.New(t, llmtest.Answer("ok").Reply())
			got := run(t.Context(), newClient(t, srv.URL, func(cfg *Config) { cfg.Provider.Profile = tc.profile }), tc.r)
			var cut *llm.CutOff
			if !errors.Is(got.err, llm.ErrInput) || !errors.Is(got.err, llm.ErrBadRequest) || errors.As(got.err, &cut) || len(srv.Asked()) != 0 {
				t.Errorf("%v after %d requests", got.err, len(srv.Asked()))
			}
		})
	}
	// Text needs no ability, and any wire carries it.
	srv := llmtest.New(t, llmtest.Answer("ok").Reply())
	r := withFiles(note1)
	r.Model.Abilities = ask().Model.Abilities
	if got := run(t.Context(), newClient(t, srv.URL, func(cfg *Config) { cfg.Provider.Profile = "mistral" }), r); got.err != nil {
		t.Error(got.err)
	}
}

func TestARefusalShowsNothingOfAFile(t *testing.T) {
	for _, tc := range []struct {
		file  step.File
		quote string
	}{{note1, "ship on <Thursday>"}, {note1, "notes.md"}, {contract, "what the contract says"}} {
		srv := llmtest.New(t, llmtest.Status(400, llmtest.Refusal("cannot read: "+tc.quote, "invalid_request_error", "")))
		got := run(t.Context(), newClient(t, srv.URL, nil), withFiles(tc.file))
		if got.err == nil || strings.Contains(got.err.Error(), tc.quote) {
			t.Errorf("%v", got.err)
		}
	}
}

func TestFilesCountInAnEstimate(t *testing.T) {
	srv := llmtest.New(t, without(llmtest.Answer("ok"), 3).Reply())
	c := newClient(t, srv.URL, func(cfg *Config) { cfg.Count = nil })
	plain := run(t.Context(), c, ask())
	filed := run(t.Context(), c, withFiles(note1, contract))
	if plain.err != nil || filed.err != nil || filed.done.Counted {
		t.Fatal(plain.err, filed.err, filed.done)
	}
	least := token.UpperPDF("f", len(contract.Data), 1) + token.Upper("f", string(note1.Data))
	if more := filed.done.Tokens.Input - plain.done.Tokens.Input; more < least {
		t.Errorf("files add %d tokens, want at least %d", more, least)
	}
}

package openai

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	goopenai "github.com/sashabaranov/go-openai"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/llm"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/internal/token"
)

// body is the library's request with messages that encode in one pass: its own
// message type marshals itself, so encoding/json scans every text three times,
// which for a conversation is most of the work of a call.
type body struct {
	goopenai.ChatCompletionRequest
	Messages []message `json:"messages"` // hides the library's
}

// message is one turn on the wire.
type message struct {
	Role    string `json:"role"`
	Content any    `json:"content"` // a string or []part
}

// part is one part of a turn: the library's, which has no documents, with one.
type part struct {
	goopenai.ChatMessagePart
	File *document `json:"file,omitempty"`
}

type document struct {
	Name string `json:"filename"`
	Data string `json:"file_data"` // a data URL
}

// encode writes a request with the turns of a prompt.
func encode(req goopenai.ChatCompletionRequest, prompt []step.Turn) ([]byte, error) {
	b := body{ChatCompletionRequest: req, Messages: make([]message, len(prompt))}
	for i, t := range prompt {
		b.Messages[i].Role = t.Role
		if len(t.Images)+len(t.Files) == 0 {
			b.Messages[i].Content = t.Text
		} else {
			b.Messages[i].Content = parts(t)
		}
	}
	raw, err := json.Marshal(&b)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return raw, nil
}

func parts(t step.Turn) []part {
	out := make([]part, 0, len(t.Images)+len(t.Files)+1)
	text := func(s string) {
		out = append(out, part{ChatMessagePart: goopenai.ChatMessagePart{Type: goopenai.ChatMessagePartTypeText, Text: s}})
	}
	if t.Text != "" {
		text(t.Text)
	}
	for _, im := range t.Images {
		out = append(out, part{ChatMessagePart: goopenai.ChatMessagePart{
			Type:     goopenai.ChatMessagePartTypeImageURL,
			ImageURL: &goopenai.ChatMessageImageURL{URL: dataURL(im.Type, im.Data)},
		}})
	}
	for _, f := range t.Files {
		if token.IsText(f.Type) {
			text(fileName(f) + ":\n" + string(f.Data))
			continue
		}
		out = append(out, part{
			ChatMessagePart: goopenai.ChatMessagePart{Type: "file"},
			File:            &document{Name: fileName(f), Data: dataURL(f.Type, f.Data)},
		})
	}
	return out
}

// fileName is what a model reads a file is called; providers want a name.
func fileName(f step.File) string { return cmp.Or(f.Name, "file") }

// sendable is the error of a prompt that holds what the model, or the wire to
// its provider, cannot carry: llm.ErrInput, found before any call.
func (c *Client) sendable(r llm.Request) error {
	documents := r.Model.Has(catalog.Files) && catalog.CarriesFiles(c.profile)
	for _, t := range r.Step.Prompt {
		if len(t.Images) > 0 && !r.Model.Has(catalog.Images) {
			return fmt.Errorf("openai: %s: %w: images", c.id, llm.ErrInput)
		}
		for _, f := range t.Files {
			switch {
			case token.IsText(f.Type) && utf8.Valid(f.Data):
			case f.Type == token.PDF && documents:
			case f.Type == token.PDF:
				return fmt.Errorf("openai: %s: %w: PDF documents", c.id, llm.ErrInput)
			default:
				return fmt.Errorf("openai: %s: %w: files that are neither text nor PDF", c.id, llm.ErrInput)
			}
		}
	}
	return nil
}

func dataURL(media string, data []byte) string {
	return "data:" + media + ";base64," + base64.StdEncoding.EncodeToString(data)
}

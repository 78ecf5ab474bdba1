package openai

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	goopenai "github.com/sashabaranov/go-openai"

	"github.com/tierwise/tierwise/internal/step"
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

// encode writes a request with the turns of a prompt.
func encode(req goopenai.ChatCompletionRequest, prompt []step.Turn) ([]byte, error) {
	b := body{ChatCompletionRequest: req, Messages: make([]message, len(prompt))}
	for i, t := range prompt {
		b.Messages[i].Role = t.Role
		if len(t.Images) == 0 {
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

func parts(t step.Turn) []goopenai.ChatMessagePart {
	out := make([]goopenai.ChatMessagePart, 0, len(t.Images)+1)
	if t.Text != "" {
		out = append(out, goopenai.ChatMessagePart{Type: goopenai.ChatMessagePartTypeText, Text: t.Text})
	}
	for _, im := range t.Images {
		out = append(out, goopenai.ChatMessagePart{
			Type:     goopenai.ChatMessagePartTypeImageURL,
			ImageURL: &goopenai.ChatMessageImageURL{URL: dataURL(im.Type, im.Data)},
		})
	}
	return out
}

func dataURL(media string, data []byte) string {
	return "data:" + media + ";base64," + base64.StdEncoding.EncodeToString(data)
}

package local

import (
	"strings"

	"github.com/tierwise/tierwise/internal/catalog"
)

// NewDemo returns the engine that plays the remote tiers of the sample
// workspace: economy answers are short, standard fuller, frontier fullest. It
// streams in several chunks and reports the tokens that count gives, so that
// sample money follows from the catalog's prices. Its answers are made by the
// local engine; whoever shows them marks them as simulated.
func NewDemo(count func(text string) int64) *Client {
	c := New(count)
	c.demo = true
	return c
}

// look is how full an answer is.
type look struct {
	words    int  // of key messages in a summary
	items    int  // per block
	hits     int  // messages quoted for an ask
	blocks   bool // decisions, questions, actions
	links    bool
	pretends bool // plays a model: does not say that none is used
}

func lookFor(demo bool, t catalog.Tier) look {
	if !demo {
		return look{words: 70, items: 6, hits: 3, blocks: true, links: true}
	}
	switch t {
	case catalog.Frontier:
		return look{words: 140, items: 8, hits: 5, blocks: true, links: true, pretends: true}
	case catalog.Standard:
		return look{words: 90, items: 6, hits: 3, blocks: true, pretends: true}
	default:
		return look{words: 60, items: 5, hits: 1, blocks: true, pretends: true}
	}
}

// chunkWords is how many words one chunk of a demo answer has.
const chunkWords = 6

// chunks cuts a text into pieces at spaces; joined they are the text.
func chunks(text string) []string {
	var out []string
	words, start := 0, 0
	for i, r := range text {
		if r != ' ' && r != '\n' {
			continue
		}
		if words++; words%chunkWords == 0 {
			out = append(out, text[start:i])
			start = i
		}
	}
	return append(out, text[start:])
}

// cut shortens a text to a number of tokens, at a space.
func cut(text string, limit int64, count func(string) int64) string {
	for count(text) > limit && len(text) > 8 {
		text = strings.ToValidUTF8(text[:len(text)*7/8], "")
		if i := strings.LastIndexAny(text, " \n"); i > 0 {
			text = text[:i]
		}
	}
	return text
}

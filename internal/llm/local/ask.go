package local

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/tierwise/tierwise/internal/step"
)

const cannot = "I can't answer that without a model: an admin can connect one."

// nearest is how alike a message must be to be worth showing.
const nearest = 0.08

// hit is a message that is like the question.
type hit struct {
	message int
	score   float64
}

// ask retrieves; it never invents. It shows the messages that are most like the
// question, in their order, or says that it cannot answer.
func ask(in step.Input, l look) string {
	hits := alike(in, l.hits)
	if len(hits) == 0 {
		if l.pretends {
			return "I found nothing about that in this conversation."
		}
		return cannot
	}
	var b strings.Builder
	if l.pretends {
		b.WriteString("From this conversation:\n")
	} else {
		b.WriteString(cannot + " These messages are closest to your question:\n")
	}
	for _, h := range hits {
		m := in.Messages[h.message]
		b.WriteString("- **" + plainName(m.Author.Name) + "**: " + plainMarks(excerpt(m.Text, 40)) + " [" + strconv.Itoa(in.First+h.message) + "]\n")
	}
	return strings.TrimSpace(b.String())
}

// alike returns at most n messages that are like the instruction. The question
// itself is left out.
func alike(in step.Input, n int) []hit {
	question := strings.TrimSpace(in.Instruction)
	if question == "" || len(in.Messages) == 0 {
		return nil
	}
	docs := make([][]string, len(in.Messages))
	for i, m := range in.Messages {
		docs[i] = terms(m.Text)
	}
	x := newIndex(docs)
	q := x.vector(terms(question))
	var hits []hit
	for i, m := range in.Messages {
		if text := strings.TrimSpace(m.Text); text == "" || strings.EqualFold(text, question) || strings.HasSuffix(strings.ToLower(text), strings.ToLower(question)) {
			continue
		}
		if s := cosine(q, x.vector(docs[i])); s >= nearest {
			hits = append(hits, hit{i, s})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(b.score, a.score) })
	hits = hits[:min(n, len(hits))]
	slices.SortFunc(hits, func(a, b hit) int { return cmp.Compare(a.message, b.message) })
	return hits
}

// excerpt shortens a text to a number of words on one line.
func excerpt(text string, words int) string {
	w := strings.Fields(text)
	if len(w) > words {
		return strings.Join(w[:words], " ") + " …"
	}
	return strings.Join(w, " ")
}

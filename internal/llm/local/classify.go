package local

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/tierwise/tierwise/internal/step"
)

// Below minScore, or with a lead under minLead (parts of the best score), the
// engine says that it is unsure.
const (
	minScore = 0.12
	minLead  = 0.12
)

// verdict is the answer of a classification, in the form the prompt asks remote
// models for.
type verdict struct {
	Label      string `json:"label"`
	First      string `json:"first"`
	Second     string `json:"second"`
	Confidence int    `json:"confidence"`
	Why        string `json:"why,omitempty"` // the words of the text that speak for it, or why none is named
}

// classify compares the text with each label's name, description and examples.
func classify(in step.Input) string {
	if len(in.Labels) == 0 {
		return "There are no labels to choose from."
	}
	v := newJudge(in.Labels).judge(subject(in))
	b, err := json.Marshal(v)
	if err != nil {
		return v.Label // unreachable: the fields are strings and a number
	}
	return string(b)
}

// subject is the text to classify: the given text, else the instruction when
// there is no conversation, else the message asked about with what was said
// around it.
func subject(in step.Input) string {
	if in.Text != "" {
		return in.Text
	}
	if len(in.Messages) == 0 {
		return in.Instruction
	}
	var b strings.Builder
	for i, m := range in.Messages {
		if i == 0 || i >= len(in.Messages)-3 {
			b.WriteString(m.Text + "\n")
		}
	}
	return b.String()
}

// judge holds a label set in comparable form.
type judge struct {
	index    *index
	names    []string
	whole    []vector   // all that is known of a label
	examples [][]vector // each example alone
}

func newJudge(labels []step.Label) *judge {
	j := &judge{}
	docs := make([][]string, len(labels))
	var all [][]string
	for i, l := range labels {
		j.names = append(j.names, l.Name)
		docs[i] = terms(l.Name + " " + l.Name + " " + l.Description + " " + usual(l.Name))
		for _, e := range l.Examples {
			t := terms(e)
			docs[i] = append(docs[i], t...)
			all = append(all, t)
		}
	}
	j.index = newIndex(append(all, docs...))
	for i, l := range labels {
		j.whole = append(j.whole, j.index.vector(docs[i]))
		var ex []vector
		for _, e := range l.Examples {
			ex = append(ex, j.index.vector(terms(e)))
		}
		j.examples = append(j.examples, ex)
	}
	return j
}

// judge scores every label: half what is known of it as a whole, half its
// nearest example, and a share for the signs of a usual label.
func (j *judge) judge(text string) verdict {
	v := j.index.vector(terms(text))
	first, second := -1, -1
	signs := j.signs(text)
	scores := make([]float64, len(j.names))
	for i := range j.names {
		near := cosine(v, j.whole[i])
		score := near
		if len(j.examples[i]) > 0 {
			best := 0.0
			for _, e := range j.examples[i] {
				best = max(best, cosine(v, e))
			}
			score = (near + best) / 2
		}
		score += signShare * min(float64(len(signs[i])), 2)
		scores[i] = score
		switch {
		case first < 0 || score > scores[first]:
			first, second = i, first
		case second < 0 || score > scores[second]:
			second = i
		}
	}
	out := verdict{Label: j.names[first], First: j.names[first], Confidence: int(min(scores[first], 1) * 100)}
	lead := scores[first]
	if second >= 0 {
		out.Second = j.names[second]
		lead -= scores[second]
	}
	switch said := quoted(signs[first]); {
	case scores[first] < minScore:
		out.Label, out.Why = "unsure", "nothing in it speaks clearly for one of the labels"
	case lead < minLead*scores[first]: // there is a second one
		out.Label, out.Why = "unsure", doubt(out.First, said, out.Second, quoted(signs[second]))
	case said != "":
		out.Why = "it says " + said
	}
	return out
}

// quoted are the first three of some words, as they are quoted.
func quoted(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return "“" + strings.Join(words[:min(3, len(words))], "”, “") + "”"
}

// doubt says what speaks for each of two labels that fit about equally well.
func doubt(first, said, second, also string) string {
	switch {
	case said != "" && also != "":
		return said + " speaks for " + first + ", " + also + " for " + second
	case said != "":
		return said + " speaks for " + first + ", and " + second + " fits about as well"
	case also != "":
		return also + " speaks for " + second + ", and " + first + " fits about as well"
	}
	return first + " and " + second + " fit about equally well"
}

// signShare is what one sign adds to a score, two at most.
const signShare = 0.15

// signs are, for every label without examples of its own, the words of the text
// that are signs of a usual label of that name.
func (j *judge) signs(text string) [][]string {
	out := make([][]string, len(j.names))
	for i, name := range j.names {
		if len(j.examples[i]) > 0 {
			continue
		}
		for _, w := range wordsOf(strings.ReplaceAll(name, "_", " ")) {
			for _, sign := range signsOf[w] {
				for _, hit := range sign.FindAllString(text, 3) {
					if hit = strings.ToLower(strings.TrimSpace(hit)); !slices.Contains(out[i], hit) {
						out[i] = append(out[i], hit)
					}
				}
			}
		}
	}
	return out
}

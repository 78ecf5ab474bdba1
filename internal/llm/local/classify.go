package local

import (
	"encoding/json"
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
// nearest example.
func (j *judge) judge(text string) verdict {
	v := j.index.vector(terms(text))
	first, second := -1, -1
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
	if scores[first] < minScore || lead < minLead*scores[first] {
		out.Label = "unsure"
	}
	return out
}

// usualWords are what people write when they mean a common label, for label
// sets without descriptions and examples.
var usualWords = map[string]string{
	"bug":       "broken crash crashes error fails failing failed exception wrong incorrect regression doesn't work stopped working stack trace 500 nothing happens",
	"feature":   "feature request would be nice add support please add could you add wish ability option suggestion enhancement missing new",
	"question":  "how do can i what is where why does anyone know is there wondering help understand which should",
	"incident":  "down outage unreachable timeout errors spike degraded paging alert production sev1",
	"billing":   "invoice charge charged payment refund price plan subscription card credit receipt billed",
	"technical": "error api install login crash server config timeout code integration",
	"complaint": "unhappy disappointed terrible unacceptable angry frustrated again still bad poor worst",
	"praise":    "great love thanks awesome excellent nice work well done amazing happy helpful",
	"positive":  "great love thanks awesome excellent good nice happy helpful works well perfect",
	"negative":  "bad hate terrible awful broken angry disappointed slow useless poor worst annoying",
	"spam":      "free winner click here buy now limited offer prize viagra casino subscribe unsubscribe earn money crypto",
	"urgent":    "asap urgent immediately now critical production down blocker emergency today customer",
	"security":  "vulnerability exploit leak leaked password token cve phishing breach permission access",
	"docs":      "documentation readme typo docs example tutorial page explain wording",
	"idea":      "idea what if we could maybe suggestion propose consider",
	"access":    "login permission password account locked invite access role sso",
}

// usual returns the words of the common labels that a name contains.
func usual(name string) string {
	var b strings.Builder
	for _, w := range wordsOf(strings.ReplaceAll(name, "_", " ")) {
		if words, ok := usualWords[w]; ok {
			b.WriteString(words + " ")
		} else if words, ok := usualWords[stem(w)]; ok {
			b.WriteString(words + " ")
		}
	}
	return b.String()
}

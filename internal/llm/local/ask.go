package local

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tierwise/tierwise/internal/step"
)

// Lines of an answer that is none.
const (
	nothing  = "The conversation says nothing about that."
	indirect = "The conversation does not say that directly. Closest to it:"
)

// sure is the share of a question, weighed by how rare its words are, that a
// passage must cover to be the answer; near is worth showing as the closest.
const (
	sure = 0.6
	near = 0.34
)

// hit is a passage that speaks of what was asked.
type hit struct {
	sentence
	cover float64 // of the question, 0 to 1
	kept  bool    // it has what the question word wants: a time, a person, a number
}

// ask retrieves; it never invents. It answers with the sentences that speak of
// what was asked and who said them, or says that the conversation does not.
func ask(in step.Input, l look) string {
	if translation.MatchString(in.Instruction) {
		return l.unable("translate")
	}
	all := sentencesOf(in)
	q := readQuestion(in)
	if list, none := q.listed(find(in, all, 2*l.items)); none != "" {
		if len(list) == 0 {
			return none
		}
		return strings.TrimSpace(bullets(list, in.First))
	}
	if q.about != "" && len(q.words) == 0 {
		return q.by(all, l, in.First)
	}
	if wantsGist.MatchString(q.text) && len(all) > 0 {
		return strings.TrimSpace(bullets(picked(all, l.words, nil), in.First))
	}
	hits := q.rank(in, all)
	if len(hits) == 0 {
		return nothing + l.beyond()
	}
	if best := hits[0]; best.cover < sure || !best.kept {
		return indirect + "\n" + strings.TrimSpace(bullets(ordered(hits, min(2, l.hits)), in.First)) + l.beyond()
	}
	hits = slices.DeleteFunc(hits, func(h hit) bool { return h.cover < hits[0].cover*0.8 || !h.kept })
	return strings.TrimSpace(bullets(ordered(hits, l.hits), in.First))
}

// by is what one person said, in short.
func (q question) by(all []sentence, l look, first int) string {
	var theirs []sentence
	for _, s := range all {
		if strings.EqualFold(s.name, q.about) {
			s.at = len(theirs)
			theirs = append(theirs, s)
		}
	}
	if len(theirs) == 0 {
		return nothing
	}
	return strings.TrimSpace(bullets(picked(theirs, l.words, nil), first))
}

// rank scores every statement and returns those near the question, best first.
// A question in the conversation that is like the one asked brings the answer
// that followed it.
func (q question) rank(in step.Input, all []sentence) []hit {
	weight := q.weights(all)
	var hits []hit
	for i, s := range all {
		c := q.cover(weight, s.content, beside(all, i))
		if q.about != "" && strings.EqualFold(s.name, q.about) {
			c += 0.15
		}
		if c < near || chatter(s.text) {
			continue
		}
		if !strings.HasSuffix(s.text, "?") {
			hits = append(hits, hit{s, min(c, 1), q.suits(s)})
		} else if c >= sure {
			if i+1 < len(all) && all[i+1].message == s.message && !strings.HasSuffix(all[i+1].text, "?") {
				hits = append(hits, hit{all[i+1], min(c, 1), true})
			}
			if k := answerTo(in, all, i); k >= 0 {
				hits = append(hits, hit{all[k], min(c, 1), true})
			}
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(b.value(), a.value()) })
	return unlike(hits)
}

// value orders hits: what has the thing asked for comes before what only uses
// the same words.
func (h hit) value() float64 {
	if h.kept {
		return h.cover + 0.3
	}
	return h.cover
}

// unlike drops a sentence that is there already.
func unlike(hits []hit) []hit {
	seen := map[int]bool{}
	return slices.DeleteFunc(hits, func(h hit) bool {
		double := seen[h.at]
		seen[h.at] = true
		return double
	})
}

// ordered are the first n hits, as they were said.
func ordered(hits []hit, n int) []sentence {
	var out []sentence
	for _, h := range hits[:min(n, len(hits))] {
		out = append(out, h.sentence)
	}
	slices.SortFunc(out, func(a, b sentence) int { return a.at - b.at })
	return out
}

// beside are the words around a sentence in its own message.
func beside(all []sentence, i int) []string {
	var words []string
	for _, k := range []int{i - 1, i + 1} {
		if k >= 0 && k < len(all) && all[k].message == all[i].message {
			words = append(words, all[k].content...)
		}
	}
	return words
}

// answerTo is the first statement of another person among the next three messages
// after a question, or -1.
func answerTo(in step.Input, all []sentence, i int) int {
	asked := all[i]
	for k := i + 1; k < len(all) && all[k].message <= asked.message+3; k++ {
		if asked.message < 0 || all[k].name == asked.name {
			continue
		}
		if !strings.HasSuffix(all[k].text, "?") && !chatter(all[k].text) {
			return k
		}
	}
	return -1
}

// excerpt shortens a text to a number of words on one line.
func excerpt(text string, words int) string {
	w := strings.Fields(text)
	if len(w) > words {
		return strings.Join(w[:words], " ") + " …"
	}
	return strings.Join(w, " ")
}

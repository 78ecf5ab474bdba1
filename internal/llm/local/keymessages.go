package local

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// leadBonus is how much more, in parts of one, the first sentence weighs than
// the last: people say what a thread is about at its beginning.
const leadBonus = 0.5

// keyMessages picks the sentences that carry the conversation's commonest
// words, under a budget of words, and returns their indexes in order. A word
// that was chosen weighs less from then on (its probability is squared), and a
// sentence that shares more than 80 % of its words with a chosen one is left out.
func keyMessages(all []sentence, budget int) []int {
	weight, ids := probabilities(all)
	var chosen []int
	taken := doubles(all)
	rejected := 0
	for used := 0; rejected < maxRejected; {
		best, bestScore := -1, 0.0
		for i, s := range all {
			if taken[i] || s.words > budget-used || len(s.content) < 2 {
				continue
			}
			score := 0.0
			for _, id := range ids[i] {
				score += weight[id]
			}
			score /= float64(len(ids[i]))
			score *= 1 + leadBonus*float64(len(all)-i)/float64(len(all))
			if score > bestScore {
				best, bestScore = i, score
			}
		}
		if best < 0 {
			break
		}
		taken[best] = true
		if repeats(all, chosen, best) {
			rejected++
			continue
		}
		chosen = append(chosen, best)
		used += all[best].words
		seen := map[int]bool{}
		for _, id := range ids[best] {
			if !seen[id] {
				seen[id] = true
				weight[id] *= weight[id]
			}
		}
	}
	slices.Sort(chosen)
	return chosen
}

// maxRejected bounds the passes over a conversation that says one thing in many
// ways.
const maxRejected = 100

// doubles marks every sentence that says word for word what an earlier one says.
func doubles(all []sentence) []bool {
	out := make([]bool, len(all))
	seen := map[string]bool{}
	for i, s := range all {
		key := strings.Join(s.content, " ")
		out[i] = seen[key]
		seen[key] = true
	}
	return out
}

// probabilities numbers the content words and gives each its share.
func probabilities(all []sentence) (weight []float64, ids [][]int) {
	number := map[string]int{}
	total := 0
	ids = make([][]int, len(all))
	for i, s := range all {
		ids[i] = make([]int, len(s.content))
		for k, w := range s.content {
			id, ok := number[w]
			if !ok {
				id = len(weight)
				number[w] = id
				weight = append(weight, 0)
			}
			weight[id]++
			ids[i][k] = id
			total++
		}
	}
	for id := range weight {
		weight[id] /= float64(total)
	}
	return weight, ids
}

// repeats reports whether a sentence says what a chosen one says.
func repeats(all []sentence, chosen []int, i int) bool {
	for _, c := range chosen {
		shared := 0
		for _, w := range all[i].content {
			if slices.Contains(all[c].content, w) {
				shared++
			}
		}
		if shared*10 > len(all[i].content)*8 {
			return true
		}
	}
	return false
}

// bullet renders a sentence with its speaker and citation.
func bullet(s sentence, first int) string {
	var b strings.Builder
	b.WriteString("- ")
	if s.name != "" {
		b.WriteString("**" + plainName(s.name) + "**: ")
	}
	b.WriteString(plainMarks(s.text))
	if s.message >= 0 {
		b.WriteString(" [" + strconv.Itoa(first+s.message) + "]")
	}
	return b.String()
}

// numberMark is what would be read as a citation of ours.
var numberMark = regexp.MustCompile(`\[(\d[\d, –-]*)\]`)

// plainMarks keeps numbers in brackets that a person wrote from passing for
// citations.
func plainMarks(s string) string {
	if !strings.Contains(s, "[") {
		return s
	}
	return numberMark.ReplaceAllString(s, "($1)")
}

// plainName drops what would be markup in a name.
func plainName(n string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("*_`[]<>", r) {
			return -1
		}
		return r
	}, n)
}

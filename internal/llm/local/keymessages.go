package local

import (
	"slices"
	"strings"
)

// leadBonus is how much more, in parts of one, the first sentence weighs than
// the last: people say what a thread is about at its beginning.
const leadBonus = 0.5

// questionShare is what a question weighs beside a statement: what it was about
// is in its answer, and an open one has a heading of its own. The first message
// may ask: it says what the conversation is about.
const questionShare = 0.7

// keyMessages picks the sentences that carry the conversation's commonest
// words, under a budget of words, and returns their indexes in order. A word
// that was chosen weighs less from then on (its probability is squared), and a
// sentence that shares more than 80 % of its words with a chosen one is left
// out. elsewhere are the sentences that the answer lists under another heading.
func keyMessages(all []sentence, budget int, elsewhere map[int]bool) []int {
	weight, ids := probabilities(all)
	var chosen []int
	taken := unfit(all, elsewhere)
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
			if s.message > 0 && strings.HasSuffix(s.text, "?") {
				score *= questionShare
			}
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

// unfit marks the sentences that are listed elsewhere, that say nothing about
// the matter, or that say word for word what an earlier one says.
func unfit(all []sentence, elsewhere map[int]bool) []bool {
	out := make([]bool, len(all))
	seen := map[string]bool{}
	for i, s := range all {
		key := strings.Join(s.content, " ")
		out[i] = seen[key] || elsewhere[i] || chatter(s.text)
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

package config

import "strings"

// Nearest returns the known word that is closest to what was typed, or "" when
// none is close enough to be what was meant. It serves every "did you mean".
func Nearest(typed string, known []string) string {
	t := strings.ToLower(strings.TrimSpace(typed))
	best, bestAt := "", 1+max(1, len([]rune(t))/3)
	for _, k := range known {
		if d := distance([]rune(t), []rune(strings.ToLower(k)), bestAt); d < bestAt {
			best, bestAt = k, d
		}
	}
	return best
}

// distance counts insertions, deletions, replacements and swaps of neighbours;
// words whose lengths differ by limit or more are not compared.
func distance(a, b []rune, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(row[j-1]+1, last[j]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}

// didYouMean is the end of a sentence: the nearest word or, without one, all.
func didYouMean(typed string, known []string) string {
	if n := Nearest(typed, known); n != "" {
		return "; did you mean " + n + "?"
	}
	if len(known) == 0 {
		return "."
	}
	return "; use " + either(known) + "."
}

// either joins words for a sentence: "a, b or c".
func either(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

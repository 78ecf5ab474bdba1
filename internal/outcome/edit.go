package outcome

import "strings"

// longest bounds the words compared; beyond it the ends are compared and the
// rest counts as it stands.
const longest = 2000

// Edited is how much of a text was changed, in thousandths: the least number of
// words to insert, delete or replace, over the longer text's words. 0 is
// unchanged, 1000 is another text.
func Edited(before, after string) int {
	a, b := strings.Fields(before), strings.Fields(after)
	a, b = a[:min(len(a), longest)], b[:min(len(b), longest)]
	if len(a) == 0 && len(b) == 0 {
		return 0
	}
	return distance(a, b) * 1000 / max(len(a), len(b))
}

// distance is the Levenshtein distance over words.
func distance(a, b []string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, w := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, v := range b {
			cost := diagonal
			if w != v {
				cost++
			}
			diagonal, row[j+1] = row[j+1], min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

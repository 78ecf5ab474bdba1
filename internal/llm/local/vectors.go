package local

import (
	"math"
	"slices"
)

// index weighs terms by how rare they are among its documents.
type index struct {
	number map[string]int
	rarity []float64
}

// vector is a unit vector over terms, in rising order of their numbers.
type vector struct {
	ids    []int
	values []float64
}

// newIndex counts in how many documents each term occurs.
func newIndex(docs [][]string) *index {
	x := &index{number: map[string]int{}}
	for _, d := range docs {
		seen := map[string]bool{}
		for _, t := range d {
			if seen[t] {
				continue
			}
			seen[t] = true
			id, ok := x.number[t]
			if !ok {
				id = len(x.rarity)
				x.number[t] = id
				x.rarity = append(x.rarity, 0)
			}
			x.rarity[id]++
		}
	}
	for id, n := range x.rarity {
		x.rarity[id] = 1 + math.Log(float64(1+len(docs))/(1+n))
	}
	return x
}

// vector weighs the terms of a document. Terms the index does not know count
// for the length only, so that a text of unknown words is like nothing.
func (x *index) vector(terms []string) vector {
	counts := map[int]float64{}
	unknown := 0.0
	for _, t := range terms {
		if id, ok := x.number[t]; ok {
			counts[id]++
		} else {
			unknown++
		}
	}
	var v vector
	for id := range counts {
		v.ids = append(v.ids, id)
	}
	slices.Sort(v.ids)
	length := unknown
	for _, id := range v.ids {
		w := (1 + math.Log(counts[id])) * x.rarity[id]
		v.values = append(v.values, w)
		length += w * w
	}
	for i := range v.values {
		v.values[i] /= math.Sqrt(length)
	}
	return v
}

// cosine is the similarity of two vectors, 0 to 1.
func cosine(a, b vector) float64 {
	sum, k := 0.0, 0
	for i, id := range a.ids {
		for k < len(b.ids) && b.ids[k] < id {
			k++
		}
		if k < len(b.ids) && b.ids[k] == id {
			sum += a.values[i] * b.values[k]
		}
	}
	return sum
}

// terms are the words of a text for comparing: stemmed content words and pairs
// of neighbours. A text of stop words only keeps its words.
func terms(text string) []string {
	words := contentWords(text)
	if len(words) == 0 {
		words = wordsOf(text)
	}
	out := slices.Clone(words)
	for i := 1; i < len(words); i++ {
		out = append(out, words[i-1]+" "+words[i])
	}
	return out
}

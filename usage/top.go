package usage

import (
	"cmp"
	"slices"
)

// Row is one value of a dimension with its sums.
type Row struct {
	Value string
	Cell
}

// Top returns the rows of a dimension, dearest first, ties by name. What is
// beyond n is added up in rest; n ≤ 0 keeps all.
func Top(rows map[Key]Cell, d Dim, n int) (top []Row, rest Cell) {
	for k, c := range rows {
		if k.Dim == d {
			top = append(top, Row{k.Value, c})
		}
	}
	slices.SortFunc(top, func(a, b Row) int {
		return cmp.Or(cmp.Compare(b.Cost, a.Cost), cmp.Compare(b.Entries, a.Entries), cmp.Compare(a.Value, b.Value))
	})
	if n > 0 && len(top) > n {
		for _, r := range top[n:] {
			rest = rest.Add(r.Cell)
		}
		top = top[:n]
	}
	return top, rest
}

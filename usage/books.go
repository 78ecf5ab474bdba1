package usage

import (
	"context"
	"maps"

	"github.com/tierwise/tierwise/internal/money"
)

// books are the sums of entries, formed from the entries alone: the rows of
// every window that is touched.
type books struct {
	rows    map[WindowKind]map[string]map[Key]*Cell
	entries int64
	cost    money.Nano
}

func newBooks() *books {
	b := &books{rows: map[WindowKind]map[string]map[Key]*Cell{}}
	for _, k := range WindowKinds() {
		b.rows[k] = map[string]map[Key]*Cell{}
	}
	return b
}

// window returns the rows of one window, made when it is new.
func (b *books) window(k WindowKind, id string) map[Key]*Cell {
	rows := b.rows[k][id]
	if rows == nil {
		rows = map[Key]*Cell{}
		b.rows[k][id] = rows
	}
	return rows
}

// add books one entry.
func (b *books) add(e Entry) {
	b.entries++
	b.cost += e.Cost
	keys, cell := e.Keys(), CellOf(e)
	for _, k := range WindowKinds() {
		rows := b.window(k, e.Windows.Of(k))
		for _, key := range keys {
			grow(rows, key, cell)
		}
	}
}

// join adds all of other to b.
func (b *books) join(other *books) {
	b.entries += other.entries
	b.cost += other.cost
	for k, windows := range other.rows {
		for id, rows := range windows {
			mine := b.window(k, id)
			for key, cell := range rows {
				grow(mine, key, *cell)
			}
		}
	}
}

func grow(rows map[Key]*Cell, key Key, by Cell) {
	if c := rows[key]; c != nil {
		*c = c.Add(by)
		return
	}
	first := by // of its own, so that by stays off the heap when the row is there
	rows[key] = &first
}

// values is a window's rows as stores take them.
func values(rows map[Key]*Cell) map[Key]Cell {
	out := make(map[Key]Cell, len(rows))
	for key, c := range rows {
		out[key] = *c
	}
	return out
}

// scopeOf is the counter that a row of a rollup equals; ok is false for
// dimensions that have none.
func scopeOf(k Key) (s Scope, ok bool) {
	switch k.Dim {
	case ByTotal:
		return WholeWorkspace(), true
	case ByTeam:
		return Scope{Kind: Team, ID: k.Value}, true
	case ByChannel:
		return Scope{Kind: Channel, ID: k.Value}, true
	case ByActor:
		return Scope{Kind: User, ID: k.Value}, true
	case ByWorkflow:
		return Scope{Kind: Workflow, ID: k.Value}, true
	}
	return Scope{}, false
}

// settled is what the counters of a window must say, by scope key.
func settled(rows map[Key]*Cell) map[string]money.Nano {
	out := map[string]money.Nano{}
	for key, c := range rows {
		if s, ok := scopeOf(key); ok {
			out[s.Key()] = c.Cost
		}
	}
	return out
}

// scopes are all scopes that any month's rows name.
func (b *books) scopes() []Scope {
	all := map[string]Scope{}
	for _, rows := range b.rows[Month] {
		for key := range rows {
			if s, ok := scopeOf(key); ok {
				all[s.Key()] = s
			}
		}
	}
	out := make([]Scope, 0, len(all))
	for s := range maps.Values(all) {
		out = append(out, s)
	}
	return out
}

// live are the books of one month that rest on rows in the store alone: those
// after the entry with the id last, when that one is still there (a checkpoint
// stands for it and all before it), else all of them.
func live(ctx context.Context, r Reader, tenant, month, last string) (*books, error) {
	b := newBooks()
	err := EachEntry(ctx, r, tenant, month, func(e Entry) error {
		if e.ID == last {
			b = newBooks()
			return nil
		}
		b.add(e)
		return nil
	})
	return b, err
}

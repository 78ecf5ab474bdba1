package redis

import (
	"context"
	"fmt"
	"slices"
	"strings"

	goredis "github.com/redis/go-redis/v9"

	"github.com/tierwise/tierwise/usage"
)

// packSums writes what an entry adds to rollups: the names of the rows and the
// one cell that is added to each.
func packSums(e usage.Entry) []byte {
	keys := e.Keys()
	out := packList(packList(make([]byte, 0, 500), 2), len(keys))
	for _, k := range keys {
		out = packText(out, rowName(k))
	}
	return append(out, packCell(usage.CellOf(e))...)
}

// unpackSums is its inverse.
func unpackSums(s string) (rows []string, cell usage.Cell, err error) {
	bad := fmt.Errorf("redis: rollup: sums of %d bytes are damaged", len(s))
	parts, s, ok := unpackList(s)
	if !ok || parts != 2 {
		return nil, cell, bad
	}
	n, s, ok := unpackList(s)
	for ; ok && n > 0; n-- {
		var row string
		if row, s, ok = unpackText(s); ok {
			rows = append(rows, row)
		}
	}
	if !ok {
		return nil, cell, bad
	}
	cell, err = unpackCell(s)
	return rows, cell, err
}

// fresh is one entry's sums that are not in the hashes yet.
type fresh struct {
	in   usage.Booked
	rows []string
	cell usage.Cell
}

// freshFrom reads the list "new".
func freshFrom(list []string) ([]fresh, error) {
	out := make([]fresh, len(list))
	for i, one := range list {
		windows, sums, _ := strings.Cut(one, "\n")
		var r reply
		out[i].in = bookedFrom(&r, windows)
		if r.err != nil {
			return nil, r.err
		}
		var err error
		if out[i].rows, out[i].cell, err = unpackSums(sums); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// atOnce reads what ask asks for and what is not folded into it yet, in one step.
func (s *Store) atOnce(ctx context.Context, op, tenant string, ask func(goredis.Pipeliner)) ([]fresh, error) {
	tx := s.client.TxPipeline()
	list := tx.LRange(ctx, freshKey(tenant), 0, -1)
	ask(tx)
	if _, err := tx.Exec(ctx); s.failed(op, err) != nil {
		return nil, s.failed(op, err)
	}
	return freshFrom(list.Val())
}

// Rollup implements usage.Reader. It reads the rows of the window and no entry.
func (s *Store) Rollup(ctx context.Context, tenant string, k usage.WindowKind, id string, dims ...usage.Dim) (map[usage.Key]usage.Cell, error) {
	if len(dims) == 1 && dims[0] == usage.ByTotal {
		total := usage.Key{Dim: usage.ByTotal, Value: "all"}
		cells, there, err := s.row(ctx, "rollup", tenant, k, []string{id}, total)
		if err != nil || !there[0] {
			return map[usage.Key]usage.Cell{}, err
		}
		return map[usage.Key]usage.Cell{total: cells[0]}, nil
	}
	var kept *goredis.MapStringStringCmd
	late, err := s.atOnce(ctx, "rollup", tenant, func(tx goredis.Pipeliner) {
		kept = tx.HGetAll(ctx, rollupKey(tenant, windowName(string(k), id)))
	})
	if err != nil {
		return nil, err
	}
	out := make(map[usage.Key]usage.Cell, len(kept.Val()))
	for name, packed := range kept.Val() {
		if key := keyFrom(name); slices.Contains(dims, key.Dim) {
			if out[key], err = unpackCell(packed); err != nil {
				return nil, err
			}
		}
	}
	for _, f := range late {
		if f.in.Of(k) != id {
			continue
		}
		for _, name := range f.rows {
			if key := keyFrom(name); slices.Contains(dims, key.Dim) {
				out[key] = out[key].Add(f.cell)
			}
		}
	}
	return out, nil
}

// Row implements usage.RowReader, in one round trip.
func (s *Store) Row(ctx context.Context, tenant string, k usage.WindowKind, ids []string, key usage.Key) ([]usage.Cell, error) {
	cells, _, err := s.row(ctx, "row", tenant, k, ids, key)
	return cells, err
}

// row reads one row in several windows, and whether there is such a row.
func (s *Store) row(ctx context.Context, op, tenant string, k usage.WindowKind, ids []string, key usage.Key) ([]usage.Cell, []bool, error) {
	name, asked := rowName(key), make([]*goredis.StringCmd, len(ids))
	late, err := s.atOnce(ctx, op, tenant, func(tx goredis.Pipeliner) {
		for i, id := range ids {
			asked[i] = tx.HGet(ctx, rollupKey(tenant, windowName(string(k), id)), name)
		}
	})
	if err != nil {
		return nil, nil, err
	}
	out, there := make([]usage.Cell, len(ids)), make([]bool, len(ids))
	for i, id := range ids {
		packed, err := asked[i].Result()
		if err := s.failed(op, err); err != nil {
			return nil, nil, err
		}
		if err == nil {
			if out[i], err = unpackCell(packed); err != nil {
				return nil, nil, err
			}
			there[i] = true
		}
		for _, f := range late {
			if f.in.Of(k) == id && slices.Contains(f.rows, name) {
				out[i], there[i] = out[i].Add(f.cell), true
			}
		}
	}
	return out, there, nil
}

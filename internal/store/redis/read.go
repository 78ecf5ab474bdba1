package redis

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	goredis "github.com/redis/go-redis/v9"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/usage"
)

// Levels implements usage.Reader.
func (s *Store) Levels(ctx context.Context, tenant string, scopes []usage.Scope, windows []usage.Window) ([]usage.Level, error) {
	v, err := s.run(ctx, partition(tenant), levelsScript, encode(tenant), scopesText(scopes), windowsText(windows))
	if err != nil {
		return nil, err
	}
	var r reply
	out := standing{scopes, windows}.levels(&r, r.row(v, 1)[0], s.now())
	return out, r.err
}

// Rollup implements usage.Reader. It reads the names and the cells of the
// window, in one transaction, and no entry.
func (s *Store) Rollup(ctx context.Context, tenant string, k usage.WindowKind, id string, dims ...usage.Dim) (map[usage.Key]usage.Cell, error) {
	window := windowName(string(k), id)
	var names *goredis.MapStringStringCmd
	var cells *goredis.StringCmd
	_, err := s.client.TxPipelined(ctx, func(p goredis.Pipeliner) error {
		names = p.HGetAll(ctx, rowsKey(tenant, window))
		cells = p.Get(ctx, cellsKey(tenant, window))
		return nil
	})
	if err := s.failed("rollup", err); err != nil {
		return nil, err
	}
	var r reply
	packed := cells.Val()
	out := map[usage.Key]usage.Cell{}
	for name, number := range names.Val() {
		if key := keyFrom(name); slices.Contains(dims, key.Dim) {
			out[key] = unpackCell(packed, int(r.int(number)))
		}
	}
	return out, r.err
}

// cellSize is the number of integers of a cell.
var cellSize = len(usage.Fields())

// unpackCell reads one row of a window's cells. What was never added to may be
// missing at the end and is zero.
func unpackCell(packed string, row int) usage.Cell {
	v := make([]int64, cellSize)
	for i := range v {
		at := (row*cellSize + i) * 8
		if at+8 > len(packed) {
			break
		}
		v[i] = int64(binary.BigEndian.Uint64([]byte(packed[at : at+8])))
	}
	return usage.CellFrom(v)
}

// packCell is the inverse of unpackCell.
func packCell(to []byte, c usage.Cell) []byte {
	for _, v := range c.Values() {
		to = binary.BigEndian.AppendUint64(to, uint64(v))
	}
	return to
}

// Entries implements usage.Reader. The cursor is the place of the last row.
func (s *Store) Entries(ctx context.Context, tenant, month, cursor string, most int) ([]usage.Entry, string, error) {
	from := "-"
	if cursor != "" {
		from = "(" + cursor
	}
	rows, err := s.client.XRangeN(ctx, entriesKey(tenant, month), from, "+", int64(max(most, 0))+1).Result()
	if err := s.failed("entries", err); err != nil {
		return nil, "", err
	}
	next := ""
	if len(rows) > most {
		rows = rows[:max(most, 0)]
		next = cursor
		if len(rows) > 0 {
			next = rows[len(rows)-1].ID
		}
	}
	var r reply
	out := make([]usage.Entry, 0, len(rows))
	for _, row := range rows {
		v := row.Values
		out = append(out, entryFrom(&r, tenant, []any{v["i"], v["b"], v["t"], v["w"]}))
	}
	return out, next, r.err
}

// Months implements usage.Reader.
func (s *Store) Months(ctx context.Context, tenant string) ([]string, error) {
	months, err := s.client.SMembers(ctx, monthsKey(tenant)).Result()
	slices.Sort(months)
	return months, s.failed("months", err)
}

// OpenHolds implements usage.Reader. Holds come in the order of their ids.
func (s *Store) OpenHolds(ctx context.Context, tenant string) ([]usage.OpenHold, error) {
	v, err := s.run(ctx, partition(tenant), openHoldsScript, encode(tenant))
	if err != nil {
		return nil, err
	}
	var r reply
	var out []usage.OpenHold
	for _, one := range r.list(v) {
		p := r.row(one, 5)
		h := usage.OpenHold{
			Hold: r.text(p[0]), Since: r.instant(p[1]), Expires: r.instant(p[2]),
			Scopes: scopesFrom(&r, r.text(p[3])), Windows: bookedFrom(&r, p[4]),
		}
		for _, amount := range p[5:] {
			h.Held += r.nano(amount)
		}
		out = append(out, h)
	}
	slices.SortFunc(out, func(a, b usage.OpenHold) int { return strings.Compare(a.Hold, b.Hold) })
	return out, r.err
}

// Tenants implements usage.Reader. The workspaces come sorted.
func (s *Store) Tenants(ctx context.Context) ([]string, error) {
	answers, err := s.runBatch(ctx, tenantsScript, everywhere())
	if err != nil {
		return nil, err
	}
	var r reply
	out := []string{}
	for _, a := range answers {
		for _, t := range r.list(a) {
			out = append(out, decode(r.text(t)))
		}
	}
	slices.Sort(out)
	return out, r.err
}

// Rebuild implements usage.Keeper.
func (s *Store) Rebuild(ctx context.Context, tenant string, k usage.WindowKind, id string, rows map[usage.Key]usage.Cell, settled map[string]money.Nano) error {
	var cells []byte
	names := make([]any, 0, len(rows))
	for key, cell := range rows {
		cells = packCell(cells, cell)
		names = append(names, rowName(key))
	}
	args := append([]any{encode(tenant), windowName(string(k), id), cells, len(names)}, names...)
	for scope, sum := range settled {
		args = append(args, scope, digits(sum))
	}
	_, err := s.run(ctx, partition(tenant), rebuildScript, args...)
	return err
}

// dropped is how long ids of dropped rows stay known.
const dropped = 90 * 24 * 60 * 60 * 1000 // milliseconds

// Drop implements usage.Keeper. The ids stay known for 90 days, so that a late
// repetition is not booked a second time; its answer then has the repeated
// entry, because the row is gone.
func (s *Store) Drop(ctx context.Context, tenant, month string) error {
	if month == "" {
		return fmt.Errorf("redis: drop: no month")
	}
	_, err := s.run(ctx, partition(tenant), dropScript, encode(tenant), month, dropped)
	return err
}

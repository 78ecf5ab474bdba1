package sqlite

import (
	"strings"

	"github.com/tierwise/tierwise/usage"
)

// A batch changes hundreds of sums, and writing them is most of what a booking
// costs. They are therefore written several rows at a time, those of one window
// together: what the rows have in common is bound once.

// rowsAtOnce is how many rows one statement writes.
const rowsAtOnce = 8

// windowKey is what the rows of a window have in common.
type windowKey struct {
	tenant, kind, window string
}

// upsert writes rows of one window into a table of sums.
type upsert struct {
	width     int    // columns that differ from row to row
	one, many string // for one row and for rowsAtOnce
}

// newUpsert makes the statements for a table whose first columns are those of
// windowKey. fill stands for the columns that follow those of a row.
func newUpsert(table string, width int, fill, set string) upsert {
	row := `(?` + strings.Repeat(`, ?`, width-1) + `)`
	text := func(rows int) string {
		return `INSERT INTO ` + table + ` SELECT w.tenant, w.kind, w.window, v.*` + fill +
			` FROM (SELECT ? AS tenant, ? AS kind, ? AS window) w CROSS JOIN (VALUES ` + row + strings.Repeat(`, `+row, rows-1) + `) v` +
			` WHERE true ON CONFLICT DO UPDATE SET ` + set
	}
	return upsert{width, text(1), text(rowsAtOnce)}
}

var (
	putCounters = newUpsert(`counters (tenant, kind, window, scope, settled, held)`, 3, ``,
		`settled = excluded.settled, held = excluded.held`)
	// addPlain is for cells of an ordinary booking, in which the numbers that
	// follow are zero.
	addPlain = newUpsert(`rollups`, 7, `, 0, 0, 0, 0, 0, 0`, `cost = cost + excluded.cost, entries = entries + excluded.entries,
		answers = answers + excluded.answers, "in" = "in" + excluded."in", out = out + excluded.out`)
)

// write runs the statements for the rows of a window, whose columns stand one
// after the other.
func (u upsert) write(t *tx, at windowKey, rows []any) error {
	args := make([]any, 0, 3+rowsAtOnce*u.width)
	for len(rows) > 0 {
		query, n := u.many, rowsAtOnce*u.width
		if n > len(rows) {
			query, n = u.one, u.width
		}
		args = append(append(args[:0], at.tenant, at.kind, at.window), rows[:n]...)
		if _, err := t.exec(query, args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// flush writes what was gathered.
func (t *tx) flush() error {
	counters := map[windowKey][]any{}
	for k, c := range t.dirty {
		at := windowKey{k.tenant, string(k.kind), k.window}
		counters[at] = append(counters[at], k.scope, c.settled, c.held)
	}
	for at, rows := range counters {
		if err := putCounters.write(t, at, rows); err != nil {
			return err
		}
	}
	return t.flushCells()
}

func (t *tx) flushCells() error {
	plain := map[windowKey][]any{}
	for k, c := range t.cells {
		switch *c {
		case usage.Cell{}: // what added it failed
		case usage.Cell{Cost: c.Cost, Entries: c.Entries, Answers: c.Answers, In: c.In, Out: c.Out}:
			at := windowKey{k.tenant, string(k.kind), k.window}
			plain[at] = append(plain[at], string(k.row.Dim), k.row.Value, int64(c.Cost), c.Entries, c.Answers, c.In, c.Out)
		default:
			if err := t.addCell(k, *c); err != nil {
				return err
			}
		}
	}
	for at, rows := range plain {
		if err := addPlain.write(t, at, rows); err != nil {
			return err
		}
	}
	return nil
}

// addCell adds to one rollup row on disk.
func (t *tx) addCell(k cellKey, c usage.Cell) error {
	v := c.Values()
	_, err := t.exec(`INSERT INTO rollups VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET cost = cost + excluded.cost, entries = entries + excluded.entries,
		answers = answers + excluded.answers, "in" = "in" + excluded."in", out = out + excluded.out,
		failed = failed + excluded.failed, estimated = estimated + excluded.estimated,
		unpriced = unpriced + excluded.unpriced, uncertain = uncertain + excluded.uncertain,
		over = over + excluded.over, over_by = over_by + excluded.over_by`,
		k.tenant, string(k.kind), k.window, string(k.row.Dim), k.row.Value,
		v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9], v[10])
	return err
}

package sqlite

import (
	"fmt"
	"time"

	"github.com/tierwise/tierwise/usage"
)

// tx is the transaction of one batch, as an operation sees it. Counters and
// rollups are gathered here and written once per batch: in a busy workspace
// every operation of a batch adds to the same few rows.
type tx struct {
	w     *writer
	conn  stmtConn
	now   time.Time // the store's clock at the start of the operation
	wrote bool      // the operation has changed something

	dirty map[counterKey]*counter // counters changed in this batch
	cells map[cellKey]*usage.Cell // what this batch adds to the rollups
	// What to put back when the operation that runs now fails, if it is one
	// that may fail alone.
	careful     bool
	oldCounters []oldCounter
	oldCells    []oldCell

	jobs, posts   news
	limitsChanged bool
	removed       bool // content was removed that must not stay in the log
}

type counterKey struct {
	tenant string
	kind   usage.WindowKind
	window string
	scope  string
}

type counter struct{ settled, held int64 }

type cellKey struct {
	tenant string
	kind   usage.WindowKind
	window string
	row    usage.Key
}

type holdKey struct{ tenant, id string }

type oldCounter struct {
	at  *counter
	was counter
}

type oldCell struct {
	at  *usage.Cell
	was usage.Cell
}

func newTx(w *writer, conn stmtConn) *tx {
	return &tx{w: w, conn: conn, dirty: map[counterKey]*counter{}, cells: map[cellKey]*usage.Cell{}}
}

// runAll runs the operations, writes what they gathered and commits.
func (t *tx) runAll(batch []*operation, run func(*tx, *operation) error) error {
	for _, op := range batch {
		t.now = t.w.store.clock.Now().UTC().Round(0)
		t.wrote = false
		t.oldCounters, t.oldCells = t.oldCounters[:0], t.oldCells[:0]
		if err := run(t, op); err != nil {
			return err
		}
	}
	if err := t.flush(); err != nil {
		return err
	}
	_, err := t.control(`COMMIT`)
	return err
}

// bare runs an operation that is expected to fail early or not at all.
func (t *tx) bare(op *operation) error {
	if op.err = op.run(t); op.err != nil && t.wrote {
		return fmt.Errorf("%w: %w", errHalfDone, op.err)
	}
	return nil
}

// guarded runs an operation behind a savepoint. Its own failure is kept in
// op.err; an error returned means that the whole transaction is lost.
func (t *tx) guarded(op *operation) error {
	if _, err := t.control(`SAVEPOINT op`); err != nil {
		return err
	}
	jobs, posts := t.jobs, t.posts
	t.careful = true
	if op.err = op.run(t); op.err != nil {
		if _, err := t.control(`ROLLBACK TO op`); err != nil {
			return op.err // SQLite has rolled all of it back
		}
		t.revert()
		t.jobs, t.posts = jobs, posts
	}
	_, err := t.control(`RELEASE op`)
	return err
}

// revert puts the gathered sums back to what they were before the operation,
// and forgets the holds it may have changed.
func (t *tx) revert() {
	for i := len(t.oldCounters) - 1; i >= 0; i-- {
		*t.oldCounters[i].at = t.oldCounters[i].was
	}
	for i := len(t.oldCells) - 1; i >= 0; i-- {
		*t.oldCells[i].at = t.oldCells[i].was
	}
	clear(t.w.holds)
}

// counter gives the counter of a scope in a window, as it stands after all
// that this batch has done so far.
func (t *tx) counter(k counterKey) (*counter, error) {
	if c, ok := t.w.counters[k]; ok {
		return c, nil
	}
	c := &counter{}
	err := t.row(`SELECT settled, held FROM counters WHERE tenant = ? AND kind = ? AND window = ? AND scope = ?`,
		k.tenant, string(k.kind), k.window, k.scope).Scan(&c.settled, &c.held)
	if err != nil && !none(err) {
		return nil, err
	}
	t.w.counters[k] = c
	return c, nil
}

// count adds to a counter.
func (t *tx) count(k counterKey, settled, held int64) error {
	c, err := t.counter(k)
	if err != nil {
		return err
	}
	t.wrote = true
	if t.careful {
		t.oldCounters = append(t.oldCounters, oldCounter{c, *c})
	}
	c.settled, c.held = c.settled+settled, c.held+held
	t.dirty[k] = c
	return nil
}

// roll adds a cell to a rollup row.
func (t *tx) roll(k cellKey, c usage.Cell) {
	t.wrote = true
	sum := t.cells[k]
	if sum == nil {
		sum = &usage.Cell{}
		t.cells[k] = sum
	}
	if t.careful {
		t.oldCells = append(t.oldCells, oldCell{sum, *sum})
	}
	*sum = sum.Add(c)
}

// stmt prepares a query once for the life of the store.
func (t *tx) stmt(query string) (*statement, error) {
	if s, ok := t.w.stmts[query]; ok {
		return s, nil
	}
	s, err := prepareOn(t.conn, query)
	if err != nil {
		return nil, err
	}
	t.w.stmts[query] = s
	return s, nil
}

// exec, row and query run without a caller's context: a batch belongs to many
// callers, and one who leaves must not interrupt the others. exec and control
// tell how many rows they touched.
func (t *tx) exec(query string, args ...any) (int64, error) {
	t.wrote = true
	return t.control(query, args...)
}

// control is exec for what changes no row by itself.
func (t *tx) control(query string, args ...any) (int64, error) {
	s, err := t.stmt(query)
	if err != nil {
		return 0, err
	}
	return s.exec(args)
}

func (t *tx) query(query string, args ...any) (*cursor, error) {
	s, err := t.stmt(query)
	if err != nil {
		return nil, err
	}
	return s.open(args)
}

func (t *tx) row(query string, args ...any) scanner {
	s, err := t.stmt(query)
	if err != nil {
		return failedRow{err}
	}
	rows, err := s.open(args)
	if err != nil {
		return failedRow{err}
	}
	return only{rows}
}

// returning is row for a statement that writes.
func (t *tx) returning(query string, args ...any) scanner {
	t.wrote = true
	return t.row(query, args...)
}

// changed reports whether an exec touched a row.
func changed(touched int64, err error) (bool, error) { return touched > 0, err }

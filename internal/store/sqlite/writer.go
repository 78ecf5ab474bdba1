package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tierwise/tierwise/usage"
)

// batchMax bounds how many operations share one commit, and so how long the
// first of them waits for the last.
const batchMax = 512

// countersKept and holdsKept bound what is kept in memory; counters of past
// windows are seldom asked for again, and holds are open for minutes.
const (
	countersKept = 20_000
	holdsKept    = 10_000
)

// writer is the one goroutine that changes the file. Callers hand operations
// in; it runs all that are there in one transaction, commits once, and then
// answers them all. While a commit waits for the disk the next batch gathers,
// so the cost of a sync is shared by whoever comes meanwhile. An operation that
// fails takes nobody with it: see commit.
type writer struct {
	store   *Store
	db      *sql.DB
	conn    *sql.Conn
	stopped chan struct{}
	wake    chan struct{} // capacity 1: there is something to do

	// Touched by the writing goroutine only.
	stmts    map[string]*statement
	limits   map[string]usage.LimitSet // by tenant, as committed; nobody else writes them
	counters map[counterKey]*counter   // as committed, likewise
	holds    map[holdKey]*hold         // open ones, likewise
	purgeAt  time.Time                 // when to look for old rows again
	uncut    bool                      // the log may still hold what a caller had removed
	cutAt    time.Time                 // when to wait for that again
	logMost  int64                     // the size of the log, in bytes, above which it is cut

	mu     sync.Mutex
	queue  []*operation
	closed bool
}

// operation is one caller's closure on its way. It may be run twice when the
// batch it was in fails for somebody else's fault, so it must set its results
// afresh and touch nothing outside the transaction.
type operation struct {
	run   func(*tx) error
	alone bool // runs in a transaction of its own
	state atomic.Int32
	err   error
	done  chan struct{}
}

// The states of an operation.
const (
	queued int32 = iota
	taken
	withdrawn
)

func newWriter(s *Store, db *sql.DB, conn *sql.Conn) *writer {
	w := &writer{
		store: s, db: db, conn: conn, stmts: map[string]*statement{}, limits: map[string]usage.LimitSet{}, counters: map[counterKey]*counter{}, holds: map[holdKey]*hold{}, logMost: logKept,
		stopped: make(chan struct{}), wake: make(chan struct{}, 1),
	}
	go w.loop()
	return w
}

// submit runs an operation in the next commit and waits for it. When ctx ends
// before the writer has taken it, it is not run; once taken, its result is
// waited for, so that the answer always says what happened.
func (w *writer) submit(ctx context.Context, op *operation) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	op.done = make(chan struct{})
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return ErrClosed
	}
	w.queue = append(w.queue, op)
	w.mu.Unlock()
	w.nudge()
	select {
	case <-op.done:
		return op.err
	case <-ctx.Done():
		if op.state.CompareAndSwap(queued, withdrawn) {
			return ctx.Err()
		}
		<-op.done
		return op.err
	}
}

func (w *writer) nudge() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *writer) loop() {
	defer close(w.stopped)
	for {
		w.gather()
		batch, more := w.take()
		if len(batch) > 0 {
			w.serve(batch)
			w.purge()
		}
		if !more {
			return
		}
		if len(batch) == 0 {
			<-w.wake
		}
	}
}

// gather lets the callers who can run come with what they have, for as long as
// somebody comes. Those who were just answered are back at once, and without
// this every commit that serves all of them is followed by one that serves the
// first who was quick. A caller who is alone waits for nobody.
func (w *writer) gather() {
	for before, have := -1, w.waiting(); have != before && have < batchMax; have = w.waiting() {
		before = have
		runtime.Gosched()
	}
}

// waiting is how many operations are in the queue.
func (w *writer) waiting() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.queue)
}

// take removes the operations of the next batch from the queue. more is false
// when the queue is empty for good.
func (w *writer) take() (batch []*operation, more bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for ; n < len(w.queue) && len(batch) < batchMax; n++ {
		op := w.queue[n]
		if op.alone && len(batch) > 0 {
			break
		}
		if op.state.CompareAndSwap(queued, taken) {
			batch = append(batch, op)
		}
		if op.alone {
			n++
			break
		}
	}
	w.queue = append([]*operation(nil), w.queue[n:]...)
	return batch, len(w.queue) > 0 || !w.closed
}

// serve runs a batch and answers its callers. A transaction that fails as a
// whole (a full disk rolls all of it back) is tried again one operation at a
// time, so that only those fail that cannot be done.
func (w *writer) serve(batch []*operation) {
	err := w.commit(batch)
	if err != nil && len(batch) > 1 {
		for _, op := range batch {
			if err := w.commit([]*operation{op}); err != nil {
				op.err = err
			}
			close(op.done)
		}
		return
	}
	for _, op := range batch {
		if err != nil {
			op.err = err
		}
		close(op.done)
	}
}

// errHalfDone: an operation failed after it had written something.
var errHalfDone = errors.New("sqlite: an operation failed half-way")

// commit runs the operations in one transaction. A nil result means that the
// transaction is on disk and each operation has its own err.
//
// Nearly all operations that fail do so before they write anything (a refused
// hold, a lost ticket), so the first run does without savepoints, which would
// cost each of them a copy of every page it changes. When one fails later, the
// batch is run again with each operation behind a savepoint of its own.
func (w *writer) commit(batch []*operation) error {
	err := w.attempt(batch, (*tx).bare)
	if errors.Is(err, errHalfDone) {
		err = w.attempt(batch, (*tx).guarded)
	}
	return err
}

func (w *writer) attempt(batch []*operation, run func(*tx, *operation) error) error {
	removed := false
	err := w.conn.Raw(func(conn any) error {
		t := newTx(w, conn.(stmtConn))
		err := w.transact(t, batch, run)
		removed = err == nil && t.removed
		return err
	})
	if w.uncut = w.uncut || removed; removed {
		w.cut(patience)
	}
	return err
}

func (w *writer) transact(t *tx, batch []*operation, run func(*tx, *operation) error) error {
	if _, err := t.control(`BEGIN IMMEDIATE`); err != nil {
		// An earlier transaction may hang on because the disk refused its end.
		_, _ = t.control(`ROLLBACK`)
		return err
	}
	err := t.runAll(batch, run)
	if t.limitsChanged || err != nil {
		clear(w.limits)
	}
	if err != nil {
		clear(w.counters)
		clear(w.holds)
		_, _ = t.control(`ROLLBACK`) // fails when SQLite has rolled back by itself
		return err
	}
	if len(w.counters) > countersKept {
		clear(w.counters)
	}
	if len(w.holds) > holdsKept {
		clear(w.holds)
	}
	w.store.jobs.tell(t.jobs)
	w.store.posts.tell(t.posts)
	return nil
}

// close waits until everything handed in is answered, then closes the file.
func (w *writer) close() error {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.nudge()
	<-w.stopped
	err := w.conn.Raw(func(any) (err error) {
		for _, s := range w.stmts {
			err = errors.Join(err, s.Close())
		}
		return err
	})
	return errors.Join(err, w.conn.Close(), w.db.Close())
}

// write runs one operation and returns what it yields. Errors are wrapped with
// the operation's name.
func write[T any](ctx context.Context, s *Store, name string, run func(*tx) (T, error)) (T, error) {
	return submit(ctx, s, name, run, false)
}

func submit[T any](ctx context.Context, s *Store, name string, run func(*tx) (T, error), alone bool) (T, error) {
	var out, none T
	if s.writes == nil {
		return none, s.failed(name, s.refusal())
	}
	err := s.writes.submit(ctx, &operation{alone: alone, run: func(t *tx) (err error) {
		out, err = run(t)
		return err
	}})
	if err != nil {
		return none, s.failed(name, err)
	}
	return out, nil
}

// refusal is why a store without a writer does not write.
func (s *Store) refusal() error {
	select {
	case <-s.closing:
		return ErrClosed
	default:
		return ErrReadOnly
	}
}

// failed wraps an error with the operation and, when it comes from SQLite, with
// a fault that says what to do.
func (s *Store) failed(name string, err error) error {
	select {
	case <-s.closing:
		if !errors.Is(err, ErrClosed) {
			err = errors.Join(ErrClosed, err)
		}
	default:
	}
	return diagnose(s.path, fmt.Errorf("sqlite: %s: %w", name, err))
}

// Package spool keeps accepted jobs and settlements in one file beside the data
// while the store cannot be reached, so that what was acknowledged to a
// platform and what was paid to a provider outlives this process too. Whatever
// Keep and KeepSettlement have confirmed is on disk (WAL, synchronous=FULL;
// callers that come together share one sync), is handed to the store later in
// the order it came, and is forgotten only when the store has it; a second copy
// of the same thing is kept once. A file that a dead process left in the same
// directory is taken over. The package seals nothing (jobs and posts arrive
// sealed, ledger rows hold no content), and it never decides when the store is
// well again.
package spool

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
	_ "modernc.org/sqlite" // registers the driver under the name "sqlite"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/usage"
)

// Kinds of what is kept. The second two the store has done already, and has not
// said that it is as durable as was asked.
const (
	kindJob        = "job"
	kindSettle     = "settle"
	kindJobDone    = "job done"
	kindSettleDone = "settle done"
)

// unconfirmed is the kind of something once the store has done it.
var unconfirmed = map[string]string{kindJob: kindJobDone, kindSettle: kindSettleDone}

// Errors of a spool.
var (
	// ErrInUse: another process has this instance's file open.
	ErrInUse = errors.New("spool: in use by another process")
	// ErrClosed is returned by every call after Close.
	ErrClosed = errors.New("spool: closed")
)

// Spool is an open spool. It is safe for concurrent use.
type Spool struct {
	dir   string
	path  string
	clock clock.Clock
	lock  *flock.Flock
	db    *sql.DB
	in    chan *entry
	quit  chan struct{}
	done  chan struct{}
	drain sync.Mutex // one Drain at a time, else the order is lost

	mu     sync.Mutex
	closed bool
	counts map[string]int
	oldest time.Time
}

// entry is something to keep, on its way to the disk.
type entry struct {
	id, kind string
	payload  []byte
	answer   chan error // capacity 1
}

// Open opens the spool of one instance in a data directory, and takes over the
// files that dead instances left there. instance is a name that no other
// running process uses. Errors: ErrInUse, or what the disk says.
func Open(ctx context.Context, dir, instance string, c clock.Clock) (*Spool, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("spool: open: %w", err)
	}
	path := filepath.Join(dir, prefix+fileName(instance)+suffix)
	lock, err := take(path)
	if err != nil {
		return nil, err
	}
	db, err := open(ctx, path, true)
	if err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	s := &Spool{
		dir: dir, path: path, clock: c, lock: lock, db: db, counts: map[string]int{},
		in: make(chan *entry), quit: make(chan struct{}), done: make(chan struct{}),
	}
	_ = s.adopt(ctx) // whatever is wrong with another file, Drain says it
	if err := s.count(ctx); err != nil {
		return nil, errors.Join(err, db.Close(), lock.Unlock())
	}
	go s.write()
	return s, nil
}

const (
	prefix = "spool-"
	suffix = ".db"
)

// fileName makes an instance's name fit for a file.
func fileName(instance string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '.' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return '_'
	}, instance)
}

// take locks a spool file against other processes.
func take(path string) (*flock.Flock, error) {
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	got, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("spool: lock: %w", err)
	}
	if !got {
		return nil, fmt.Errorf("%w: %s", ErrInUse, path)
	}
	return lock, nil
}

// open opens a spool file, made with tight permissions when it is new.
func open(ctx context.Context, path string, create bool) (*sql.DB, error) {
	if create {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return nil, fmt.Errorf("spool: open: %w", err)
		}
		if err := f.Close(); err != nil {
			return nil, fmt.Errorf("spool: open: %w", err)
		}
	}
	v := url.Values{"_pragma": {"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(5000)"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: v.Encode()}).String())
	if err != nil {
		return nil, fmt.Errorf("spool: open: %w", err)
	}
	db.SetMaxOpenConns(1)
	const table = `CREATE TABLE IF NOT EXISTS spool (id TEXT PRIMARY KEY, kind TEXT NOT NULL, payload BLOB NOT NULL, at INTEGER NOT NULL)`
	if _, err := db.ExecContext(ctx, table); err != nil {
		return nil, errors.Join(fmt.Errorf("spool: open: %w", err), db.Close())
	}
	return db, nil
}

// Keep implements intake.Spool.
func (s *Spool) Keep(ctx context.Context, j job.Job) error {
	return s.keep(ctx, kindJob, nameOfJob(j), j)
}

// KeepSettlement keeps a settlement, with or without the end of a job.
func (s *Spool) KeepSettlement(ctx context.Context, st usage.Settlement) error {
	return s.keep(ctx, kindSettle, nameOfSettlement(st), st)
}

// KeepDone keeps a job that the store has taken, until it confirms it.
func (s *Spool) KeepDone(ctx context.Context, j job.Job) error {
	return s.keep(ctx, kindJobDone, nameOfJob(j), j)
}

// KeepSettlementDone keeps a settlement that the store has booked, likewise.
func (s *Spool) KeepSettlementDone(ctx context.Context, st usage.Settlement) error {
	return s.keep(ctx, kindSettleDone, nameOfSettlement(st), st)
}

func nameOfJob(j job.Job) string { return "job " + j.Tenant + " " + j.ID }

func nameOfSettlement(st usage.Settlement) string {
	id := "settle " + st.Tenant
	if st.Entry != nil {
		// A provisional row and the real one share an entry's id.
		id += " " + st.Entry.ID + " " + string(st.Entry.Status)
	}
	if st.Finish != nil {
		id += " finish " + st.Finish.Ticket.Hold()
	}
	return id
}

func (s *Spool) keep(ctx context.Context, kind, id string, what any) error {
	payload, err := json.Marshal(what)
	if err != nil {
		return fmt.Errorf("spool: keep: %w", err)
	}
	e := &entry{id, kind, payload, make(chan error, 1)}
	select {
	case s.in <- e:
	case <-s.quit:
		return ErrClosed
	case <-ctx.Done():
		return fmt.Errorf("spool: keep: %w", ctx.Err())
	}
	// Taken: the answer comes after one sync, and says what happened.
	return <-e.answer
}

// Pending counts what the store has not done yet, and says since when the oldest
// of all that is kept waits.
func (s *Spool) Pending() (jobs, settlements int, oldest time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[kindJob], s.counts[kindSettle], s.oldest
}

// Unconfirmed counts what the store has done and not confirmed.
func (s *Spool) Unconfirmed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[kindJobDone] + s.counts[kindSettleDone]
}

// Close finishes what was handed in and closes the file. An empty one is
// removed.
func (s *Spool) Close() error {
	s.mu.Lock()
	again := s.closed
	s.closed = true
	s.mu.Unlock()
	if again {
		return nil
	}
	close(s.quit)
	<-s.done
	s.drain.Lock() // a Drain under way ends at its next item
	defer s.drain.Unlock()
	jobs, settlements, _ := s.Pending()
	err := s.db.Close()
	if err == nil && jobs+settlements+s.Unconfirmed() == 0 {
		err = remove(s.path)
	}
	if err = errors.Join(err, s.lock.Unlock()); err != nil {
		return fmt.Errorf("spool: close: %w", err)
	}
	return nil
}

// remove deletes a spool file whose lock is held. The lock's file goes last:
// whoever takes a new one finds no spool to open.
func remove(path string) error {
	var errs []error
	for _, f := range []string{path, path + "-wal", path + "-shm", path + ".lock"} {
		if err := os.Remove(f); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

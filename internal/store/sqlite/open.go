// Package sqlite is the embedded store: jobs, money, records and marks in one
// SQLite file, for a tierwise that runs alone without Redis. It promises that
// whatever it has acknowledged survives a killed process and a power failure
// (WAL, synchronous=FULL), that every operation is applied whole or not at
// all, and that one process writes while any number read beside it. Writes of
// many callers share one commit. It does not replicate, it does not serve two
// writers, and it does not open what it is given: bodies arrive sealed.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
	_ "modernc.org/sqlite" // registers the driver under the name "sqlite"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/fault"
)

// Options are what a store can be opened with. The zero value serves.
type Options struct {
	// Clock decides windows, leases and expiry. Nil is the machine's clock.
	Clock clock.Clock
}

// Store is an open store. It is safe for concurrent use.
type Store struct {
	path    string
	clock   clock.Clock
	lock    *flock.Flock // nil when read-only
	writes  *writer      // nil when read-only
	readers *sql.DB
	queries sync.Map // SQL text → *sql.Stmt of readers
	jobs    bell
	posts   bell
	most    time.Duration // how long one read may last
	closing chan struct{}
	once    sync.Once
}

// readers is how many reports can run at once; they share the machine with
// the one writer.
const readers = 4

// ErrClosed is returned by every call after Close.
var ErrClosed = errors.New("sqlite: store is closed")

// ErrReadOnly is returned by every operation that writes on a store opened
// with OpenReadOnly.
var ErrReadOnly = errors.New("sqlite: store is open for reading only")

// Open opens the store in the file path for writing, creates it when it is
// missing (directory 0700, files 0600) and brings an older schema up to date.
// Errors are faults an operator can act on: Misconfigured when another process
// writes the store, when the place cannot be used, when the file is damaged or
// was written by a newer version; Unavailable when the disk is full.
func Open(ctx context.Context, path string, opts Options) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("sqlite: open: %w", err)
	}
	if err := prepare(path); err != nil {
		return nil, err
	}
	lock, err := lockFile(path)
	if err != nil {
		return nil, err
	}
	s := newStore(path, opts)
	s.lock = lock
	if err := s.start(ctx); err != nil {
		return nil, opening(path, errors.Join(err, s.release()))
	}
	return s, nil
}

// OpenReadOnly opens an existing store for reports, also beside a running
// writer. Nothing is ever written; operations that would write return
// ErrReadOnly. The store must exist and have the schema of this version.
func OpenReadOnly(ctx context.Context, path string, opts Options) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("sqlite: open read-only: %w", err)
	}
	if err := readable(path); err != nil {
		return nil, err
	}
	s := newStore(path, opts)
	err = s.read(ctx, false)
	if _, gone := os.Stat(path + "-wal"); err != nil && errors.Is(gone, fs.ErrNotExist) {
		// A store that nobody has open lies without its side files, and in a
		// directory that cannot be written SQLite cannot make them. Then
		// nobody else can be writing either, so the file will not change.
		if again := s.read(ctx, true); again == nil {
			return s, nil
		}
	}
	if err != nil {
		return nil, opening(path, errors.Join(err, s.release()))
	}
	return s, nil
}

// read opens the pool of readers and looks at the schema.
func (s *Store) read(ctx context.Context, immutable bool) error {
	v := readerSettings()
	if immutable {
		v.Set("immutable", "1")
	}
	db, err := sql.Open("sqlite", dsn(s.path, v))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(readers)
	db.SetMaxIdleConns(readers)
	if err := checkVersion(ctx, db); err != nil {
		return errors.Join(err, db.Close())
	}
	s.readers = db
	return nil
}

func newStore(path string, opts Options) *Store {
	s := &Store{path: path, clock: opts.Clock, most: readMost, closing: make(chan struct{})}
	if s.clock == nil {
		s.clock = clock.System{}
	}
	return s
}

// start opens the writing connection, migrates, and opens the readers.
func (s *Store) start(ctx context.Context) error {
	db, err := sql.Open("sqlite", dsn(s.path, writerSettings()))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(ctx)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	err = durable(ctx, conn, s.path)
	if err == nil {
		err = migrate(ctx, conn, s.clock.Now())
	}
	if err == nil {
		err = inherit(ctx, conn, s.clock.Now())
	}
	if err != nil {
		return errors.Join(err, conn.Close(), db.Close())
	}
	s.writes = newWriter(s, db, conn)
	return s.read(ctx, false)
}

// durable refuses a file system on which SQLite cannot keep its log, such as
// some network shares: it would silently work in another mode, without readers
// beside the writer.
func durable(ctx context.Context, conn *sql.Conn, path string) error {
	var mode string
	if err := conn.QueryRowContext(ctx, `PRAGMA journal_mode`).Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return misplaced(nil, "The file system of %s does not support the store. Put TIERWISE_DATA_DIR on a local disk.", path)
	}
	return nil
}

// inherit frees what the process before had in hand. It is dead, or this one
// would not have the lock, so nobody needs to wait for the end of its leases;
// after the machine's clock was set back that could be long. A file that cannot
// be written is found out here, too: SQLite opens it for reading without a word.
func inherit(ctx context.Context, conn *sql.Conn, now time.Time) error {
	for _, q := range []string{
		`UPDATE jobs SET due = ?1 WHERE state = 2 AND due > ?1`,
		`UPDATE outbox SET due = ?1 WHERE leased = 1 AND due > ?1`,
	} {
		if _, err := conn.ExecContext(ctx, q, nanos(now)); err != nil {
			return err
		}
	}
	return nil
}

// Close finishes what was handed in, releases the file and its lock, and wakes
// everyone who waits in Claim or Posts. Calls after it return ErrClosed.
// Closing twice is no error.
func (s *Store) Close() error {
	var err error
	s.once.Do(func() {
		close(s.closing)
		err = s.release()
	})
	if err != nil {
		return fmt.Errorf("sqlite: close: %w", err)
	}
	return nil
}

// release gives back whatever has been opened so far.
func (s *Store) release() error {
	var errs []error
	if s.readers != nil {
		errs = append(errs, s.readers.Close())
	}
	if s.writes != nil {
		errs = append(errs, s.writes.close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Unlock())
	}
	return errors.Join(errs...)
}

// Check reads the whole file and reports the first damage it finds, as a
// Misconfigured fault. It takes seconds on a large store.
func (s *Store) Check(ctx context.Context) error {
	var said string
	// Not by s.row: it may last longer than a report.
	if err := s.readers.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&said); err != nil {
		return s.failed("check", err)
	}
	if said != "ok" {
		return damaged(s.path, fmt.Errorf("sqlite: check %s: %s", s.path, said))
	}
	return nil
}

// busyTimeout is how long the file is waited for, in milliseconds: a person's
// sqlite3 shell may hold it for a moment.
const busyTimeout = 5000

func writerSettings() url.Values {
	return url.Values{"_pragma": append([]string{
		fmt.Sprintf("busy_timeout(%d)", busyTimeout),
		"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)",
		"secure_delete(ON)", // what a removed workspace wrote must not stay in free pages
		"cache_size(-16384)", "temp_store(MEMORY)",
	}, logPragmas()...)}
}

func readerSettings() url.Values {
	return url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(5000)", "query_only(ON)", "cache_size(-4096)", "temp_store(MEMORY)"}}
}

func dsn(path string, v url.Values) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: v.Encode()}).String()
}

func opening(path string, err error) error {
	var f *fault.Fault
	if errors.As(err, &f) {
		return err
	}
	return diagnose(path, fmt.Errorf("sqlite: open %s: %w", path, err))
}

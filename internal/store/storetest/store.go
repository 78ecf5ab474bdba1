// Package storetest proves that a store keeps its word. Run drives any store
// with random sequences of operations beside a small model and compares them
// after every step; further tests pin the edges (clocks, expiry, copies,
// order). Every implementation, memory, sqlite and redis, passes the same
// suite. The package is for tests only.
package storetest

import (
	"context"
	"time"

	"github.com/tierwise/tierwise/internal/intake"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/usage"
)

// Store is everything a store does: the union of what its consumers ask for.
type Store interface {
	intake.Queue
	intake.Outbox
	usage.Ledger
	usage.Limiter
	usage.Reader
	usage.RowReader
	usage.Keeper
	Records
	Once
	Restorer
}

// Records is the store of small documents. See package record.
type Records interface {
	// Get returns one record, or record.ErrNotFound.
	Get(ctx context.Context, tenant string, kind record.Kind, id string) (record.Record, error)
	// List returns the records of a kind whose id begins with prefix, by id.
	List(ctx context.Context, tenant string, kind record.Kind, prefix string) ([]record.Record, error)
	// Write does all writes or, on record.ErrConflict, none.
	Write(ctx context.Context, tenant string, writes ...record.Write) error
	// Wipe deletes all records of the given kinds of a workspace and, with jobs
	// set, its jobs and outbox too.
	Wipe(ctx context.Context, tenant string, jobs bool, kinds ...record.Kind) error
}

// Once is the store of marks, leases and rates.
type Once interface {
	// Mark sets a mark for a while and reports whether it was not there before.
	Mark(ctx context.Context, tenant, key string, ttl time.Duration) (first bool, err error)
	// Lease takes, renews (same holder) or, with ttl 0, gives up a named lease,
	// and reports whether the holder has it now.
	Lease(ctx context.Context, name, holder string, ttl time.Duration) (bool, error)
	// Take counts id against a rate of limit per window, a fixed window that
	// begins with its first id. The same id is counted once. When the rate is
	// used up, ok is false and told reports whether this is the first refusal
	// of the window; reset is when the window ends.
	Take(ctx context.Context, tenant, key, id string, limit int, window time.Duration) (ok, told bool, reset time.Time, err error)
}

// Restorer is the store that was put back to an earlier state and is told what
// was.
type Restorer interface {
	// Restore takes in what one process remembers of a job: it marks the event,
	// makes the job unless it is there or known to have ended, gives a running
	// one back to its worker, ends one that had ended with those of its posts
	// that are not known to be sent (with Sent set), and removes posts that were.
	// All of it is one step; told again, or by others in another order, it comes
	// to the same. lost reports whether the store lacked any of it.
	Restore(ctx context.Context, p job.Past) (lost bool, err error)
}

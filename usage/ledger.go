package usage

import (
	"context"
	"errors"
	"time"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/money"
)

// HoldRequest reserves the worst case of a plan.
type HoldRequest struct {
	Tenant  string        `json:"tenant"`
	Hold    string        `json:"hold"` // job.Ticket.Hold, or any unique id for calls without a job
	Scopes  []Scope       `json:"scopes"`
	Windows []Window      `json:"windows"`
	Steps   []StepHold    `json:"steps"`
	TTL     time.Duration `json:"ttl"` // after which Sweep closes the hold
}

// StepHold is the upper bound of one planned call.
type StepHold struct {
	N      int        `json:"n"`
	Amount money.Nano `json:"amount"`
}

// Held is the answer to a HoldRequest.
type Held struct {
	// Granted is false when some scope's hard limit would be passed; then
	// nothing at all was reserved and Refused says where.
	Granted bool `json:"granted"`
	// Refused is the first scope and window (in the order of the request) that
	// would be passed.
	Refused Level `json:"refused,omitzero"`
	// Levels are all limited scopes and windows after this hold (or, when
	// refused, as they stand), so that the caller sees pressure and thresholds
	// without another look.
	Levels []Level `json:"levels,omitempty"`
	// Windows are the ids the money will be booked in, by the store's clock.
	Windows Booked `json:"windows"`
}

// DispatchRequest marks one step as sent.
type DispatchRequest struct {
	Tenant string `json:"tenant"`
	Hold   string `json:"hold"`
	Step   int    `json:"step"`
	// Provisional is the entry to book if nobody ever settles this step: the
	// estimate, as Uncertain and Estimated. The store fills At and Windows.
	Provisional Entry `json:"provisional"`
}

// Settlement books one attempt, closes a job, or does both in one step.
type Settlement struct {
	Tenant string `json:"tenant"`
	Hold   string `json:"hold"`
	Step   int    `json:"step"`
	// Entry is the attempt; nil when only a job is closed. The store fills At
	// and Windows (those of the hold; when the hold is gone, those of Fallback).
	// Only an entry that is moved from another store, which is one that carries
	// both while Hold is empty, keeps them.
	Entry    *Entry   `json:"entry,omitempty"`
	Fallback []Window `json:"fallback,omitempty"`
	// Finish, when set, closes the job in the same step. It is ignored, and
	// ErrLost returned after booking, when the ticket is no longer valid.
	Finish *job.Finish `json:"finish,omitempty"`
}

// Settled is the answer to a Settlement.
type Settled struct {
	// Booked is false when this attempt had been booked already; then nothing
	// was added.
	Booked bool `json:"booked"`
	// Entry is the row as booked: the entry, or the correction of an uncertain
	// one.
	Entry Entry `json:"entry,omitzero"`
	// Levels are the limited scopes after booking, in the windows of the entry.
	Levels []Level `json:"levels,omitempty"`
}

// Swept counts what Sweep closed.
type Swept struct {
	Released  int // holds of which nothing had been sent
	Uncertain int // sent steps booked at their estimate
}

// ErrNoHold: the hold does not exist, has been closed, or has no such step.
var ErrNoHold = errors.New("usage: no such hold")

// Ledger is what a store does for money. Every operation is atomic, one round
// trip, and idempotent by hold and step: repeating it changes nothing and gives
// the same answer. All clocks are the store's.
type Ledger interface {
	// Hold reserves all steps or nothing. Hard limits are those in the store at
	// that moment. A hold whose id exists already is answered again, unchanged.
	Hold(ctx context.Context, r HoldRequest) (Held, error)
	// Dispatch marks a step as sent. ErrNoHold when the hold is closed: the
	// call must then not be made.
	Dispatch(ctx context.Context, r DispatchRequest) error
	// Settle books and finishes; see Settlement. It never refuses money: an
	// entry without a hold, above its estimate or above a limit is booked and
	// counted as overshoot. When Sweep or a later delivery booked the step as
	// uncertain before, the difference is booked as a correction, an entry of
	// its own with the id "<attempt>.c1", and the uncertain one stays.
	Settle(ctx context.Context, s Settlement) (Settled, error)
	// Sweep closes holds past their TTL: steps not sent are released, steps
	// sent and not settled are booked at their estimate as uncertain.
	Sweep(ctx context.Context) (Swept, error)
}

// Limiter keeps limits beside the counters.
type Limiter interface {
	// SetLimits puts limits and extras (by Key) and removes others, at once; the
	// error of Limit.Check, and nothing is changed, when one is not fit to keep.
	// Extras whose time is over are removed on the way.
	SetLimits(ctx context.Context, tenant string, put []Limit, remove []string) error
	// Limits lists the workspace's limits, and the extras whose time is not
	// over, in the order of their keys.
	Limits(ctx context.Context, tenant string) ([]Limit, error)
}

// Reader reads sums and rows. It never changes anything.
type Reader interface {
	// Levels returns where scopes stand in windows (by the store's clock), one
	// Level per scope and window, with the limit that applies.
	Levels(ctx context.Context, tenant string, scopes []Scope, windows []Window) ([]Level, error)
	// Rollup returns the rows of some dimensions in one window.
	Rollup(ctx context.Context, tenant string, k WindowKind, id string, dims ...Dim) (map[Key]Cell, error)
	// Entries returns up to max rows of a month in the order they were booked,
	// after the cursor ("" is the start), and the cursor to go on from ("" at
	// the end).
	Entries(ctx context.Context, tenant, month, cursor string, max int) ([]Entry, string, error)
	// Months lists the months that have entries, oldest first.
	Months(ctx context.Context, tenant string) ([]string, error)
	// OpenHolds lists holds that are not closed.
	OpenHolds(ctx context.Context, tenant string) ([]OpenHold, error)
	// Tenants lists the workspaces that have entries, limits or records.
	Tenants(ctx context.Context) ([]string, error)
}

// RowReader reads one row of the sums over many windows, at the cost of that
// row: Reader.Rollup reads all rows of a window.
type RowReader interface {
	// Row returns the row in each of the windows of one kind, in the order of
	// their ids; where it is not there the cell is zero.
	Row(ctx context.Context, tenant string, k WindowKind, ids []string, key Key) ([]Cell, error)
}

// OpenHold is money that is reserved now.
type OpenHold struct {
	Hold    string     `json:"hold"`
	Since   time.Time  `json:"since"`
	Expires time.Time  `json:"expires"`
	Held    money.Nano `json:"held"`
	Scopes  []Scope    `json:"scopes"`
	Windows Booked     `json:"windows"`
}

// Keeper does the rare work on closed books.
type Keeper interface {
	// Rebuild replaces the rollups and settled counters of a month (and of the
	// days in it) by those given, in one step. Weeks are rebuilt from the
	// entries of every month they touch.
	Rebuild(ctx context.Context, tenant string, k WindowKind, id string, rows map[Key]Cell, settled map[string]money.Nano) error
	// Drop removes the entries of a month up to and with the one whose id is
	// last, which must have been exported and sealed in a checkpoint; its sums
	// stay, and so do entries booked after that one. An id that is not there
	// removes nothing; "" removes all.
	Drop(ctx context.Context, tenant, month, last string) error
}

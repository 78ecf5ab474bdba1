// Package migrate copies one store into another: entries with the windows they
// were booked in, limits, records, closed months, jobs that are not finished
// and posts that are not confirmed. It promises that the two ledgers are equal
// to the nano-USD when it says so, because it verifies both and compares them
// row by row, and that a copy that was stopped anywhere is completed by running
// it again. Nothing is changed in the source. Neither store may be served from
// meanwhile; leases, rates and the marks of finished events are not copied, and
// sealed bodies stay sealed under the same key.
package migrate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/usage"
)

// Moved is the kind of the records by which a copy knows what it has done.
const Moved record.Kind = "moved"

// doneID is the record that says the copy of a workspace is complete.
const doneID = "done"

var (
	// ErrDone: the workspace was copied before. It may have been worked in
	// since, so nothing of it is copied again.
	ErrDone = errors.New("migrate: copied already")
	// ErrHeld: money is reserved in the source, for calls whose end nobody has
	// booked. The error says until when.
	ErrHeld = errors.New("migrate: money is still held")
	// ErrUnequal: a ledger does not prove, or the two are not the same.
	ErrUnequal = errors.New("migrate: ledgers are not equal")
	// ErrInUse: somebody else has work in the target.
	ErrInUse = errors.New("migrate: the target is in use")
)

// Source is the store to copy. Unfinished lists jobs with the number of their
// last delivery and posts with Sent set when the result of a try is unknown.
type Source interface {
	usage.Reader
	Limits(ctx context.Context, tenant string) ([]usage.Limit, error)
	List(ctx context.Context, tenant string, kind record.Kind, prefix string) ([]record.Record, error)
	Unfinished(ctx context.Context) ([]job.Ticket, []job.PostTicket, error)
}

// Target is the store to copy into.
type Target interface {
	usage.Books
	usage.Limiter
	usage.Ledger
	usage.Records
	Queue
	Outbox
	Get(ctx context.Context, tenant string, kind record.Kind, id string) (record.Record, error)
}

// Queue is what of a store's queue a copy uses: a job is stored, taken once so
// that it has the deliveries it had, and given back. The operations are those
// of package intake.
type Queue interface {
	Enqueue(ctx context.Context, j job.Job) (first bool, err error)
	Claim(ctx context.Context, worker string, max int, lease, wait time.Duration) (job.Claimed, error)
	Beat(ctx context.Context, t job.Ticket, lease time.Duration, note []byte) (job.Beat, error)
	Return(ctx context.Context, t job.Ticket, after time.Duration, cause string) error
}

// Outbox is what of a store's outbox a copy uses: a post whose result was
// unknown is taken and given back, so that it stays unknown.
type Outbox interface {
	Posts(ctx context.Context, sender string, max int, lease, wait time.Duration) ([]job.PostTicket, error)
	Postpone(ctx context.Context, t job.PostTicket, after time.Duration, known bool) error
}

// Copy is what to copy, and how. All fields are required.
type Copy struct {
	From  Source
	To    Target
	Clock clock.Clock // for what is left of the life of records
	// Kinds are all kinds of records there are; a kind that is not listed is
	// not copied.
	Kinds []record.Kind
	// Sealer opens the checkpoints of closed months.
	Sealer usage.Sealer
}

// Report is what was copied.
type Report struct {
	Workspaces []Workspace `json:"workspaces"`
	Jobs       int         `json:"jobs"`
	Posts      int         `json:"posts"`
}

// Workspace is the proof of one workspace's copy.
type Workspace struct {
	Tenant  string     `json:"tenant"`
	Entries int64      `json:"entries"`
	Cost    money.Nano `json:"cost"`
	Records int        `json:"records"`
	Limits  int        `json:"limits"`
	// Times is false when the target keeps the time of copying as the time of
	// booking. Sums and windows do not depend on it; exports by date do.
	Times bool `json:"times_kept"`
}

// Run copies everything. On an error the report holds what was proven so far,
// and running again goes on; see the errors of this package for what a person
// must do first.
func (c Copy) Run(ctx context.Context) (Report, error) {
	var out Report
	tenants, err := c.From.Tenants(ctx)
	if err != nil {
		return out, fmt.Errorf("migrate: %w", err)
	}
	for _, t := range tenants {
		if err := c.ready(ctx, t); err != nil {
			return out, fmt.Errorf("%s: %w", t, err)
		}
	}
	for _, t := range tenants {
		w, err := c.workspace(ctx, t)
		if err != nil {
			return out, fmt.Errorf("migrate %s: %w", t, err)
		}
		out.Workspaces = append(out.Workspaces, w)
	}
	if out.Jobs, out.Posts, err = c.work(ctx); err != nil {
		return out, fmt.Errorf("migrate: unfinished work: %w", err)
	}
	for _, t := range tenants {
		if err := c.To.Write(ctx, t, record.Put(Moved, doneID, nil, 0)); err != nil {
			return out, fmt.Errorf("migrate %s: %w", t, err)
		}
	}
	return out, nil
}

// ready refuses what cannot be copied right.
func (c Copy) ready(ctx context.Context, tenant string) error {
	_, err := c.To.Get(ctx, tenant, Moved, doneID)
	if err == nil {
		return ErrDone
	}
	if !errors.Is(err, record.ErrNotFound) {
		return fmt.Errorf("migrate: %w", err)
	}
	holds, err := c.From.OpenHolds(ctx, tenant)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	for _, h := range holds {
		return fmt.Errorf("%w: %d reservations, one of %s until %s; start tierwise serve on the source until they are closed", ErrHeld, len(holds), h.Held, h.Expires.Format("15:04:05"))
	}
	return nil
}

// workspace copies one workspace's books and records, and proves it.
func (c Copy) workspace(ctx context.Context, tenant string) (w Workspace, err error) {
	w.Tenant = tenant
	limits, err := c.From.Limits(ctx, tenant)
	if err != nil {
		return w, err
	}
	if err := c.To.SetLimits(ctx, tenant, limits, nil); err != nil {
		return w, err
	}
	w.Limits = len(limits)
	if w.Records, err = c.records(ctx, tenant); err != nil {
		return w, err
	}
	months, err := c.From.Months(ctx, tenant)
	if err != nil {
		return w, err
	}
	for _, m := range months {
		if err := usage.EachEntry(ctx, c.From, tenant, m, func(e usage.Entry) error { return c.entry(ctx, e) }); err != nil {
			return w, err
		}
	}
	return c.prove(ctx, w, months)
}

// entry books a row in the windows it had. A row that is there already is left
// alone, which makes a repetition harmless.
func (c Copy) entry(ctx context.Context, e usage.Entry) error {
	in := make([]usage.Window, 0, 3)
	for _, k := range usage.WindowKinds() {
		in = append(in, usage.Window{Kind: k, ID: e.Windows.Of(k), Next: e.Windows.Of(k)})
	}
	// No hold is named: the entry is one that was booked elsewhere.
	_, err := c.To.Settle(ctx, usage.Settlement{Tenant: e.Tenant, Entry: &e, Fallback: in})
	return err
}

// recordPage is how many records are written at once.
const recordPage = 100

// records copies all records with what is left of their life. Versions begin
// anew: they only tell writers apart who run now.
func (c Copy) records(ctx context.Context, tenant string) (n int, err error) {
	now := c.Clock.Now()
	for _, k := range c.Kinds {
		if k == Moved {
			continue
		}
		all, err := c.From.List(ctx, tenant, k, "")
		if err != nil {
			return n, err
		}
		var page []record.Write
		for i, r := range all {
			w := record.Put(r.Kind, r.ID, r.Body, 0)
			if !r.Expires.IsZero() {
				w.TTL = r.Expires.Sub(now)
			}
			if w.TTL >= 0 {
				page = append(page, w)
			}
			if len(page) < recordPage && i < len(all)-1 || len(page) == 0 {
				continue
			}
			if err := c.To.Write(ctx, tenant, page...); err != nil {
				return n, err
			}
			n += len(page)
			page = nil
		}
	}
	return n, nil
}

package usage

import (
	"context"
	"errors"
	"fmt"

	"github.com/tierwise/tierwise/internal/money"
)

// ErrNoEntry: the ledger has no entry with that id.
var ErrNoEntry = errors.New("usage: no such entry")

// FindEntry looks an entry up by its id, newest month first.
func FindEntry(ctx context.Context, r Reader, tenant, id string) (Entry, error) {
	months, err := r.Months(ctx, tenant)
	if err != nil {
		return Entry{}, fmt.Errorf("usage: find entry: %w", err)
	}
	found := errors.New("found")
	var hit Entry
	for i := len(months) - 1; i >= 0; i-- {
		err := EachEntry(ctx, r, tenant, months[i], func(e Entry) error {
			if e.ID == id {
				hit = e
				return found
			}
			return nil
		})
		if errors.Is(err, found) {
			return hit, nil
		}
		if err != nil {
			return Entry{}, err
		}
	}
	return Entry{}, fmt.Errorf("%w: %s", ErrNoEntry, id)
}

// Correct books the difference between what an entry says and what the call
// really cost, as a new entry in the windows of the old one. The id of the
// correction is made from n, so that repeating a correction changes nothing.
// The reason is a code, kept with the row.
func Correct(ctx context.Context, l Ledger, e Entry, n int, real money.Nano, reason string) (Settled, error) {
	if real < 0 || real > money.Max {
		return Settled{}, fmt.Errorf("usage: correct %s: %w", e.ID, money.ErrRange)
	}
	c := e
	c.ID = fmt.Sprintf("%s.m%d", e.ID, n)
	c.Corrects, c.Purpose, c.Status = e.ID, e.Purpose, Corrected
	c.Cost, c.Estimate, c.Reported = real-e.Cost, 0, nil
	c.Tokens = c.Tokens.Sub(e.Tokens)
	c.Reasons = []string{"correction." + reason}
	c.Latency, c.First = 0, 0
	return l.Settle(ctx, Settlement{Tenant: e.Tenant, Hold: "correction." + c.ID, Entry: &c, Fallback: []Window{
		fixed(Day, e.Windows.Day), fixed(Week, e.Windows.Week), fixed(Month, e.Windows.Month),
	}})
}

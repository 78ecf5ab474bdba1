package migrate

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/tierwise/tierwise/usage"
)

// prove verifies both ledgers and compares them. The sums of closed months,
// which have no rows to copy, are formed again in the target first.
func (c Copy) prove(ctx context.Context, w Workspace, months []string) (Workspace, error) {
	from := usage.NewArchive(readOnly{c.From}, c.Sealer, c.Clock)
	to := usage.NewArchive(c.To, c.Sealer, c.Clock)
	want, err := from.Verify(ctx, c.From, w.Tenant)
	if err != nil {
		return w, err
	}
	if n := len(want.Differences); n > 0 {
		return w, fmt.Errorf("%w: the source itself has %d differences, the first: %s; run tierwise ledger rebuild on it", ErrUnequal, n, want.Differences[0].What)
	}
	closed, err := to.Checkpoints(ctx, w.Tenant)
	if err != nil {
		return w, err
	}
	prove := func() (usage.Proof, error) { return to.Verify(ctx, c.To, w.Tenant) }
	if len(closed) > 0 {
		prove = func() (usage.Proof, error) { return to.Rebuild(ctx, c.To, c.To, w.Tenant) }
	}
	got, err := prove()
	if err != nil {
		return w, err
	}
	if n := len(got.Differences); n > 0 {
		return w, fmt.Errorf("%w: the copy has %d differences, the first: %s", ErrUnequal, n, got.Differences[0].What)
	}
	if got.Entries != want.Entries || got.Cost != want.Cost || !slices.Equal(got.Months, want.Months) {
		return w, fmt.Errorf("%w: the source has %s in %d entries, the copy %s in %d", ErrUnequal, want.Cost, want.Entries, got.Cost, got.Entries)
	}
	w.Entries, w.Cost, w.Times = got.Entries, got.Cost, true
	for _, m := range months {
		same, times, err := c.sameRows(ctx, w.Tenant, m)
		if err != nil {
			return w, err
		}
		if !same {
			return w, fmt.Errorf("%w: the rows of %s differ", ErrUnequal, m)
		}
		w.Times = w.Times && times
	}
	return w, nil
}

// sameRows compares the rows of a month, in their order, and apart from them
// the times of booking.
func (c Copy) sameRows(ctx context.Context, tenant, month string) (rows, times bool, err error) {
	want, err := digestOf(ctx, c.From, tenant, month)
	if err != nil {
		return false, false, err
	}
	got, err := digestOf(ctx, c.To, tenant, month)
	return want.rows == got.rows, want.times == got.times, err
}

type digest struct{ rows, times [sha256.Size]byte }

func digestOf(ctx context.Context, r usage.Reader, tenant, month string) (d digest, err error) {
	rows, times := sha256.New(), sha256.New()
	enc := json.NewEncoder(rows)
	err = usage.EachEntry(ctx, r, tenant, month, func(e usage.Entry) error {
		fmt.Fprintln(times, e.At.UnixNano())
		e.At = time.Time{}
		return enc.Encode(e)
	})
	return digest{[sha256.Size]byte(rows.Sum(nil)), [sha256.Size]byte(times.Sum(nil))}, err
}

package usage

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Retention says how long entries stay in the store.
type Retention struct {
	// Months is how many months before the current one keep their entries. The
	// month before always does, since late settlements and providers' own
	// reports still arrive for it.
	Months int
	// Dir is where the files of closed months go.
	Dir string
}

// Retain closes the months of a workspace that are older than the retention,
// oldest first, and returns the checkpoints it made. The current month is that
// of the calendar. It is meant to run once a day; it can be stopped anywhere
// and repeated, and a month that fails does not keep the others from being
// closed. Two processes that run it at once do no harm: one of them gets
// record.ErrConflict.
func (a *Archive) Retain(ctx context.Context, b Books, cal Calendar, tenant string, keep Retention) ([]Checkpoint, error) {
	if keep.Dir == "" {
		return nil, errors.New("usage: retain: no directory for the files of closed months")
	}
	months, err := b.Months(ctx, tenant)
	if err != nil {
		return nil, fmt.Errorf("usage: retain: %w", err)
	}
	oldest, err := oldestKept(cal, a.clock.Now(), keep.Months)
	if err != nil {
		return nil, err
	}
	var made []Checkpoint
	var failed []error
	for _, m := range months {
		if m >= oldest || ctx.Err() != nil {
			continue
		}
		c, err := a.Close(ctx, b, tenant, m, keep.Dir)
		made = append(made, c...)
		failed = append(failed, err)
	}
	return made, errors.Join(append(failed, ctx.Err())...)
}

// oldestKept is the oldest month whose entries stay.
func oldestKept(cal Calendar, now time.Time, keep int) (string, error) {
	current, err := time.Parse("2006-01", cal.Window(Month, now).ID)
	if err != nil {
		return "", fmt.Errorf("usage: retain: %w", err)
	}
	return current.AddDate(0, -max(keep, 1), 0).Format("2006-01"), nil
}

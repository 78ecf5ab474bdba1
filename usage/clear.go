package usage

import (
	"context"
	"errors"
	"fmt"
)

// Clear empties a workspace's books: every sum that its entries and checkpoints
// name, then the entries. Checkpoints are left to who removes the records, and
// must go after it. Checkpoints that do not hold are passed over.
func (a *Archive) Clear(ctx context.Context, b Books, tenant string) error {
	_, all, err := total(ctx, b, tenant, a)
	if errors.Is(err, ErrCheckpoint) {
		_, all, err = total(ctx, b, tenant, nil)
	}
	if err != nil {
		return err
	}
	for _, k := range WindowKinds() {
		for id := range all.rows[k] {
			if err := b.Rebuild(ctx, tenant, k, id, nil, nil); err != nil {
				return fmt.Errorf("usage: clear %s %s: %w", k, id, err)
			}
		}
	}
	months, err := b.Months(ctx, tenant)
	if err != nil {
		return fmt.Errorf("usage: clear: %w", err)
	}
	for _, m := range months {
		if err := b.Drop(ctx, tenant, m, ""); err != nil {
			return fmt.Errorf("usage: clear %s: %w", m, err)
		}
	}
	return nil
}

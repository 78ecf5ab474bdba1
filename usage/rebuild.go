package usage

import (
	"context"
	"fmt"
)

// Rebuild forms every sum of a workspace again from its entries and puts it in
// place of the kept one. It returns the proof of the books afterwards, which
// equals what Verify would have found before if nothing was wrong.
func Rebuild(ctx context.Context, r Reader, k Keeper, tenant string) (Proof, error) {
	b := newBooks()
	months, err := r.Months(ctx, tenant)
	if err != nil {
		return Proof{}, fmt.Errorf("usage: rebuild: %w", err)
	}
	for _, m := range months {
		if err := EachEntry(ctx, r, tenant, m, func(e Entry) error { b.add(e); return nil }); err != nil {
			return Proof{}, err
		}
	}
	for _, kind := range WindowKinds() {
		for id, rows := range b.rows[kind] {
			if err := k.Rebuild(ctx, tenant, kind, id, rows, b.settled[kind][id]); err != nil {
				return Proof{}, fmt.Errorf("usage: rebuild %s %s: %w", kind, id, err)
			}
		}
	}
	return Verify(ctx, r, tenant)
}

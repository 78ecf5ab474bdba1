package usage

import (
	"context"
	"fmt"
)

// Rebuild forms every sum of a workspace again from its entries and puts it in
// place of the kept one. It returns the proof of the books afterwards, which
// equals what Verify would have found before if nothing was wrong. It knows of
// no checkpoints: when months may have been dropped, use Archive.Rebuild, since
// the weeks they share with later months would lose what was dropped.
func Rebuild(ctx context.Context, r Reader, k Keeper, tenant string) (Proof, error) {
	return rebuild(ctx, r, k, tenant, nil)
}

func rebuild(ctx context.Context, r Reader, k Keeper, tenant string, a *Archive) (Proof, error) {
	_, b, err := total(ctx, r, tenant, a)
	if err != nil {
		return Proof{}, err
	}
	for _, kind := range WindowKinds() {
		for id, rows := range b.rows[kind] {
			if err := k.Rebuild(ctx, tenant, kind, id, values(rows), settled(rows)); err != nil {
				return Proof{}, fmt.Errorf("usage: rebuild %s %s: %w", kind, id, err)
			}
		}
	}
	return verify(ctx, r, tenant, a)
}

package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/seal"
)

// recollection keeps small values for adapters, sealed, so that another replica and
// a later process know them.
type recollection struct {
	store Store
	seal  *seal.Sealer
}

// sealMemory is the purpose of what is remembered.
const sealMemory = "memory"

// Remember keeps a value for a while, or with ttl 0 until it is forgotten.
func (m recollection) Remember(ctx context.Context, tenant, key string, value []byte, ttl time.Duration) error {
	if err := m.store.Write(ctx, tenant, record.Put(record.Memory, key, m.seal.Seal(tenant, sealMemory, value), ttl)); err != nil {
		return fmt.Errorf("app: remember: %w", err)
	}
	return nil
}

// Recall returns a value and whether it is there.
func (m recollection) Recall(ctx context.Context, tenant, key string) ([]byte, bool, error) {
	r, err := m.store.Get(ctx, tenant, record.Memory, key)
	if errors.Is(err, record.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("app: recall: %w", err)
	}
	value, err := m.seal.Open(tenant, sealMemory, r.Body)
	if err != nil {
		return nil, false, fmt.Errorf("app: recall: %w", err)
	}
	return value, true, nil
}

// Recalls returns all values whose key begins with a prefix. One that cannot be
// opened is left out: the others are as good as before.
func (m recollection) Recalls(ctx context.Context, tenant, prefix string) (map[string][]byte, error) {
	list, err := m.store.List(ctx, tenant, record.Memory, prefix)
	if err != nil {
		return nil, fmt.Errorf("app: recall: %w", err)
	}
	values := make(map[string][]byte, len(list))
	for _, r := range list {
		if v, err := m.seal.Open(tenant, sealMemory, r.Body); err == nil {
			values[r.ID] = v
		}
	}
	return values, nil
}

// Forget drops a value.
func (m recollection) Forget(ctx context.Context, tenant, key string) error {
	if err := m.store.Write(ctx, tenant, record.Remove(record.Memory, key)); err != nil {
		return fmt.Errorf("app: forget: %w", err)
	}
	return nil
}

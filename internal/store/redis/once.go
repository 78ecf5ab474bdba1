package redis

import (
	"context"
	"time"
)

// Mark implements storetest.Once.
func (s *Store) Mark(ctx context.Context, tenant, key string, ttl time.Duration) (bool, error) {
	v, err := s.run(ctx, partition(tenant), markScript, s.nonce(), encode(tenant), key, length(ttl))
	return v == int64(1), err
}

// Lease implements storetest.Once. Leases belong to no workspace; each lives in
// the partition of its own name.
func (s *Store) Lease(ctx context.Context, name, holder string, ttl time.Duration) (bool, error) {
	v, err := s.run(ctx, partition(name), leaseScript, name, holder, length(ttl))
	return v == int64(1), err
}

// Take implements storetest.Once.
func (s *Store) Take(ctx context.Context, tenant, key, id string, limit int, window time.Duration) (ok, told bool, reset time.Time, err error) {
	v, err := s.run(ctx, partition(tenant), takeScript, encode(tenant), key, id, limit, length(window))
	if err != nil {
		return false, false, time.Time{}, err
	}
	var r reply
	p := r.row(v, 3)
	return r.int(p[0]) == 1, r.int(p[1]) == 1, r.instant(p[2]), r.err
}

package redis

import (
	"context"
	"fmt"

	"github.com/tierwise/tierwise/internal/record"
)

// Get implements storetest.Records.
func (s *Store) Get(ctx context.Context, tenant string, kind record.Kind, id string) (record.Record, error) {
	found, err := s.find(ctx, tenant, kind, "one", id)
	if err != nil {
		return record.Record{}, err
	}
	if len(found) == 0 {
		return record.Record{}, fmt.Errorf("redis: get: %w", record.ErrNotFound)
	}
	return found[0], nil
}

// List implements storetest.Records.
func (s *Store) List(ctx context.Context, tenant string, kind record.Kind, prefix string) ([]record.Record, error) {
	return s.find(ctx, tenant, kind, "all", prefix)
}

// find reads live records: one by its id, or all whose id has a prefix.
func (s *Store) find(ctx context.Context, tenant string, kind record.Kind, many, id string) ([]record.Record, error) {
	v, err := s.run(ctx, partition(tenant), recordsScript, encode(tenant), encode(string(kind)), many, id)
	if err != nil {
		return nil, err
	}
	var r reply
	var out []record.Record
	for _, one := range r.list(v) {
		p := r.row(one, 4)
		rec := record.Record{Kind: kind, ID: r.text(p[0]), Version: r.int(p[1]), Expires: r.instant(p[2])}
		if body := r.text(p[3]); body != "" {
			rec.Body = []byte(body)
		}
		out = append(out, rec)
	}
	return out, r.err
}

// Write implements storetest.Records.
func (s *Store) Write(ctx context.Context, tenant string, writes ...record.Write) error {
	args := append([]any{s.nonce(), encode(tenant)}, writesArgs(writes)...)
	v, err := s.run(ctx, partition(tenant), writeScript, args...)
	if err != nil {
		return err
	}
	if v != int64(1) {
		return fmt.Errorf("redis: write: %w", record.ErrConflict)
	}
	return nil
}

// writesArgs are writes as scripts read them.
func writesArgs(writes []record.Write) []any {
	args := []any{len(writes)}
	for _, w := range writes {
		args = append(args, encode(string(w.Kind)), w.ID, w.Body, length(w.TTL), w.Expect, flag(w.Delete))
	}
	return args
}

// Wipe implements storetest.Records.
func (s *Store) Wipe(ctx context.Context, tenant string, jobs bool, kinds ...record.Kind) error {
	args := []any{encode(tenant), flag(jobs)}
	for _, k := range kinds {
		args = append(args, encode(string(k)))
	}
	_, err := s.run(ctx, partition(tenant), wipeScript, args...)
	return err
}

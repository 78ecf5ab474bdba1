package redis

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// A migration brings the data from one version of the layout to the next. It
// must be idempotent: a process that dies in it is followed by one that runs it
// again.
type migration func(ctx context.Context, s *Store) error

// migrations lead from version 1, the first, upwards: migrations[0] from 1 to 2.
var migrations = []migration{unfolded}

// unfolded leads to schema 2, in which rollups have a list of what is not folded
// into them yet, and entries inside holds are packed. What schema 1 wrote is read
// as it is; the number keeps out releases that would not see the list.
func unfolded(context.Context, *Store) error { return nil }

// migrate runs the migrations that the data still needs, one process at a time,
// and refuses data from a newer release.
func (s *Store) migrate(ctx context.Context, steps []migration) error {
	newest := int64(len(steps)) + 1
	at, err := s.client.Get(ctx, schemaKey()).Int64()
	if errors.Is(err, goredis.Nil) {
		// Nobody has written yet, or somebody does so now; both write the same.
		if err := s.client.SetNX(ctx, schemaKey(), newest, 0).Err(); err != nil {
			return s.failed("migrate", err)
		}
		at, err = s.client.Get(ctx, schemaKey()).Int64()
	}
	if err != nil {
		return s.failed("migrate", err)
	}
	if at > newest {
		return fmt.Errorf("%w: the data in Redis has schema %d, this release knows %d; start the newer release", ErrSchema, at, newest)
	}
	for ; at < newest; at++ {
		if err := s.step(ctx, at, steps[at-1]); err != nil {
			return fmt.Errorf("redis: migrate from schema %d: %w", at, err)
		}
	}
	return nil
}

// step runs one migration under a lease and records it.
func (s *Store) step(ctx context.Context, from int64, m migration) error {
	const lease = 10 * time.Minute
	mine, err := s.Lease(ctx, "migrate", s.instance, lease)
	if err != nil {
		return err
	}
	if !mine {
		return errors.New("another process is migrating; start again when it is done")
	}
	if err := m(ctx, s); err != nil {
		return err
	}
	if err := s.client.Set(ctx, schemaKey(), strconv.FormatInt(from+1, 10), 0).Err(); err != nil {
		return s.failed("migrate", err)
	}
	_, err = s.Lease(ctx, "migrate", s.instance, 0)
	return err
}

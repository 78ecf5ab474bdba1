package redis

import (
	"context"
	"errors"
	"fmt"

	goredis "github.com/redis/go-redis/v9"
)

var (
	// ErrDown: the server was not reached, or was reached and cannot work now
	// (loading, demoted, out of connections). Whether the operation was done is
	// unknown; repeating it is safe.
	ErrDown = errors.New("redis: unreachable")
	// ErrNotReplicated: the operation was done, but no replica confirmed it in
	// time. The answer beside it is valid. Repeating it later is safe.
	ErrNotReplicated = errors.New("redis: no replica has it yet")
	// ErrUnfit: the server must not hold money and jobs as it is set up.
	ErrUnfit = errors.New("redis: not fit to start")
	// ErrSchema: the data was written by a newer release.
	ErrSchema = errors.New("redis: newer schema")

	errBadURL = errors.New("redis: REDIS_URL is not a URL like redis://user:password@host:6379/0")
)

// failed wraps an error with the operation and, unless the server itself
// refused, with ErrDown. A context that its caller cancelled is neither.
func (s *Store) failed(op string, err error) error {
	switch {
	case err == nil || errors.Is(err, goredis.Nil):
		return nil
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("redis: %s: %w", op, err)
	case refused(err):
		return fmt.Errorf("redis: %s: %w", op, err)
	default:
		return fmt.Errorf("redis: %s: %w: %w", op, ErrDown, err)
	}
}

// refused reports whether the server answered, and would answer the same again.
func refused(err error) bool {
	var reply goredis.Error
	if !errors.As(err, &reply) {
		return false
	}
	for _, temporary := range []func(error) bool{
		goredis.IsLoadingError, goredis.IsReadOnlyError, goredis.IsClusterDownError, goredis.IsTryAgainError,
		goredis.IsMasterDownError, goredis.IsMaxClientsError, goredis.IsNoReplicasError,
	} {
		if temporary(err) {
			return false
		}
	}
	return !goredis.HasErrorPrefix(err, "UNBLOCKED") && !goredis.HasErrorPrefix(err, "MISCONF")
}

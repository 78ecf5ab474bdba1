package app

import (
	"context"
	"errors"
	"log/slog"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/leaving"
	"github.com/tierwise/tierwise/internal/store/migrate"
	"github.com/tierwise/tierwise/internal/store/redis"
	"github.com/tierwise/tierwise/internal/store/sqlite"
)

// Migrate copies the embedded store of the data directory into the Redis of
// REDIS_URL and proves that both ledgers are equal. The embedded store stays as
// it is; running it again completes what was stopped.
func Migrate(ctx context.Context, cfg config.Config, log *slog.Logger) (rep migrate.Report, err error) {
	if !cfg.RedisURL.IsSet() || !cfg.SecretKey.IsSet() {
		return rep, fault.New(fault.Misconfigured, "Set REDIS_URL to the store to copy into, and TIERWISE_SECRET_KEY to the key in the data directory's key file, so that sealed content can still be opened.")
	}
	s, err := sealer(cfg, false)
	if err != nil {
		return rep, err
	}
	// Opened for writing, so that no other process changes it meanwhile.
	from, err := sqlite.Open(ctx, file(cfg, false), sqlite.Options{})
	if err != nil {
		return rep, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := redis.Open(ctx, cfg.RedisURL.Reveal(), redisOptions(cfg, log))
	if err != nil {
		return rep, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	return migrate.Copy{From: from, To: to, Clock: clock.System{}, Kinds: leaving.Kinds(), Sealer: s}.Run(ctx)
}

package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/intake"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/seal"
	"github.com/tierwise/tierwise/internal/store/redis"
	"github.com/tierwise/tierwise/internal/store/sqlite"
	"github.com/tierwise/tierwise/usage"
)

// Store is everything a store does; each room asks for a part of it.
type Store interface {
	intake.Queue
	intake.Outbox
	usage.Ledger
	usage.Limiter
	usage.Reader
	usage.RowReader
	usage.Keeper
	Get(ctx context.Context, tenant string, kind record.Kind, id string) (record.Record, error)
	List(ctx context.Context, tenant string, kind record.Kind, prefix string) ([]record.Record, error)
	Write(ctx context.Context, tenant string, writes ...record.Write) error
	Wipe(ctx context.Context, tenant string, jobs bool, kinds ...record.Kind) error
	Mark(ctx context.Context, tenant, key string, ttl time.Duration) (bool, error)
	Lease(ctx context.Context, name, holder string, ttl time.Duration) (bool, error)
	Take(ctx context.Context, tenant, key, id string, limit int, window time.Duration) (ok, told bool, reset time.Time, err error)
	Close() error
}

// Where says which store is meant.
type Where struct {
	// Demo is the sample store in its own folder, which no other workspace
	// shares; it is never in Redis.
	Demo bool
	// ReadOnly opens it beside a writer.
	ReadOnly bool
	Clock    clock.Clock
}

// dir is the folder of the embedded store.
func dir(cfg config.Config, demo bool) string {
	if demo {
		return filepath.Join(cfg.DataDir, "demo")
	}
	return cfg.DataDir
}

func file(cfg config.Config, demo bool) string { return filepath.Join(dir(cfg, demo), "tierwise.db") }

// OpenStore opens the store the configuration names: Redis where there is a
// REDIS_URL, else the embedded one in the data directory.
func OpenStore(ctx context.Context, cfg config.Config, w Where, log *slog.Logger) (Store, error) {
	if cfg.RedisURL.IsSet() && !w.Demo {
		return redis.Open(ctx, cfg.RedisURL.Reveal(), redisOptions(cfg, log))
	}
	o := sqlite.Options{Clock: w.Clock}
	if !w.ReadOnly {
		return sqlite.Open(ctx, file(cfg, w.Demo), o)
	}
	if _, err := os.Stat(file(cfg, w.Demo)); errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Newf(fault.NotFound, "There is no ledger in %s yet. Start tierwise once, or set TIERWISE_DATA_DIR.", dir(cfg, w.Demo))
	}
	return sqlite.OpenReadOnly(ctx, file(cfg, w.Demo), o)
}

// redisOptions are the store's options by the policy.
func redisOptions(cfg config.Config, log *slog.Logger) redis.Options {
	return redis.Options{
		Durability: redis.Durability(cfg.Policy.Ledger.Durability),
		Warn:       func(f redis.Finding) { log.Warn("redis", "finding", f.Say) },
	}
}

// HasLedger reports whether the configuration names a store that exists.
func HasLedger(cfg config.Config, demo bool) bool {
	if cfg.RedisURL.IsSet() && !demo {
		return true
	}
	_, err := os.Stat(file(cfg, demo))
	return err == nil
}

// sealer makes the sealer from the configured keys, or from the key file of the
// data directory where there is no Redis.
func sealer(cfg config.Config, demo bool) (*seal.Sealer, error) {
	if cfg.SecretKey.IsSet() {
		keys, err := seal.ParseKeys(cfg.SecretKey.Reveal())
		if err != nil {
			return nil, fmt.Errorf("app: TIERWISE_SECRET_KEY: %w", err)
		}
		return seal.New(keys)
	}
	if cfg.RedisURL.IsSet() && !demo {
		return nil, fault.New(fault.Misconfigured, "REDIS_URL needs TIERWISE_SECRET_KEY: every replica must seal and open with the same key.")
	}
	if err := makeDir(cfg, demo); err != nil {
		return nil, err
	}
	keys, _, err := seal.LoadOrCreate(dir(cfg, demo))
	if err != nil {
		return nil, err
	}
	return seal.New(keys)
}

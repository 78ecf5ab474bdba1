package app

import (
	"context"
	"log/slog"

	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/store/outage"
	"github.com/tierwise/tierwise/internal/store/sqlite/spool"
)

// Carried is a Redis as one serving process has it, for tests from outside.
type Carried struct {
	Store
	Front *outage.Front
	Spool *spool.Spool
}

// OpenCarried opens the Redis of a configuration for serving.
func OpenCarried(ctx context.Context, cfg config.Config, replica string, log *slog.Logger) (Carried, error) {
	c, err := openCarried(ctx, cfg, replica, log)
	if err != nil {
		return Carried{}, err
	}
	return Carried{c, c.front, c.spool}, nil
}

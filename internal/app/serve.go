package app

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/intake"
)

// Serve runs the bot for the configured platforms until ctx ends.
func Serve(ctx context.Context, cfg config.Config, log *slog.Logger) (err error) {
	if !cfg.HasSlack() && !cfg.HasDiscord() {
		return fault.New(fault.Misconfigured, "No platform is configured: set the SLACK_ or DISCORD_ variables (docs/slack.md, docs/discord.md), or run `tierwise chat` to try it in this terminal.")
	}
	models, err := LoadModels(ctx, cfg, log)
	if err != nil {
		return err
	}
	view, err := models.Connected(clock.System{})
	if err != nil {
		return err
	}
	s, err := sealer(cfg, false)
	if err != nil {
		return err
	}
	parts := Parts{Config: cfg, Models: view, Clock: clock.System{}, Log: log, Pace: intake.DefaultPace(), Sealer: s, Name: replica()}
	var tend []func(context.Context) error
	if cfg.RedisURL.IsSet() {
		c, err := openCarried(ctx, cfg, parts.Name, log)
		if err != nil {
			return err
		}
		parts.Store, parts.Spool = c, c.spool
		parts.Delayed = func() time.Time { return c.front.Status().Oldest }
		tend = append(tend, func(ctx context.Context) error { c.front.Run(ctx); return nil })
	} else if parts.Store, err = OpenStore(ctx, cfg, Where{}, log); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, parts.Store.Close()) }()
	h := Build(parts)
	routes, runs, err := h.platforms(cfg, s, log)
	if err != nil {
		return err
	}
	return h.serve(ctx, cfg, routes, append(runs, tend...), log)
}

package app

import (
	"context"
	"errors"
	"log/slog"

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
	store, err := OpenStore(ctx, cfg, Where{}, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	h := Build(Parts{Config: cfg, Store: store, Models: view, Clock: clock.System{}, Log: log, Pace: intake.DefaultPace(), Sealer: s})
	routes, runs, err := h.platforms(cfg, s, log)
	if err != nil {
		return err
	}
	return h.serve(ctx, cfg, routes, runs, log)
}

package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"

	"github.com/tierwise/tierwise/bots/discord"
	"github.com/tierwise/tierwise/bots/slack"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/httpd"
	"github.com/tierwise/tierwise/internal/seal"
)

// platforms joins the configured adapters, and returns what they serve over
// HTTP and what has to run for them.
func (h *House) platforms(cfg config.Config, s *seal.Sealer, log *slog.Logger) (http.Handler, []func(context.Context) error, error) {
	mux := http.NewServeMux()
	var runs []func(context.Context) error
	if cfg.HasSlack() {
		heard := newLastHeard(h.store, h.clock, h.name, log)
		a, err := slack.New(slack.Config{
			Door: h.Door, Owned: h.following.Owned, FollowUps: h.followUps, Store: h.store, Sealer: s, Leases: h.store,
			BotToken: cfg.SlackBotToken, AppToken: cfg.SlackAppToken, SigningSecret: cfg.SlackSigningSecret, ClientID: cfg.SlackClientID,
			ClientSecret: cfg.SlackClientSecret, APIURL: cfg.SlackAPIURL, Replica: h.name, Clock: h.clock, Log: log.With("platform", "slack"), Ear: heard,
		})
		if err != nil {
			return nil, nil, fmt.Errorf("app: %w", err)
		}
		h.Join(chat.Slack, a.Opener())
		mux.Handle("/slack/", a.Handler())
		heard.home = a.Workspace
		runs = append(runs, a.Run, heard.Run)
	}
	if cfg.HasDiscord() {
		a, err := discord.New(discord.Config{
			Door: h.Door, Owned: h.following.Owned, FollowUps: h.followUps, Token: cfg.DiscordToken, APIURL: cfg.DiscordAPIURL,
			Key: s.Derive("discord/buttons"), Leases: h.store, Memory: recollection{h.store, s}, Replica: h.name, Clock: h.clock, Log: log.With("platform", "discord"),
		})
		if err != nil {
			return nil, nil, fmt.Errorf("app: %w", err)
		}
		h.Join(chat.Discord, a.Opener())
		h.hears = append(h.hears, a.Ready)
		runs = append(runs, a.Run)
	}
	return mux, runs, nil
}

// followUps is the channel's switch for answering without a new mention. When
// it cannot be read the answer is no; a mention still works.
func (h *House) followUps(ctx context.Context, at chat.Place, ch chat.Channel) bool {
	s, err := h.Settings.Resolve(ctx, at, ch, "")
	return err == nil && s.FollowUps()
}

// serve runs house, adapters and servers until ctx ends or one of them fails.
func (h *House) serve(ctx context.Context, cfg config.Config, routes http.Handler, runs []func(context.Context) error, log *slog.Logger) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var all sync.WaitGroup
	start := func(run func(context.Context) error) {
		all.Go(func() {
			if err := run(ctx); err != nil && !errors.Is(err, context.Canceled) {
				stop(err)
			}
		})
	}
	all.Go(func() { h.Run(ctx) })
	for _, run := range runs {
		start(run)
	}
	listening := func(what string) func(net.Addr) {
		return func(a net.Addr) { log.Info("listening", "what", what, "addr", a.String()) }
	}
	start(func(ctx context.Context) error { return httpd.Serve(ctx, cfg.Addr, routes, listening("webhooks")) })
	start(func(ctx context.Context) error {
		return httpd.Serve(ctx, cfg.MetricsAddr, httpd.Health(h.ready), listening("health"))
	})
	all.Wait()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// ready reports whether jobs can be taken: the store answers, and platforms
// that keep a connection are heard.
func (h *House) ready(ctx context.Context) error {
	if _, err := h.store.Backlog(ctx); err != nil {
		return errors.New("the store does not answer")
	}
	for _, hears := range h.hears {
		if err := hears(); err != nil {
			return err
		}
	}
	return nil
}

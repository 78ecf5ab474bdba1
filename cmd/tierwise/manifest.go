package main

import (
	"context"
	"fmt"

	"github.com/tierwise/tierwise/internal/app"
)

func runManifest(_ context.Context, args []string, s streams) error {
	platform := ""
	if len(args) > 0 && args[0][0] != '-' {
		platform, args = args[0], args[1:]
	}
	f := flags("manifest", "slack | discord", s)
	socket := f.Bool("socket", false, "for Socket Mode, which needs no public address")
	minimal := f.Bool("minimal", false, "only what a first answer needs: fewer scopes, easier to approve")
	url := f.String("url", "", "where Slack reaches you, such as https://bot.example.com (without --socket)")
	id := f.String("app", "", "Discord: the application id, for the address that adds the app to a server")
	name := f.String("name", "", "the app's name, at most 35 characters")
	if err := f.parse(args, 0); err != nil {
		return err
	}
	if platform == "" {
		return f.wrong("say for which platform: slack or discord")
	}
	b, err := app.Manifest(app.ManifestQuery{Platform: platform, Socket: *socket, Minimal: *minimal, URL: *url, Name: *name, App: *id})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, string(b))
	return err
}

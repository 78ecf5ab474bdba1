package main

import (
	"context"

	"github.com/tierwise/tierwise/internal/app"
)

func runServe(ctx context.Context, args []string, s streams) error {
	f := flags("serve", "", s)
	if err := f.parse(args, 0); err != nil {
		return err
	}
	cfg, log, err := load(s, false)
	if err != nil {
		return err
	}
	return app.Serve(ctx, cfg, log)
}

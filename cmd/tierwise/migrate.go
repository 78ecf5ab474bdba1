package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tierwise/tierwise/internal/app"
)

func runMigrate(ctx context.Context, args []string, s streams) error {
	f := flags("migrate", "", s)
	asJSON := f.Bool("json", false, "print JSON")
	if err := f.parse(args, 0); err != nil {
		return err
	}
	cfg, log, err := load(s, true)
	if err != nil {
		return err
	}
	rep, err := app.Migrate(ctx, cfg, log)
	if err != nil {
		return err
	}
	if *asJSON {
		return json.NewEncoder(s.out).Encode(rep)
	}
	for _, w := range rep.Workspaces {
		fmt.Fprintf(s.out, "%s: %d entries, %s, %d records, %d limits; both ledgers are equal\n", w.Tenant, w.Entries, w.Cost, w.Records, w.Limits)
	}
	fmt.Fprintf(s.out, "%d open jobs and %d unsent posts were copied\n", rep.Jobs, rep.Posts)
	return nil
}

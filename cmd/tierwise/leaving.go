package main

import (
	"context"
	"fmt"

	"github.com/tierwise/tierwise/internal/app"
)

func runPurge(ctx context.Context, args []string, s streams) error {
	f := flags("purge", "", s)
	r := f.report()
	yes := f.String("yes", "", "the workspace again, to confirm: this cannot be taken back")
	if err := f.parse(args, 0); err != nil {
		return err
	}
	if r.workspace == "" || *yes != r.workspace {
		return f.wrong("purge removes a workspace with its ledger for good; give --workspace and the same name with --yes")
	}
	l, err := writable(ctx, r, s)
	if err != nil {
		return err
	}
	defer l.Close() // every write was acknowledged
	if err := l.Purge(ctx, r.workspace); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s is purged\n", r.workspace)
	return nil
}

func runErase(ctx context.Context, args []string, s streams) error {
	f := flags("erase", "PERSON", s)
	r := f.report()
	why := f.String("why", "asked for", "the reason, for the journal")
	if err := f.parse(args, 1); err != nil {
		return err
	}
	if r.workspace == "" || f.NArg() != 1 {
		return f.wrong("give --workspace and the person's id on the platform")
	}
	l, err := writable(ctx, r, s)
	if err != nil {
		return err
	}
	defer l.Close() // every write was acknowledged
	if err := l.Erase(ctx, r.workspace, f.Arg(0), *why); err != nil {
		return err
	}
	fmt.Fprintln(s.out, "erased: directory row, personal settings, drafts; sums and proofs stay")
	return nil
}

// writable opens the ledger for work on it.
func writable(ctx context.Context, r *report, s streams) (*app.Ledger, error) {
	cfg, log, err := load(s, true)
	if err != nil {
		return nil, err
	}
	return app.OpenLedger(ctx, cfg, app.Where{Demo: r.demo}, log)
}

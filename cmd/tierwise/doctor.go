package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"text/tabwriter"

	"github.com/tierwise/tierwise/internal/app"
	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/fault"
)

func runDoctor(ctx context.Context, args []string, s streams) error {
	f := flags("doctor", "", s)
	if err := f.parse(args, 0); err != nil {
		return err
	}
	cfg, log, err := load(s, true)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.out, 2, 4, 2, ' ', 0)
	for _, r := range cfg.Redacted() {
		fmt.Fprintf(w, "%s\t%s\t%s\n", r.Name, r.Value, r.Origin)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	m, err := app.LoadModels(ctx, cfg, log)
	if err != nil {
		return err
	}
	count := map[catalog.Tier]int{}
	for _, r := range m.Ready {
		count[r.Tier]++
	}
	fmt.Fprintf(s.out, "\nmodels connected: %d local, %d economy, %d standard, %d frontier\n", count[catalog.Local], count[catalog.Economy], count[catalog.Standard], count[catalog.Frontier])
	if !m.Remote {
		fmt.Fprintln(s.out, "No remote model is connected: set a provider's key, such as OPENAI_API_KEY, or OPENAI_BASE_URL.")
	}
	for _, l := range cfg.Policy.Limits.List() {
		fmt.Fprintf(s.out, "limit before anyone sets one: %s %s per %s: %s, then %s\n", l.Scope, l.ID, l.Window, l.Amount, l.Then)
	}
	fmt.Fprintf(s.out, "one answer costs at most %s\n", cfg.Policy.Limits.Answer)
	missing := s.tellFindings("slack", app.CheckSlack(ctx, cfg, log)) + s.tellFindings("discord", app.CheckDiscord(ctx, cfg, log))
	if err := tellStore(ctx, cfg, log, s); err != nil {
		return err
	}
	if missing > 0 {
		return fault.Newf(fault.Misconfigured, "Something that answers need is missing: see the lines marked MISSING (%d).", missing)
	}
	return nil
}

// tellFindings prints what was found at a platform, and counts what answers
// need and is missing.
func (s streams) tellFindings(platform string, all []app.Finding) int {
	missing := 0
	for _, found := range all {
		mark := "ok     "
		if !found.OK {
			mark = "MISSING"
			missing++
		} else if found.Mend != "" {
			mark = "less   "
		}
		fmt.Fprintf(s.out, "%s %s %s\n", platform, mark, found.Say)
		if found.Mend != "" {
			fmt.Fprintf(s.out, "%s         %s\n", strings.Repeat(" ", len(platform)), found.Mend)
		}
	}
	return missing
}

func tellStore(ctx context.Context, cfg config.Config, log *slog.Logger, s streams) error {
	store, err := app.OpenStore(ctx, cfg, app.Where{ReadOnly: true}, log)
	if err != nil {
		fmt.Fprintf(s.out, "store: %v\n", err)
		return nil
	}
	defer store.Close() // read only
	b, err := store.Backlog(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "store: open; %d jobs waiting, %d running, %d posts to send\n", b.Ready+b.Parked+b.Waiting, b.Running, b.Outbox)
	return nil
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tierwise/tierwise/internal/app"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/usage"
)

func runLedger(ctx context.Context, args []string, s streams) error {
	do, args, err := verb("ledger", "", args, s, "verify", "rebuild", "correct")
	if err != nil {
		return err
	}
	switch do {
	case "verify":
		return runVerify(ctx, args, s)
	case "rebuild":
		return runRebuild(ctx, args, s)
	default:
		return runCorrect(ctx, args, s)
	}
}

// errBooks: a proof found sums that do not equal their entries.
var errBooks = errors.New("the sums do not equal the entries; `tierwise ledger rebuild` forms them anew")

func runVerify(ctx context.Context, args []string, s streams) error {
	f := flags("ledger verify", "", s)
	r := f.report()
	if err := f.parse(args, 0); err != nil {
		return err
	}
	store, err := r.open(ctx, s)
	if err != nil {
		return err
	}
	defer store.Close() // read only
	return proofs(ctx, store, r, s, func(t string) (usage.Proof, error) { return store.Archive.Verify(ctx, store, t) })
}

// proofs prints the proof of each workspace and fails when one does not hold.
func proofs(ctx context.Context, store app.Store, r *report, s streams, prove func(string) (usage.Proof, error)) error {
	tenants, err := r.tenants(ctx, store)
	if err != nil {
		return err
	}
	var all []usage.Proof
	wrong := false
	for _, t := range tenants {
		p, err := prove(t)
		if err != nil {
			return err
		}
		all = append(all, p)
		wrong = wrong || len(p.Differences) > 0
	}
	if r.json {
		enc := json.NewEncoder(s.out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(all); err != nil {
			return err
		}
	} else {
		printProofs(all, s)
	}
	if wrong {
		return errBooks
	}
	return nil
}

func printProofs(all []usage.Proof, s streams) {
	for _, p := range all {
		fmt.Fprintf(s.out, "%s: %d entries, %s (%d nano-USD), %s held; %d sums compared, %d differences\n", p.Tenant, p.Entries, p.Cost, int64(p.Cost), p.Held, p.Checked, len(p.Differences))
		for i, d := range p.Differences {
			if i == 20 {
				fmt.Fprintf(s.out, "  and %d more\n", len(p.Differences)-i)
				break
			}
			fmt.Fprintf(s.out, "  %s: kept %d, entries say %d\n", d.What, d.Sum, d.Proof)
		}
	}
}

func runRebuild(ctx context.Context, args []string, s streams) error {
	f := flags("ledger rebuild", "", s)
	r := f.report()
	if err := f.parse(args, 0); err != nil {
		return err
	}
	store, err := writable(ctx, r, s)
	if err != nil {
		return err
	}
	defer store.Close() // every write was acknowledged
	return proofs(ctx, store, r, s, func(t string) (usage.Proof, error) { return store.Archive.Rebuild(ctx, store, store, t) })
}

func runCorrect(ctx context.Context, args []string, s streams) error {
	f := flags("ledger correct", "ENTRY", s)
	r := f.report()
	cost := f.String("cost", "", "what the call really cost, in dollars")
	reason := f.String("reason", "invoice", "why, one word")
	n := f.Int("n", 1, "the number of this correction of the entry")
	if err := f.parse(args, 1); err != nil {
		return err
	}
	real, err := money.Parse(*cost)
	if f.NArg() != 1 || r.workspace == "" || err != nil {
		return f.wrong("give --workspace, --cost in dollars and the entry's id")
	}
	store, err := writable(ctx, r, s)
	if err != nil {
		return err
	}
	defer store.Close() // every write was acknowledged
	e, err := usage.FindEntry(ctx, store, r.workspace, f.Arg(0))
	if errors.Is(err, usage.ErrNoEntry) {
		return fault.Newf(fault.NotFound, "There is no entry %s in %s.", f.Arg(0), r.workspace)
	}
	if err != nil {
		return err
	}
	done, err := usage.Correct(ctx, store, e, *n, real, *reason)
	if err != nil {
		return err
	}
	if !done.Booked {
		fmt.Fprintf(s.out, "%s was corrected with number %d before; nothing was changed\n", e.ID, *n)
		return nil
	}
	fmt.Fprintf(s.out, "%s: %s was booked, %s is right; the difference %s is entry %s\n", e.ID, e.Cost, real, done.Entry.Cost, done.Entry.ID)
	return nil
}

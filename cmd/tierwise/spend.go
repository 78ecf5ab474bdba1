package main

import (
	"context"
	"encoding/json"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/usage"
)

// spendReport is one workspace's month, as `spend --json` prints it. Amounts
// are nano-USD.
type spendReport struct {
	Workspace string                          `json:"workspace"`
	Month     string                          `json:"month"`
	Total     usage.Cell                      `json:"total"`
	By        map[usage.Dim]map[string]amount `json:"by"`
}

type amount struct {
	Cost    money.Nano `json:"cost"`
	Answers int64      `json:"answers"`
	Entries int64      `json:"entries"`
}

func runSpend(ctx context.Context, args []string, s streams) error {
	f := flags("spend", "", s)
	r := f.report()
	month := f.String("month", time.Now().UTC().Format("2006-01"), "the month, such as 2026-11")
	if err := f.parse(args, 0); err != nil {
		return err
	}
	if _, err := time.Parse("2006-01", *month); err != nil {
		return fault.Newf(fault.BadInput, "%q is not a month; write it like 2026-11.", *month)
	}
	store, err := r.open(ctx, s)
	if err != nil {
		return err
	}
	defer store.Close() // read only
	tenants, err := r.tenants(ctx, store)
	if err != nil {
		return err
	}
	all := make([]spendReport, 0, len(tenants))
	for _, t := range tenants {
		rep, err := spendOf(ctx, store, t, *month)
		if err != nil {
			return err
		}
		all = append(all, rep)
	}
	if r.json {
		enc := json.NewEncoder(s.out)
		enc.SetIndent("", "  ")
		return enc.Encode(all)
	}
	return printSpend(all, s)
}

func spendOf(ctx context.Context, r usage.Reader, tenant, month string) (spendReport, error) {
	rows, err := r.Rollup(ctx, tenant, usage.Month, month, usage.Dims()...)
	if err != nil {
		return spendReport{}, err
	}
	rep := spendReport{Workspace: tenant, Month: month, Total: rows[usage.Key{Dim: usage.ByTotal, Value: "all"}], By: map[usage.Dim]map[string]amount{}}
	for k, c := range rows {
		if k.Dim == usage.ByTotal {
			continue
		}
		if rep.By[k.Dim] == nil {
			rep.By[k.Dim] = map[string]amount{}
		}
		rep.By[k.Dim][k.Value] = amount{c.Cost, c.Answers, c.Entries}
	}
	return rep, nil
}

func printSpend(all []spendReport, s streams) error {
	w := tabwriter.NewWriter(s.out, 2, 4, 2, ' ', 0)
	fmt.Fprintln(w, "WORKSPACE\tMONTH\tCOST\tANSWERS\tCALLS\tTOKENS\tUNPRICED\tUNCERTAIN")
	for _, r := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\n", r.Workspace, r.Month, r.Total.Cost, r.Total.Answers, r.Total.Entries, r.Total.In+r.Total.Out, r.Total.Unpriced, r.Total.Uncertain)
	}
	return w.Flush()
}

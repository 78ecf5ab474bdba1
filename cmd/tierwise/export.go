package main

import (
	"context"
	"fmt"
	"time"

	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/usage"
)

func runExport(ctx context.Context, args []string, s streams) error {
	f := flags("export", "csv|jsonl", s)
	r := f.report()
	from := f.String("from", "", "first day, such as 2026-11-01 (default: this month's first)")
	to := f.String("to", "", "last day, included (default: today)")
	form := ""
	if len(args) > 0 && (args[0] == "csv" || args[0] == "jsonl") {
		form, args = args[0], args[1:]
	}
	if err := f.parse(args, 1); err != nil {
		return err
	}
	if form == "" {
		form = f.Arg(0)
	}
	if form != "csv" && form != "jsonl" {
		return f.wrong("say which form: csv or jsonl")
	}
	rng, err := days(*from, *to, time.Now().UTC())
	if err != nil {
		return err
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
	n := 0
	for _, t := range tenants {
		k, err := usage.Export(ctx, store, t, rng, form, s.out)
		if err != nil {
			return err
		}
		n += k
	}
	fmt.Fprintf(s.err, "%d rows\n", n)
	return nil
}

// days turns two dates into a range whose end is the day after the last.
func days(from, to string, now time.Time) (usage.Range, error) {
	rng := usage.Range{From: time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)}
	for _, d := range []struct {
		text string
		set  func(time.Time)
	}{{from, func(t time.Time) { rng.From = t }}, {to, func(t time.Time) { rng.To = t.AddDate(0, 0, 1) }}} {
		if d.text == "" {
			continue
		}
		t, err := time.Parse(time.DateOnly, d.text)
		if err != nil {
			return rng, fault.Newf(fault.BadInput, "%q is not a date; write it like 2026-11-24.", d.text)
		}
		d.set(t)
	}
	return rng, nil
}

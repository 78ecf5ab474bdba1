package usage

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Range bounds an export by booking time: From is included, To is not.
type Range struct{ From, To time.Time }

func (r Range) has(t time.Time) bool {
	return !t.Before(r.From) && (r.To.IsZero() || t.Before(r.To))
}

// Export writes entries of a range to w, in the order they were booked, and
// returns how many. JSON lines hold the whole entry; CSV has one column per
// field with amounts in nano-USD and as exact dollars.
func Export(ctx context.Context, r Reader, tenant string, rng Range, form string, w io.Writer) (int, error) {
	write, flush, err := exporter(form, w)
	if err != nil {
		return 0, err
	}
	months, err := r.Months(ctx, tenant)
	if err != nil {
		return 0, fmt.Errorf("usage: export: %w", err)
	}
	n := 0
	for _, m := range months {
		err := EachEntry(ctx, r, tenant, m, func(e Entry) error {
			if !rng.has(e.At) {
				return nil
			}
			n++
			return write(e)
		})
		if err != nil {
			return n, err
		}
	}
	return n, flush()
}

func exporter(form string, w io.Writer) (write func(Entry) error, flush func() error, err error) {
	switch form {
	case "jsonl":
		enc := json.NewEncoder(w)
		return func(e Entry) error { return enc.Encode(e) }, func() error { return nil }, nil
	case "csv":
		c := csv.NewWriter(w)
		if err := c.Write(csvHead()); err != nil {
			return nil, nil, fmt.Errorf("usage: export: %w", err)
		}
		return func(e Entry) error { return c.Write(csvRow(e)) }, func() error { c.Flush(); return c.Error() }, nil
	}
	return nil, nil, fmt.Errorf("usage: export: unknown form %q: use csv or jsonl", form)
}

func csvHead() []string {
	return []string{
		"id", "at", "workspace", "channel", "thread", "user", "team", "workflow", "intent", "purpose", "tier", "provider", "model", "served",
		"input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "output_tokens", "reasoning_tokens",
		"cost_nano_usd", "cost_usd", "cost_source", "price", "estimate_nano_usd", "status", "latency_ms", "day", "week", "month", "corrects", "sample",
	}
}

func csvRow(e Entry) []string {
	i := func(n int64) string { return strconv.FormatInt(n, 10) }
	return []string{
		safe(e.ID), e.At.UTC().Format(time.RFC3339), safe(e.Tenant), safe(e.Channel), safe(e.Thread), safe(e.Actor), safe(e.Team), safe(e.Workflow),
		safe(e.Intent), safe(e.Purpose), safe(e.Tier), safe(e.Provider), safe(e.Model), safe(e.Served),
		i(e.Tokens.Input), i(e.Tokens.CacheRead), i(e.Tokens.CacheWrite5m), i(e.Tokens.CacheWrite1h), i(e.Tokens.Output), i(e.Tokens.Reasoning),
		i(int64(e.Cost)), e.Cost.Decimal(), string(e.Source), safe(e.Price), i(int64(e.Estimate)), string(e.Status), i(e.Latency),
		e.Windows.Day, e.Windows.Week, e.Windows.Month, safe(e.Corrects), strconv.FormatBool(e.Sample),
	}
}

// safe keeps a spreadsheet from reading a text as a formula.
func safe(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

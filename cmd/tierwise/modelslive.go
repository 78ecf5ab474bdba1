package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/tierwise/tierwise/internal/app"
	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/fault"
)

// probed is how a call of one token to one model went.
type probed struct {
	Model  string   `json:"model"`
	Error  string   `json:"error,omitempty"`
	First  string   `json:"first_token,omitempty"`
	Cost   string   `json:"cost_usd,omitempty"`
	Source string   `json:"cost_source,omitempty"`
	Served string   `json:"answered_by,omitempty"`
	Fields []string `json:"usage_fields,omitempty"` // none: it does not count
	Flags  []string `json:"flags,omitempty"`
}

// probe calls every connected remote model once.
func probe(ctx context.Context, m *app.Models) ([]probed, error) {
	out := []probed{}
	for _, r := range m.Ready {
		p, _ := m.Catalog.Provider(r.Provider)
		if p.Engine != catalog.EngineOpenAI {
			continue
		}
		client, err := m.Client(p)
		if err != nil {
			return nil, err
		}
		done, err := client.Probe(ctx, r)
		if err != nil {
			out = append(out, probed{Model: r.ID, Error: strings.TrimPrefix(err.Error(), "openai: "+p.ID+": ")})
			continue
		}
		cost, err := m.Catalog.Cost(r, app.FactsOf(done), time.Now().UTC())
		if err != nil {
			return nil, err
		}
		out = append(out, probed{
			Model: r.ID, First: done.First.Round(time.Millisecond).String(), Cost: cost.Amount.Decimal(), Source: cost.Source,
			Served: done.Served, Fields: done.Fields, Flags: cost.Flags,
		})
	}
	return out, nil
}

// writeProbes prints the calls as a table, and below it why some failed.
func writeProbes(out io.Writer, calls []probed) error {
	if len(calls) == 0 {
		_, err := fmt.Fprintln(out, "\nNo remote model is connected: set a provider's key; `tierwise models list` names it.")
		return err
	}
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 2, 4, 2, ' ', 0)
	fmt.Fprintln(w, "\nMODEL\tRESULT\tFIRST TOKEN\tCOST\tANSWERED BY\tUSAGE FIELDS")
	var why strings.Builder
	for _, c := range calls {
		if c.Error != "" {
			fmt.Fprintf(w, "%s\tfailed\t\t\t\t\n", c.Model)
			fmt.Fprintf(&why, "%s: %s\n", c.Model, c.Error)
			continue
		}
		fields := strings.Join(c.Fields, " ")
		if fields == "" {
			fields = "none: calls are booked as estimates"
		}
		fmt.Fprintf(w, "%s\tok\t%s\t$%s (%s)\t%s\t%s\n", c.Model, c.First, c.Cost, strings.Join(append([]string{c.Source}, c.Flags...), ", "), c.Served, fields)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return writeTrimmed(out, b.String()+why.String())
}

// writeTrimmed writes lines without the blanks a table leaves at their ends.
func writeTrimmed(out io.Writer, text string) error {
	for line := range strings.Lines(text) {
		if _, err := fmt.Fprintln(out, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}

// failures is the error of calls that failed, nil when none did.
func failures(calls []probed) error {
	n := 0
	for _, c := range calls {
		if c.Error != "" {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return fault.Newf(fault.Provider, "%s did not answer.", counted(n, "model"))
}

// served is one model a provider says it serves.
type served struct {
	Provider string `json:"provider"`
	Model    string `json:"model"`
	Context  int64  `json:"context,omitempty"` // tokens
	Tier     string `json:"tier,omitempty"`    // of the catalog, "" when it is not in it
}

// runModelsDiscover asks the connected providers what they serve.
func runModelsDiscover(ctx context.Context, args []string, s streams) error {
	f := flags("models discover", "", s)
	asJSON := f.Bool("json", false, "print JSON")
	if err := f.parse(args, 0); err != nil {
		return err
	}
	m, cfg, err := connected(ctx, s)
	if err != nil {
		return err
	}
	found, failed := []served{}, []probed{}
	for _, p := range m.Catalog.Providers() {
		if p.Engine != catalog.EngineOpenAI || p.KeyEnv != "" && !cfg.Key(p.KeyEnv).IsSet() {
			continue
		}
		client, err := m.Client(p)
		if err != nil {
			return err
		}
		list, err := client.Models(ctx)
		if err != nil {
			failed = append(failed, probed{Model: p.ID, Error: strings.TrimPrefix(err.Error(), "openai: "+p.ID+": ")})
			continue
		}
		for _, l := range list {
			found = append(found, served{p.ID, l.ID, l.Context, tierOf(m.Catalog, p.ID, l.ID)})
		}
	}
	if *asJSON {
		err = json.NewEncoder(s.out).Encode(found)
	} else {
		err = writeServed(s.out, found, failed)
	}
	if err != nil {
		return err
	}
	if len(failed) > 0 {
		return fault.Newf(fault.Provider, "%s did not answer.", counted(len(failed), "provider"))
	}
	return nil
}

// tierOf is the tier a provider's model has in the catalog, "" when it has none.
func tierOf(c *catalog.Catalog, provider, wire string) string {
	for _, m := range c.Models() {
		if m.Provider == provider && m.Wire == strings.TrimPrefix(wire, "models/") {
			return m.Tier.String()
		}
	}
	return ""
}

func writeServed(out io.Writer, found []served, failed []probed) error {
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 2, 4, 2, ' ', 0)
	if len(found) > 0 {
		fmt.Fprintln(w, "PROVIDER\tMODEL\tCONTEXT\tTIER")
	}
	for _, x := range found {
		context := "-"
		if x.Context > 0 {
			context = fmt.Sprintf("%5d k", x.Context/1000)
		}
		tier := x.Tier
		if tier == "" {
			tier = "not in the catalog"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", x.Provider, x.Model, context, tier)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, x := range failed {
		fmt.Fprintf(&b, "%s: %s\n", x.Model, x.Error)
	}
	if len(found)+len(failed) == 0 {
		b.WriteString("No remote provider is connected: set a provider's key; `tierwise models list` names it.\n")
	}
	return writeTrimmed(out, b.String())
}

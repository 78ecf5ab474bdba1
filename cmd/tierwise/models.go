package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/tierwise/tierwise/internal/app"
	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/fault"
)

func runModels(ctx context.Context, args []string, s streams) error {
	do, args, err := verb("models", "list", args, s, "list", "check", "import")
	if err != nil {
		return err
	}
	switch do {
	case "list":
		return runModelsList(ctx, args, s)
	case "check":
		return runModelsCheck(ctx, args, s)
	default:
		return runModelsImport(ctx, args, s)
	}
}

func runModelsList(ctx context.Context, args []string, s streams) error {
	f := flags("models list", "", s)
	asJSON := f.Bool("json", false, "print JSON")
	if err := f.parse(args, 0); err != nil {
		return err
	}
	cfg, log, err := load(s, true)
	if err != nil {
		return err
	}
	m, err := app.LoadModels(ctx, cfg, log)
	if err != nil {
		return err
	}
	rows := m.Catalog.List(time.Now().UTC(), func(env string) bool { return cfg.Key(env).IsSet() })
	if *asJSON {
		return json.NewEncoder(s.out).Encode(rows)
	}
	return catalog.WriteList(s.out, rows)
}

// listings reads the price lists given on the command line.
func listings(modelsDev, liteLLM string) ([]catalog.Listing, error) {
	var out []catalog.Listing
	for _, l := range []struct {
		path string
		read func(io.Reader, time.Time) (catalog.Listing, error)
	}{{modelsDev, catalog.ReadModelsDev}, {liteLLM, catalog.ReadLiteLLM}} {
		if l.path == "" {
			continue
		}
		list, err := listing(l.path, l.read)
		if err != nil {
			return nil, err
		}
		out = append(out, list)
	}
	return out, nil
}

// listing reads one price file; its date is the day it was written.
func listing(path string, read func(io.Reader, time.Time) (catalog.Listing, error)) (catalog.Listing, error) {
	f, err := os.Open(path)
	if err != nil {
		return catalog.Listing{}, fault.Newf(fault.BadInput, "The price file %s cannot be read.", path)
	}
	defer f.Close() // read only
	info, err := f.Stat()
	if err != nil {
		return catalog.Listing{}, err
	}
	return read(f, info.ModTime().UTC())
}

func runModelsCheck(ctx context.Context, args []string, s streams) error {
	f := flags("models check", "", s)
	dev := f.String("models-dev", "", "compare with this models.dev api.json")
	lite := f.String("litellm", "", "compare with this LiteLLM price file")
	live := f.Bool("live", false, "make a call of one token to every connected model; it costs what such calls cost")
	if err := f.parse(args, 0); err != nil {
		return err
	}
	cfg, log, err := load(s, true)
	if err != nil {
		return err
	}
	m, err := app.LoadModels(ctx, cfg, log)
	if err != nil {
		return err
	}
	priceLists, err := listings(*dev, *lite)
	if err != nil {
		return err
	}
	findings := m.Catalog.Check(time.Now().UTC(), priceLists...)
	w := tabwriter.NewWriter(s.out, 2, 4, 2, ' ', 0)
	for _, x := range findings {
		fmt.Fprintf(w, "%s\t%s\t%s\n", x.Kind, x.Model, x.Text)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%d models, %d findings\n", len(m.Catalog.Models()), len(findings))
	if *live {
		return probe(ctx, m, s)
	}
	return nil
}

// probe calls every connected remote model once.
func probe(ctx context.Context, m *app.Models, s streams) error {
	w := tabwriter.NewWriter(s.out, 2, 4, 2, ' ', 0)
	fmt.Fprintln(w, "MODEL\tRESULT\tFIRST TOKEN\tCOST\tANSWERED BY\tUSAGE FIELDS")
	failed := 0
	for _, r := range m.Ready {
		p, _ := m.Catalog.Provider(r.Provider)
		if p.Engine != catalog.EngineOpenAI {
			continue
		}
		client, err := m.Client(p)
		if err != nil {
			return err
		}
		done, err := client.Probe(ctx, r)
		if err != nil {
			failed++
			fmt.Fprintf(w, "%s\tfailed: %v\t\t\t\t\n", r.ID, err)
			continue
		}
		cost, err := m.Catalog.Cost(r, app.FactsOf(done), time.Now().UTC())
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\tok\t%s\t%s (%s)\t%s\t%v\n", r.ID, done.First.Round(time.Millisecond), cost.Amount, cost.Source, done.Served, done.Fields)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if failed > 0 {
		return fault.Newf(fault.Provider, "%d models did not answer.", failed)
	}
	return nil
}

func runModelsImport(ctx context.Context, args []string, s streams) error {
	f := flags("models import", "[MODEL=TIER …]", s)
	dev := f.String("models-dev", "", "a models.dev api.json")
	lite := f.String("litellm", "", "a LiteLLM price file")
	if err := f.parse(args, -1); err != nil {
		return err
	}
	priceLists, err := listings(*dev, *lite)
	if err != nil {
		return err
	}
	if len(priceLists) != 1 {
		return f.wrong("give one file, --models-dev or --litellm; operands are models to add, such as groq/new-model=economy")
	}
	cfg, log, err := load(s, true)
	if err != nil {
		return err
	}
	m, err := app.LoadModels(ctx, cfg, log)
	if err != nil {
		return err
	}
	add := map[string]catalog.Tier{}
	for _, arg := range f.Args() {
		id, name, _ := strings.Cut(arg, "=")
		if add[id], err = catalog.ParseTier(name); err != nil {
			return f.wrong(fmt.Sprintf("%q is not MODEL=TIER with tier economy, standard or frontier", arg))
		}
	}
	o, err := m.Catalog.Propose(priceLists[0], time.Now().UTC(), add)
	if err != nil {
		return err
	}
	text, err := o.YAML()
	if err != nil {
		return err
	}
	fmt.Fprintln(s.err, "This is a proposal; nothing was changed. Put what you agree with into the policy file.")
	_, err = s.out.Write(text)
	return err
}

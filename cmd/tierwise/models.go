package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/tierwise/tierwise/internal/app"
	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/fault"
)

// modelVerbs are what `tierwise models` can do, in the order of help.
var modelVerbs = []struct {
	name, summary string
	run           func(context.Context, []string, streams) error
}{
	{"list", "every model: tier, price in force, context, what it may see (the default)", runModelsList},
	{"check", "prices to look at, compared with price files; --live calls each connected model once", runModelsCheck},
	{"discover", "what the connected providers say they serve (GET /models)", runModelsDiscover},
	{"import", "propose prices and new models from a price file, as a piece of the policy", runModelsImport},
}

func runModels(ctx context.Context, args []string, s streams) error {
	var names []string
	for _, v := range modelVerbs {
		names = append(names, v.name)
	}
	do, args, err := verb("models", "list", args, s, names...)
	if errors.Is(err, errHelp) {
		for _, v := range modelVerbs {
			fmt.Fprintf(s.out, "  %-9s %s\n", v.name, v.summary)
		}
	}
	if err != nil {
		return err
	}
	for _, v := range modelVerbs {
		if v.name == do {
			return v.run(ctx, args, s)
		}
	}
	return errUsage
}

// connected loads the catalog and what is connected.
func connected(ctx context.Context, s streams) (*app.Models, config.Config, error) {
	cfg, log, err := load(s, true)
	if err != nil {
		return nil, cfg, err
	}
	m, err := app.LoadModels(ctx, cfg, log)
	return m, cfg, err
}

func runModelsList(ctx context.Context, args []string, s streams) error {
	f := flags("models list", "", s)
	asJSON := f.Bool("json", false, "print JSON")
	if err := f.parse(args, 0); err != nil {
		return err
	}
	m, cfg, err := connected(ctx, s)
	if err != nil {
		return err
	}
	rows := m.Catalog.List(time.Now().UTC(), func(env string) bool { return cfg.Key(env).IsSet() })
	if *asJSON {
		return json.NewEncoder(s.out).Encode(rows)
	}
	return catalog.WriteList(s.out, rows)
}

// lists are the price files given on the command line.
type lists struct{ dev, lite, day *string }

func (f *flagset) lists() lists {
	return lists{
		dev:  f.String("models-dev", "", "a models.dev api.json"),
		lite: f.String("litellm", "", "a LiteLLM price file"),
		day:  f.String("date", "", "the day the price file is from, 2026-01-31 (default: when it was written)"),
	}
}

// read reads the files that were given.
func (l lists) read(f *flagset) ([]catalog.Listing, error) {
	var day time.Time
	if *l.day != "" {
		var err error
		if day, err = time.Parse(time.DateOnly, *l.day); err != nil {
			return nil, f.wrong(fmt.Sprintf("--date takes a day such as 2026-01-31, not %q", *l.day))
		}
	}
	var out []catalog.Listing
	for _, k := range []struct {
		path, kind string
		read       func(io.Reader, time.Time) (catalog.Listing, error)
	}{{*l.dev, "models.dev api.json", catalog.ReadModelsDev}, {*l.lite, "LiteLLM price file", catalog.ReadLiteLLM}} {
		if k.path == "" {
			continue
		}
		list, err := listing(k.path, k.kind, day, k.read)
		if err != nil {
			return nil, err
		}
		out = append(out, list)
	}
	return out, nil
}

// listing reads one price file. Without a day it is from the day it was written.
func listing(path, kind string, day time.Time, read func(io.Reader, time.Time) (catalog.Listing, error)) (catalog.Listing, error) {
	f, err := os.Open(path)
	if err != nil {
		return catalog.Listing{}, fault.Newf(fault.BadInput, "The price file %s cannot be read.", path)
	}
	defer f.Close() // read only
	if day.IsZero() {
		info, err := f.Stat()
		if err != nil {
			return catalog.Listing{}, err
		}
		day = info.ModTime().UTC().Truncate(24 * time.Hour)
	}
	l, err := read(f, day)
	if err != nil {
		return l, fault.Wrap(err, fault.BadInput, path+" is not a "+kind+".")
	}
	return l, nil
}

func runModelsCheck(ctx context.Context, args []string, s streams) error {
	f := flags("models check", "", s)
	files := f.lists()
	live := f.Bool("live", false, "make a call of one token to every connected model; it costs what such calls cost")
	asJSON := f.Bool("json", false, "print JSON")
	if err := f.parse(args, 0); err != nil {
		return err
	}
	priceLists, err := files.read(f)
	if err != nil {
		return err
	}
	m, _, err := connected(ctx, s)
	if err != nil {
		return err
	}
	report := struct {
		Findings []catalog.Finding `json:"findings"`
		Live     []probed          `json:"live,omitempty"`
	}{Findings: m.Catalog.Check(time.Now().UTC(), priceLists...)}
	if *live {
		if report.Live, err = probe(ctx, m); err != nil {
			return err
		}
	}
	switch {
	case *asJSON:
		err = json.NewEncoder(s.out).Encode(report)
	default:
		if err = writeFindings(s.out, m.Catalog, report.Findings); err == nil && *live {
			err = writeProbes(s.out, report.Live)
		}
	}
	if err != nil {
		return err
	}
	return failures(report.Live)
}

// writeFindings prints what a person should look at.
func writeFindings(out io.Writer, c *catalog.Catalog, findings []catalog.Finding) error {
	w := tabwriter.NewWriter(out, 2, 4, 2, ' ', 0)
	for _, x := range findings {
		fmt.Fprintf(w, "%s\t%s\t%s\n", x.Kind, cmp.Or(x.Model, "-"), x.Text)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	remote := 0
	for _, m := range c.Models() {
		if p, _ := c.Provider(m.Provider); p.Engine == catalog.EngineOpenAI {
			remote++
		}
	}
	_, err := fmt.Fprintf(out, "%s, %s\n", counted(remote, "model"), counted(len(findings), "finding"))
	return err
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

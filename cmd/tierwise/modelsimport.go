package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/app"
	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/fault"
)

// sentence ends a text with a stop, unless it ends with a mark of its own.
func sentence(s string) string {
	if strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}

func runModelsImport(ctx context.Context, args []string, s streams) error {
	f := flags("models import", "[MODEL=TIER …]", s)
	files := f.lists()
	if err := f.parse(args, -1); err != nil {
		return err
	}
	priceLists, err := files.read(f)
	if err != nil {
		return err
	}
	if len(priceLists) != 1 {
		return f.wrong("give one file, --models-dev or --litellm; operands are models to add, such as groq/new-model=economy")
	}
	add := map[string]catalog.Tier{}
	for _, arg := range f.Args() {
		id, name, _ := strings.Cut(arg, "=")
		if add[id], err = catalog.ParseTier(name); err != nil || add[id] == catalog.Local {
			return f.wrong(fmt.Sprintf("%q is not MODEL=TIER with tier economy, standard or frontier", arg))
		}
	}
	m, _, err := connected(ctx, s)
	if err != nil {
		return err
	}
	o, err := m.Catalog.Propose(priceLists[0], time.Now().UTC(), add)
	if err != nil {
		return fault.Wrap(err, fault.BadInput, sentence(strings.TrimPrefix(err.Error(), catalog.ErrOverlay.Error()+": ")))
	}
	text, err := app.Proposal(o)
	if err != nil {
		return err
	}
	if len(text) == 0 {
		fmt.Fprintf(s.err, "Nothing to propose: %s agrees with every price in force.\n", priceLists[0].Name)
		return nil
	}
	fmt.Fprintln(s.err, "This is a proposal; nothing was changed. Put what you agree with into the policy file (TIERWISE_CONFIG).")
	_, err = s.out.Write(text)
	return err
}

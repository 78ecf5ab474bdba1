package catalog

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// Row is one line of `models list`: a model as it stands at an instant.
type Row struct {
	Tier      Tier
	Model     string
	Input     string // USD per million tokens, "free", or "unpriced"
	Output    string
	Since     string // the day the price is in force from
	Context   int64
	Region    string
	Clearance Class
	Key       string // the variable that must be set, "" when none
	Usable    bool
	Notes     []string
}

// List gives the rows of all models that are not simulated, lowest tier first.
// has tells whether a provider's key is set.
func (c *Catalog) List(at time.Time, has func(keyEnv string) bool) []Row {
	usable := map[string]Class{}
	for _, m := range c.Clear(has) {
		usable[m.ID] = m.Clearance
	}
	var out []Row
	for _, m := range c.Models() {
		p := c.providers[m.Provider]
		if p.Engine == EngineDemo {
			continue
		}
		r := Row{Tier: m.Tier, Model: m.ID, Context: m.Context, Region: m.Region, Key: p.KeyEnv, Input: "unpriced", Output: "unpriced"}
		r.Clearance, r.Usable = usable[m.ID]
		if price, ok := PriceAt(m, "", at); c.Free(m) {
			r.Input, r.Output = "free", "free"
		} else if ok {
			r.Input, r.Output, r.Since = price.Rates.Input.PerMillion(), price.Rates.Output.PerMillion(), price.From.Format(time.DateOnly)
			for _, b := range price.Long {
				r.Notes = append(r.Notes, fmt.Sprintf("above %d k: %s/%s", b.Above/1000, b.Rates.Input.PerMillion(), b.Rates.Output.PerMillion()))
			}
		}
		r.Notes = append(r.Notes, notes(m, at)...)
		out = append(out, r)
	}
	return out
}

func notes(m Model, at time.Time) []string {
	var out []string
	if m.Status != "" {
		out = append(out, m.Status)
	}
	for _, p := range m.Prices {
		if p.Announced && p.From.After(at) {
			out = append(out, fmt.Sprintf("announced from %s: %s/%s", p.From.Format(time.DateOnly), p.Rates.Input.PerMillion(), p.Rates.Output.PerMillion()))
		}
	}
	return out
}

// WriteList prints rows as a table for a terminal.
func WriteList(w io.Writer, rows []Row) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "TIER\tMODEL\tIN $/M\tOUT $/M\tSINCE\tCONTEXT\tREGION\tMAY SEE\tNOTES")
	for _, r := range rows {
		see := r.Clearance.String()
		if !r.Usable {
			see = "set " + r.Key
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", r.Tier, r.Model, r.Input, r.Output, r.Since, r.Context, r.Region, see, strings.Join(r.Notes, "; "))
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("catalog: write list: %w", err)
	}
	return nil
}

package catalog

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Row is one line of `models list`: a model as it stands at an instant.
type Row struct {
	Tier      Tier     `json:"tier"`
	Model     string   `json:"model"`
	Input     string   `json:"input"` // USD per million tokens, "free", or "unpriced"
	Output    string   `json:"output"`
	Since     string   `json:"since,omitempty"` // the day the price is in force from
	Context   int64    `json:"context"`
	Region    string   `json:"region,omitempty"`
	Clearance Class    `json:"may_see"`
	Key       string   `json:"key_variable,omitempty"` // that must be set, "" when none
	Usable    bool     `json:"usable"`
	Notes     []string `json:"notes"`
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
		r := Row{Tier: m.Tier, Model: m.ID, Context: m.Context, Region: m.Region, Key: p.KeyEnv, Input: "unpriced", Output: "unpriced", Notes: []string{}}
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

// WriteList prints rows as a table for a terminal, and below it how many models
// can be used.
func WriteList(w io.Writer, rows []Row) error {
	var in, out []string
	usable := 0
	for _, r := range rows {
		in, out = append(in, r.Input), append(out, r.Output)
		if r.Usable {
			usable++
		}
	}
	in, out = byPoint(in), byPoint(out)
	var b bytes.Buffer
	t := tabwriter.NewWriter(&b, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "TIER\tMODEL\tIN $/M\tOUT $/M\tSINCE\tCONTEXT\tREGION\tMAY SEE\tNOTES")
	for i, r := range rows {
		see := r.Clearance.String()
		if !r.Usable {
			see = "set " + r.Key
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%5d k\t%s\t%s\t%s\n", r.Tier, r.Model, in[i], out[i], cmp.Or(r.Since, "-"),
			r.Context/1000, cmp.Or(r.Region, "-"), see, strings.Join(r.Notes, "; "))
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("catalog: write list: %w", err)
	}
	for line := range strings.Lines(b.String()) {
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " \n")); err != nil {
			return fmt.Errorf("catalog: write list: %w", err)
		}
	}
	_, err := fmt.Fprintf(w, "\n%d models, %d of them usable. Prices are in US dollars per million tokens, in force now.\n", len(rows), usable)
	if err != nil {
		return fmt.Errorf("catalog: write list: %w", err)
	}
	return nil
}

// byPoint lines decimals up under each other at their points, with at least two
// decimals; words stay at the left.
func byPoint(cells []string) []string {
	out := slices.Clone(cells)
	isNumber := func(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }
	wide := 0
	for i, c := range out {
		if isNumber(c) {
			whole, part, _ := strings.Cut(c, ".")
			out[i] = whole + "." + part + strings.Repeat("0", max(2-len(part), 0))
			wide = max(wide, len(whole))
		}
	}
	for i, c := range out {
		if isNumber(c) {
			out[i] = strings.Repeat(" ", wide-strings.Index(c, ".")) + c
		}
	}
	return out
}

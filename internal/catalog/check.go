package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/tierwise/tierwise/internal/money"
)

// How old a figure may be before it is called stale, and how long ahead a
// change is pointed at.
const (
	freshFor = 120 * 24 * time.Hour
	ahead    = 60 * 24 * time.Hour
)

// Check looks the catalog over at an instant and compares it with price lists:
// conflicts, stale and announced prices, models without a price or near their
// end, and what was odd in the lists. It changes nothing. The findings are
// ordered by model and kind.
func (c *Catalog) Check(at time.Time, lists ...Listing) []Finding {
	var out []Finding
	for _, m := range c.Models() {
		if c.providers[m.Provider].Engine != EngineOpenAI {
			continue
		}
		out = append(out, c.checkModel(m, at)...)
		for _, l := range lists {
			out = append(out, c.compare(m, l, at)...)
		}
	}
	for _, l := range lists {
		if at.Sub(l.Read) > freshFor {
			out = append(out, Finding{Stale, "", fmt.Sprintf("%s is %d days old", l.Name, days(at.Sub(l.Read)))})
		}
		for _, f := range l.Findings {
			if _, ours := c.models[f.Model]; ours {
				out = append(out, f)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Model, b.Model), cmp.Compare(a.Kind, b.Kind))
	})
	return out
}

func days(d time.Duration) int { return int(d / (24 * time.Hour)) }

// checkModel looks at one model's own rows.
func (c *Catalog) checkModel(m Model, at time.Time) []Finding {
	var out []Finding
	add := func(kind, format string, args ...any) {
		out = append(out, Finding{kind, m.ID, fmt.Sprintf(format, args...)})
	}
	p, ok := PriceAt(m, "", at)
	switch {
	case c.Free(m):
	case !ok && m.WorstCase == 0:
		add(NoPrice, "no price in force and no worst case: it may not run")
	case !ok:
		add(NoPrice, "no price in force: each call counts as %s", m.WorstCase)
	case at.Sub(p.Verified) > freshFor:
		add(Stale, "the price was last verified on %s", p.Verified.Format(time.DateOnly))
	}
	for _, q := range m.Prices {
		day := q.From.Format(time.DateOnly)
		switch {
		case q.Announced && !q.From.After(at):
			add(Announced, "%s was announced for %s, which has passed: confirm it in the policy or withdraw it", inOut(q), day)
		case q.Announced && q.From.Sub(at) <= ahead:
			add(Announced, "%s is announced for %s, in %d days; not in force", inOut(q), day, days(q.From.Sub(at)))
		}
	}
	for _, q := range c.withdrawn[m.ID] {
		add(Withdrawn, "%s announced for %s was called off and does not apply", inOut(q), q.From.Format(time.DateOnly))
	}
	switch {
	case !m.Deprecated.IsZero() && m.Deprecated.Sub(at) <= ahead:
		add(Retired, "the vendor ends it on %s", m.Deprecated.Format(time.DateOnly))
	case m.Status == "deprecated":
		add(Retired, "the vendor calls it deprecated")
	}
	return out
}

// inOut is a price in short: "$2 in, $10 out".
func inOut(p Price) string {
	return "$" + p.Rates.Input.PerMillion() + " in, $" + p.Rates.Output.PerMillion() + " out"
}

// compare holds a model against the row of exactly its id in a list.
func (c *Catalog) compare(m Model, l Listing, at time.Time) []Finding {
	row, ok := l.Rows[m.ID]
	if !ok {
		return nil
	}
	var out []Finding
	add := func(kind, format string, args ...any) {
		out = append(out, Finding{kind, m.ID, l.Name + ": " + fmt.Sprintf(format, args...)})
	}
	for _, theirs := range row.Prices {
		mine, known := PriceAt(m, theirs.Service, at)
		tier := cmp.Or(theirs.Service, "standard")
		switch {
		case !known:
			add(NoPrice, "has a %s price (%s); the catalog has none in force", tier, inOut(theirs))
		case agree(mine, theirs):
		case isOneOf(theirs, c.withdrawn[m.ID]):
			add(Withdrawn, "still carries %s, which was called off", inOut(theirs))
		case isOneOf(theirs, m.Prices):
			add(Stale, "carries %s, which is not the price in force (%s)", inOut(theirs), inOut(mine))
		default:
			add(Conflict, "%s price: %s", tier, difference(mine, theirs))
		}
	}
	if row.Context > 0 && row.Context < m.Context {
		add(Conflict, "context is %d there and %d here", row.Context, m.Context)
	}
	if row.MaxOutput > 0 && row.MaxOutput < m.MaxOutput {
		add(Conflict, "output limit is %d there and %d here", row.MaxOutput, m.MaxOutput)
	}
	if row.Status == "deprecated" && m.Status != "deprecated" {
		add(Retired, "calls it deprecated")
	}
	if !row.Deprecated.IsZero() && row.Deprecated.Sub(at) <= ahead {
		add(Retired, "the vendor ends it on %s", row.Deprecated.Format(time.DateOnly))
	}
	return out
}

// bucket is one rate of two prices side by side.
type bucket struct {
	name         string
	mine, theirs money.Pico
	must         bool // compared even where one side gives none
}

func buckets(mine, theirs Rates) []bucket {
	return []bucket{
		{"input", mine.Input, theirs.Input, true}, {"output", mine.Output, theirs.Output, true},
		{"cache read", mine.CacheRead, theirs.CacheRead, false}, {"cache write", mine.CacheWrite5m, theirs.CacheWrite5m, false},
		{"cache write 1h", mine.CacheWrite1h, theirs.CacheWrite1h, false},
	}
}

func (b bucket) differs() bool {
	return b.mine != b.theirs && (b.must || b.mine != 0 && b.theirs != 0)
}

// agree compares what both sides give: a file that lacks a cache rate, or the
// long context, does not contradict one that has it.
func agree(mine, theirs Price) bool { return difference(mine, theirs) == "" }

// difference names every rate on which two prices differ, "" when none.
func difference(mine, theirs Price) string {
	text := ""
	list := func(where string, bs []bucket) {
		for _, b := range bs {
			if b.differs() {
				text += fmt.Sprintf(", %s%s $%s there and $%s here", b.name, where, b.theirs.PerMillion(), b.mine.PerMillion())
			}
		}
	}
	list("", buckets(mine.Rates, theirs.Rates))
	if len(mine.Long) > 0 && len(theirs.Long) > 0 && len(mine.Long) != len(theirs.Long) {
		text += fmt.Sprintf(", %d prices of long contexts there and %d here", len(theirs.Long), len(mine.Long))
	}
	for i := range min(len(mine.Long), len(theirs.Long)) {
		m, t := mine.Long[i], theirs.Long[i]
		list(fmt.Sprintf(" above %d k", m.Above/1000), buckets(m.Rates, t.Rates))
		if m.Above != t.Above {
			text += fmt.Sprintf(", long context above %d there and %d here", t.Above, m.Above)
		}
	}
	if text == "" {
		return ""
	}
	return text[2:]
}

func isOneOf(p Price, rows []Price) bool {
	return slices.ContainsFunc(rows, func(q Price) bool { return q.Service == p.Service && agree(q, p) })
}

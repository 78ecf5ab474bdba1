package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/tierwise/tierwise/internal/money"
)

// Listing is what a price file of another project says, read as it is. It is
// evidence to compare with and to propose from; nothing of it is ever in force
// by itself.
type Listing struct {
	Name string
	Read time.Time // the day the file is from
	Rows map[string]Listed
	// Findings are rows that were left out or changed while reading, and why.
	Findings []Finding
}

// Listed is one model of a listing under its exact id, "provider/model".
type Listed struct {
	Provider, Wire     string
	Context, MaxOutput int64 // 0: not given
	Abilities          []Ability
	Status             string
	Deprecated         time.Time
	Prices             []Price // From is the day of the file
}

// Finding is one thing a person should look at.
type Finding struct {
	Kind  string `json:"kind"`            // one of the kinds below
	Model string `json:"model,omitempty"` // catalog id, or the id in the list
	Text  string `json:"text"`
}

// The kinds of findings.
const (
	Conflict  = "conflict"  // two sources differ
	Stale     = "stale"     // not verified for long, or an older price
	Bounds    = "bounds"    // looks like a slip of unit
	Digits    = "digits"    // more digits than a price can have; rounded
	Announced = "announced" // a price that is to come, or is due to be confirmed
	Withdrawn = "withdrawn" // a price that was called off
	NoPrice   = "unpriced"  // no price in force
	Retired   = "retired"   // deprecated, or about to be
	Unread    = "unread"    // a row that could not be read
)

// Prices outside these bounds are taken for a slip of unit: USD per token typed
// as per million, cents for dollars, per thousand for per million.
const (
	leastPlausible money.Pico = 1_000         // $0.001 per million
	mostPlausible  money.Pico = 1_000_000_000 // $1,000 per million
)

func (l *Listing) note(kind, id, format string, args ...any) {
	l.Findings = append(l.Findings, Finding{kind, id, l.Name + ": " + fmt.Sprintf(format, args...)})
}

// rate reads a price as the file writes it, scaled by 10^decimals to pico-USD
// per token. The second result is false when the row must not be used.
func (l *Listing) rate(id, field, text string, decimals int) (money.Pico, bool) {
	if text == "" {
		return 0, true
	}
	n, rounded, err := scaledDecimal(text, decimals)
	if err != nil {
		l.note(Unread, id, "%s: %q is not a price", field, text)
		return 0, false
	}
	p := money.Pico(n)
	if p > mostPlausible || p < leastPlausible && (p != 0 || rounded) {
		l.note(Bounds, id, "%s of %s is not plausible: a slip of unit?", field, perMillion(p, rounded))
		return 0, false
	}
	if rounded {
		l.note(Digits, id, "%s: %s was rounded to %s per million", field, text, p.PerMillion())
	}
	return p, true
}

func perMillion(p money.Pico, rounded bool) string {
	if p == 0 && rounded {
		return "less than $0.000001 per million"
	}
	return "$" + p.PerMillion() + " per million"
}

// rates reads the fields of one set of rates. Without input and output there is
// no price, which is no fault; a price of zero for both is left out too, since
// files write it for "unknown" as often as for "free".
func (l *Listing) rates(id string, decimals int, in, read, w5, w1, out, think string) (Rates, bool) {
	if in == "" || out == "" {
		return Rates{}, false
	}
	var r Rates
	var reasoning money.Pico
	for _, f := range []struct {
		name, text string
		to         *money.Pico
	}{
		{"input", in, &r.Input}, {"cache read", read, &r.CacheRead}, {"cache write", w5, &r.CacheWrite5m},
		{"cache write 1h", w1, &r.CacheWrite1h}, {"output", out, &r.Output}, {"reasoning", think, &reasoning},
	} {
		v, ok := l.rate(id, f.name, f.text, decimals)
		if !ok {
			return Rates{}, false
		}
		*f.to = v
	}
	if r.Input == 0 && r.Output == 0 {
		return Rates{}, false
	}
	if reasoning != 0 {
		r.Reasoning = &reasoning
	}
	return r, true
}

// order sorts the bands of a price; false when two begin at the same size.
func (l *Listing) order(id string, bands []Band) bool {
	slices.SortFunc(bands, func(x, y Band) int { return cmp.Compare(x.Above, y.Above) })
	for i := 1; i < len(bands); i++ {
		if bands[i].Above == bands[i-1].Above {
			l.note(Unread, id, "two prices above %d tokens", bands[i].Above)
			return false
		}
	}
	return true
}

// row makes the overlay's row of a price.
func (p Price) row(id string) PriceRow {
	r := PriceRow{
		Model: id, From: p.From, Announced: p.Announced, Service: p.Service, RateRow: p.Rates.row(),
		Source: p.Source, Verified: p.Verified,
	}
	if len(p.Long) == 1 {
		long := p.Long[0].Rates.row()
		r.Above, r.Long = p.Long[0].Above, &long
		return r
	}
	for _, b := range p.Long {
		r.Bands = append(r.Bands, BandRow{b.Above, b.Rates.row()})
	}
	return r
}

func (r Rates) row() RateRow {
	text := func(p money.Pico) string {
		if p == 0 {
			return ""
		}
		return p.PerMillion()
	}
	out := RateRow{
		Input: r.Input.PerMillion(), CacheRead: text(r.CacheRead), CacheWrite5m: text(r.CacheWrite5m),
		CacheWrite1h: text(r.CacheWrite1h), Output: r.Output.PerMillion(),
	}
	if r.Reasoning != nil {
		out.Reasoning = r.Reasoning.PerMillion()
	}
	return out
}

package catalog

import (
	"fmt"
	"net/url"
	"slices"

	"github.com/tierwise/tierwise/internal/money"
)

// price adds a price row to a model, or replaces the row of the same service
// tier and day.
func (b *builder) price(where, id string, r PriceRow) {
	m, ok := b.models[id]
	if !ok {
		b.fault(where, "price of %q: no such model", id)
		return
	}
	p, ok := b.parsePrice(where, id, r)
	if !ok {
		return
	}
	same := func(q Price) bool { return q.From.Equal(p.From) && q.Service == p.Service }
	if r.Withdrawn {
		b.withdrawn[id] = append(b.withdrawn[id], p)
		m.Prices = slices.DeleteFunc(slices.Clone(m.Prices), same)
		b.models[id] = m
		return
	}
	m.Prices = append(slices.DeleteFunc(slices.Clone(m.Prices), same), p)
	b.models[id] = m
}

func (b *builder) parsePrice(where, id string, r PriceRow) (Price, bool) {
	before := len(b.errs)
	p := Price{
		From: r.From.UTC(), Announced: r.Announced, Service: Service(r.Service),
		Rates: b.rates(where, id, r.RateRow), Source: r.Source, Verified: r.Verified.UTC(),
	}
	if r.From.IsZero() {
		b.fault(where, "price of %s: no date from which it holds", id)
	}
	if r.Source == "" || r.Verified.IsZero() {
		b.fault(where, "price of %s from %s: source and verified date are required", id, p.From.Format("2006-01-02"))
	}
	if r.Announced && r.Withdrawn {
		b.fault(where, "price of %s: announced and withdrawn at once", id)
	}
	p.Long = b.bands(where, id, r)
	return p, len(b.errs) == before
}

// bands reads the thresholds of a price, in either way they can be given.
func (b *builder) bands(where, id string, r PriceRow) []Band {
	rows := r.Bands
	switch single := r.Long != nil; {
	case r.Above < 0 || (r.Above > 0) != single:
		b.fault(where, "price of %s: above and long go together", id)
	case single && rows != nil:
		b.fault(where, "price of %s: give above and long, or bands", id)
	case single:
		rows = []BandRow{{r.Above, *r.Long}}
	}
	var out []Band
	last := int64(0)
	for _, row := range rows {
		if row.Above <= last {
			b.fault(where, "price of %s: bands must be above 0, each higher than the one before, not %d after %d", id, row.Above, last)
		}
		last = row.Above
		out = append(out, Band{row.Above, b.rates(where, fmt.Sprintf("%s (above %d)", id, row.Above), row.RateRow)})
	}
	return out
}

// rates reads a row of rates. Input and output must be given; "0" is a price,
// empty text is none.
func (b *builder) rates(where, id string, r RateRow) Rates {
	var out Rates
	read := func(name, text string, must bool) money.Pico {
		if text == "" {
			if must {
				b.fault(where, "price of %s: no %s rate", id, name)
			}
			return 0
		}
		v, err := money.ParsePerMillion(text)
		if err != nil {
			b.fault(where, "price of %s: %s: %v", id, name, err)
		}
		return v
	}
	out.Input = read("input", r.Input, true)
	out.Output = read("output", r.Output, true)
	out.CacheRead = read("cache_read", r.CacheRead, false)
	out.CacheWrite5m = read("cache_write_5m", r.CacheWrite5m, false)
	out.CacheWrite1h = read("cache_write_1h", r.CacheWrite1h, false)
	if r.Reasoning != "" {
		v := read("reasoning", r.Reasoning, false)
		out.Reasoning = &v
	}
	return out
}

// check looks at the finished whole: what a row leaves out another overlay may
// have given, so it can only be missed here.
func (b *builder) check() {
	for id, p := range b.providers {
		b.checkProvider(id, p)
	}
	for id, m := range b.models {
		b.checkModel(id, m)
	}
	for id, of := range b.listOf {
		if _, ok := b.models[of]; !ok {
			b.fault(id, "list_price_of %q: no such model", of)
		}
		if b.providers[b.models[id].Provider].Engine != EngineDemo {
			b.fault(id, "list_price_of is for simulated models only")
		}
	}
}

func (b *builder) checkProvider(id string, p Provider) {
	switch p.Engine {
	case EngineLocal, EngineDemo:
	case EngineOpenAI:
		u, err := url.Parse(p.BaseURL)
		if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" {
			b.fault(id, "base_url must be scheme://host/path without credentials or query")
		} else if u.Scheme != "https" && (u.Scheme != "http" || !p.Loopback) {
			b.fault(id, "base_url must be https (http only to this machine)")
		}
		if !KnownProfile(p.Profile) {
			b.fault(id, "unknown usage profile %q", p.Profile)
		}
	default:
		b.fault(id, "unknown engine %q: use openai, local or demo", p.Engine)
	}
	if p.Source == "" || p.Verified.IsZero() {
		b.fault(id, "source and verified date of the provider are required")
	}
}

func (b *builder) checkModel(id string, m Model) {
	if _, ok := b.providers[m.Provider]; !ok {
		b.fault(id, "provider %q is not in the catalog", m.Provider)
	}
	if m.Wire == "" {
		b.fault(id, "no name for the provider (wire)")
	}
	if m.Tier < Local || m.Tier > Frontier {
		b.fault(id, "no tier")
	}
	if m.Context <= 0 || m.MaxOutput <= 0 || m.MaxOutput > m.Context {
		b.fault(id, "context and max_output must be positive, and the output fit the context (%d, %d)", m.Context, m.MaxOutput)
	}
	if m.Source == "" || m.Verified.IsZero() {
		b.fault(id, "source and verified date of the model are required")
	}
	if !slices.Contains([]string{"fast", "normal", "slow"}, m.Latency) {
		b.fault(id, "latency %q: use fast, normal or slow", m.Latency)
	}
	if !slices.Contains([]string{"", "preview", "deprecated"}, m.Status) {
		b.fault(id, "status %q: use preview or deprecated", m.Status)
	}
	for _, a := range m.Abilities {
		if !slices.Contains([]Ability{JSON, Images, Files, Reasoning, Streaming}, a) {
			b.fault(id, "unknown ability %q", a)
		}
	}
	if p := b.providers[m.Provider]; m.Has(Files) && p.Engine == EngineOpenAI && !CarriesFiles(p.Profile) {
		b.fault(id, "ability files: the provider's profile %q has no way to carry a document", p.Profile)
	}
}

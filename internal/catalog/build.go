package catalog

import (
	"cmp"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/money"
)

// The engines that can answer for a provider.
const (
	EngineOpenAI = "openai" // the OpenAI-compatible wire
	EngineLocal  = "local"  // built in
	EngineDemo   = "demo"   // simulated
)

// builder lays overlays over each other and gathers every fault it sees.
type builder struct {
	providers map[string]Provider
	models    map[string]Model
	withdrawn map[string][]Price
	listOf    map[string]string // simulated model → whose prices it shows
	decisions []ClearanceRow
	errs      []error
}

func newBuilder() *builder {
	return &builder{
		providers: map[string]Provider{}, models: map[string]Model{},
		withdrawn: map[string][]Price{}, listOf: map[string]string{},
	}
}

func (b *builder) fault(where, format string, args ...any) {
	b.errs = append(b.errs, fmt.Errorf("%w: %s: %s", ErrOverlay, where, fmt.Sprintf(format, args...)))
}

func (b *builder) lay(o Overlay) {
	for _, r := range o.Providers {
		b.provider(o.Name, r)
	}
	for _, r := range o.Models {
		b.model(o.Name, r)
	}
	for _, r := range o.Prices {
		b.price(o.Name, r.Model, r)
	}
	for _, r := range o.Clearances {
		b.clearance(o.Name, r)
	}
}

// set keeps what is there where a row does not give a value.
func set[T comparable](dst *T, v T) {
	var zero T
	if v != zero {
		*dst = v
	}
}

func (b *builder) provider(where string, r ProviderRow) {
	if r.ID == "" || strings.Contains(r.ID, "/") {
		b.fault(where, "a provider needs an id without a slash, not %q", r.ID)
		return
	}
	p := b.providers[r.ID]
	p.ID = r.ID
	set(&p.Name, r.Name)
	set(&p.BaseURL, strings.TrimSuffix(r.BaseURL, "/"))
	set(&p.KeyEnv, r.KeyEnv)
	set(&p.Profile, r.Profile)
	set(&p.Region, r.Region)
	set(&p.Engine, r.Engine)
	set(&p.TrainsOnData, r.TrainsOnData)
	set(&p.Retention, r.Retention)
	set(&p.Source, r.Source)
	set(&p.Verified, r.Verified)
	p.Loopback = p.Engine == EngineLocal || IsLoopback(p.BaseURL)
	b.providers[r.ID] = p
}

func (b *builder) model(where string, r ModelRow) {
	m, known := b.models[r.ID]
	if !known {
		m.ID, m.Tier = r.ID, -1
		m.Provider, m.Wire, _ = strings.Cut(r.ID, "/")
		m.Latency = "normal"
	}
	set(&m.Provider, r.Provider)
	set(&m.Wire, r.Wire)
	set(&m.Context, r.Context)
	set(&m.MaxOutput, r.MaxOutput)
	set(&m.Region, r.Region)
	set(&m.Family, r.Family)
	set(&m.Status, r.Status)
	set(&m.Deprecated, r.Deprecated)
	set(&m.Latency, r.Latency)
	set(&m.Source, r.Source)
	set(&m.Verified, r.Verified)
	if r.Abilities != nil {
		m.Abilities = slices.Clone(r.Abilities)
	}
	if r.Tier != "" {
		t, err := ParseTier(r.Tier)
		if err != nil {
			b.fault(where, "%s: %v", r.ID, err)
		}
		m.Tier = t
	}
	if r.WorstCase != "" {
		w, err := money.Parse(r.WorstCase)
		if err != nil {
			b.fault(where, "%s: worst_case: %v", r.ID, err)
		}
		m.WorstCase = w
	}
	b.models[r.ID] = m
	if r.ListPriceOf != "" {
		b.listOf[r.ID] = r.ListPriceOf
	}
	for _, p := range r.Prices {
		b.price(where, r.ID, p)
	}
}

func (b *builder) clearance(where string, r ClearanceRow) {
	_, p := b.providers[r.Provider]
	_, m := b.models[r.Model]
	switch {
	case (r.Provider == "") == (r.Model == ""):
		b.fault(where, "a clearance names a provider or a model, one of them")
	case !p && !m:
		b.fault(where, "clearance of %q: not in the catalog", cmp.Or(r.Provider, r.Model))
	case r.By == "" || r.At.IsZero():
		b.fault(where, "clearance of %q: who decided it, and when, is missing", cmp.Or(r.Provider, r.Model))
	default:
		b.decisions = append(b.decisions, r)
	}
}

// catalog hands over what was built. Simulated models get their prices here,
// after every overlay had its say.
func (b *builder) catalog() *Catalog {
	c := &Catalog{providers: b.providers, models: b.models, withdrawn: b.withdrawn, decisions: b.decisions}
	for id, of := range b.listOf {
		m := c.models[id]
		m.Prices = slices.Clone(c.models[of].Prices)
		c.models[id] = m.sinceEver()
	}
	for id, m := range c.models {
		m.Region = cmp.Or(m.Region, c.providers[m.Provider].Region)
		slices.SortFunc(m.Prices, func(x, y Price) int {
			return cmp.Or(x.From.Compare(y.From), cmp.Compare(x.Service, y.Service))
		})
		c.models[id] = m
		c.ids = append(c.ids, id)
	}
	slices.SortFunc(c.ids, func(x, y string) int {
		return cmp.Or(cmp.Compare(c.models[x].Tier, c.models[y].Tier), cmp.Compare(x, y))
	})
	return c
}

// sinceEver lets a simulated model's first standard price hold from long ago, so
// that a sample quarter before the real model's launch has prices too.
func (m Model) sinceEver() Model {
	first := -1
	for i, p := range m.Prices {
		if p.Service == "" && !p.Announced && (first < 0 || p.From.Before(m.Prices[first].From)) {
			first = i
		}
	}
	if first >= 0 {
		m.Prices[first].From = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return m
}

// IsLoopback reports whether a URL's host is this machine: "localhost", a name
// below it, or a loopback address. Names are not resolved.
func IsLoopback(base string) bool {
	u, err := url.Parse(base)
	if err != nil {
		return false
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

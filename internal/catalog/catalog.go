package catalog

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

//go:embed seed/providers.yaml seed/models.yaml
var seed embed.FS

// Catalog is the providers and models known to this process. It is read-only
// after Load, so it may be used by many goroutines at once.
type Catalog struct {
	providers map[string]Provider
	models    map[string]Model
	withdrawn map[string][]Price
	decisions []ClearanceRow
	ids       []string // of models, by tier and then by id
}

// Load builds the catalog from the embedded seed and the given overlays, the
// last one on top. Every fault of every overlay is reported at once; each wraps
// ErrOverlay.
func Load(overlays ...Overlay) (*Catalog, error) {
	b := newBuilder()
	for _, name := range []string{"seed/providers.yaml", "seed/models.yaml"} {
		raw, err := seed.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("catalog: seed: %w", err)
		}
		o, err := ReadOverlay(name, bytes.NewReader(raw))
		if err != nil {
			return nil, err
		}
		b.lay(o)
	}
	for _, o := range overlays {
		b.lay(o)
	}
	b.check()
	if len(b.errs) > 0 {
		return nil, errors.Join(b.errs...)
	}
	return b.catalog(), nil
}

// Model is the model with that id.
func (c *Catalog) Model(id string) (Model, bool) {
	m, ok := c.models[id]
	return m, ok
}

// Provider is the provider with that id.
func (c *Catalog) Provider(id string) (Provider, bool) {
	p, ok := c.providers[id]
	return p, ok
}

// Providers lists the providers by id.
func (c *Catalog) Providers() []Provider {
	out := make([]Provider, 0, len(c.providers))
	for _, p := range c.providers {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b Provider) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// Models lists all models, the lowest tier first and by id within a tier.
func (c *Catalog) Models() []Model {
	out := make([]Model, 0, len(c.ids))
	for _, id := range c.ids {
		out = append(out, c.models[id])
	}
	return out
}

// ByTier lists the models of one tier by id.
func (c *Catalog) ByTier(t Tier) []Model {
	return slices.DeleteFunc(c.Models(), func(m Model) bool { return m.Tier != t })
}

// Price is the price of a model id for a service tier at an instant; see
// PriceAt.
func (c *Catalog) Price(id, service string, at time.Time) (Price, bool) {
	m, ok := c.models[id]
	if !ok {
		return Price{}, false
	}
	return PriceAt(m, service, at)
}

// Free reports whether calls of the model cost nothing because they run on this
// machine. A simulated model is not free: it shows list prices.
func (c *Catalog) Free(m Model) bool {
	p := c.providers[m.Provider]
	return p.Engine != EngineDemo && (p.Loopback || p.Engine == EngineLocal)
}

// Served finds the model that answered from the name in the answer: the same
// provider's model of that wire name, or the model asked for when the name is
// it with a date or version behind it ("name-2026-09-22"). It is false when
// another, unknown model answered.
func (c *Catalog) Served(asked Model, name string) (Model, bool) {
	name = strings.TrimPrefix(name, "models/")
	if name == "" || name == asked.Wire {
		return asked, true
	}
	for _, id := range c.ids {
		if m := c.models[id]; m.Provider == asked.Provider && m.Wire == name {
			return m, true
		}
	}
	if rest, ok := strings.CutPrefix(name, asked.Wire+"-"); ok && dated(rest) {
		return asked, true
	}
	return asked, false
}

// dated reports whether a suffix is a snapshot's date: "20260922",
// "2026-09-22" or "0309".
func dated(s string) bool {
	s = strings.ReplaceAll(s, "-", "")
	if len(s) != 8 && len(s) != 4 {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

package catalog

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

// maxListing bounds the price files that are read, in bytes.
const maxListing = 64 << 20

// The parts of models.dev's api.json that are used. Numbers stay text, so that
// no price passes through floating point.
type (
	devProvider struct {
		Models map[string]devModel `json:"models"`
	}
	devModel struct {
		Cost       *devCost `json:"cost"`
		Reasoning  bool     `json:"reasoning"`
		Structured bool     `json:"structured_output"`
		Status     string   `json:"status"`
		Limit      struct {
			Context int64 `json:"context"`
			Output  int64 `json:"output"`
		} `json:"limit"`
		Modalities struct {
			Input []string `json:"input"`
		} `json:"modalities"`
		Experimental struct {
			Modes map[string]struct {
				Cost     *devCost `json:"cost"`
				Provider struct {
					Body struct {
						Service string `json:"service_tier"`
					} `json:"body"`
				} `json:"provider"`
			} `json:"modes"`
		} `json:"experimental"`
	}
	devRates struct {
		Input      json.Number `json:"input"`
		Output     json.Number `json:"output"`
		CacheRead  json.Number `json:"cache_read"`
		CacheWrite json.Number `json:"cache_write"`
		Reasoning  json.Number `json:"reasoning"`
	}
	devCost struct {
		devRates
		Over200k *devRates `json:"context_over_200k"`
		Tiers    []struct {
			Tier struct {
				Type string `json:"type"`
				Size int64  `json:"size"`
			} `json:"tier"`
			devRates
		} `json:"tiers"`
	}
)

// ReadModelsDev reads models.dev's api.json as it is; day is the day the file is
// from. Rows are named by the exact id, which is the provider's name there and
// the model's. Rows without a price keep their limits and have no Prices.
func ReadModelsDev(r io.Reader, day time.Time) (Listing, error) {
	l := Listing{Name: "models.dev " + day.Format(time.DateOnly), Read: day, Rows: map[string]Listed{}}
	var doc map[string]devProvider
	if err := json.NewDecoder(io.LimitReader(r, maxListing)).Decode(&doc); err != nil {
		return Listing{}, fmt.Errorf("catalog: read models.dev: %w", err)
	}
	for _, provider := range slices.Sorted(maps.Keys(doc)) {
		for _, name := range slices.Sorted(maps.Keys(doc[provider].Models)) {
			m := doc[provider].Models[name]
			row := Listed{Provider: provider, Wire: name, Context: m.Limit.Context, MaxOutput: m.Limit.Output, Abilities: m.abilities()}
			if m.Status == "deprecated" {
				row.Status = "deprecated"
			} else if m.Status != "" {
				row.Status = "preview"
			}
			id := provider + "/" + name
			row.Prices = l.devPrices(id, m)
			l.Rows[id] = row
		}
	}
	return l, nil
}

func (m devModel) abilities() []Ability {
	out := []Ability{Streaming}
	if m.Structured {
		out = append(out, JSON)
	}
	if m.Reasoning {
		out = append(out, Reasoning)
	}
	if slices.Contains(m.Modalities.Input, "image") {
		out = append(out, Images)
	}
	if slices.Contains(m.Modalities.Input, "pdf") {
		out = append(out, Files)
	}
	return out
}

func (l *Listing) devPrices(id string, m devModel) []Price {
	var out []Price
	if p, ok := l.devPrice(id, "", m.Cost); ok {
		out = append(out, p)
	}
	for _, mode := range slices.Sorted(maps.Keys(m.Experimental.Modes)) {
		v := m.Experimental.Modes[mode]
		if s := Service(v.Provider.Body.Service); s != "" {
			if p, ok := l.devPrice(id, s, v.Cost); ok {
				out = append(out, p)
			}
		}
	}
	return out
}

func (l *Listing) devPrice(id, service string, c *devCost) (Price, bool) {
	if c == nil {
		return Price{}, false
	}
	base, ok := l.devRates(id, c.devRates)
	if !ok {
		return Price{}, false
	}
	p := Price{From: l.Read, Service: service, Rates: base, Source: l.Name, Verified: l.Read}
	for _, t := range c.Tiers {
		if t.Tier.Type != "" && t.Tier.Type != "context" || t.Tier.Size <= 0 {
			l.note(Unread, id, "price by %q is not known here", t.Tier.Type)
			return Price{}, false
		}
		long, ok := l.devRates(id, t.devRates)
		if !ok {
			return Price{}, false
		}
		p.Long = append(p.Long, Band{t.Tier.Size, long})
	}
	if len(c.Tiers) == 0 && c.Over200k != nil {
		long, ok := l.devRates(id, *c.Over200k)
		if !ok {
			return Price{}, false
		}
		p.Long = []Band{{200_000, long}}
	}
	return p, l.order(id, p.Long)
}

func (l *Listing) devRates(id string, r devRates) (Rates, bool) {
	return l.rates(id, 6, r.Input.String(), r.CacheRead.String(), r.CacheWrite.String(), "", r.Output.String(), r.Reasoning.String())
}

package app

import (
	"bytes"
	"fmt"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/tierwise/tierwise/internal/catalog"
)

// The policy's form of a proposal; see package config for what reads it.
type (
	proposedModel struct {
		Tier      string            `yaml:"tier,omitempty"`
		Context   int64             `yaml:"context,omitempty"`
		MaxOutput int64             `yaml:"max_output,omitempty"`
		Abilities []catalog.Ability `yaml:"abilities,flow,omitempty"`
		Family    string            `yaml:"family,omitempty"`
		Source    string            `yaml:"source,omitempty"`
		Verified  plain             `yaml:"verified,omitempty"`
		Prices    []proposedPrice   `yaml:"prices,omitempty"`
	}
	proposedPrice struct {
		From          plain  `yaml:"from"`
		Service       string `yaml:"service,omitempty"`
		proposedRates `yaml:",inline"`
		Bands         []proposedBand `yaml:"bands,omitempty"`
		Source        string         `yaml:"source"`
	}
	proposedBand struct {
		Above         int64 `yaml:"above"`
		proposedRates `yaml:",inline"`
	}
	proposedRates struct {
		Input        plain `yaml:"input"`
		Output       plain `yaml:"output"`
		CacheRead    plain `yaml:"cache_read,omitempty"`
		CacheWrite5m plain `yaml:"cache_write_5m,omitempty"`
		CacheWrite1h plain `yaml:"cache_write_1h,omitempty"`
		Reasoning    plain `yaml:"reasoning,omitempty"`
	}
)

// plain is a number or a day, written without quotes.
type plain string

// MarshalYAML implements yaml.Marshaler.
func (p plain) MarshalYAML() (any, error) {
	return &yaml.Node{Kind: yaml.ScalarNode, Value: string(p)}, nil
}

// Proposal writes what an import proposes as a piece of the policy file, under
// its key "models", so that what a person agrees with can be pasted. It is empty
// when there is nothing to propose.
func Proposal(o catalog.Overlay) ([]byte, error) {
	models := map[string]proposedModel{}
	for _, m := range o.Models {
		p := proposedModel{
			Tier: m.Tier, Context: m.Context, MaxOutput: m.MaxOutput, Abilities: m.Abilities, Family: m.Family, Source: m.Source, Verified: dateOf(m.Verified),
		}
		for _, r := range m.Prices {
			p.Prices = append(p.Prices, proposed(r))
		}
		models[m.ID] = p
	}
	for _, r := range o.Prices {
		m := models[r.Model]
		m.Prices = append(m.Prices, proposed(r))
		models[r.Model] = m
	}
	if len(models) == 0 {
		return nil, nil
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Proposed from %s; USD per million tokens.\n", o.Name)
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(map[string]any{"models": models}); err != nil {
		return nil, fmt.Errorf("app: write proposal: %w", err)
	}
	return b.Bytes(), nil
}

func proposed(r catalog.PriceRow) proposedPrice {
	p := proposedPrice{From: dateOf(r.From), Service: r.Service, proposedRates: proposedOf(r.RateRow), Source: r.Source}
	if r.Long != nil {
		p.Bands = append(p.Bands, proposedBand{r.Above, proposedOf(*r.Long)})
	}
	for _, b := range r.Bands {
		p.Bands = append(p.Bands, proposedBand{b.Above, proposedOf(b.RateRow)})
	}
	return p
}

func proposedOf(r catalog.RateRow) proposedRates {
	return proposedRates{plain(r.Input), plain(r.Output), plain(r.CacheRead), plain(r.CacheWrite5m), plain(r.CacheWrite1h), plain(r.Reasoning)}
}

func dateOf(t time.Time) plain { return plain(t.UTC().Format(time.DateOnly)) }

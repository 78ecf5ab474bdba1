package catalog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"go.yaml.in/yaml/v3"
)

// Overlay is a set of catalog facts laid over what is there. The embedded seed
// is the first one; the operator's policy and proposals of importers are
// others. A row with an id that exists changes the fields it gives; a row with
// a new id adds. A price row replaces the one of the same model, service tier
// and From. Amounts are decimal text in USD per million tokens, exactly as
// vendors print them; empty text means not given.
type Overlay struct {
	Name       string         `yaml:"-"` // where it is from, for error messages
	Providers  []ProviderRow  `yaml:"providers,omitempty"`
	Models     []ModelRow     `yaml:"models,omitempty"`
	Prices     []PriceRow     `yaml:"prices,omitempty"` // of models given elsewhere
	Clearances []ClearanceRow `yaml:"clearances,omitempty"`
}

// ProviderRow adds or changes a provider.
type ProviderRow struct {
	ID           string    `yaml:"id"`
	Name         string    `yaml:"name,omitempty"`
	BaseURL      string    `yaml:"base_url,omitempty"`
	KeyEnv       string    `yaml:"key_env,omitempty"`
	Profile      string    `yaml:"profile,omitempty"`
	Region       string    `yaml:"region,omitempty"`
	Engine       string    `yaml:"engine,omitempty"`
	TrainsOnData string    `yaml:"trains_on_data,omitempty"`
	Retention    string    `yaml:"retention,omitempty"`
	Source       string    `yaml:"source,omitempty"`
	Verified     time.Time `yaml:"verified,omitempty"`
}

// ModelRow adds or changes a model.
type ModelRow struct {
	ID         string     `yaml:"id"`
	Provider   string     `yaml:"provider,omitempty"` // "": the id up to its first slash
	Wire       string     `yaml:"wire,omitempty"`     // "": the id after it
	Tier       string     `yaml:"tier,omitempty"`
	Context    int64      `yaml:"context,omitempty"`
	MaxOutput  int64      `yaml:"max_output,omitempty"`
	Abilities  []Ability  `yaml:"abilities,flow,omitempty"`
	Region     string     `yaml:"region,omitempty"` // "": the provider's
	Family     string     `yaml:"family,omitempty"`
	Status     string     `yaml:"status,omitempty"`
	Deprecated time.Time  `yaml:"deprecated,omitempty"`
	Latency    string     `yaml:"latency,omitempty"`
	WorstCase  string     `yaml:"worst_case,omitempty"` // USD a call while unpriced
	Source     string     `yaml:"source,omitempty"`
	Verified   time.Time  `yaml:"verified,omitempty"`
	Prices     []PriceRow `yaml:"prices,omitempty"`
	// ListPriceOf copies the prices of another model, for simulated models.
	ListPriceOf string `yaml:"list_price_of,omitempty"`
}

// PriceRow is a price from a day on.
type PriceRow struct {
	Model     string    `yaml:"model,omitempty"` // only in Overlay.Prices
	From      time.Time `yaml:"from"`
	Announced bool      `yaml:"announced,omitempty"`
	// Withdrawn marks a price that was announced and called off: it is kept so
	// that an import which still carries it is recognised, and never used.
	Withdrawn bool   `yaml:"withdrawn,omitempty"`
	Service   string `yaml:"service,omitempty"`
	RateRow   `yaml:",inline"`
	// Above and Long are a single threshold, Bands several.
	Above    int64     `yaml:"above,omitempty"`
	Long     *RateRow  `yaml:"long,omitempty"`
	Bands    []BandRow `yaml:"bands,omitempty"`
	Source   string    `yaml:"source,omitempty"`
	Verified time.Time `yaml:"verified,omitempty"`
}

// BandRow are the rates of requests with more input than a size in tokens, the
// lowest first.
type BandRow struct {
	Above   int64 `yaml:"above"`
	RateRow `yaml:",inline"`
}

// RateRow are rates as decimal USD per million tokens.
type RateRow struct {
	Input        string `yaml:"input,omitempty"`
	CacheRead    string `yaml:"cache_read,omitempty"`
	CacheWrite5m string `yaml:"cache_write_5m,omitempty"`
	CacheWrite1h string `yaml:"cache_write_1h,omitempty"`
	Output       string `yaml:"output,omitempty"`
	Reasoning    string `yaml:"reasoning,omitempty"`
}

// ClearanceRow is an explicit decision about what a provider or a model may
// see. It stands above the rules of Clear, in both directions.
type ClearanceRow struct {
	Provider string    `yaml:"provider,omitempty"`
	Model    string    `yaml:"model,omitempty"` // stands above a provider's row
	Class    Class     `yaml:"class"`
	By       string    `yaml:"by"` // who decided
	At       time.Time `yaml:"at"`
	Reason   string    `yaml:"reason,omitempty"`
}

// ErrOverlay is wrapped by every error about the content of an overlay.
var ErrOverlay = errors.New("catalog: overlay")

// ReadOverlay reads an overlay from YAML. A field it does not know is an error,
// so that a misspelt one is not silently without effect.
func ReadOverlay(name string, r io.Reader) (Overlay, error) {
	d := yaml.NewDecoder(r)
	d.KnownFields(true)
	var o Overlay
	if err := d.Decode(&o); err != nil && !errors.Is(err, io.EOF) {
		return Overlay{}, fmt.Errorf("%w %s: %w", ErrOverlay, name, err)
	}
	o.Name = name
	return o, nil
}

// YAML writes the overlay so that ReadOverlay gives it back.
func (o Overlay) YAML() ([]byte, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(o); err != nil {
		return nil, fmt.Errorf("catalog: write overlay: %w", err)
	}
	return b.Bytes(), nil
}

package app

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/tierwise/tierwise/internal/assistant"
	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/llm"
	"github.com/tierwise/tierwise/internal/llm/local"
	"github.com/tierwise/tierwise/internal/llm/openai"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/token"
)

// openAI is the provider whose base URL override means a custom endpoint.
const openAI = "openai"

// Models is what the operator has connected.
type Models struct {
	Catalog *catalog.Catalog
	Ready   []catalog.Model
	// Remote reports whether any model beyond the local tier is connected.
	Remote bool
	cfg    config.Config
	log    *slog.Logger
}

// LoadModels lays the policy over the catalog and finds out what is connected.
// A custom endpoint (OPENAI_BASE_URL) is asked which models it serves.
func LoadModels(ctx context.Context, cfg config.Config, log *slog.Logger) (*Models, error) {
	seed, err := catalog.Load()
	if err != nil {
		return nil, fmt.Errorf("app: models: %w", err)
	}
	overlays := []catalog.Overlay{overlay(cfg, seed)}
	m := &Models{cfg: cfg, log: log}
	custom, err := m.custom(ctx)
	if err != nil {
		return nil, err
	}
	if custom != nil {
		overlays = append(overlays, *custom)
	}
	if m.Catalog, err = catalog.Load(overlays...); err != nil {
		return nil, unusable(err)
	}
	if err := denied(cfg, m.Catalog); err != nil {
		return nil, err
	}
	m.Ready = slices.DeleteFunc(m.Catalog.Clear(func(env string) bool { return cfg.Key(env).IsSet() }), func(r catalog.Model) bool {
		off := cfg.Policy.Providers[r.Provider].Off || cfg.Policy.Models[r.ID].Off
		return off || custom != nil && r.Provider == openAI
	})
	m.Remote = slices.ContainsFunc(m.Ready, func(r catalog.Model) bool { return r.Tier > catalog.Local })
	return m, nil
}

// Connected is the assistant's view of the connected models.
func (m *Models) Connected(c clock.Clock) (*assistant.Models, error) {
	set, err := m.clients(m.Ready, c)
	if err != nil {
		return nil, err
	}
	return assistant.NewModels(m.Catalog, m.Ready, set, false), nil
}

// Sample is the assistant's view of the simulated ones.
func (m *Models) Sample(c clock.Clock) (*assistant.Models, error) {
	ready := m.Catalog.Demo()
	set, err := m.clients(ready, c)
	if err != nil {
		return nil, err
	}
	return assistant.NewModels(m.Catalog, ready, set, true), nil
}

// Client is the client of one provider, for checks that call it directly.
func (m *Models) Client(p catalog.Provider) (*openai.Client, error) {
	return openai.New(openai.Config{
		Provider: p, Key: openai.Key(m.cfg.Key(p.KeyEnv).Reveal()), AllowPrivate: m.cfg.Policy.Providers[p.ID].AllowPrivate, Log: m.log,
	})
}

func (m *Models) clients(ready []catalog.Model, c clock.Clock) (*llm.Set, error) {
	clients := map[string]llm.Client{}
	for _, r := range ready {
		if clients[r.Provider] != nil {
			continue
		}
		p, _ := m.Catalog.Provider(r.Provider)
		switch p.Engine {
		case catalog.EngineLocal:
			clients[p.ID] = local.New(count)
		case catalog.EngineDemo:
			clients[p.ID] = local.NewDemo(count)
		default:
			client, err := m.Client(p)
			if err != nil {
				return nil, fmt.Errorf("app: provider %s: %w", p.ID, err)
			}
			clients[p.ID] = client
		}
	}
	return llm.NewSet(clients, c, llm.BreakerPolicy{}, llm.RetryPolicy{}), nil
}

// count is how the engines on this machine count: a word-like bound.
func count(text string) int64 { return token.Upper("o200k", text) }

// custom asks an endpoint that replaces OpenAI's which models it serves, and
// binds them to tiers.
func (m *Models) custom(ctx context.Context) (*catalog.Overlay, error) {
	base := m.cfg.BaseURL(openAI)
	if base == "" {
		return nil, nil
	}
	e := catalog.Endpoint{BaseURL: base, Read: time.Now().UTC()}
	if m.cfg.Key("OPENAI_API_KEY").IsSet() {
		e.KeyEnv = "OPENAI_API_KEY"
	}
	client, err := m.Client(catalog.Provider{ID: catalog.CustomID, BaseURL: base, KeyEnv: e.KeyEnv, Profile: "openai-compatible"})
	if err != nil {
		return nil, fmt.Errorf("app: OPENAI_BASE_URL: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	listed, err := client.Models(ctx)
	if err != nil {
		return nil, unlisted(err, base)
	}
	known := make([]string, 0, len(listed))
	for _, l := range listed {
		known = append(known, l.ID)
		if l.Context > 0 && (e.Context == 0 || l.Context < e.Context) {
			e.Context = l.Context
		}
	}
	if e.Models, err = catalog.BindTiers(m.cfg.ModelList, known); err != nil {
		return nil, fmt.Errorf("app: %w", err)
	}
	o := e.Overlay()
	return &o, nil
}

// overlay turns the policy's providers and models, and base URLs from the
// environment, into catalog rows.
func overlay(cfg config.Config, seed *catalog.Catalog) catalog.Overlay {
	o := catalog.Overlay{Name: "the policy"}
	for _, p := range seed.Providers() {
		_, named := cfg.Policy.Providers[p.ID]
		if url := cfg.BaseURL(p.ID); url != "" && !named && p.ID != openAI {
			o.Providers = append(o.Providers, catalog.ProviderRow{ID: p.ID, BaseURL: url})
		}
	}
	for id, p := range cfg.Policy.Providers {
		row := catalog.ProviderRow{
			ID: id, Name: p.Name, BaseURL: cfg.BaseURL(id), KeyEnv: p.KeyEnv, Profile: p.Profile, Region: p.Region,
			TrainsOnData: p.Facts.TrainsOnData, Retention: p.Facts.Retention, Source: p.Facts.Source, Verified: p.Facts.Verified.Start(),
		}
		if _, known := seed.Provider(id); !known {
			row = fresh(row, id, policyDate(cfg))
		}
		o.Providers = append(o.Providers, row)
		if p.Clearance != nil {
			o.Clearances = append(o.Clearances, catalog.ClearanceRow{Provider: id, Class: *p.Clearance, By: "operator", At: policyDate(cfg), Reason: p.Why})
		}
	}
	for id, mo := range cfg.Policy.Models {
		o.Models = append(o.Models, modelRow(id, mo, seed, policyDate(cfg)))
		if mo.Clearance != nil {
			o.Clearances = append(o.Clearances, catalog.ClearanceRow{Model: id, Class: *mo.Clearance, By: "operator", At: policyDate(cfg)})
		}
	}
	return o
}

// fresh completes the row of a provider the catalog does not know: it speaks
// the OpenAI wire, which is the only one there is a client for.
func fresh(r catalog.ProviderRow, id string, day time.Time) catalog.ProviderRow {
	set := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	set(&r.Name, id)
	set(&r.Engine, catalog.EngineOpenAI)
	set(&r.Profile, "openai-compatible")
	set(&r.TrainsOnData, "unknown")
	set(&r.Retention, "unknown")
	set(&r.Source, "the operator's policy")
	if r.Verified.IsZero() {
		r.Verified = day
	}
	return r
}

// policyDate is the day of the operator's decision: that of the policy file.
func policyDate(cfg config.Config) time.Time {
	if info, err := os.Stat(cfg.PolicyFile); err == nil {
		return info.ModTime().UTC()
	}
	return time.Now().UTC()
}

func modelRow(id string, m config.Model, seed *catalog.Catalog, day time.Time) catalog.ModelRow {
	r := catalog.ModelRow{
		ID: id, Wire: m.Wire, Context: m.Context, MaxOutput: m.MaxOutput, Abilities: m.Abilities, Region: m.Region, Family: m.Family,
		Latency: m.Latency, Source: m.Source, Verified: m.Verified.Start(),
	}
	if _, known := seed.Model(id); !known {
		r.Source = orPolicy(r.Source)
		if r.Verified.IsZero() {
			r.Verified = day
		}
		if r.Family == "" {
			r.Family = "bytes" // an upper bound for any tokenizer
		}
		if r.Abilities == nil {
			r.Abilities = []catalog.Ability{catalog.Streaming} // an empty list says that it cannot
		}
	}
	if m.Tier != nil {
		r.Tier = m.Tier.String()
	}
	if m.WorstCase > 0 {
		r.WorstCase = m.WorstCase.Decimal()
	}
	for _, p := range m.Prices {
		row := catalog.PriceRow{From: p.From.Start(), Announced: p.Announced, Service: p.Service, Source: orPolicy(p.Source), Verified: p.From.Start()}
		row.RateRow = rateRow(p.Input, p.Output, p.CacheRead, p.CacheWrite5m, p.CacheWrite1h, p.Reasoning)
		for _, b := range p.Bands {
			row.Bands = append(row.Bands, catalog.BandRow{
				Above: b.Above, RateRow: rateRow(b.Input, b.Output, b.CacheRead, b.CacheWrite5m, b.CacheWrite1h, b.Reasoning),
			})
		}
		r.Prices = append(r.Prices, row)
	}
	return r
}

// rateRow are rates as the catalog reads them; nil is not given.
func rateRow(in, out money.Pico, read, write5m, write1h, reasoning *money.Pico) catalog.RateRow {
	text := func(p *money.Pico) string {
		if p == nil {
			return ""
		}
		return p.PerMillion()
	}
	return catalog.RateRow{
		Input: in.PerMillion(), Output: out.PerMillion(),
		CacheRead: text(read), CacheWrite5m: text(write5m), CacheWrite1h: text(write1h), Reasoning: text(reasoning),
	}
}

func orPolicy(source string) string {
	if source == "" {
		return "the operator's policy"
	}
	return source
}

// KeyNames are the variables of the provider keys that the catalog names.
func KeyNames() []string {
	c, err := catalog.Load()
	if err != nil {
		return nil // a test loads the same seed
	}
	var out []string
	for _, p := range c.Providers() {
		if p.KeyEnv != "" && !slices.Contains(out, p.KeyEnv) {
			out = append(out, p.KeyEnv)
		}
	}
	return out
}

// FactsOf are what a call used, as the catalog prices it.
func FactsOf(d llm.Done) catalog.Facts {
	f := catalog.Facts{Tokens: d.Tokens, Counted: d.Counted, Served: d.Served, Service: d.Service}
	if d.Cost != nil {
		n := money.Nano(*d.Cost)
		f.Reported = &n
	}
	return f
}

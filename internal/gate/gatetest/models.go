package gatetest

import (
	"slices"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/assistant"
	"github.com/tierwise/tierwise/internal/catalog"
)

// The models of the house: two providers, a ladder of three tiers, and the
// local engine below them, each tier some ten times the one below.
const (
	Eco      = "alpha/eco"
	OtherEco = "beta/eco"
	Std      = "beta/std"
	Front    = "alpha/front"
)

var priced = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func models(t testing.TB, p *Provider) *assistant.Models {
	t.Helper()
	provider := func(id string) catalog.ProviderRow {
		return catalog.ProviderRow{ID: id, Name: id, BaseURL: "https://" + id + ".example/v1", KeyEnv: "KEY_" + id, Profile: "openai-compatible", Engine: catalog.EngineOpenAI, Region: "eu",
			Source: "test", Verified: priced}
	}
	model := func(id, tier, in, out string) catalog.ModelRow {
		return catalog.ModelRow{ID: id, Tier: tier, Context: 100_000, MaxOutput: 8000, Abilities: []catalog.Ability{catalog.JSON}, Family: "bytes", Latency: "normal",
			Source: "test", Verified: priced,
			Prices: []catalog.PriceRow{{From: priced, RateRow: catalog.RateRow{Input: in, Output: out}, Source: "test", Verified: priced}}}
	}
	c, err := catalog.Load(catalog.Overlay{Name: "test", Providers: []catalog.ProviderRow{provider("alpha"), provider("beta")}, Models: []catalog.ModelRow{
		model(Eco, "economy", "1", "2"), model(OtherEco, "economy", "1.1", "2.2"), model(Std, "standard", "10", "20"), model(Front, "frontier", "40", "80"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	ready := slices.DeleteFunc(c.Clear(func(env string) bool { return env == "KEY_alpha" || env == "KEY_beta" }), func(m catalog.Model) bool {
		return !slices.Contains([]string{"local", "alpha", "beta"}, m.Provider)
	})
	return assistant.NewModels(c, ready, p, false)
}

package catalog_test

import (
	"slices"
	"testing"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/token"
)

func reported(n money.Nano) *money.Nano { return &n }

func TestWhereACostComesFrom(t *testing.T) {
	c := load(t, catalog.Overlay{Name: "policy", Models: []catalog.ModelRow{{
		ID: "openai/unpriced", Tier: "economy", Context: 1000, MaxOutput: 100, WorstCase: "0.02", Source: "policy", Verified: at(t, "2026-11-01T00:00:00Z"),
	}}})
	now := at(t, "2026-11-24T12:00:00Z")
	use := token.Count{Input: 1000, Output: 100} // gpt-6-luna: 100 + 50 = 150 µ$
	for _, k := range []struct {
		name, model string
		f           catalog.Facts
		amount      string
		source      string
		price       string
		flags       []string
	}{
		{"computed", "openai/gpt-6-luna", catalog.Facts{Tokens: use, Counted: true}, "0.00015", "computed", "openai/gpt-6-luna@2026-09-22", nil},
		{"reported and equal", "openai/gpt-6-luna", catalog.Facts{Tokens: use, Counted: true, Reported: reported(150_000)}, "0.00015", "provider", "openai/gpt-6-luna@2026-09-22", nil},
		{"reported within 2 %", "openai/gpt-6-luna", catalog.Facts{Tokens: use, Counted: true, Reported: reported(152_999)}, "0.000152999", "provider", "openai/gpt-6-luna@2026-09-22", nil},
		{"reported beyond 2 %", "openai/gpt-6-luna", catalog.Facts{Tokens: use, Counted: true, Reported: reported(160_000)}, "0.00016", "provider", "openai/gpt-6-luna@2026-09-22", []string{catalog.FlagDiffers}},
		{"reported zero is an amount", "openai/gpt-6-luna", catalog.Facts{Tokens: use, Counted: true, Reported: reported(0)}, "0", "provider", "openai/gpt-6-luna@2026-09-22", []string{catalog.FlagDiffers}},
		{"counted here", "openai/gpt-6-luna", catalog.Facts{Tokens: use}, "0.00015", "estimated", "openai/gpt-6-luna@2026-09-22", nil},
		{"a snapshot of it answered", "openai/gpt-6-luna", catalog.Facts{Tokens: use, Counted: true, Served: "gpt-6-luna-2026-09-22"}, "0.00015", "computed", "openai/gpt-6-luna@2026-09-22", nil},
		{"another known model answered", "openai/gpt-6-luna", catalog.Facts{Tokens: use, Counted: true, Served: "gpt-6-astra"}, "0.015", "computed", "openai/gpt-6-astra@2026-09-03", nil},
		{"an unknown model answered", "openai/gpt-6-luna", catalog.Facts{Tokens: use, Counted: true, Served: "gpt-6-luna-mini"}, "0.00015", "estimated", "openai/gpt-6-luna@2026-09-22", []string{catalog.FlagServed}},
		{"flex was used", "openai/gpt-6.1-sol", catalog.Facts{Tokens: use, Counted: true, Service: "flex"}, "0.0015", "computed", "openai/gpt-6.1-sol@2026-09-29+flex", nil},
		{"default is standard", "openai/gpt-6.1-sol", catalog.Facts{Tokens: use, Counted: true, Service: "default"}, "0.003", "computed", "openai/gpt-6.1-sol@2026-09-29", nil},
		{"a service without a price takes the dearest", "openai/gpt-6.1-sol", catalog.Facts{Tokens: use, Counted: true, Service: "scale"}, "0.006", "estimated", "openai/gpt-6.1-sol@2026-09-29+priority", []string{catalog.FlagService}},
		{"unpriced counts its worst case", "openai/unpriced", catalog.Facts{Tokens: use, Counted: true}, "0.02", "unpriced", "", nil},
		{"unpriced but reported", "openai/unpriced", catalog.Facts{Tokens: use, Counted: true, Reported: reported(5)}, "0.000000005", "provider", "", nil},
		{"built in", "local/extract", catalog.Facts{Tokens: use}, "0", "free", "", nil},
		{"simulated shows list prices", "demo/economy", catalog.Facts{Tokens: use, Counted: true}, "0.00015", "computed", "demo/economy@2026-01-01", nil},
	} {
		t.Run(k.name, func(t *testing.T) {
			got, err := c.Cost(model(t, c, k.model), k.f, now)
			if err != nil {
				t.Fatal(err)
			}
			if got.Amount.Decimal() != k.amount || got.Source != k.source || got.Price != k.price || !slices.Equal(got.Flags, k.flags) {
				t.Errorf("%s %s %s %v", got.Amount.Decimal(), got.Source, got.Price, got.Flags)
			}
		})
	}
}

func TestOurFigureIsKeptBesideTheProviders(t *testing.T) {
	c := load(t)
	got, err := c.Cost(model(t, c, "openrouter/deepseek/deepseek-v4-flash"),
		catalog.Facts{Tokens: token.Count{Input: 1_000_000}, Counted: true, Reported: reported(99_000_000)}, at(t, "2026-11-24T00:00:00Z"))
	if err != nil || got.Computed == nil || *got.Computed != 98_300_000 || got.Amount != 99_000_000 || len(got.Flags) != 0 {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := c.Cost(model(t, c, "openai/gpt-6-luna"), catalog.Facts{Tokens: token.Count{Output: -1}}, at(t, "2026-11-24T00:00:00Z")); err == nil {
		t.Error("a negative bucket must not be costed")
	}
}

func TestPricedByTheDayOfTheCall(t *testing.T) {
	c := load(t)
	m := model(t, c, "openai/gpt-5.6-luna")
	f := catalog.Facts{Tokens: token.Count{Input: 1_000_000}, Counted: true}
	f.Tokens.Input = 100_000
	before, _ := c.Cost(m, f, at(t, "2026-07-29T23:59:59Z"))
	after, _ := c.Cost(m, f, at(t, "2026-07-30T00:00:00Z"))
	if before.Amount.Decimal() != "0.1" || after.Amount.Decimal() != "0.02" || before.Price == after.Price {
		t.Errorf("%s (%s), then %s (%s)", before.Amount.Decimal(), before.Price, after.Amount.Decimal(), after.Price)
	}
}

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

func TestWhatIsHeldForACall(t *testing.T) {
	day := at(t, "2026-11-01T00:00:00Z")
	c := load(t, catalog.Overlay{Name: "policy", Models: []catalog.ModelRow{
		{ID: "openai/capped", Tier: "economy", Context: 1000, MaxOutput: 100, WorstCase: "0.02", Source: "policy", Verified: day},
		{ID: "openai/unknown", Tier: "economy", Context: 1000, MaxOutput: 100, Source: "policy", Verified: day},
	}})
	for _, k := range []struct {
		model string
		in    int64
		want  string
		may   bool
	}{
		{"openai/gpt-6.1-sol", 1000, "0.0125", true},            // input as a cache write: 2.5, output 10
		{"openai/gpt-6.1-sol", 272_001, "1.375005", true},       // long: 5 and 15
		{"local/extract", 1000, "0", true},                      // this machine
		{"openai/capped", 1000, "0.02", true},                   // unpriced with a worst case
		{"openai/unknown", 1000, "0", false},                    // unpriced without: may not run
		{"demo/standard", 1000, "0.0125", true},                 // the list price of a real model
		{"anthropic/claude-opus-5-5", 1000, "0.028", true},      // input as a 1 h cache write: 8
		{"google/gemini-3.8-flash", 1_000_000, "0.75375", true}, // no write rate: input
	} {
		got, may := c.Worst(model(t, c, k.model), k.in, 1000, at(t, "2026-11-24T00:00:00Z"))
		if got.Decimal() != k.want || may != k.may {
			t.Errorf("%s: %s %v, want %s %v", k.model, got.Decimal(), may, k.want, k.may)
		}
	}
}

func BenchmarkReadUsage(b *testing.B) {
	body := []byte(`{"id":"x","model":"gpt-6-luna","service_tier":"default","choices":[],"usage":{"prompt_tokens":1126,"completion_tokens":824,"total_tokens":1950,"prompt_tokens_details":{"cached_tokens":512},"completion_tokens_details":{"reasoning_tokens":576}}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := catalog.ReadUsage("openai-chat", body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		load(b)
	}
}

package catalog_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tierwise/tierwise/internal/catalog"
)

func TestEveryFigureHasASourceAndADate(t *testing.T) {
	c := load(t)
	today := at(t, "2026-11-24T00:00:00Z")
	prices := 0
	for _, p := range c.Providers() {
		if p.Source == "" || p.Verified.IsZero() || p.TrainsOnData == "" || p.Retention == "" {
			t.Errorf("provider %s: fact sheet is incomplete", p.ID)
		}
	}
	for _, m := range c.Models() {
		if m.Source == "" || m.Verified.IsZero() || m.Verified.After(today) {
			t.Errorf("%s: source %q verified %v", m.ID, m.Source, m.Verified)
		}
		if len(m.Prices) == 0 {
			t.Errorf("%s: no price", m.ID)
		}
		for _, p := range m.Prices {
			prices++
			if p.Source == "" || p.Verified.IsZero() || p.From.IsZero() || p.Verified.After(today) {
				t.Errorf("%s: source %q, verified %v, from %v", m.ID, p.Source, p.Verified, p.From)
			}
			if !p.Announced && p.From.After(today) {
				t.Errorf("%s: a price from %v on is not marked announced", m.ID, p.From)
			}
		}
	}
	t.Logf("%d providers, %d models, %d prices", len(c.Providers()), len(c.Models()), prices)
}

func TestAPriceWithoutSourceOrDateIsRefused(t *testing.T) {
	full := catalog.PriceRow{
		Model: "openai/gpt-6-luna", From: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), RateRow: catalog.RateRow{Input: "1", Output: "2"},
		Source: "invoice", Verified: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC),
	}
	if _, err := catalog.Load(catalog.Overlay{Name: "good", Prices: []catalog.PriceRow{full}}); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*catalog.PriceRow){
		"no source":        func(p *catalog.PriceRow) { p.Source = "" },
		"no verified date": func(p *catalog.PriceRow) { p.Verified = time.Time{} },
		"no from":          func(p *catalog.PriceRow) { p.From = time.Time{} },
		"no output":        func(p *catalog.PriceRow) { p.Output = "" },
		"not a number":     func(p *catalog.PriceRow) { p.Input = "cheap" },
		"negative":         func(p *catalog.PriceRow) { p.Input = "-1" },
		"unit slip":        func(p *catalog.PriceRow) { p.Input = "2000000" },
		"too many digits":  func(p *catalog.PriceRow) { p.CacheRead = "0.0036251" },
		"above, no long":   func(p *catalog.PriceRow) { p.Above = 5 },
		"long, no above":   func(p *catalog.PriceRow) { p.Long = &catalog.RateRow{Input: "1", Output: "1"} },
		"bands not rising": func(p *catalog.PriceRow) {
			p.Bands = []catalog.BandRow{{Above: 9, RateRow: full.RateRow}, {Above: 9, RateRow: full.RateRow}}
		},
		"a band above nothing": func(p *catalog.PriceRow) { p.Bands = []catalog.BandRow{{RateRow: full.RateRow}} },
		"a band without rates": func(p *catalog.PriceRow) { p.Bands = []catalog.BandRow{{Above: 9}} },
		"long and bands": func(p *catalog.PriceRow) {
			p.Above, p.Long, p.Bands = 5, &full.RateRow, []catalog.BandRow{{Above: 9, RateRow: full.RateRow}}
		},
		"unknown model": func(p *catalog.PriceRow) { p.Model = "openai/nothing" },
	} {
		row := full
		spoil(&row)
		if _, err := catalog.Load(catalog.Overlay{Name: "bad", Prices: []catalog.PriceRow{row}}); !errors.Is(err, catalog.ErrOverlay) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEveryFaultIsReportedAtOnce(t *testing.T) {
	_, err := catalog.Load(catalog.Overlay{
		Name:      "policy",
		Providers: []catalog.ProviderRow{{ID: "mine", Engine: "openai", BaseURL: "http://models.example.com/v1", Profile: "telepathy"}},
		Models:    []catalog.ModelRow{{ID: "mine/a", Tier: "best"}, {ID: "nobody/b", Tier: "economy", Context: 10, MaxOutput: 20}},
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"https", "telepathy", "source and verified date of the provider", `unknown tier "best"`, `provider "nobody"`, "fit the context"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not reported in:\n%v", want, err)
		}
	}
}

func TestOneLineChangesWhereAProviderIs(t *testing.T) {
	o, err := catalog.ReadOverlay("policy", strings.NewReader("providers:\n  - {id: openai, base_url: http://127.0.0.1:9000/v1/}\n"))
	if err != nil {
		t.Fatal(err)
	}
	c := load(t, o)
	p, _ := c.Provider("openai")
	if p.BaseURL != "http://127.0.0.1:9000/v1" || p.KeyEnv != "OPENAI_API_KEY" || !p.Loopback {
		t.Errorf("%+v", p)
	}
	if _, err := catalog.ReadOverlay("policy", strings.NewReader("providers:\n  - {id: openai, base_uri: x}\n")); !errors.Is(err, catalog.ErrOverlay) {
		t.Errorf("a misspelt field must not be without effect: %v", err)
	}
}

func TestAnOverlayReadsBackWhatItWrites(t *testing.T) {
	o := catalog.Overlay{Name: "x", Prices: []catalog.PriceRow{{
		Model: "a/b", From: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), Service: "flex", RateRow: catalog.RateRow{Input: "0.10", Output: "7"},
		Above: 5, Long: &catalog.RateRow{Input: "1", Output: "2", Reasoning: "3"}, Source: "s", Verified: time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC),
	}, {
		Model: "a/c", From: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), RateRow: catalog.RateRow{Input: "0.10", Output: "7"},
		Bands:  []catalog.BandRow{{Above: 5, RateRow: catalog.RateRow{Input: "1", Output: "8"}}, {Above: 7, RateRow: catalog.RateRow{Input: "2", Output: "9"}}},
		Source: "s", Verified: time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC),
	}}, Clearances: []catalog.ClearanceRow{{Provider: "openai", Class: catalog.Confidential, By: "ada", At: time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC)}}}
	raw, err := o.YAML()
	if err != nil {
		t.Fatal(err)
	}
	back, err := catalog.ReadOverlay("x", strings.NewReader(string(raw)))
	if err != nil || !cmp.Equal(o, back) {
		t.Errorf("%v\n%s\n%s", err, cmp.Diff(o, back), raw)
	}
}

func TestAPriceMayHaveSeveralThresholds(t *testing.T) {
	o, err := catalog.ReadOverlay("policy", strings.NewReader(`
prices:
  - model: openai/gpt-6-luna
    from: 2027-01-01
    input: 1
    output: 2
    bands:
      - {above: 128000, input: 2, output: 3}
      - {above: 256000, input: 4, output: 5}
    source: invoice
    verified: 2027-01-01
`))
	if err != nil {
		t.Fatal(err)
	}
	c := load(t, o)
	p, _ := c.Price("openai/gpt-6-luna", "", at(t, "2027-01-02T00:00:00Z"))
	if len(p.Long) != 2 || p.Long[0].Above != 128_000 || p.Long[1].Rates.Output != pico(t, "5") {
		t.Fatalf("%+v", p.Long)
	}
	for _, row := range c.List(at(t, "2027-01-02T00:00:00Z"), func(string) bool { return true }) {
		if row.Model == "openai/gpt-6-luna" && !slices.Equal(row.Notes, []string{"above 128 k: 2/3", "above 256 k: 4/5"}) {
			t.Errorf("%q", row.Notes)
		}
	}
}

func TestModelsAreOrderedByTier(t *testing.T) {
	c := load(t)
	all := c.Models()
	if !slices.IsSortedFunc(all, func(a, b catalog.Model) int { return int(a.Tier - b.Tier) }) {
		t.Error("not by tier")
	}
	n := 0
	for _, tier := range catalog.Tiers() {
		of := c.ByTier(tier)
		if len(of) == 0 {
			t.Errorf("no model on tier %s", tier)
		}
		n += len(of)
	}
	if n != len(all) {
		t.Errorf("%d by tier, %d in all", n, len(all))
	}
}

func clearanceOf(models []catalog.Model, id string) string {
	for _, m := range models {
		if m.ID == id {
			return m.Clearance.String()
		}
	}
	return "not usable"
}

func TestClearance(t *testing.T) {
	day := at(t, "2026-11-01T00:00:00Z")
	has := func(key string) bool { return key == "OPENAI_API_KEY" || key == "MISTRAL_API_KEY" }
	local := catalog.Endpoint{BaseURL: "http://localhost:11434/v1", Models: map[catalog.Tier]string{catalog.Economy: "llama3:8b"}, Read: day}.Overlay()
	decided := catalog.Overlay{Name: "policy", Clearances: []catalog.ClearanceRow{
		{Model: "mistral/mistral-large-2512", Class: catalog.Public, By: "ada", At: day},
		{Provider: "mistral", Class: catalog.Confidential, By: "ada", At: day, Reason: "EU contract"},
	}}
	got := load(t, local, decided).Clear(has)
	for id, want := range map[string]string{
		"local/extract":              "restricted", // this machine
		"custom/economy/llama3:8b":   "restricted", // loopback
		"openai/gpt-6-luna":          "internal",   // the operator set the key
		"mistral/mistral-small-2603": "confidential",
		"mistral/mistral-large-2512": "public", // the model's own decision stands above its provider's
		"anthropic/claude-haiku-5-5": "not usable",
		"demo/economy":               "not usable", // never among real models
	} {
		if c := clearanceOf(got, id); c != want {
			t.Errorf("%s: %s, want %s", id, c, want)
		}
	}
	if n := len(load(t).Demo()); n != 4 {
		t.Errorf("%d demo models, want three and the built-in one", n)
	}
	for name, row := range map[string]catalog.ClearanceRow{
		"nobody decided": {Provider: "openai", Class: catalog.Restricted, At: day},
		"no day":         {Provider: "openai", Class: catalog.Restricted, By: "ada"},
		"unknown":        {Provider: "nowhere", Class: catalog.Public, By: "ada", At: day},
		"nothing named":  {Class: catalog.Public, By: "ada", At: day},
	} {
		if _, err := catalog.Load(catalog.Overlay{Name: "policy", Clearances: []catalog.ClearanceRow{row}}); !errors.Is(err, catalog.ErrOverlay) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLoopbackIsDecidedByTheHost(t *testing.T) {
	for url, want := range map[string]bool{
		"http://127.0.0.1:8080/v1": true, "http://[::1]:80": true, "http://localhost/v1": true, "http://LOCALHOST.": true, "http://a.localhost": true,
		"http://[::ffff:127.0.0.1]": true, "http://127.0.0.1.example.com": false, "http://localhost.example.com": false,
		"http://10.0.0.1": false, "http://example.com/localhost": false, "http://localhost@example.com": false, "": false, "::": false,
	} {
		if catalog.IsLoopback(url) != want {
			t.Errorf("%q: %v", url, !want)
		}
	}
}

func TestTiersOfACustomEndpoint(t *testing.T) {
	one, err := catalog.BindTiers("", []string{"only"})
	if err != nil || len(one) != 3 || one[catalog.Frontier] != "only" {
		t.Errorf("one model serves all remote tiers: %v %v", one, err)
	}
	two, err := catalog.BindTiers("economy=small, frontier=big:70b", []string{"small", "big:70b"})
	if err != nil || two[catalog.Economy] != "small" || two[catalog.Frontier] != "big:70b" || len(two) != 2 {
		t.Error(two, err)
	}
	for _, bad := range []string{"local=x", "economy", "economy=", "top=x", "economy=a,economy=b"} {
		if _, err := catalog.BindTiers(bad, nil); !errors.Is(err, catalog.ErrOverlay) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := catalog.BindTiers("", []string{"a", "b"}); err == nil {
		t.Error("several models need a choice")
	}
	remote := catalog.Endpoint{BaseURL: "https://models.example.com/v1", KeyEnv: "OPENAI_API_KEY", Models: one, WorstCase: "0.05", Read: at(t, "2026-11-01T00:00:00Z")}
	c := load(t, remote.Overlay())
	m := model(t, c, "custom/standard/only")
	if m.Wire != "only" || m.WorstCase.Decimal() != "0.05" || len(m.Prices) != 0 || c.Free(m) {
		t.Errorf("%+v", m)
	}
}

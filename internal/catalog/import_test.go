package catalog_test

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/catalog"
)

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func litellm(t *testing.T) catalog.Listing {
	t.Helper()
	f, err := os.Open("testdata/litellm.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	l, err := catalog.ReadLiteLLM(f, time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func modelsDev(t *testing.T) catalog.Listing {
	t.Helper()
	f, err := os.Open(sharedFile(t, "prices/models-dev-api.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	l, err := catalog.ReadModelsDev(f, time.Date(2026, 7, 2, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// has reports whether a finding of that kind about the model mentions all words.
func has(fs []catalog.Finding, kind, model string, words ...string) bool {
	return slices.ContainsFunc(fs, func(f catalog.Finding) bool {
		return f.Kind == kind && f.Model == model && !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(f.Text, w) })
	})
}

func TestLiteLLMIsReadAsItIs(t *testing.T) {
	l := litellm(t)
	sol := l.Rows["openai/gpt-6.1-sol"]
	if len(sol.Prices) != 3 || sol.Context != 400_000 || len(sol.Abilities) != 4 {
		t.Fatalf("%+v", sol)
	}
	p := sol.Prices[0]
	if p.Rates.Input != 2_000_000 || p.Rates.CacheRead != 100_000 || p.Rates.CacheWrite5m != 2_500_000 || len(p.Long) != 1 || p.Long[0].Above != 272_000 || p.Long[0].Rates.Output != 15_000_000 {
		t.Errorf("%+v", p)
	}
	if w := l.Rows["anthropic/claude-sonnet-5"].Prices[0].Rates.CacheWrite1h; w != 6_000_000 {
		t.Error(w)
	}
	if lite := l.Rows["google/gemini-3.5-flash-lite"].Prices[0]; lite.Rates.Input != 300_000 {
		t.Errorf("noise of floating point must not stay: %v", lite.Rates.Input)
	}
	if has(l.Findings, catalog.Digits, "google/gemini-3.5-flash-lite") {
		t.Error("noise is not worth a finding")
	}
	if !has(l.Findings, catalog.Digits, "deepseek/deepseek-v4-pro", "0.435") {
		t.Error("digits that were lost must be told")
	}
	for _, id := range []string{"openrouter/deepseek/deepseek-v4-flash", "mistral/mistral-small-2603"} {
		if !has(l.Findings, catalog.Bounds, id, "slip of unit") || len(l.Rows[id].Prices) != 0 {
			t.Errorf("%s: a slip of unit must be told and not used", id)
		}
	}
	if !has(l.Findings, catalog.Unread, "broken") || len(l.Rows["openai/openai/free-for-all"].Prices)+len(l.Rows["openai/free-for-all"].Prices) != 0 {
		t.Error("a broken row is told, and zero is not taken for a price")
	}
	if _, ok := l.Rows["openai/text-embedding-9"]; ok {
		t.Error("only text models are read")
	}
}

func TestCheckTellsWhatAPersonShouldLookAt(t *testing.T) {
	c := load(t)
	fs := c.Check(now, litellm(t))
	for _, k := range []struct {
		kind, model string
		words       []string
	}{
		{catalog.Withdrawn, "anthropic/claude-sonnet-5", []string{"still carries $3 in"}},
		{catalog.Conflict, "groq/llama-3.1-8b-instant", []string{"output $0.09 there and $0.08 here"}},
		{catalog.Retired, "groq/llama-3.1-8b-instant", []string{"2026-12-15"}},
		{catalog.Announced, "google/gemini-3.8-flash", []string{"$1.5 in", "in 37 days"}},
		{catalog.Stale, "groq/openai/gpt-oss-20b", nil},
	} {
		found := has(fs, k.kind, k.model, k.words...)
		if k.kind == catalog.Stale {
			found = !found // verified three weeks ago: nothing to say
		}
		if !found {
			t.Errorf("%s of %s %v in:\n%v", k.kind, k.model, k.words, fs)
		}
	}
	if has(fs, catalog.Conflict, "openai/gpt-6.1-sol") {
		t.Error("a list that lacks some rates does not contradict the catalog")
	}
	later := c.Check(now.AddDate(0, 8, 0))
	if !has(later, catalog.Announced, "google/gemini-3.8-flash", "has passed") || !has(later, catalog.Stale, "openai/gpt-6-luna", "2026-11-23") {
		t.Error("after its day an announced price is due, and old figures are stale")
	}
}

func TestAnImportProposesAndNeverApplies(t *testing.T) {
	c := load(t)
	l := litellm(t)
	o, err := c.Propose(l, now, map[string]catalog.Tier{"xai/grok-4.3-latest": catalog.Standard})
	if err != nil {
		t.Fatal(err)
	}
	changed := map[string]bool{}
	for _, p := range o.Prices {
		changed[p.Model] = true
	}
	if !changed["groq/llama-3.1-8b-instant"] || changed["anthropic/claude-sonnet-5"] || changed["openai/gpt-6.1-sol"] || changed["mistral/mistral-small-2603"] {
		t.Errorf("%v", changed)
	}
	if p, _ := c.Price("groq/llama-3.1-8b-instant", "", now); p.Rates.Output != 80_000 {
		t.Error("proposing must not change a price")
	}
	raw, err := o.YAML()
	if err != nil {
		t.Fatal(err)
	}
	read, err := catalog.ReadOverlay("policy", bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	with := load(t, read)
	before, _ := with.Price("groq/llama-3.1-8b-instant", "", l.Read.Add(-1))
	after, _ := with.Price("groq/llama-3.1-8b-instant", "", l.Read)
	if before.Rates.Output != 80_000 || after.Rates.Output != 90_000 {
		t.Errorf("%v, then %v", before.Rates.Output, after.Rates.Output)
	}
	if m := model(t, with, "xai/grok-4.3-latest"); m.Tier != catalog.Standard || m.Wire != "grok-4.3-latest" {
		t.Errorf("%+v", m)
	}
	for _, id := range []string{"xai/grok-4", "openai/gpt-6.1-sol"} { // not there exactly; known already
		if _, err := c.Propose(l, now, map[string]catalog.Tier{id: catalog.Economy}); !errors.Is(err, catalog.ErrOverlay) {
			t.Errorf("%s: %v", id, err)
		}
	}
}

func TestModelsDevIsReadAsItIs(t *testing.T) {
	l := modelsDev(t)
	priced := 0
	for _, r := range l.Rows {
		if len(r.Prices) > 0 {
			priced++
		}
	}
	kinds := map[string]int{}
	for _, f := range l.Findings {
		kinds[f.Kind]++
		t.Log(f.Kind, f.Model, f.Text)
	}
	t.Logf("%d rows, %d priced, findings %v", len(l.Rows), priced, kinds)
	if len(l.Rows) < 600 || priced < 500 {
		t.Error("too few rows")
	}
	p := l.Rows["openai/gpt-5.5"].Prices
	if len(p) != 2 || p[0].Long[0].Above != 272_000 || p[0].Long[0].Rates.Output != 45_000_000 || p[1].Service != "priority" || p[1].Rates.Input != 12_500_000 {
		t.Errorf("%+v", p)
	}
	if len(l.Rows["openrouter/deepseek/deepseek-v4-flash"].Prices) != 1 {
		t.Error("ids with slashes are kept whole")
	}
}

// Lists that price several sizes of context are kept whole, in order, whatever
// their own order is; a size given twice is not guessed.
func TestSeveralContextSizesAreImported(t *testing.T) {
	const tier = `{"tier":{"type":"context","size":%SIZE%},"input":%IN%,"output":9}`
	row := func(tiers ...string) string {
		return `{"openai":{"models":{"gpt-6-luna":{"limit":{"context":400000,"output":128000},"cost":{"input":0.1,"output":0.5,"tiers":[` + strings.Join(tiers, ",") + `]}}}}}`
	}
	at := func(size, in string) string { return strings.NewReplacer("%SIZE%", size, "%IN%", in).Replace(tier) }
	l, err := catalog.ReadModelsDev(strings.NewReader(row(at("256000", "4"), at("128000", "2"))), now)
	if err != nil {
		t.Fatal(err)
	}
	p := l.Rows["openai/gpt-6-luna"].Prices[0]
	if len(p.Long) != 2 || p.Long[0].Above != 128_000 || p.Long[0].Rates.Input != 2_000_000 || p.Long[1].Rates.Input != 4_000_000 {
		t.Errorf("models.dev: %+v", p.Long)
	}
	o, err := load(t).Propose(l, now, nil)
	if err != nil || len(o.Prices) != 1 || len(o.Prices[0].Bands) != 2 {
		t.Errorf("proposal: %+v, %v", o.Prices, err)
	}
	if !has(load(t).Check(now, l), catalog.Conflict, "openai/gpt-6-luna", "2 prices of long contexts there and 1 here") {
		t.Errorf("the difference is not told: %v", load(t).Check(now, l))
	}
	if l, _ = catalog.ReadModelsDev(strings.NewReader(row(at("128000", "4"), at("128000", "2"))), now); !has(l.Findings, catalog.Unread, "openai/gpt-6-luna", "two prices above 128000") {
		t.Error("a size given twice was read")
	}
	lite, err := catalog.ReadLiteLLM(strings.NewReader(`{"gpt-6-luna":{"mode":"chat","litellm_provider":"openai","input_cost_per_token":1e-7,"output_cost_per_token":5e-7,
		"input_cost_per_token_above_256k_tokens":4e-6,"output_cost_per_token_above_256k_tokens":9e-6,
		"input_cost_per_token_above_128k_tokens":2e-6,"output_cost_per_token_above_128k_tokens":9e-6}}`), now)
	if err != nil {
		t.Fatal(err)
	}
	if p := lite.Rows["openai/gpt-6-luna"].Prices; len(p) != 1 || len(p[0].Long) != 2 || p[0].Long[1].Above != 256_000 || p[0].Long[1].Rates.Input != 4_000_000 {
		t.Errorf("LiteLLM: %+v", p)
	}
}

func TestTheSeedAgainstModelsDev(t *testing.T) {
	c, l := load(t), modelsDev(t)
	both := 0
	for _, m := range c.Models() {
		if r, ok := l.Rows[m.ID]; ok && len(r.Prices) > 0 {
			both++
		}
	}
	conflicts := 0
	for _, f := range c.Check(now, l) {
		if strings.HasPrefix(f.Text, l.Name) {
			t.Log(f.Kind, f.Model, f.Text)
			if f.Kind == catalog.Conflict {
				conflicts++
			}
		}
	}
	t.Logf("%d models in both, %d conflicts", both, conflicts)
	// The one known difference: an intermediary's price that moves daily, where
	// the amount in each answer stands above the list.
	if both < 10 || conflicts > 1 {
		t.Errorf("%d models in both, %d conflicts", both, conflicts)
	}
}

func TestBrokenListsAreErrors(t *testing.T) {
	for _, text := range []string{"", "[]", "{", "<html>"} {
		if _, err := catalog.ReadModelsDev(strings.NewReader(text), now); err == nil {
			t.Errorf("models.dev: %q was read", text)
		}
		if _, err := catalog.ReadLiteLLM(strings.NewReader(text), now); err == nil {
			t.Errorf("LiteLLM: %q was read", text)
		}
	}
}

func TestTheListReadsWell(t *testing.T) {
	c := load(t)
	rows := c.List(now, func(k string) bool { return k == "OPENAI_API_KEY" })
	var b strings.Builder
	if err := catalog.WriteList(&b, rows); err != nil {
		t.Fatal(err)
	}
	out := b.String()
	t.Log("\n" + out)
	for _, want := range []string{"set ANTHROPIC_API_KEY", "free", "announced from 2027-01-01: 1.5/7.5", "above 272 k: 4/15", "internal"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Contains(out, "demo/") {
		t.Error("simulated models are not models")
	}
}

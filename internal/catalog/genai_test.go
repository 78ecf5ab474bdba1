package catalog_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/money"
)

// firstNumber is the plain price of a field there: a number, or an object with
// a base and tiers.
func firstNumber(raw json.RawMessage) string {
	var o struct{ Base json.Number }
	if json.Unmarshal(raw, &o) == nil && o.Base != "" {
		return o.Base.String()
	}
	return string(raw)
}

// prices there are one set, or a list of dated sets.
func sets(raw json.RawMessage) []map[string]json.RawMessage {
	var one map[string]json.RawMessage
	if json.Unmarshal(raw, &one) == nil {
		return []map[string]json.RawMessage{one}
	}
	var many []struct{ Prices map[string]json.RawMessage }
	if json.Unmarshal(raw, &many) != nil {
		return nil
	}
	var out []map[string]json.RawMessage
	for _, m := range many {
		out = append(out, m.Prices)
	}
	return out
}

// Another catalog, compared by exact id. Every price there must be one that the
// seed has now, had before, or knows to be withdrawn; the rest is printed.
func TestTheSeedAgainstGenaiPrices(t *testing.T) {
	raw, err := os.ReadFile(sharedFile(t, "prices/genai-prices-slim.json"))
	if err != nil {
		t.Fatal(err)
	}
	var doc []struct {
		ID     string
		Models []struct {
			ID     string
			Prices json.RawMessage
		}
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	c := load(t)
	names := map[string]string{"x-ai": "xai"}
	agreed, conflicts, models := 0, 0, 0
	for _, p := range doc {
		provider := p.ID
		if n, ok := names[provider]; ok {
			provider = n
		}
		for _, m := range p.Models {
			ours, ok := c.Model(provider + "/" + m.ID)
			if !ok {
				continue
			}
			models++
			for _, set := range sets(m.Prices) {
				in, out := money.Pico(0), money.Pico(0)
				in, err = money.ParsePerMillion(firstNumber(set["input_mtok"]))
				if err == nil {
					out, err = money.ParsePerMillion(firstNumber(set["output_mtok"]))
				}
				if err != nil {
					t.Logf("unread %s: %v", ours.ID, err)
					continue
				}
				if known(ours, in, out) {
					agreed++
					continue
				}
				conflicts++
				t.Logf("conflict %s: $%s in, $%s out there", ours.ID, in.PerMillion(), out.PerMillion())
			}
		}
	}
	t.Logf("%d models in both, %d prices agree with a row of ours, %d do not", models, agreed, conflicts)
	if models < 12 || agreed < 12 {
		t.Errorf("too little in common: %d models, %d agreements", models, agreed)
	}
	// Known: the cancelled rise of one model, and an intermediary's moving price.
	if conflicts > 2 {
		t.Errorf("%d conflicts", conflicts)
	}
	if !strings.Contains(string(raw), `"2026-09-01"`) {
		t.Error("the list no longer carries the cancelled rise that this test is about")
	}
}

func known(m catalog.Model, in, out money.Pico) bool {
	for _, p := range m.Prices {
		if !p.Announced && p.Rates.Input == in && p.Rates.Output == out {
			return true
		}
	}
	return false
}

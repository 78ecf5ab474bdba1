package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/config"
)

// TestAProposalIsAPieceOfThePolicy: what an import prints is put into a policy
// file as it stands, and holds from its day: prices, thresholds, new models.
func TestAProposalIsAPieceOfThePolicy(t *testing.T) {
	day := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	list, err := catalog.ReadModelsDev(strings.NewReader(`{"openai":{"models":{
		"gpt-6-luna":{"limit":{"context":400000,"output":128000},"cost":{"input":0.2,"output":0.9,"cache_read":0.02,
			"tiers":[{"tier":{"type":"context","size":128000},"input":0.4,"output":1.8},{"tier":{"type":"context","size":256000},"input":0.8,"output":3.6}]}},
		"newest-1":{"limit":{"context":64000,"output":8000},"structured_output":true,"modalities":{"input":["text","pdf"]},"cost":{"input":1,"output":2}}}}}`), day)
	if err != nil {
		t.Fatal(err)
	}
	seed, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	o, err := seed.Propose(list, day, map[string]catalog.Tier{"openai/newest-1": catalog.Standard})
	if err != nil {
		t.Fatal(err)
	}
	text, err := Proposal(o)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "T00:00") || strings.Contains(string(text), `"0`) {
		t.Errorf("days and amounts should read as a person writes them:\n%s", text)
	}
	path := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TIERWISE_CONFIG", path)
	cfg, err := config.Load(config.Options{KeyNames: KeyNames()})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	m, err := LoadModels(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	before, _ := m.Catalog.Price("openai/gpt-6-luna", "", day.Add(-1))
	after, _ := m.Catalog.Price("openai/gpt-6-luna", "", day)
	if before.Rates.Input != 100_000 || after.Rates.Input != 200_000 || after.Rates.CacheRead != 20_000 || len(after.Long) != 2 || after.Long[1].Above != 256_000 || after.Long[1].Rates.Output != 3_600_000 {
		t.Errorf("%+v, then %+v", before, after)
	}
	added, ok := m.Catalog.Model("openai/newest-1")
	if !ok || added.Tier != catalog.Standard || added.Context != 64_000 || !slices.Equal(added.Abilities, []catalog.Ability{catalog.Streaming, catalog.JSON, catalog.Files}) {
		t.Errorf("%+v", added)
	}
	if p, _ := m.Catalog.Price("openai/newest-1", "", day); p.Rates.Output != 2_000_000 || p.Source != list.Name {
		t.Errorf("%+v", p)
	}
}

func TestNothingToProposeIsNothing(t *testing.T) {
	if text, err := Proposal(catalog.Overlay{Name: "x"}); err != nil || len(text) != 0 {
		t.Errorf("%q, %v", text, err)
	}
}

// A model of the policy streams unless its list of abilities says that it
// cannot.
func TestAModelOfThePolicyStreamsUnlessItSaysOtherwise(t *testing.T) {
	seed, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []struct {
		abilities []catalog.Ability
		streams   bool
	}{{nil, true}, {[]catalog.Ability{}, false}, {[]catalog.Ability{catalog.JSON}, false}} {
		m := catalog.Model{Abilities: modelRow("openai/mine", config.Model{Abilities: k.abilities}, seed, time.Now()).Abilities}
		if m.Has(catalog.Streaming) != k.streams {
			t.Errorf("%#v: streams %v", k.abilities, !k.streams)
		}
	}
}

package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/config"
)

// TestAnotherProviderIsAFewLinesOfPolicy: a provider and a model that the
// catalog does not know are used with their price, cleared as for a key.
func TestAnotherProviderIsAFewLinesOfPolicy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policy.yaml")
	text := `
providers:
  acme:
    base_url: https://llm.acme.example/v1
    key_env: ACME_API_KEY
    region: eu
models:
  acme/small-1:
    tier: economy
    context: 64000
    max_output: 4000
    abilities: [json, streaming]
    prices:
      - from: 2026-11-01
        input: "0.10"
        output: "0.50"
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TIERWISE_CONFIG", path)
	t.Setenv("ACME_API_KEY", "key-1234567890")
	t.Setenv("GROQ_BASE_URL", "https://groq.gateway.example/v1")
	cfg, err := config.Load(config.Options{KeyNames: KeyNames()})
	if err != nil {
		t.Fatal(err)
	}
	m, err := LoadModels(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(m.Ready, func(r catalog.Model) bool { return r.ID == "acme/small-1" })
	if i < 0 || m.Ready[i].Clearance != catalog.Internal || m.Ready[i].Tier != catalog.Economy {
		t.Fatalf("acme/small-1 is not ready: %+v", m.Ready)
	}
	if p, ok := m.Catalog.Provider("groq"); !ok || !strings.Contains(p.BaseURL, "groq.gateway.example") {
		t.Errorf("GROQ_BASE_URL did not take effect: %+v", p)
	}
}

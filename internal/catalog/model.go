// Package catalog knows models: which tier each is on, who serves it and where,
// what it can take, what it may see, and what it costs on which day. All of it
// is dated data with sources, read from an embedded seed, imported price files
// and the operator's policy; no model name stands in code. Prices have
// effective dates; an announced price is shown and never used before it is
// confirmed. A model without a known price is unpriced, which is never zero.
package catalog

import (
	"time"

	"github.com/tierwise/tierwise/internal/money"
)

// Ability is something a model can do beyond text in and text out.
type Ability string

// The abilities the router asks for.
const (
	JSON      Ability = "json"      // strict JSON by schema
	Images    Ability = "images"    // pictures in
	Files     Ability = "files"     // PDF documents in; text files need no ability
	Reasoning Ability = "reasoning" // thinks before it answers
	Streaming Ability = "streaming"
)

// Model is one model at one provider.
type Model struct {
	ID         string // "provider/model", unique
	Provider   string // Provider.ID
	Wire       string // the name the provider's API wants
	Tier       Tier
	Context    int64 // tokens, input and output together
	MaxOutput  int64 // tokens
	Abilities  []Ability
	Region     string // "us", "eu", "local", …; "" when not known
	Clearance  Class  // set from the provider and the policy
	Family     string // tokenizer family for counting
	Status     string // "", "preview" or "deprecated"
	Deprecated time.Time
	Latency    string // "fast", "normal" or "slow"
	Prices     []Price
	// WorstCase is what one call of an unpriced model counts as; 0 means the
	// model may not run while it is unpriced.
	WorstCase money.Nano
	Source    string    // where these facts are from
	Verified  time.Time // the day they were last checked
}

// Has reports whether the model has an ability.
func (m Model) Has(a Ability) bool {
	for _, b := range m.Abilities {
		if a == b {
			return true
		}
	}
	return false
}

// Price is what a model costs per token from a day on.
type Price struct {
	From      time.Time // the first instant it is in force, UTC
	Announced bool      // announced by the vendor and not yet confirmed: never used
	Service   string    // service tier: "" is standard; "flex", "priority", "batch"
	Rates     Rates
	Long      []Band // rates of long inputs, the lowest threshold first
	Source    string
	Verified  time.Time
}

// Band is the rates of requests whose whole input (all input buckets) is above
// a size in tokens. They price every token of the request, output included.
type Band struct {
	Above int64
	Rates Rates
}

// Rates are prices per bucket. Reasoning is billed at Output unless set.
type Rates struct {
	Input, CacheRead, CacheWrite5m, CacheWrite1h, Output money.Pico
	Reasoning                                            *money.Pico
}

// Provider is who serves models.
type Provider struct {
	ID       string
	Name     string
	BaseURL  string
	KeyEnv   string // the environment variable of its key; "" needs none
	Profile  string // how its usage bodies are read
	Region   string
	Loopback bool   // runs on this machine: free, cleared for restricted
	Engine   string // "openai" (the wire), "local" (built in), "demo" (simulated)
	// Facts about data handling, dated.
	TrainsOnData string // "no", "yes", "opt-out", "unknown"
	Retention    string
	Source       string
	Verified     time.Time
}

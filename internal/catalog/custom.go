package catalog

import (
	"fmt"
	"strings"
	"time"
)

// CustomID is the id of the provider built from OPENAI_BASE_URL.
const CustomID = "custom"

// Endpoint describes an OpenAI-compatible server the operator points at.
type Endpoint struct {
	BaseURL string
	KeyEnv  string // "" when it needs no key
	// Models binds remote tiers to names the server knows.
	Models map[Tier]string
	// Context and MaxOutput are the limits in tokens when the server does not
	// tell; 0 takes 8192 and 2048, which any current server can do.
	Context, MaxOutput int64
	WorstCase          string // USD a call, while no price is given
	Read               time.Time
}

// Overlay is the provider "custom" with one model per bound tier, named
// "custom/<tier>/<name>". On this machine it is free; elsewhere it is unpriced,
// and runs only with a worst case, until the policy gives prices.
func (e Endpoint) Overlay() Overlay {
	o := Overlay{Name: "OPENAI_BASE_URL", Providers: []ProviderRow{{
		ID: CustomID, Name: "Custom endpoint", BaseURL: e.BaseURL, KeyEnv: e.KeyEnv, Profile: "openai-compatible",
		Engine: EngineOpenAI, TrainsOnData: "unknown", Retention: "unknown", Source: "set by the operator", Verified: e.Read,
	}}}
	if IsLoopback(e.BaseURL) {
		o.Providers[0].Region, o.Providers[0].TrainsOnData = "local", "no"
	}
	for _, t := range []Tier{Economy, Standard, Frontier} {
		name := e.Models[t]
		if name == "" {
			continue
		}
		r := ModelRow{
			ID: CustomID + "/" + t.String() + "/" + name, Provider: CustomID, Wire: name, Tier: t.String(),
			Context: 8192, MaxOutput: 2048, Abilities: []Ability{Streaming}, Family: "bytes",
			WorstCase: e.WorstCase, Source: "GET /models of the endpoint", Verified: e.Read,
		}
		set(&r.Context, e.Context)
		set(&r.MaxOutput, min(e.MaxOutput, r.Context))
		o.Models = append(o.Models, r)
	}
	return o
}

// BindTiers decides which names of a custom server serve which tier. spec is
// TIERWISE_MODELS ("economy=a,standard=b"; a tier left out has no model); when it
// is empty the server must know exactly one name, which then serves all three
// remote tiers.
func BindTiers(spec string, known []string) (map[Tier]string, error) {
	out := map[Tier]string{}
	if strings.TrimSpace(spec) == "" {
		if len(known) != 1 {
			return nil, fmt.Errorf("%w: the endpoint has %d models: set TIERWISE_MODELS, for example economy=NAME,standard=NAME", ErrOverlay, len(known))
		}
		for _, t := range []Tier{Economy, Standard, Frontier} {
			out[t] = known[0]
		}
		return out, nil
	}
	for part := range strings.SplitSeq(spec, ",") {
		tier, name, ok := strings.Cut(strings.TrimSpace(part), "=")
		t, err := ParseTier(strings.TrimSpace(tier))
		name = strings.TrimSpace(name)
		if !ok || err != nil || t == Local || name == "" {
			return nil, fmt.Errorf("%w: TIERWISE_MODELS: %q is not tier=name with tier economy, standard or frontier", ErrOverlay, part)
		}
		if out[t] != "" {
			return nil, fmt.Errorf("%w: TIERWISE_MODELS: %s is given twice", ErrOverlay, t)
		}
		out[t] = name
	}
	return out, nil
}

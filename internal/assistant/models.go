package assistant

import (
	"slices"
	"time"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/llm"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/internal/token"
	"github.com/tierwise/tierwise/router"
	"github.com/tierwise/tierwise/usage"
)

// Caller makes calls and tells how the providers are doing; llm.Set is one.
type Caller interface {
	llm.Client
	Health() []llm.Health
}

// Models is what the assistant knows of models: the catalog, which of its
// models are connected here, and how to reach them. It turns them into the
// router's values and calls into money.
type Models struct {
	catalog *catalog.Catalog
	ready   []catalog.Model
	caller  Caller
	// sample marks models that only pretend; their entries carry the mark.
	sample bool
}

// NewModels returns the models that are ready here, with their clearance set.
// sample is for the demo workspace's simulated ones.
func NewModels(c *catalog.Catalog, ready []catalog.Model, caller Caller, sample bool) *Models {
	return &Models{catalog: c, ready: ready, caller: caller, sample: sample}
}

// Sample reports whether the models are simulated.
func (m *Models) Sample() bool { return m.sample }

// Get returns a ready model, which nobody may change.
func (m *Models) Get(id string) (*catalog.Model, bool) {
	for i := range m.ready {
		if m.ready[i].ID == id {
			return &m.ready[i], true
		}
	}
	return nil, false
}

// Ready lists the models that can be used here.
func (m *Models) Ready() []catalog.Model { return m.ready }

// typical is the share of the bounds that a usual call uses, in per cent: the
// input bound is tight, answers are mostly far shorter than allowed.
const (
	typicalIn  = 90
	typicalOut = 40
)

// Options describes the ready models as the router wants them, for a call of at
// most in and out tokens made at an instant.
func (m *Models) Options(in, out int64, at time.Time) []router.Option {
	down := map[string]bool{}
	for _, h := range m.caller.Health() {
		down[h.Provider] = h.Open
	}
	list := make([]router.Option, 0, len(m.ready))
	for i := range m.ready {
		r := &m.ready[i]
		o := router.Option{
			ID: r.ID, Provider: r.Provider, Tier: r.Tier, Context: r.Context, MaxOutput: r.MaxOutput, Abilities: r.Abilities,
			Region: r.Region, Clearance: r.Clearance, Latency: r.Latency, Down: down[r.Provider], Free: m.catalog.Free(*r),
		}
		o.Worst, o.Priced = m.worst(r, in, out, at)
		o.Likely, _ = m.worst(r, in*typicalIn/100, out*typicalOut/100, at)
		list = append(list, o)
	}
	return list
}

// Request is the part of the router's input that follows from the steps and
// the models: sizes, and the models with what these steps would cost on each.
func (m *Models) Request(steps []step.Step, at time.Time) router.Request {
	r := router.Request{Out: steps[0].MaxOutput, Now: at}
	var in, out int64
	for i := range steps {
		s := &steps[i]
		n := m.widest(s)
		in, out, r.In = in+n, out+s.MaxOutput, max(r.In, n)
		r.Out = max(r.Out, s.MaxOutput)
		for _, p := range s.Prompt {
			r.Chars += len(p.Text)
		}
	}
	r.Models = m.Options(in, out, at)
	return r
}

// worst is the most a call can cost, and whether that is known.
func (m *Models) worst(r *catalog.Model, in, out int64, at time.Time) (money.Nano, bool) {
	if m.catalog.Free(*r) {
		return 0, true
	}
	if p, ok := catalog.PriceAt(*r, "", at); ok {
		return p.Worst(in, out), true
	}
	return r.WorstCase, r.WorstCase > 0
}

// families are the tokenizer families of the ready models.
func (m *Models) families() []string {
	var out []string
	for _, r := range m.ready {
		if !slices.Contains(out, r.Family) {
			out = append(out, r.Family)
		}
	}
	return out
}

// in is an upper bound of a step's input tokens.
func (m *Models) in(family string, s *step.Step) int64 {
	n := token.UpperTurn(family, string(s.Schema))
	for _, t := range s.Prompt {
		n += token.UpperTurn(family, t.Text)
		for _, img := range t.Images {
			n += token.UpperImage(img.Width, img.Height)
		}
		for _, f := range t.Files {
			n += token.UpperFile(family, f.Type, f.Data) + token.UpperTurn(family, f.Name)
		}
	}
	return n
}

// widest is an upper bound of a step's input over all ready models.
func (m *Models) widest(s *step.Step) int64 {
	var n int64
	for _, f := range m.families() {
		n = max(n, m.in(f, s))
	}
	return n
}

// price turns what a call used into money.
func (m *Models) price(r *catalog.Model, d *llm.Done, at time.Time) (catalog.Costing, error) {
	f := catalog.Facts{Tokens: d.Tokens, Counted: d.Counted, Served: d.Served, Service: d.Service}
	if d.Cost != nil {
		n := money.Nano(*d.Cost)
		f.Reported = &n
	}
	return m.catalog.Cost(*r, f, at)
}

// source is the catalog's word as the ledger's.
func source(s string) usage.Source { return usage.Source(s) }

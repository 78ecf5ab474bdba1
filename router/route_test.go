package router

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/step"
)

func models() []Option {
	mk := func(id string, t catalog.Tier, worst, likely money.Nano) Option {
		return Option{ID: id, Provider: "p", Tier: t, Context: 100_000, Clearance: catalog.Internal, Priced: true, Worst: worst, Likely: likely, Abilities: []catalog.Ability{catalog.JSON}}
	}
	local := mk("local/extract", catalog.Local, 0, 0)
	local.Free, local.Clearance, local.Provider = true, catalog.Restricted, "local"
	return []Option{
		mk("p/front", catalog.Frontier, 200_000_000, 40_000_000), mk("p/std", catalog.Standard, 20_000_000, 4_000_000),
		mk("p/eco", catalog.Economy, 1_000_000, 200_000), mk("q/eco", catalog.Economy, 2_000_000, 300_000), local,
	}
}

func request(i step.Intent, start catalog.Tier) Request {
	return Request{
		Intent: i, Class: catalog.Internal, In: 2000, Out: 500, Models: models(),
		Policy: Policy{Start: start, Ceiling: catalog.Frontier, Verify: true, AnswerCap: 250_000_000},
		Budget: Budget{Headroom: money.Max},
	}
}

func codes(d Decision) []string {
	var out []string
	for _, r := range d.Reasons {
		out = append(out, r.Code)
	}
	return out
}

func tier(t catalog.Tier) *catalog.Tier { return &t }

func TestRouteStories(t *testing.T) {
	cases := []struct {
		name   string
		change func(*Request)
		model  string // "" is a refusal
		code   string // a reason that must be given
		check  func(*testing.T, Decision)
	}{
		{"the cheapest model of the tier answers", func(*Request) {}, "p/eco", "policy.start", func(t *testing.T, d Decision) {
			if len(d.Plan) != 3 || d.Plan[1].Purpose != step.Repair || d.Plan[2].Model != "p/std" || d.Show != Checked {
				t.Errorf("plan %+v show %s", d.Plan, d.Show)
			}
			if d.Stronger == nil || d.Stronger.Model != "p/std" || d.Stronger.Worst != 20_000_000 {
				t.Errorf("stronger %+v", d.Stronger)
			}
			if !slices.Equal(d.Failover, []string{"q/eco", "p/std", "p/front"}) {
				t.Errorf("failover %v", d.Failover)
			}
		}},
		{"a person overrules the tier", func(r *Request) { r.Asked = Asked{Tier: tier(catalog.Standard), By: "message"} }, "p/std", "asked.message", nil},
		{"never past the ceiling", func(r *Request) {
			r.Asked = Asked{Tier: tier(catalog.Frontier)}
			r.Policy.Ceiling = catalog.Standard
		}, "p/std", "policy.ceiling", nil},
		{"a thread keeps its tier and model", func(r *Request) { r.Asked = Asked{Previous: tier(catalog.Economy), PreviousModel: "q/eco"} }, "q/eco", "policy.start", nil},
		{"80 % of a limit lowers to standard", func(r *Request) {
			r.Policy.Start = catalog.Frontier
			r.Budget = Budget{Headroom: money.Max, Used: 80, Limit: 100, Where: "this channel this month"}
		}, "p/std", "budget.pressure", func(t *testing.T, d Decision) {
			if !d.Lowered {
				t.Error("lowering is not said")
			}
		}},
		{"90 % lowers to economy", func(r *Request) {
			r.Policy.Start = catalog.Standard
			r.Budget = Budget{Headroom: money.Max, Used: 90, Limit: 100}
		}, "p/eco", "budget.lowered", nil},
		{"a full limit leaves the local tier", func(r *Request) { r.Budget = Budget{Headroom: 0, Used: 100, Limit: 100, LocalAtLimit: true} }, "local/extract", "budget.pressure", nil},
		{"a full limit that refuses says so and offers the local tier", func(r *Request) { r.Budget = Budget{Headroom: 0, Used: 100, Limit: 100} }, "", "refused.budget", func(t *testing.T, d Decision) {
			if d.Refusal.Gate != "budget" {
				t.Errorf("refusal %+v", d.Refusal)
			}
		}},
		{"the local tier itself is never refused for money", func(r *Request) {
			r.Asked = Asked{Tier: tier(catalog.Local), By: "button"}
			r.Budget = Budget{Headroom: 0, Used: 100, Limit: 100}
		}, "local/extract", "asked.button", nil},
		{"headroom below the worst case walks down", func(r *Request) {
			r.Policy.Start = catalog.Standard
			r.Budget.Headroom = 5_000_000
		}, "p/eco", "budget.headroom", nil},
		{"no money at all is still answered locally", func(r *Request) { r.Budget.Headroom, r.Budget.LocalAtLimit = 0, true }, "local/extract", "budget.local", nil},
		{"one answer has its own cap", func(r *Request) {
			r.Policy.Start, r.Policy.AnswerCap = catalog.Frontier, 100_000_000
		}, "p/std", "budget.headroom", nil},
		{"restricted data goes to who is cleared", func(r *Request) { r.Class = catalog.Restricted }, "local/extract", "local.fallback", nil},
		{"a provider that is down is walked over upwards", func(r *Request) {
			for i := range r.Models {
				r.Models[i].Down = r.Models[i].Tier == catalog.Economy
			}
		}, "p/std", "gate.up", nil},
		{"an unpriced model does not run", func(r *Request) { r.Models[2].Priced = false }, "q/eco", "policy.start", nil},
		{"too long for every model goes local", func(r *Request) { r.In = 99_800; r.Models[4].Context = 0 }, "local/extract", "local.fallback", nil},
		{"nothing may take it: a refusal that says who can clear it", func(r *Request) {
			r.Class = catalog.Restricted
			r.Models = r.Models[:4]
		}, "", "refused.clearance", func(t *testing.T, d Decision) {
			if d.Refusal == nil || d.Refusal.Gate != "clearance" || d.Refusal.Allowed != "data up to class internal" {
				t.Errorf("refusal %+v", d.Refusal)
			}
		}},
		{"an ask streams live in one attempt", func(r *Request) { r.Intent = step.Ask }, "p/eco", "policy.start", func(t *testing.T, d Decision) {
			if d.Show != Live || len(d.Plan) != 1 {
				t.Errorf("show %s plan %+v", d.Show, d.Plan)
			}
		}},
		{"classify votes", func(r *Request) { r.Intent = step.Classify }, "p/eco", "plan.checked", func(t *testing.T, d Decision) {
			if d.Plan[1].Purpose != step.Vote {
				t.Errorf("plan %+v", d.Plan)
			}
		}},
		{"no model connected: local, and said", func(r *Request) { r.Models = r.Models[4:] }, "local/extract", "local.fallback", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := request(step.Summarize, catalog.Economy)
			c.change(&r)
			d := Route(r)
			if d.OK != (c.model != "") || d.Model != c.model {
				t.Fatalf("model %q ok %v, want %q; reasons %v", d.Model, d.OK, c.model, d.Reasons)
			}
			if !slices.Contains(codes(d), c.code) {
				t.Errorf("reason %s is missing from %v", c.code, codes(d))
			}
			if c.check != nil {
				c.check(t, d)
			}
		})
	}
}

// TestRouteInvariants: whatever comes in, an OK decision passes every gate,
// stays under ceiling and money, and replays to the same decision from JSON.
func TestRouteInvariants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := request(rapid.SampledFrom(step.Intents()).Draw(t, "intent"), rapid.SampledFrom(catalog.Tiers()).Draw(t, "start"))
		r.Class = rapid.SampledFrom(catalog.Classes()).Draw(t, "class")
		r.Policy.Ceiling = rapid.SampledFrom(catalog.Tiers()).Draw(t, "ceiling")
		r.Budget.Headroom = money.Nano(rapid.Int64Range(0, 400_000_000).Draw(t, "headroom"))
		r.Budget.Limit = 1000
		r.Budget.Used = money.Nano(rapid.Int64Range(0, 1200).Draw(t, "used"))
		for i := range r.Models {
			r.Models[i].Down = rapid.IntRange(0, 3).Draw(t, "down") == 0
			r.Models[i].Worst = money.Nano(rapid.Int64Range(0, 300_000_000).Draw(t, "worst"))
		}
		r.Models = rapid.Permutation(r.Models).Draw(t, "order")
		d := Route(r)
		for i := range r.Models {
			if o := r.Models[i]; d.OK && o.ID == d.Model {
				if g := gate(&r, &o); g != "" {
					t.Fatalf("%s passed a closed gate %s", o.ID, g)
				}
				if o.Tier > r.Policy.Ceiling {
					t.Fatalf("%s is above the ceiling %s", o.Tier, r.Policy.Ceiling)
				}
			}
		}
		var worst money.Nano
		for _, p := range d.Plan {
			worst += p.Worst
		}
		free := d.OK && d.Tier == catalog.Local
		if d.OK && !free && worst > min(r.Budget.Headroom, r.Policy.AnswerCap) {
			t.Fatalf("plan of %s over headroom %s", worst, r.Budget.Headroom)
		}
		if len(d.Reasons) == 0 {
			t.Fatal("no reasons")
		}
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var again Request
		if err := json.Unmarshal(b, &again); err != nil {
			t.Fatal(err)
		}
		x, _ := json.Marshal(d)
		y, _ := json.Marshal(Route(again))
		if string(x) != string(y) {
			t.Fatalf("replay differs:\n%s\n%s", x, y)
		}
	})
}

// BenchmarkRoute is one decision with the words of its reasons. What it
// allocates is the decision itself: its parts in one piece, its words in
// another, and the two amounts in them.
func BenchmarkRoute(b *testing.B) {
	for _, many := range []int{1, 10} {
		b.Run(fmt.Sprint(5*many, " models"), func(b *testing.B) {
			r := request(step.Summarize, catalog.Economy)
			r.Chars = 4096
			r.Models = slices.Repeat(r.Models, many)
			took := make([]time.Duration, 0, 1<<16)
			b.ReportAllocs()
			for b.Loop() {
				begun := time.Now()
				d := Route(r)
				if len(took) < cap(took) {
					took = append(took, time.Since(begun))
				}
				if !d.OK {
					b.Fatal("refused")
				}
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/1e3, "p50-µs(≤20)")
			b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1e3, "p99-µs(≤100)")
		})
	}
}

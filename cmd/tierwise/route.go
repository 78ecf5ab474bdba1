package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/tierwise/tierwise/internal/app"
	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/router"
)

func runRoute(ctx context.Context, args []string, s streams) error {
	f := flags("route", "[TEXT]", s)
	name := f.String("intent", "", "summarize, draft, classify or ask (default: what the text asks for)")
	explain := f.Bool("explain", false, "also print every reason and every model that was considered")
	replay := f.String("replay", "", "decide again from a recorded input (JSON)")
	class := f.String("class", "internal", "data class of the text: public, internal, confidential or restricted")
	tier := f.String("tier", "", "the tier asked for")
	asJSON := f.Bool("json", false, "print JSON")
	if err := f.parse(args, -1); err != nil {
		return err
	}
	var req router.Request
	var err error
	if *replay != "" {
		req, err = recorded(*replay)
	} else {
		req, err = fresh(ctx, s, strings.Join(f.Args(), " "), *name, *class, *tier)
	}
	if err != nil {
		return err
	}
	d := router.Route(req)
	if *asJSON {
		enc := json.NewEncoder(s.out)
		enc.SetIndent("", "  ")
		return enc.Encode(struct {
			Request  router.Request  `json:"request"`
			Decision router.Decision `json:"decision"`
		}{req, d})
	}
	printDecision(s, req, d, *explain)
	return nil
}

// recorded reads a router.Request, or a receipt or an earlier --json output
// that holds one.
func recorded(path string) (router.Request, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return router.Request{}, fault.Newf(fault.BadInput, "The recorded input %s cannot be read.", path)
	}
	var wrapped struct {
		Request *router.Request `json:"request"`
	}
	if json.Unmarshal(b, &wrapped) == nil && wrapped.Request != nil {
		return *wrapped.Request, nil
	}
	var r router.Request
	if err := json.Unmarshal(b, &r); err != nil || r.Intent == "" {
		return r, fault.Newf(fault.BadInput, "%s does not hold a recorded router input.", path)
	}
	return r, nil
}

func fresh(ctx context.Context, s streams, text, name, class, tier string) (router.Request, error) {
	cfg, log, err := load(s, true)
	if err != nil {
		return router.Request{}, err
	}
	q := app.RouteQuery{Text: text, Intent: step.Intent(name)}
	if name != "" && !isIntent(name) {
		return router.Request{}, fault.Newf(fault.BadInput, "%q is not an intent: use summarize, draft, classify or ask.", name)
	}
	if q.Class, err = catalog.ParseClass(class); err != nil {
		return router.Request{}, fault.Newf(fault.BadInput, "%q is not a data class: use public, internal, confidential or restricted.", class)
	}
	if tier != "" {
		t, err := catalog.ParseTier(tier)
		if err != nil {
			return router.Request{}, fault.Newf(fault.BadInput, "%q is not a tier: use local, economy, standard or frontier.", tier)
		}
		q.Tier = &t
	}
	models, err := app.LoadModels(ctx, cfg, log)
	if err != nil {
		return router.Request{}, err
	}
	return models.RouteRequest(q, clock.System{})
}

func isIntent(s string) bool {
	for _, i := range step.Intents() {
		if string(i) == s {
			return true
		}
	}
	return false
}

func printDecision(s streams, r router.Request, d router.Decision, explain bool) {
	if d.OK {
		fmt.Fprintf(s.out, "%s: %s on %s, shown %s\n", r.Intent, d.Model, d.Tier, d.Show)
	} else {
		fmt.Fprintf(s.out, "%s: refused at the %s gate; allowed: %s; who can change it: %s\n", r.Intent, d.Refusal.Gate, d.Refusal.Allowed, d.Refusal.Who)
	}
	for _, reason := range d.Reasons {
		fmt.Fprintf(s.out, "  %-16s %s\n", reason.Code, reason.Text)
	}
	if !explain {
		return
	}
	for i, p := range d.Plan {
		fmt.Fprintf(s.out, "  step %d: %s on %s (%s), at most %s\n", i+1, p.Purpose, p.Tier, p.Model, p.Worst.Short())
	}
	for _, o := range r.Models {
		fmt.Fprintf(s.out, "  considered %s on %s: about %s, at most %s%s\n", o.ID, o.Tier, o.Likely.Short(), o.Worst.Short(), closedBy(r, o))
	}
}

func closedBy(r router.Request, o router.Option) string {
	if why := router.ClosedBy(r, o); why != "" {
		return "; out: " + why
	}
	return ""
}

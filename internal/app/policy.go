package app

import (
	"errors"
	"slices"
	"strings"
	"syscall"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/llm"
)

// unusable turns what the catalog found wrong with the policy's models into one
// sentence each.
func unusable(err error) error {
	var all []error
	for line := range strings.Lines(err.Error()) {
		line = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(line), "catalog: overlay: "), ".")
		all = append(all, fault.Newf(fault.Misconfigured, "The models in the policy cannot be used: %s.", line))
	}
	return errors.Join(all...)
}

// denied sees that what the policy denies exists: a slip there would leave the
// model allowed that somebody meant to forbid.
func denied(cfg config.Config, c *catalog.Catalog) error {
	var known []string
	for _, p := range c.Providers() {
		known = append(known, p.ID)
	}
	for _, m := range c.Models() {
		known = append(known, m.ID)
	}
	var all []error
	for _, d := range cfg.Policy.Defaults.Deny {
		if slices.Contains(known, d) {
			continue
		}
		hint := ""
		if near := config.Nearest(d, known); near != "" {
			hint = " Did you mean " + near + "?"
		}
		all = append(all, fault.Newf(fault.Misconfigured, "The policy denies %q, which is no model or provider of the catalog; `tierwise models list` shows them.%s", d, hint))
	}
	return errors.Join(all...)
}

// unlisted says why an endpoint's models are not known. What the endpoint sent
// stays in the cause.
func unlisted(err error, base string) error {
	why := "it does not answer GET /models as a model server does"
	var limited *llm.RateLimited
	switch {
	case errors.Is(err, llm.ErrAuth):
		why = "it refuses the key (OPENAI_API_KEY)"
	case errors.As(err, &limited) && errors.Is(err, llm.ErrUnavailable):
		why = "it is not available for a while; try again in a minute"
	case errors.As(err, &limited):
		why = "it is over its rate limit; try again in a minute"
	case errors.Is(err, syscall.ECONNREFUSED):
		why = "nothing listens there"
	}
	return fault.Wrap(err, fault.Misconfigured, "OPENAI_BASE_URL "+base+" cannot be used: "+why+".")
}

package catalog

import (
	"fmt"
	"time"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/token"
)

// Where a cost comes from, best first. The words are those of the ledger.
const (
	FromProvider = "provider"
	Computed     = "computed"
	Estimated    = "estimated"
	Unpriced     = "unpriced"
	Free         = "free"
)

// Flags tell what was not as expected when a call was costed.
const (
	FlagDiffers = "cost.differs" // provider's figure and ours are more than 2 % apart
	FlagServed  = "cost.served"  // another model answered, which the catalog does not know
	FlagService = "cost.service" // a service tier without a price: the dearest known one was taken
)

// Facts are what is known of a finished call.
type Facts struct {
	Tokens   token.Count
	Counted  bool        // the provider counted; false: counted here
	Reported *money.Nano // the provider's own figure; nil is not zero
	Served   string      // the model as the provider names it in the answer
	Service  string      // the service tier it says was used
}

// Costing is what a call cost and why.
type Costing struct {
	Amount   money.Nano
	Source   string      // one of the five words above
	Price    string      // id of the price used, "" when none was
	Computed *money.Nano // our figure; nil when no price is known
	Flags    []string
}

// Cost decides what a call of the asked model cost at an instant. The price is
// that of the model and service tier that answered. A figure the provider
// reports wins and ours is kept beside it; without a figure and without a price
// the configured worst case counts. Free models cost nothing whatever is
// reported.
func (c *Catalog) Cost(asked Model, f Facts, at time.Time) (Costing, error) {
	if err := f.Tokens.Check(); err != nil {
		return Costing{}, fmt.Errorf("catalog: cost: %w", err)
	}
	if c.Free(asked) {
		return Costing{Source: Free}, nil
	}
	var out Costing
	m, known := c.Served(asked, f.Served)
	if !known {
		out.Flags = append(out.Flags, FlagServed)
	}
	p, priced := PriceAt(m, Service(f.Service), at)
	exact := priced && known
	if !priced {
		if p, priced = dearestAt(m, at); priced {
			out.Flags = append(out.Flags, FlagService)
		}
	}
	if priced {
		n, err := p.Bill(f.Tokens)
		if err != nil {
			return Costing{}, fmt.Errorf("catalog: cost of %s: %w", m.ID, err)
		}
		out.Computed, out.Price = &n, p.ID(m.ID)
	}
	out.settle(asked, f, exact)
	return out, nil
}

// Worst is the most a call of the model can cost that sends at most in tokens
// and receives at most out, reasoning included, at the price of its standard
// service in force at an instant: what is held for it. An unpriced model counts
// its configured worst case; it is false when there is none, and the model may
// then not run.
func (c *Catalog) Worst(m Model, in, out int64, at time.Time) (money.Nano, bool) {
	if c.Free(m) {
		return 0, true
	}
	if p, ok := PriceAt(m, "", at); ok {
		return p.Worst(in, out), true
	}
	return m.WorstCase, m.WorstCase > 0
}

// settle chooses the amount and its source. exact says that the price is that
// of the very model and service tier.
func (c *Costing) settle(asked Model, f Facts, exact bool) {
	switch {
	case f.Reported != nil:
		c.Amount, c.Source = *f.Reported, FromProvider
		if c.Computed != nil && exact && f.Counted && apart(*c.Computed, *f.Reported) {
			c.Flags = append(c.Flags, FlagDiffers)
		}
	case c.Computed == nil:
		c.Amount, c.Source = asked.WorstCase, Unpriced
	case exact && f.Counted:
		c.Amount, c.Source = *c.Computed, Computed
	default:
		c.Amount, c.Source = *c.Computed, Estimated
	}
}

// apart reports a difference of more than 2 % of the reported figure. One
// nano-USD either way is rounding and never counts.
func apart(ours, reported money.Nano) bool {
	d := ours - reported
	if d < 0 {
		d = -d
	}
	return d > 1 && d > reported/50
}

// dearestAt is the price with the dearest output of all service tiers in force.
func dearestAt(m Model, at time.Time) (Price, bool) {
	var best Price
	found := false
	for i := range m.Prices {
		p, ok := PriceAt(m, m.Prices[i].Service, at)
		if ok && (!found || p.Rates.Output > best.Rates.Output) {
			best, found = p, true
		}
	}
	return best, found
}

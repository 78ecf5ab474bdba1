package catalog

import (
	"fmt"
	"time"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/token"
)

// PriceAt is the price of a model for a service tier at an instant: of the rows
// of that tier that are not merely announced, the latest that had begun. It is
// false when there is none; a service tier never borrows another's price here.
func PriceAt(m Model, service string, at time.Time) (Price, bool) {
	best := -1
	for i := range m.Prices {
		p := &m.Prices[i]
		if p.Announced || p.Service != service || p.From.After(at) {
			continue
		}
		if best < 0 || p.From.After(m.Prices[best].From) {
			best = i
		}
	}
	if best < 0 {
		return Price{}, false
	}
	return m.Prices[best], true
}

// Service brings a provider's name of a service tier to the catalog's: what
// providers call "default", "standard" or "auto" is "".
func Service(reported string) string {
	switch reported {
	case "default", "standard", "auto", "on_demand":
		return ""
	}
	return reported
}

// ID names the price of a model in a ledger row: "provider/model@2026-09-22",
// with "+flex" behind it for a service tier other than standard.
func (p Price) ID(model string) string {
	id := model + "@" + p.From.UTC().Format(time.DateOnly)
	if p.Service != "" {
		id += "+" + p.Service
	}
	return id
}

// rates are those of a request with in tokens of input: of the highest threshold
// that in is strictly above.
func (p Price) rates(in int64) Rates {
	r := p.Rates
	for _, b := range p.Long {
		if in <= b.Above {
			break
		}
		r = b.Rates
	}
	return r
}

// Bill is what a call costs. The rates of the highest threshold that all input
// together is strictly above price every token of the request, output included.
// The sum is rounded once, half to even. token.ErrNegative and money.ErrRange
// are the errors.
func (p Price) Bill(c token.Count) (money.Nano, error) {
	if err := c.Check(); err != nil {
		return 0, fmt.Errorf("catalog: bill: %w", err)
	}
	r := p.rates(c.In())
	n, err := money.Cost(
		money.Term{Tokens: c.Input, Price: r.Input},
		money.Term{Tokens: c.CacheRead, Price: r.cacheRead()},
		money.Term{Tokens: c.CacheWrite5m, Price: r.cacheWrite5m()},
		money.Term{Tokens: c.CacheWrite1h, Price: r.cacheWrite1h()},
		money.Term{Tokens: c.Output, Price: r.Output},
		money.Term{Tokens: c.Reasoning, Price: r.reasoning()},
	)
	if err != nil {
		return 0, fmt.Errorf("catalog: bill: %w", err)
	}
	return n, nil
}

// Worst is an upper bound of Bill for every call with at most in tokens sent and
// out tokens received, however they fall into buckets. It is rounded up, and
// money.Max when it does not fit.
func (p Price) Worst(in, out int64) money.Nano {
	in, out = max(in, 0), max(out, 0)
	send, receive := p.Rates.dearest()
	for _, b := range p.Long {
		if in <= b.Above {
			break
		}
		s, r := b.Rates.dearest()
		send, receive = max(send, s), max(receive, r)
	}
	n, err := money.CostUp(money.Term{Tokens: in, Price: send}, money.Term{Tokens: out, Price: receive})
	if err != nil {
		return money.Max
	}
	return n
}

// dearest are the highest prices of a token sent and of a token received.
func (r Rates) dearest() (send, receive money.Pico) {
	return max(r.Input, r.cacheRead(), r.cacheWrite5m(), r.cacheWrite1h()), max(r.Output, r.reasoning())
}

// A rate of zero in a cache bucket means that the source does not give one. The
// bucket is then billed like uncached input, so that a gap in a price file
// makes a bill too high and never too low.

func (r Rates) cacheRead() money.Pico {
	if r.CacheRead == 0 {
		return r.Input
	}
	return r.CacheRead
}

func (r Rates) cacheWrite5m() money.Pico {
	if r.CacheWrite5m == 0 {
		return r.Input
	}
	return r.CacheWrite5m
}

func (r Rates) cacheWrite1h() money.Pico {
	if r.CacheWrite1h == 0 {
		return max(r.cacheWrite5m(), r.Input)
	}
	return r.CacheWrite1h
}

func (r Rates) reasoning() money.Pico {
	if r.Reasoning == nil {
		return r.Output
	}
	return *r.Reasoning
}

package catalog

import (
	"errors"
	"fmt"
	"slices"

	"github.com/tierwise/tierwise/internal/jsonscan"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/token"
)

// Usage is what a provider says a call used.
type Usage struct {
	Tokens   token.Count
	Reported *money.Nano // its own figure of the cost; nil when it sent none
	Served   string      // the model that answered, as it names it
	Service  string      // the service tier it says was used, in its own word
	Fields   []string    // the usage fields that were seen, sorted
}

// ErrNoUsage means that the answer holds no usage, which is not the same as a
// usage of zero: the call must then be booked as an estimate.
var ErrNoUsage = errors.New("catalog: no usage in the answer")

// ErrUsage means that the usage contradicts itself or is not made of whole
// non-negative numbers. It names fields and never content.
var ErrUsage = errors.New("catalog: unusable usage")

// ReadUsage reads the usage from the JSON of an answer, or of the chunk of a
// stream that carries it, as the given profile lays it out. Fields it does not
// know are ignored. ErrNoUsage and ErrUsage are the errors; broken JSON is
// ErrUsage.
func ReadUsage(profile string, body []byte) (Usage, error) {
	p, ok := profiles[profile]
	if !ok {
		return Usage{}, fmt.Errorf("%w: unknown profile %q", ErrUsage, profile)
	}
	if s := jsonscan.New(body); s.Peek() != '{' || !s.Valid() {
		return Usage{}, fmt.Errorf("%w: not a JSON object", ErrUsage)
	}
	r := reader{doc: body, fields: make([]field, 0, 16), seen: make([]string, 0, 8)}
	for _, path := range p.roots {
		if u := lookup(body, path); isFull(u) {
			r.index(u, root)
			break
		}
	}
	if len(r.fields) == 0 {
		return Usage{}, ErrNoUsage
	}
	out := Usage{Served: r.text(p.model), Service: r.text(p.service)}
	var err error
	if out.Tokens, err = p.count(&r); err != nil {
		return Usage{}, err
	}
	if p.cost != "" {
		out.Reported = r.cost(p)
	}
	if r.err != nil {
		return Usage{}, r.err
	}
	slices.Sort(r.seen)
	out.Fields = slices.Compact(r.seen)
	return out, nil
}

// count brings the profile's numbers to disjoint buckets.
func (p *profile) count(r *reader) (token.Count, error) {
	in, hasIn := r.first(p.in)
	out, hasOut := r.first(p.out)
	if r.err != nil {
		return token.Count{}, r.err
	}
	if !hasIn && !hasOut {
		return token.Count{}, ErrNoUsage
	}
	if !hasIn || !hasOut && !p.outMayMiss {
		return token.Count{}, fmt.Errorf("%w: input or output tokens are missing", ErrUsage)
	}
	in += r.number(p.extraIn)
	var c token.Count
	c.CacheRead, _ = r.first(p.cached)
	c.CacheWrite5m, c.CacheWrite1h = r.written(p)
	c.Input = in
	if !p.inExcludesCache {
		c.Input -= c.CacheRead + c.CacheWrite5m + c.CacheWrite1h
	}
	c.Reasoning = r.number(p.reasoning)
	c.Output = out
	switch p.thinking {
	case included:
		c.Output -= c.Reasoning
	case added:
	case byTotal:
		c = p.splitByTotal(r, c)
	}
	if r.err != nil {
		return token.Count{}, r.err
	}
	if err := c.Check(); err != nil {
		return token.Count{}, fmt.Errorf("%w: parts exceed their whole: %w", ErrUsage, err)
	}
	return c, nil
}

// splitByTotal is for servers that differ in whether output counts reasoning:
// when the total is more than input and output, the rest was thought.
func (p *profile) splitByTotal(r *reader, c token.Count) token.Count {
	rest := r.number(p.total) - c.In() - c.Output
	switch {
	case rest > 0:
		c.Reasoning = rest
	case c.Reasoning <= c.Output:
		c.Output -= c.Reasoning
	}
	return c
}

// written are the tokens written to caches: those kept for an hour where the
// provider tells them apart, and all others.
func (r *reader) written(p *profile) (minutes, hour int64) {
	all := r.number(p.written)
	minutes, hour = r.number(p.written5m), r.number(p.written1h)
	if rest := all - minutes - hour; rest > 0 {
		minutes += rest
	}
	return minutes, hour
}

// cost reads the provider's own figure. When the account brings its own key to
// an intermediary, what the model's owner charges comes on top.
func (r *reader) cost(p *profile) *money.Nano {
	own, ok := r.amount(p.cost)
	if !ok {
		return nil
	}
	if string(r.value(p.ownKey)) == "true" {
		if upstream, ok := r.amount(p.upstream); ok {
			own += upstream
		}
	}
	return &own
}

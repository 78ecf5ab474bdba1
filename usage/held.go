package usage

import (
	"context"
	"fmt"
	"strings"

	"github.com/tierwise/tierwise/internal/money"
)

// fixed is a window that is in force at any time, for a given id.
func fixed(k WindowKind, id string) Window { return Window{Kind: k, ID: id, Next: id} }

// heldBy adds open holds up by window and scope key.
func (p *Proof) heldBy(ctx context.Context, r Reader) (map[WindowKind]map[string]map[string]money.Nano, error) {
	holds, err := r.OpenHolds(ctx, p.Tenant)
	if err != nil {
		return nil, fmt.Errorf("usage: verify: %w", err)
	}
	sum := map[WindowKind]map[string]map[string]money.Nano{Day: {}, Week: {}, Month: {}}
	p.Held = 0
	for _, h := range holds {
		p.Held += h.Held
		for _, k := range WindowKinds() {
			id := h.Windows.Of(k)
			if id == "" {
				continue // the hold did not ask for that kind of window
			}
			if sum[k][id] == nil {
				sum[k][id] = map[string]money.Nano{}
			}
			for _, s := range h.Scopes {
				sum[k][id][s.Key()] += h.Held
			}
		}
	}
	return sum, nil
}

// with adds the scopes of holds, which may have no entry yet, to others.
func with(scopes []Scope, held map[string]money.Nano) []Scope {
	known := make(map[string]bool, len(scopes))
	for _, s := range scopes {
		known[s.Key()] = true
	}
	out := scopes[:len(scopes):len(scopes)]
	for key := range held {
		if kind, id, ok := strings.Cut(key, ":"); ok && !known[key] {
			out = append(out, Scope{Kind: ScopeKind(kind), ID: id})
		}
	}
	return out
}

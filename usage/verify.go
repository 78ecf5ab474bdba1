package usage

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/tierwise/tierwise/internal/money"
)

// page is how many entries are read at once.
const page = 2000

// Proof is what Verify found. The books are right when Differences is empty.
type Proof struct {
	Tenant  string       `json:"tenant"`
	Entries int64        `json:"entries"`
	Cost    money.Nano   `json:"cost"`
	Held    money.Nano   `json:"held"`
	Months  []MonthProof `json:"months"`
	// Checked counts the sums that were compared.
	Checked     int          `json:"checked"`
	Differences []Difference `json:"differences,omitempty"`
}

// MonthProof is one month of a Proof.
type MonthProof struct {
	Month   string     `json:"month"`
	Entries int64      `json:"entries"`
	Cost    money.Nano `json:"cost"`
}

// Difference is one sum that does not equal its entries.
type Difference struct {
	What  string `json:"what"` // "month 2026-11 channel C1 cost"
	Sum   int64  `json:"sum"`  // what is kept
	Proof int64  `json:"proof"`
}

// books are sums formed from entries alone.
type books struct {
	rows    map[WindowKind]map[string]map[Key]Cell
	settled map[WindowKind]map[string]map[string]money.Nano
	scopes  map[string]Scope
}

func newBooks() *books {
	b := &books{map[WindowKind]map[string]map[Key]Cell{}, map[WindowKind]map[string]map[string]money.Nano{}, map[string]Scope{}}
	for _, k := range WindowKinds() {
		b.rows[k], b.settled[k] = map[string]map[Key]Cell{}, map[string]map[string]money.Nano{}
	}
	return b
}

func (b *books) add(e Entry) {
	for _, k := range WindowKinds() {
		id := e.Windows.Of(k)
		if b.rows[k][id] == nil {
			b.rows[k][id], b.settled[k][id] = map[Key]Cell{}, map[string]money.Nano{}
		}
		for _, key := range e.Keys() {
			b.rows[k][id][key] = b.rows[k][id][key].Add(CellOf(e))
		}
		for _, s := range e.Scopes() {
			b.scopes[s.Key()] = s
			b.settled[k][id][s.Key()] += e.Cost
		}
	}
}

// EachEntry calls f for every entry of a month in the order they were booked,
// reading a page at a time.
func EachEntry(ctx context.Context, r Reader, tenant, month string, f func(Entry) error) error {
	for cursor := ""; ; {
		entries, next, err := r.Entries(ctx, tenant, month, cursor, page)
		if err != nil {
			return fmt.Errorf("usage: entries of %s: %w", month, err)
		}
		for _, e := range entries {
			if err := f(e); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		cursor = next
	}
}

// Verify reads every entry of a workspace and compares all sums kept beside
// them, to the nano-USD: rollups of every day, week and month, settled counters
// of every scope, and held money against the open holds. Run it beside a
// working bot: a sum that was moving is read again before it is called wrong.
func Verify(ctx context.Context, r Reader, tenant string) (Proof, error) {
	for try := 1; ; try++ {
		p, err := verify(ctx, r, tenant)
		if err != nil || len(p.Differences) == 0 || try == 3 {
			return p, err
		}
	}
}

func verify(ctx context.Context, r Reader, tenant string) (Proof, error) {
	p := Proof{Tenant: tenant}
	b := newBooks()
	months, err := r.Months(ctx, tenant)
	if err != nil {
		return p, fmt.Errorf("usage: verify: %w", err)
	}
	for _, m := range months {
		mp := MonthProof{Month: m}
		err := EachEntry(ctx, r, tenant, m, func(e Entry) error {
			b.add(e)
			mp.Entries++
			mp.Cost += e.Cost
			return nil
		})
		if err != nil {
			return p, err
		}
		p.Months = append(p.Months, mp)
		p.Entries += mp.Entries
		p.Cost += mp.Cost
	}
	if err := p.compare(ctx, r, b); err != nil {
		return p, err
	}
	slices.SortFunc(p.Differences, func(a, b Difference) int { return cmp.Compare(a.What, b.What) })
	return p, nil
}

func (p *Proof) compare(ctx context.Context, r Reader, b *books) error {
	held, err := p.heldBy(ctx, r)
	if err != nil {
		return err
	}
	for _, k := range WindowKinds() {
		for id, rows := range b.rows[k] {
			kept, err := r.Rollup(ctx, p.Tenant, k, id, Dims()...)
			if err != nil {
				return fmt.Errorf("usage: verify: %w", err)
			}
			p.rows(k, id, kept, rows)
		}
		ids := map[string]bool{}
		for id := range b.settled[k] {
			ids[id] = true
		}
		for id := range held[k] {
			ids[id] = true
		}
		for id := range ids {
			if err := p.counters(ctx, r, b, k, id, held[k][id]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *Proof) rows(k WindowKind, id string, kept, proof map[Key]Cell) {
	keys := map[Key]bool{}
	for key := range kept {
		keys[key] = true
	}
	for key := range proof {
		keys[key] = true
	}
	names := Fields()
	for key := range keys {
		a, b := kept[key].Values(), proof[key].Values()
		for i := range a {
			p.differ(fmt.Sprintf("%s %s %s %s %s", k, id, key.Dim, key.Value, names[i]), a[i], b[i])
		}
	}
}

func (p *Proof) counters(ctx context.Context, r Reader, b *books, k WindowKind, id string, held map[string]money.Nano) error {
	scopes := make([]Scope, 0, len(b.scopes))
	for _, s := range b.scopes {
		scopes = append(scopes, Scope{Kind: s.Kind, ID: s.ID})
	}
	levels, err := r.Levels(ctx, p.Tenant, scopes, []Window{fixed(k, id)})
	if err != nil {
		return fmt.Errorf("usage: verify: %w", err)
	}
	for _, l := range levels {
		p.differ(fmt.Sprintf("%s %s %s settled", k, id, l.Scope.Key()), int64(l.Settled), int64(b.settled[k][id][l.Scope.Key()]))
		p.differ(fmt.Sprintf("%s %s %s held", k, id, l.Scope.Key()), int64(l.Held), int64(held[l.Scope.Key()]))
	}
	return nil
}

// fixed is a window that is in force at any time, for reading a given id.
func fixed(k WindowKind, id string) Window { return Window{Kind: k, ID: id, Next: id} }

// heldBy adds open holds up by window and scope.
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

func (p *Proof) differ(what string, sum, proof int64) {
	p.Checked++
	if sum != proof {
		p.Differences = append(p.Differences, Difference{what, sum, proof})
	}
}

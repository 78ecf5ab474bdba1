package usage

import (
	"cmp"
	"context"
	"fmt"
	"maps"
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

// MonthProof is one month of a Proof. Closed counts those of its entries that
// are proven by a checkpoint instead of by themselves.
type MonthProof struct {
	Month   string     `json:"month"`
	Entries int64      `json:"entries"`
	Closed  int64      `json:"closed,omitempty"`
	Cost    money.Nano `json:"cost"`
}

// Difference is one sum that does not equal its entries.
type Difference struct {
	What  string `json:"what"` // "month 2026-11 channel C1 cost"
	Sum   int64  `json:"sum"`  // what is kept
	Proof int64  `json:"proof"`
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
// It knows of no checkpoints: when months may have been dropped, use
// Archive.Verify.
func Verify(ctx context.Context, r Reader, tenant string) (Proof, error) {
	return verify(ctx, r, tenant, nil)
}

func verify(ctx context.Context, r Reader, tenant string, a *Archive) (Proof, error) {
	for try := 1; ; try++ {
		p, b, err := total(ctx, r, tenant, a)
		if err != nil {
			return p, err
		}
		if err := p.compare(ctx, r, b); err != nil {
			return p, err
		}
		if len(p.Differences) == 0 || try == 3 {
			slices.SortFunc(p.Differences, func(a, b Difference) int { return cmp.Compare(a.What, b.What) })
			return p, nil
		}
	}
}

// total forms the books of a workspace from its entries and, with an archive,
// from the checkpoints of its closed months.
func total(ctx context.Context, r Reader, tenant string, a *Archive) (Proof, *books, error) {
	p, all := Proof{Tenant: tenant}, newBooks()
	months, err := r.Months(ctx, tenant)
	if err != nil {
		return p, nil, fmt.Errorf("usage: verify: %w", err)
	}
	// Checkpoints are read after the list of months: a month closed in between
	// is in both, and known by its last entry.
	closed, err := a.closed(ctx, tenant)
	if err != nil {
		return p, nil, err
	}
	proofs := map[string]*MonthProof{}
	for _, m := range months {
		proofs[m] = &MonthProof{Month: m}
	}
	last := map[string]string{}
	for _, c := range closed {
		if proofs[c.Month] == nil {
			proofs[c.Month] = &MonthProof{Month: c.Month}
		}
		proofs[c.Month].Closed += c.Entries
		proofs[c.Month].count(c.sums)
		last[c.Month] = c.Last
		all.join(c.sums)
	}
	for _, m := range months {
		b, err := live(ctx, r, tenant, m, last[m])
		if err != nil {
			return p, nil, err
		}
		proofs[m].count(b)
		all.join(b)
	}
	p.Entries, p.Cost = all.entries, all.cost
	for _, m := range slices.Sorted(maps.Keys(proofs)) {
		p.Months = append(p.Months, *proofs[m])
	}
	return p, all, nil
}

func (m *MonthProof) count(b *books) {
	m.Entries += b.entries
	m.Cost += b.cost
}

func (p *Proof) compare(ctx context.Context, r Reader, b *books) error {
	held, err := p.heldBy(ctx, r)
	if err != nil {
		return err
	}
	scopes := b.scopes()
	for _, k := range WindowKinds() {
		for id, rows := range b.rows[k] {
			kept, err := r.Rollup(ctx, p.Tenant, k, id, Dims()...)
			if err != nil {
				return fmt.Errorf("usage: verify: %w", err)
			}
			p.rows(k, id, kept, rows)
		}
		ids := map[string]bool{}
		for id := range b.rows[k] {
			ids[id] = true
		}
		for id := range held[k] {
			ids[id] = true
		}
		for id := range ids {
			if err := p.counters(ctx, r, with(scopes, held[k][id]), fixed(k, id), settled(b.rows[k][id]), held[k][id]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *Proof) rows(k WindowKind, id string, kept map[Key]Cell, proof map[Key]*Cell) {
	names := Fields()
	differ := func(key Key, a, b Cell) {
		have, want := a.Values(), b.Values()
		for i := range have {
			if have[i] != want[i] {
				p.wrong(fmt.Sprintf("%s %s %s %s %s", k, id, key.Dim, key.Value, names[i]), have[i], want[i])
			}
		}
		p.Checked += len(have)
	}
	for key, c := range proof {
		differ(key, kept[key], *c)
	}
	for key, c := range kept {
		if proof[key] == nil {
			differ(key, c, Cell{})
		}
	}
}

func (p *Proof) counters(ctx context.Context, r Reader, scopes []Scope, w Window, settled, held map[string]money.Nano) error {
	levels, err := r.Levels(ctx, p.Tenant, scopes, []Window{w})
	if err != nil {
		return fmt.Errorf("usage: verify: %w", err)
	}
	for _, l := range levels {
		key := l.Scope.Key()
		p.Checked += 2
		if l.Settled != settled[key] {
			p.wrong(fmt.Sprintf("%s %s %s settled", w.Kind, w.ID, key), int64(l.Settled), int64(settled[key]))
		}
		if l.Held != held[key] {
			p.wrong(fmt.Sprintf("%s %s %s held", w.Kind, w.ID, key), int64(l.Held), int64(held[key]))
		}
	}
	return nil
}

func (p *Proof) wrong(what string, sum, proof int64) {
	p.Differences = append(p.Differences, Difference{what, sum, proof})
}

package usage

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/record"
)

// Records is what an Archive asks of a store, for the records of checkpoints.
type Records interface {
	List(ctx context.Context, tenant string, kind record.Kind, prefix string) ([]record.Record, error)
	Write(ctx context.Context, tenant string, writes ...record.Write) error
}

// Sealer seals and opens checkpoints; *seal.Sealer is one.
type Sealer interface {
	Seal(tenant, purpose string, plain []byte) []byte
	Open(tenant, purpose string, blob []byte) ([]byte, error)
	Reseal(blob []byte) bool
}

// sealPurpose is what checkpoints are sealed for.
const sealPurpose = "usage/checkpoint"

// Archive closes months and proves what it has closed: entries leave the store
// for a file, and a sealed Checkpoint takes their place in every proof.
type Archive struct {
	records Records
	seal    Sealer
	clock   clock.Clock
}

// NewArchive returns an Archive over a store's records.
func NewArchive(r Records, s Sealer, c clock.Clock) *Archive {
	return &Archive{records: r, seal: s, clock: c}
}

// Verify is Verify over a ledger of which months were closed: sums must equal
// the entries that are there plus the checkpoints of those that are not.
// ErrCheckpoint when a checkpoint itself was changed or is incomplete.
func (a *Archive) Verify(ctx context.Context, r Reader, tenant string) (Proof, error) {
	return verify(ctx, r, tenant, a)
}

// Rebuild is Rebuild over a ledger of which months were closed.
func (a *Archive) Rebuild(ctx context.Context, r Reader, k Keeper, tenant string) (Proof, error) {
	return rebuild(ctx, r, k, tenant, a)
}

// Checkpoints lists a workspace's checkpoints by month and part.
func (a *Archive) Checkpoints(ctx context.Context, tenant string) ([]Checkpoint, error) {
	return a.heads(ctx, tenant, "")
}

// heads reads the checkpoints of one month, or of all. One that is sealed under
// an old key is sealed again.
func (a *Archive) heads(ctx context.Context, tenant, month string) ([]Checkpoint, error) {
	prefix := headPrefix
	if month != "" {
		prefix += month + "/"
	}
	records, err := a.records.List(ctx, tenant, record.Closing, prefix)
	if err != nil {
		return nil, fmt.Errorf("usage: checkpoints: %w", err)
	}
	var out []Checkpoint
	for _, r := range records {
		plain, err := a.seal.Open(tenant, sealPurpose, r.Body)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrCheckpoint, r.ID, err)
		}
		var c Checkpoint
		if err := json.Unmarshal(plain, &c); err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrCheckpoint, r.ID, err)
		}
		if r.ID != headID(c.Month, c.Part) {
			return nil, fmt.Errorf("%w: %s holds that of %s", ErrCheckpoint, r.ID, c.Name())
		}
		out = append(out, c)
	}
	return out, nil
}

// Reseal seals checkpoints under the newest key, when the list of keys has
// changed, and returns how many.
func (a *Archive) Reseal(ctx context.Context, tenant string) (int, error) {
	records, err := a.records.List(ctx, tenant, record.Closing, headPrefix)
	if err != nil {
		return 0, fmt.Errorf("usage: reseal: %w", err)
	}
	n := 0
	for _, r := range records {
		if !a.seal.Reseal(r.Body) {
			continue
		}
		plain, err := a.seal.Open(tenant, sealPurpose, r.Body)
		if err != nil {
			return n, fmt.Errorf("%w: %s: %w", ErrCheckpoint, r.ID, err)
		}
		w := record.Write{Kind: r.Kind, ID: r.ID, Body: a.seal.Seal(tenant, sealPurpose, plain), Expect: r.Version}
		if err := a.records.Write(ctx, tenant, w); err != nil {
			return n, fmt.Errorf("usage: reseal: %w", err)
		}
		n++
	}
	return n, nil
}

// closedBooks are a checkpoint with its sums.
type closedBooks struct {
	Checkpoint
	sums *books
}

// closed reads all checkpoints with their sums and holds them against each
// other. Without an archive there are none.
func (a *Archive) closed(ctx context.Context, tenant string) ([]closedBooks, error) {
	if a == nil {
		return nil, nil
	}
	heads, err := a.heads(ctx, tenant, "")
	if err != nil {
		return nil, err
	}
	out := make([]closedBooks, 0, len(heads))
	for _, h := range heads {
		b, err := a.sumsOf(ctx, h)
		if err != nil {
			return nil, err
		}
		out = append(out, closedBooks{h, b})
	}
	return out, nil
}

func (a *Archive) sumsOf(ctx context.Context, c Checkpoint) (*books, error) {
	records, err := a.records.List(ctx, c.Tenant, record.Closing, c.sumsID())
	if err != nil {
		return nil, fmt.Errorf("usage: sums of %s: %w", c.Name(), err)
	}
	b, texts := newBooks(), map[string][]byte{}
	for _, r := range records {
		name := strings.TrimPrefix(r.ID, c.sumsID())
		if texts[name], err = unpack(r.Body); err != nil {
			return nil, fmt.Errorf("%s, %s: %w", c.Name(), name, err)
		}
	}
	if hashOf(texts) != c.Sums {
		return nil, fmt.Errorf("%w: the sums beside %s were changed or are incomplete", ErrCheckpoint, c.Name())
	}
	for name, text := range texts {
		k, id, _ := strings.Cut(name, "/")
		if err := b.addText(WindowKind(k), id, text); err != nil {
			return nil, err
		}
	}
	b.entries, b.cost = c.Entries, c.Cost()
	return b, nil
}

// CheckFile proves the export of a checkpoint: its hash, its entries and every
// sum formed from them again. It returns what differs, and an error only when
// the file cannot be read as entries.
func (a *Archive) CheckFile(ctx context.Context, c Checkpoint, file io.Reader) ([]Difference, error) {
	sealed, err := a.sumsOf(ctx, c)
	if err != nil {
		return nil, err
	}
	d, err := digestFile(file)
	if err != nil {
		return nil, fmt.Errorf("usage: file of %s: %w", c.Name(), err)
	}
	p := Proof{Tenant: c.Tenant}
	if d.hash() != c.SHA256 {
		p.wrong("file "+c.File+" has another hash than was sealed", d.total.Entries, c.Entries)
	}
	if d.first != c.First || d.last != c.Last || d.total.Entries != c.Entries {
		p.wrong("file "+c.File+" entries", d.total.Entries, c.Entries)
	}
	for _, k := range WindowKinds() {
		ids := map[string]bool{}
		for id := range d.books.rows[k] {
			ids[id] = true
		}
		for id := range sealed.rows[k] {
			ids[id] = true
		}
		for id := range ids {
			p.rows(k, id, values(sealed.rows[k][id]), d.books.rows[k][id])
		}
	}
	return p.Differences, nil
}

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

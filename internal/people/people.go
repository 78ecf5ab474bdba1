// Package people is the directory of a workspace: which pseudonym is whom. The
// ledger knows people by pseudonym only, derived from the platform's id with a
// random identity key of the workspace; the directory turns a pseudonym back
// into an id and a name for those who may see it. Every row is sealed, and
// forgetting a person deletes the row while sums and proofs stay. The package
// decides nothing about who may see a name.
package people

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/seal"
)

// Identity is the kind of the identity key's record. It is a kind of its own
// because it outlives the directory: a workspace that comes back after its
// names were wiped must meet the same pseudonyms in its ledger. Purging the
// workspace for good wipes it too.
const Identity record.Kind = "identity"

// identityID is the only record of kind Identity.
const identityID = "key"

// Purposes of what is sealed here.
const (
	identityPurpose = "people/identity"
	personPurpose   = "people/person"
)

// Store is what the directory asks of a store of records.
type Store interface {
	Get(ctx context.Context, tenant string, kind record.Kind, id string) (record.Record, error)
	Write(ctx context.Context, tenant string, writes ...record.Write) error
}

// Sealer seals and opens rows; *seal.Sealer is one.
type Sealer interface {
	Seal(tenant, purpose string, plain []byte) []byte
	Open(tenant, purpose string, blob []byte) ([]byte, error)
	Reseal(blob []byte) bool
}

// Directory knows the people of all workspaces. It is safe for concurrent use.
type Directory struct {
	store Store
	seal  Sealer
	keys  *cache[[]byte] // by tenant
	rows  *cache[person] // by tenant and pseudonym
}

// person is one row.
type person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// New returns a Directory over a store.
func New(store Store, s Sealer, c clock.Clock) *Directory {
	return &Directory{store: store, seal: s, keys: newCache[[]byte](c), rows: newCache[person](c)}
}

// Pseudonym returns the name under which the ledger knows a person. The first
// call in a workspace makes its identity key; replicas that race agree on one.
func (d *Directory) Pseudonym(ctx context.Context, tenant, platformID string) (string, error) {
	if platformID == "" {
		return "", errors.New("people: pseudonym of an empty id")
	}
	key, err := d.identity(ctx, tenant)
	if err != nil {
		return "", err
	}
	return seal.Pseudonym(key, platformID), nil
}

func (d *Directory) identity(ctx context.Context, tenant string) ([]byte, error) {
	if key, ok := d.keys.get(tenant); ok {
		return key, nil
	}
	key, err := d.readIdentity(ctx, tenant)
	if errors.Is(err, record.ErrNotFound) {
		key, err = d.makeIdentity(ctx, tenant)
	}
	if err != nil {
		return nil, fmt.Errorf("people: identity key: %w", err)
	}
	d.keys.put(tenant, key)
	return key, nil
}

// makeIdentity writes a new key unless another replica was faster, and then
// takes that one.
func (d *Directory) makeIdentity(ctx context.Context, tenant string) ([]byte, error) {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails; see crypto/rand
	blob := d.seal.Seal(tenant, identityPurpose, key)
	err := d.store.Write(ctx, tenant, record.Write{Kind: Identity, ID: identityID, Body: blob, Expect: 0})
	if errors.Is(err, record.ErrConflict) {
		return d.readIdentity(ctx, tenant)
	}
	return key, err
}

func (d *Directory) readIdentity(ctx context.Context, tenant string) ([]byte, error) {
	r, err := d.store.Get(ctx, tenant, Identity, identityID)
	if err != nil {
		return nil, err
	}
	key, err := d.seal.Open(tenant, identityPurpose, r.Body)
	if err != nil {
		return nil, err
	}
	if d.seal.Reseal(r.Body) {
		w := record.Write{Kind: Identity, ID: identityID, Body: d.seal.Seal(tenant, identityPurpose, key), Expect: r.Version}
		// Another replica may have done it; the key is the same either way.
		if err := d.store.Write(ctx, tenant, w); err != nil && !errors.Is(err, record.ErrConflict) {
			return nil, err
		}
	}
	return key, nil
}

// maxName bounds a stored name in characters; platforms allow at most 80.
const maxName = 120

// See records who an actor is, when that is new or has changed, and returns
// the pseudonym. An actor without a name keeps the name known before.
func (d *Directory) See(ctx context.Context, tenant string, a chat.Actor) (string, error) {
	pseudonym, err := d.Pseudonym(ctx, tenant, a.ID)
	if err != nil {
		return "", err
	}
	known, stale, err := d.row(ctx, tenant, pseudonym)
	found := err == nil
	if !found && !errors.Is(err, record.ErrNotFound) {
		return "", err
	}
	now := person{ID: a.ID, Name: shorten(a.Name)}
	if now.Name == "" {
		now.Name = known.Name
	}
	if found && !stale && now == known {
		return pseudonym, nil
	}
	body, err := json.Marshal(now)
	if err != nil {
		return "", fmt.Errorf("people: encode: %w", err)
	}
	w := record.Put(record.Person, pseudonym, d.seal.Seal(tenant, personPurpose, body), 0)
	if err := d.store.Write(ctx, tenant, w); err != nil {
		return "", fmt.Errorf("people: see: %w", err)
	}
	d.rows.put(rowKey(tenant, pseudonym), now)
	return pseudonym, nil
}

// Name returns a person's display name. ok is false when nobody is known under
// the pseudonym, when the person was erased, and when the store cannot be read
// just now: a caller then says "someone".
func (d *Directory) Name(ctx context.Context, tenant, pseudonym string) (name string, ok bool) {
	p, _, err := d.row(ctx, tenant, pseudonym)
	return p.Name, err == nil && p.Name != ""
}

// PlatformID returns the platform's id of a person, for instance to write to
// them. record.ErrNotFound when nobody is known under the pseudonym.
func (d *Directory) PlatformID(ctx context.Context, tenant, pseudonym string) (string, error) {
	p, _, err := d.row(ctx, tenant, pseudonym)
	return p.ID, err
}

// Forget deletes a person's row; an unknown one is no error. Other replicas
// may still show the name for up to a minute.
func (d *Directory) Forget(ctx context.Context, tenant, pseudonym string) error {
	if err := d.store.Write(ctx, tenant, record.Remove(record.Person, pseudonym)); err != nil {
		return fmt.Errorf("people: forget: %w", err)
	}
	d.rows.drop(rowKey(tenant, pseudonym))
	return nil
}

// row reads one row; stale says it is sealed under an old key.
func (d *Directory) row(ctx context.Context, tenant, pseudonym string) (p person, stale bool, err error) {
	key := rowKey(tenant, pseudonym)
	if p, ok := d.rows.get(key); ok {
		return p, false, nil
	}
	r, err := d.store.Get(ctx, tenant, record.Person, pseudonym)
	if err != nil {
		return person{}, false, fmt.Errorf("people: row: %w", err)
	}
	body, err := d.seal.Open(tenant, personPurpose, r.Body)
	if err != nil {
		return person{}, false, fmt.Errorf("people: row: %w", err)
	}
	if err := json.Unmarshal(body, &p); err != nil {
		return person{}, false, fmt.Errorf("people: row of %s: %w", pseudonym, err)
	}
	if stale = d.seal.Reseal(r.Body); !stale {
		d.rows.put(key, p)
	}
	return p, stale, nil
}

func rowKey(tenant, pseudonym string) string { return tenant + "\x00" + pseudonym }

func shorten(name string) string {
	if r := []rune(name); len(r) > maxName {
		return string(r[:maxName])
	}
	return name
}

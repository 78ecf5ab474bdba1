package people_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/people"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/seal"
)

const tenant = "slack/T1"

// shelf is a store of records in a map. With missing set, every Get of a missing
// record waits until that many readers have seen nothing, so that they race.
type shelf struct {
	mu      sync.Mutex
	records map[string]record.Record
	writes  int
	missing *sync.WaitGroup
	down    error
}

func newShelf() *shelf { return &shelf{records: map[string]record.Record{}} }

func (s *shelf) Get(_ context.Context, tenant string, kind record.Kind, id string) (record.Record, error) {
	s.mu.Lock()
	r, ok := s.records[tenant+"|"+string(kind)+"|"+id]
	barrier, down := s.missing, s.down
	s.mu.Unlock()
	if down != nil {
		return record.Record{}, down
	}
	if !ok {
		if barrier != nil {
			barrier.Done()
			barrier.Wait()
		}
		return r, record.ErrNotFound
	}
	return r, nil
}

func (s *shelf) Write(_ context.Context, tenant string, writes ...record.Write) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range writes {
		if v := s.records[tenant+"|"+string(w.Kind)+"|"+w.ID].Version; w.Expect != record.AnyVersion && w.Expect != v {
			return record.ErrConflict
		}
	}
	for _, w := range writes {
		key := tenant + "|" + string(w.Kind) + "|" + w.ID
		s.writes++
		if w.Delete {
			delete(s.records, key)
			continue
		}
		s.records[key] = record.Record{Kind: w.Kind, ID: w.ID, Version: s.records[key].Version + 1, Body: w.Body}
	}
	return nil
}

func (s *shelf) wipe(kind record.Kind) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, r := range s.records {
		if r.Kind == kind {
			delete(s.records, k)
		}
	}
}

func sealer(t *testing.T, list string) *seal.Sealer {
	t.Helper()
	keys, err := seal.ParseKeys(list)
	if err != nil {
		t.Fatal(err)
	}
	s, err := seal.New(keys)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const key1, key2 = "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "ffeeddccbbaa99887766554433221100"

func directory(t *testing.T, s *shelf) (*people.Directory, *clock.Manual) {
	t.Helper()
	c := clock.NewManual(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	return people.New(s, sealer(t, key1), c), c
}

func anna(name string) chat.Actor { return chat.Actor{ID: "U0ANNA", Name: name} }

func see(t *testing.T, d *people.Directory, a chat.Actor) string {
	t.Helper()
	p, err := d.See(t.Context(), tenant, a)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestReplicasThatRaceAgreeOnOneIdentityKey(t *testing.T) {
	s, replicas := newShelf(), 8
	s.missing = &sync.WaitGroup{}
	s.missing.Add(replicas)
	names := make([]string, replicas)
	var wg sync.WaitGroup
	for i := range names {
		d, _ := directory(t, s)
		wg.Go(func() {
			var err error
			if names[i], err = d.Pseudonym(t.Context(), tenant, "U0ANNA"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, n := range names {
		if n != names[0] || n == "" {
			t.Fatalf("pseudonyms differ: %v", names)
		}
	}
	if s.writes != 1 {
		t.Errorf("%d identity keys were written", s.writes)
	}
}

func TestSeeWritesOnlyWhatChangedAndNothingReadable(t *testing.T) {
	s := newShelf()
	d, c := directory(t, s)
	p := see(t, d, anna("Anna Kowalska"))
	after := s.writes
	for range 3 {
		see(t, d, anna("Anna Kowalska"))
		c.Advance(2 * time.Minute) // also when the cache is cold
	}
	see(t, d, anna("")) // an event without a name takes none away
	if s.writes != after {
		t.Errorf("%d writes for an unchanged person", s.writes-after)
	}
	if name, ok := d.Name(t.Context(), tenant, p); !ok || name != "Anna Kowalska" {
		t.Errorf("Name = %q, %v", name, ok)
	}
	if see(t, d, anna("Anna Nowak")) != p {
		t.Error("a new name made a new pseudonym")
	}
	if name, _ := d.Name(t.Context(), tenant, p); name != "Anna Nowak" {
		t.Errorf("after the change: %q", name)
	}
	if id, err := d.PlatformID(t.Context(), tenant, p); err != nil || id != "U0ANNA" {
		t.Errorf("PlatformID = %q, %v", id, err)
	}
	for k, r := range s.records {
		for _, word := range []string{"Anna", "Nowak", "Kowalska", "U0ANNA"} {
			if bytes.Contains(append([]byte(k), r.Body...), []byte(word)) {
				t.Errorf("record %s holds %q in clear", k, word)
			}
		}
	}
}

func TestForgettingKeepsThePseudonymAndLosesTheName(t *testing.T) {
	s := newShelf()
	d, _ := directory(t, s)
	p := see(t, d, anna("Anna"))
	if err := d.Forget(t.Context(), tenant, p); err != nil {
		t.Fatal(err)
	}
	if name, ok := d.Name(t.Context(), tenant, p); ok || name != "" {
		t.Errorf("still known as %q", name)
	}
	if _, err := d.PlatformID(t.Context(), tenant, p); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("PlatformID: %v, want ErrNotFound", err)
	}
	if err := d.Forget(t.Context(), tenant, p); err != nil {
		t.Errorf("forgetting twice: %v", err)
	}
	if again, _ := d.Pseudonym(t.Context(), tenant, "U0ANNA"); again != p {
		t.Error("the ledger would know the same person under a second pseudonym")
	}
}

func TestOtherReplicasForgetWithinAMinute(t *testing.T) {
	s := newShelf()
	a, _ := directory(t, s)
	b, clockB := directory(t, s)
	p := see(t, a, anna("Anna"))
	if _, ok := b.Name(t.Context(), tenant, p); !ok {
		t.Fatal("not seen by the other replica")
	}
	if err := a.Forget(t.Context(), tenant, p); err != nil {
		t.Fatal(err)
	}
	clockB.Advance(time.Minute)
	if name, ok := b.Name(t.Context(), tenant, p); ok {
		t.Errorf("the other replica still says %q", name)
	}
}

func TestWipingTheDirectoryKeepsPseudonymsForAReinstall(t *testing.T) {
	s := newShelf()
	d, _ := directory(t, s)
	p := see(t, d, anna("Anna"))
	s.wipe(record.Person)
	again, _ := directory(t, s)
	if see(t, again, anna("Anna")) != p {
		t.Error("after a reinstall the counters of this person would start again")
	}
	s.wipe(record.Person)
	s.wipe(people.Identity)
	purged, _ := directory(t, s)
	if see(t, purged, anna("Anna")) == p {
		t.Error("after a purge the old pseudonym can still be traced")
	}
}

func TestPseudonymsDifferBetweenWorkspaces(t *testing.T) {
	d, _ := directory(t, newShelf())
	a, _ := d.Pseudonym(t.Context(), "slack/T1", "U1")
	b, _ := d.Pseudonym(t.Context(), "slack/T2", "U1")
	if a == b {
		t.Error("one person can be followed across workspaces")
	}
}

func TestRotatedKeysReadOldRowsAndRewriteThem(t *testing.T) {
	s := newShelf()
	d, c := directory(t, s)
	p := see(t, d, anna("Anna"))
	rotated := people.New(s, sealer(t, key2+","+key1), c)
	if see(t, rotated, anna("Anna")) != p {
		t.Fatal("rotation changed the pseudonym")
	}
	onlyNew := people.New(s, sealer(t, key2), c)
	if name, ok := onlyNew.Name(t.Context(), tenant, p); !ok || name != "Anna" {
		t.Errorf("the row was not resealed: %q, %v", name, ok)
	}
	if again, err := onlyNew.Pseudonym(t.Context(), tenant, "U0ANNA"); err != nil || again != p {
		t.Errorf("the identity key was not resealed: %v", err)
	}
}

func TestAStoreThatIsDownIsAnErrorNotANewPerson(t *testing.T) {
	s := newShelf()
	s.down = errors.New("connection refused")
	d, _ := directory(t, s)
	if _, err := d.See(t.Context(), tenant, anna("Anna")); !errors.Is(err, s.down) {
		t.Errorf("See: %v", err)
	}
	if s.writes != 0 {
		t.Error("something was written without knowing what was there")
	}
}

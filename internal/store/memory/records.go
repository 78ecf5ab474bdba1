package memory

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/record"
)

// expired reports whether a record is no longer there.
func expired(r record.Record, now time.Time) bool {
	return !r.Expires.IsZero() && !now.Before(r.Expires)
}

// lookup returns a live record.
func (t *tenant) lookup(kind record.Kind, id string, now time.Time) (record.Record, bool) {
	r, ok := t.records[kind][id]
	if !ok || expired(r, now) {
		return record.Record{}, false
	}
	r.Body = bytes.Clone(r.Body)
	return r, true
}

// anyRecord reports whether the workspace has a live record.
func (t *tenant) anyRecord(now time.Time) bool {
	for _, m := range t.records {
		for _, r := range m {
			if !expired(r, now) {
				return true
			}
		}
	}
	return false
}

// Get implements storetest.Records.
func (s *Store) Get(_ context.Context, tenant string, kind record.Kind, id string) (record.Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.at(tenant).lookup(kind, id, s.clk.Now())
	if !ok {
		return record.Record{}, record.ErrNotFound
	}
	return r, nil
}

// List implements storetest.Records.
func (s *Store) List(_ context.Context, tenant string, kind record.Kind, prefix string) ([]record.Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, now := s.at(tenant), s.clk.Now()
	var out []record.Record
	for _, id := range sortedKeys(t.records[kind], func(id string) bool { return strings.HasPrefix(id, prefix) }) {
		if r, ok := t.lookup(kind, id, now); ok {
			out = append(out, r)
		}
	}
	return out, nil
}

// Write implements storetest.Records.
func (s *Store) Write(_ context.Context, tenant string, writes ...record.Write) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, now := s.at(tenant), s.clk.Now()
	if t.conflicts(writes, now) {
		return record.ErrConflict
	}
	t.write(writes, now)
	return nil
}

// conflicts reports whether a write expects a version that is not there.
func (t *tenant) conflicts(writes []record.Write, now time.Time) bool {
	return slices.ContainsFunc(writes, func(w record.Write) bool {
		r, _ := t.lookup(w.Kind, w.ID, now)
		return w.Expect != record.AnyVersion && w.Expect != r.Version
	})
}

// write applies writes that do not conflict.
func (t *tenant) write(writes []record.Write, now time.Time) {
	for _, w := range writes {
		if w.Delete {
			delete(t.records[w.Kind], w.ID)
			continue
		}
		old, _ := t.lookup(w.Kind, w.ID, now)
		r := record.Record{Kind: w.Kind, ID: w.ID, Version: old.Version + 1, Body: bytes.Clone(w.Body)}
		if w.TTL > 0 {
			r.Expires = now.Add(w.TTL)
		}
		if t.records[w.Kind] == nil {
			t.records[w.Kind] = map[string]record.Record{}
		}
		t.records[w.Kind][w.ID] = r
	}
}

// Wipe implements storetest.Records. Money held by wiped jobs is released, or
// booked, by Sweep.
func (s *Store) Wipe(_ context.Context, tenant string, jobs bool, kinds ...record.Kind) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.at(tenant)
	for _, k := range kinds {
		delete(t.records, k)
	}
	if !jobs {
		return nil
	}
	s.queue = slices.DeleteFunc(s.queue, func(w *work) bool { return w.job.Tenant == tenant })
	s.outbox = slices.DeleteFunc(s.outbox, func(p *parcel) bool { return p.post.Tenant == tenant })
	clear(t.jobs)
	clear(t.lanes)
	return nil
}

// sortedKeys returns the keys of a map that pass, in order.
func sortedKeys[V any](m map[string]V, pass func(string) bool) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		if pass(k) {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

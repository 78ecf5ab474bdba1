package memory

import (
	"context"
	"time"
)

// lease is a name that one holder has for a while.
type lease struct {
	holder string
	until  time.Time
}

// rate is one window of a limited rate.
type rate struct {
	ends    time.Time
	counted map[string]bool
	told    string // the id of the first refusal
	refused bool   // whether there was one
}

// Mark implements storetest.Once.
func (s *Store) Mark(_ context.Context, tenant, key string, ttl time.Duration) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, t := s.clk.Now(), s.at(tenant)
	if now.Before(t.marks[key]) {
		return false, nil
	}
	t.marks[key] = now.Add(ttl)
	return true, nil
}

// Lease implements storetest.Once.
func (s *Store) Lease(_ context.Context, name, holder string, ttl time.Duration) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clk.Now()
	if l, ok := s.leases[name]; ok && l.holder != holder && now.Before(l.until) {
		return false, nil
	}
	if ttl <= 0 {
		delete(s.leases, name)
		return false, nil
	}
	s.leases[name] = lease{holder, now.Add(ttl)}
	return true, nil
}

// Take implements storetest.Once.
func (s *Store) Take(_ context.Context, tenant, key, id string, limit int, span time.Duration) (ok, told bool, reset time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, t := s.clk.Now(), s.at(tenant)
	r := t.rates[key]
	if r == nil || !now.Before(r.ends) {
		r = &rate{ends: now.Add(span), counted: map[string]bool{}}
		t.rates[key] = r
	}
	switch {
	case r.counted[id]:
		return true, false, r.ends, nil
	case len(r.counted) < limit:
		r.counted[id] = true
		return true, false, r.ends, nil
	case !r.refused:
		r.refused, r.told = true, id
	}
	return false, r.told == id, r.ends, nil
}

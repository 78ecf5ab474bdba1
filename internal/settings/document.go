package settings

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/record"
)

// document is what one level sets: one record. It is shared by the cache and
// never changed in place.
type document struct {
	Values  map[string]setValue `json:"values,omitempty"`
	Zone    *zoneChange         `json:"zone,omitempty"` // of the workspace only
	version int64
}

// setValue is one value with who set it and when.
type setValue struct {
	Value string    `json:"value"`
	By    string    `json:"by"`
	At    time.Time `json:"at"`
}

// with returns a copy that holds v for a key; without a value it is removed.
func (d document) with(key string, v *setValue) document {
	values := maps.Clone(d.Values)
	if values == nil {
		values = map[string]setValue{}
	}
	if v == nil {
		delete(values, key)
	} else {
		values[key] = *v
	}
	d.Values = values
	return d
}

// read reads a level from the store and remembers it. A level nobody has set
// is an empty document of version 0.
func (s *Settings) read(ctx context.Context, tenant string, at Origin) (document, error) {
	var d document
	r, err := s.store.Get(ctx, tenant, record.Setting, at.id())
	switch {
	case errors.Is(err, record.ErrNotFound):
	case err != nil:
		return document{}, err
	default:
		if err := json.Unmarshal(r.Body, &d); err != nil {
			return document{}, fmt.Errorf("record %s: %w", at.id(), err)
		}
		d.version = r.Version
	}
	s.docs.put(cacheKey(tenant, at), d)
	return d, nil
}

const (
	// fresh is how long a read is trusted; two of it is what replicas promise.
	fresh = time.Second
	// maxCached bounds the cache; when it is full it starts again.
	maxCached = 20_000
)

// cache keeps what was read for a second.
type cache[V any] struct {
	clock clock.Clock
	mu    sync.Mutex
	kept  map[string]kept[V]
}

type kept[V any] struct {
	value V
	until time.Time
}

func newCache[V any](c clock.Clock) *cache[V] {
	return &cache[V]{clock: c, kept: map[string]kept[V]{}}
}

func (c *cache[V]) get(key string) (V, bool) {
	now := c.clock.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.kept[key]
	if !ok || !now.Before(k.until) {
		var zero V
		return zero, false
	}
	return k.value, true
}

func (c *cache[V]) put(key string, v V) {
	until := c.clock.Now().Add(fresh)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept) >= maxCached {
		clear(c.kept)
	}
	c.kept[key] = kept[V]{v, until}
}

func (c *cache[V]) drop(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.kept, key)
}

func cacheKey(tenant string, at Origin) string { return tenant + "\x00" + at.id() }

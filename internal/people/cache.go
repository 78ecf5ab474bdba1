package people

import (
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
)

const (
	// fresh is how long a cached value is trusted: an erased person is gone
	// everywhere after it.
	fresh = time.Minute
	// maxCached bounds the cache; when it is full it starts again.
	maxCached = 20_000
)

// cache keeps values for a minute.
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
		var none V
		return none, false
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

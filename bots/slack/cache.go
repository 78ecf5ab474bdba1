package slack

import (
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
)

// cache keeps values for a while, at most max of them.
type cache[V any] struct {
	clock clock.Clock
	life  time.Duration
	max   int

	mu   sync.Mutex
	kept map[string]kept[V]
}

type kept[V any] struct {
	value V
	until time.Time
}

func newCache[V any](c clock.Clock, life time.Duration, most int) *cache[V] {
	return &cache[V]{clock: c, life: life, max: most, kept: map[string]kept[V]{}}
}

func (c *cache[V]) get(key string) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.kept[key]
	if !ok || !c.clock.Now().Before(k.until) {
		var zero V
		return zero, false
	}
	return k.value, true
}

func (c *cache[V]) put(key string, v V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.store(key, v, c.clock.Now())
}

// first stores a value and reports whether there was none.
func (c *cache[V]) first(key string, v V) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock.Now()
	if k, ok := c.kept[key]; ok && now.Before(k.until) {
		return false
	}
	c.store(key, v, now)
	return true
}

func (c *cache[V]) drop(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.kept, key)
}

// dropPrefix forgets everything whose key begins so.
func (c *cache[V]) dropPrefix(prefix string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.kept, func(key string, _ kept[V]) bool { return strings.HasPrefix(key, prefix) })
}

func (c *cache[V]) store(key string, v V, now time.Time) {
	if len(c.kept) >= c.max {
		c.makeRoom(now)
	}
	c.kept[key] = kept[V]{v, now.Add(c.life)}
}

// makeRoom forgets what has ended and, where that is not enough, a tenth of
// the rest at random.
func (c *cache[V]) makeRoom(now time.Time) {
	for key, k := range c.kept {
		if !now.Before(k.until) {
			delete(c.kept, key)
		}
	}
	for key := range c.kept {
		if len(c.kept) <= c.max*9/10 {
			return
		}
		delete(c.kept, key)
	}
}

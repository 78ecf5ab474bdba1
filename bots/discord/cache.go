package discord

import (
	"container/list"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
)

// cache keeps values for a while, at most a number of them: the one unused for
// longest goes first. Bounded on both sides, because keys come from outside.
type cache[V any] struct {
	clock clock.Clock
	ttl   time.Duration
	most  int

	mu    sync.Mutex
	byKey map[string]*list.Element
	order *list.List // most recently used first
}

type cached[V any] struct {
	key   string
	value V
	until time.Time
}

func newCache[V any](c clock.Clock, ttl time.Duration, most int) *cache[V] {
	return &cache[V]{clock: c, ttl: ttl, most: most, byKey: map[string]*list.Element{}, order: list.New()}
}

func (c *cache[V]) get(key string) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var none V
	e := c.byKey[key]
	if e == nil {
		return none, false
	}
	v := e.Value.(*cached[V])
	if !c.clock.Now().Before(v.until) {
		c.remove(e)
		return none, false
	}
	c.order.MoveToFront(e)
	return v.value, true
}

func (c *cache[V]) put(key string, value V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.byKey[key]; e != nil {
		c.remove(e)
	}
	c.byKey[key] = c.order.PushFront(&cached[V]{key, value, c.clock.Now().Add(c.ttl)})
	for len(c.byKey) > c.most {
		c.remove(c.order.Back())
	}
}

func (c *cache[V]) drop(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.byKey[key]; e != nil {
		c.remove(e)
	}
}

// keys are all keys, the most recently used first.
func (c *cache[V]) keys() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var keys []string
	for e := c.order.Front(); e != nil; e = e.Next() {
		keys = append(keys, e.Value.(*cached[V]).key)
	}
	return keys
}

func (c *cache[V]) remove(e *list.Element) {
	delete(c.byKey, e.Value.(*cached[V]).key)
	c.order.Remove(e)
}

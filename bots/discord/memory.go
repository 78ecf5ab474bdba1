package discord

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
)

// ownMemory is the Memory of one process.
type ownMemory struct {
	values *cache[[]byte]

	mu   sync.Mutex
	kept map[string][]byte // until they are forgotten
}

func newOwnMemory(c clock.Clock) *ownMemory {
	return &ownMemory{values: newCache[[]byte](c, 24*time.Hour, 10_000), kept: map[string][]byte{}}
}

// Remember keeps a value for at most a day, or until it is forgotten.
func (m *ownMemory) Remember(_ context.Context, tenant, key string, value []byte, ttl time.Duration) error {
	if ttl > 0 {
		m.values.put(tenant+"/"+key, value)
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept[tenant+"/"+key] = value
	return nil
}

// Recall gives a value back.
func (m *ownMemory) Recall(_ context.Context, tenant, key string) ([]byte, bool, error) {
	if v, ok := m.values.get(tenant + "/" + key); ok {
		return v, true, nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.kept[tenant+"/"+key]
	return v, ok, nil
}

// Recalls gives the values that are kept until they are forgotten: nothing else
// is asked for by its beginning.
func (m *ownMemory) Recalls(_ context.Context, tenant, prefix string) (map[string][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := map[string][]byte{}
	for key, v := range m.kept {
		if rest, ok := strings.CutPrefix(key, tenant+"/"); ok && strings.HasPrefix(rest, prefix) {
			found[rest] = v
		}
	}
	return found, nil
}

// Forget drops a value.
func (m *ownMemory) Forget(_ context.Context, tenant, key string) error {
	m.values.drop(tenant + "/" + key)
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.kept, tenant+"/"+key)
	return nil
}

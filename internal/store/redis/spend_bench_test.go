package redis_test

import (
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/store/redis"
	"github.com/tierwise/tierwise/internal/store/redis/redistest"
	"github.com/tierwise/tierwise/internal/store/storetest"
)

// BenchmarkSpend is /ai-spend over a quarter of 5 million entries (the bar is
// 20 ms). Their rows are loaded as sums, which ProveLoad shows to be what
// settling makes; the entries themselves are never read for a report.
func BenchmarkSpend(b *testing.B) {
	server := redistest.Start(b, redistest.EverySec)
	s := open(b, server, redis.Options{PoolSize: 64})
	defaults(b, s, "W")
	now := time.Now()
	storetest.ProveLoad(b, s, now)
	q := storetest.FiveMillion("W", now)
	rows := q.Load(b, s)
	b.Run("fsync=everysec", func(b *testing.B) { storetest.BenchSpend(b, s, q, rows) })
}

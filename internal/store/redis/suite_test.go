package redis_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/store/redis"
	"github.com/tierwise/tierwise/internal/store/redis/redistest"
	"github.com/tierwise/tierwise/internal/store/storetest"
)

var _ storetest.Store = (*redis.Store)(nil)

// open opens a store on a server, closed when the test ends.
func open(tb testing.TB, server *redistest.Server, opt redis.Options) *redis.Store {
	tb.Helper()
	return openAt(tb, server.URL(), opt)
}

func openAt(tb testing.TB, url string, opt redis.Options) *redis.Store {
	tb.Helper()
	s, err := redis.Open(context.Background(), url, opt)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// TestSuite passes the suite of all stores, on one real server that is emptied
// between tests, with time moved by the offset.
func TestSuite(t *testing.T) {
	server := redistest.Start(t, redistest.Off)
	storetest.Run(t, func(t *testing.T) storetest.Harness {
		server.Flush(t)
		var moved atomic.Int64
		offset := func() time.Duration { return time.Duration(moved.Load()) }
		s, err := redis.Open(context.Background(), server.URL(), redis.Options{Offset: offset})
		if err != nil {
			t.Fatal(err)
		}
		return storetest.Harness{
			Store:   s,
			Advance: func(d time.Duration) { moved.Add(int64(d)) },
			Now:     func() time.Time { return time.Now().Add(offset()) },
			Close:   func() { _ = s.Close() },
		}
	})
}

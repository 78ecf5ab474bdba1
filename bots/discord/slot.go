package discord

import (
	"context"
	"crypto/rand"
	"strconv"
	"sync"
	"time"
)

// slot waits until this shard may identify: one at a time for every class of
// shards, over all replicas.
func (s *shard) slot(ctx context.Context) error {
	class := strconv.Itoa(s.id % s.a.shards.parallel)
	if s.a.cfg.Leases == nil {
		return s.a.slots.wait(ctx, class, s.a.pace.identify)
	}
	holder := s.a.cfg.Replica + "/" + rand.Text()[:8]
	for {
		ok, err := s.a.cfg.Leases.Lease(ctx, "discord/identify/"+class, holder, s.a.pace.identify)
		if ok || err != nil && ctx.Err() == nil {
			return nil // a store that is down must not keep us silent
		}
		if err := sleepFor(ctx, s.a.pace.identify/5); err != nil {
			return err
		}
	}
}

// slots spaces out identifies in one process.
type slots struct {
	mu   sync.Mutex
	next map[string]time.Time
}

func (l *slots) wait(ctx context.Context, class string, gap time.Duration) error {
	l.mu.Lock()
	at := l.next[class]
	if now := time.Now(); at.Before(now) {
		at = now
	}
	l.next[class] = at.Add(gap)
	l.mu.Unlock()
	return sleepFor(ctx, time.Until(at))
}

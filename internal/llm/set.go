package llm

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/tierwise/tierwise/internal/clock"
)

// Set is the Client of all providers: it sends a request to the one that serves
// the request's model, through a Retry and a Breaker per provider. It does not
// choose models and does not fail over; that is the router's work. It is
// immutable and safe for concurrent use.
type Set struct {
	clients  map[string]Client
	breakers []*Breaker // by provider id
}

// NewSet wraps the given clients, by provider id.
func NewSet(clients map[string]Client, c clock.Clock, b BreakerPolicy, r RetryPolicy) *Set {
	s := &Set{clients: make(map[string]Client, len(clients))}
	for id, client := range clients {
		breaker := NewBreaker(id, client, c, b)
		s.breakers = append(s.breakers, breaker)
		s.clients[id] = NewRetry(breaker, r)
	}
	slices.SortFunc(s.breakers, func(a, b *Breaker) int { return strings.Compare(a.provider, b.provider) })
	return s
}

// Stream implements Client. A provider that is not in the set is ErrNoModel.
func (s *Set) Stream(ctx context.Context, r Request) iter.Seq2[Chunk, error] {
	client, ok := s.clients[r.Model.Provider]
	if !ok {
		return func(yield func(Chunk, error) bool) {
			yield(Chunk{}, fmt.Errorf("llm: %s: %w: no client is configured for its provider", r.Model.ID, ErrNoModel))
		}
	}
	return client.Stream(ctx, r)
}

// Health is the state of every provider, ordered by id.
func (s *Set) Health() []Health {
	h := make([]Health, len(s.breakers))
	for i, b := range s.breakers {
		h[i] = b.Health()
	}
	return h
}

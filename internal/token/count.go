// Package token counts tokens. A Count splits one provider call into disjoint
// buckets, so that each token is billed exactly once; a Counter gives an upper
// bound for text that has not been sent yet, which is what holds are made of.
// The package knows no prices and no models by name: a tokenizer family is
// data handed in by the catalog.
package token

import (
	"errors"
	"fmt"
)

// Count is what one provider call used, in tokens. The buckets are disjoint:
// their sum is every token the provider counted.
type Count struct {
	Input        int64 `json:"input,omitempty"`          // sent, not served from a cache, not written to one
	CacheRead    int64 `json:"cache_read,omitempty"`     // sent, served from the provider's cache
	CacheWrite5m int64 `json:"cache_write_5m,omitempty"` // sent and written to a cache kept for minutes
	CacheWrite1h int64 `json:"cache_write_1h,omitempty"` // sent and written to a cache kept for an hour
	Output       int64 `json:"output,omitempty"`         // received, visible
	Reasoning    int64 `json:"reasoning,omitempty"`      // received, billed as output, not visible
}

// ErrNegative reports a bucket below zero, which a provider's inconsistent
// usage body can produce.
var ErrNegative = errors.New("token: negative bucket")

// Check returns ErrNegative, naming the bucket, when one is below zero.
func (c Count) Check() error {
	for _, b := range []struct {
		name string
		n    int64
	}{
		{"input", c.Input}, {"cache read", c.CacheRead}, {"cache write 5m", c.CacheWrite5m},
		{"cache write 1h", c.CacheWrite1h}, {"output", c.Output}, {"reasoning", c.Reasoning},
	} {
		if b.n < 0 {
			return fmt.Errorf("%w: %s = %d", ErrNegative, b.name, b.n)
		}
	}
	return nil
}

// In is everything that was sent: input, cache reads and cache writes.
func (c Count) In() int64 { return c.Input + c.CacheRead + c.CacheWrite5m + c.CacheWrite1h }

// Out is everything that was received: visible output and reasoning.
func (c Count) Out() int64 { return c.Output + c.Reasoning }

// Total is In plus Out.
func (c Count) Total() int64 { return c.In() + c.Out() }

// Add returns the sum, bucket by bucket.
func (c Count) Add(d Count) Count {
	return Count{
		c.Input + d.Input, c.CacheRead + d.CacheRead, c.CacheWrite5m + d.CacheWrite5m,
		c.CacheWrite1h + d.CacheWrite1h, c.Output + d.Output, c.Reasoning + d.Reasoning,
	}
}

// Sub returns the difference, bucket by bucket; a correction may be negative.
func (c Count) Sub(d Count) Count {
	return c.Add(Count{-d.Input, -d.CacheRead, -d.CacheWrite5m, -d.CacheWrite1h, -d.Output, -d.Reasoning})
}

package redis

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/usage"
)

// SetLimits implements usage.Limiter. money.ErrRange when an amount, alone or
// with its extra, is negative or above money.Max; then nothing is changed.
func (s *Store) SetLimits(ctx context.Context, tenant string, put []usage.Limit, remove []string) error {
	args := []any{encode(tenant), len(remove)}
	for _, k := range remove {
		args = append(args, k)
	}
	for _, l := range put {
		if _, err := l.Amount.Add(l.Extra); err != nil || l.Amount < 0 || l.Extra < 0 {
			return fmt.Errorf("redis: limits: %s: %w", l.Key(), money.ErrRange)
		}
		args = append(args, l.Key(), limitText(l))
	}
	_, err := s.run(ctx, partition(tenant), limitsScript, args...)
	return err
}

// Limits implements usage.Limiter.
func (s *Store) Limits(ctx context.Context, tenant string) ([]usage.Limit, error) {
	all, err := s.client.HGetAll(ctx, limitsKey(tenant)).Result()
	if err != nil {
		return nil, s.failed("limits", err)
	}
	var r reply
	out := make([]usage.Limit, 0, len(all))
	for _, key := range slices.Sorted(maps.Keys(all)) {
		l := limitFrom(&r, all[key])
		scope, rest, _ := strings.Cut(key, ":")
		cut := strings.LastIndex(rest, ":") // an id may hold ":", a window does not
		if cut < 0 {
			r.wrong(key, "the key of a limit")
			continue
		}
		l.Scope, l.ID, l.Window = usage.ScopeKind(scope), rest[:cut], usage.WindowKind(rest[cut+1:])
		out = append(out, l)
	}
	return out, r.err
}

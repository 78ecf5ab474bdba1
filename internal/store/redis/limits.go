package redis

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/usage"
)

// SetLimits implements usage.Limiter. money.ErrRange when an amount, alone or
// with its extra, is negative or above money.Max; then nothing is changed.
func (s *Store) SetLimits(ctx context.Context, tenant string, put []usage.Limit, remove []string) error {
	args := []any{encode(tenant), 0}
	for _, key := range remove {
		if name, kind, ok := splitLimitKey(key); ok { // no other key is ever there
			args = append(args, name, kind)
		}
	}
	args[1] = len(args[2:]) / 2
	for _, l := range put {
		if _, err := l.Amount.Add(l.Extra); err != nil || l.Amount < 0 || l.Extra < 0 {
			return fmt.Errorf("redis: limits: %s: %w", l.Key(), money.ErrRange)
		}
		name, kind, ok := splitLimitKey(l.Key())
		if !ok {
			return fmt.Errorf("redis: limits: %q has no such window", l.Key())
		}
		args = append(args, name, kind, limitText(l))
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
	var out []usage.Limit
	for name, slots := range all {
		scope, id, _ := strings.Cut(name, ":")
		for i, text := range strings.Split(slots, ";") {
			if text == "" || i >= len(usage.WindowKinds()) {
				continue
			}
			l := limitFrom(&r, text)
			l.Scope, l.ID, l.Window = usage.ScopeKind(scope), id, usage.WindowKinds()[i]
			out = append(out, l)
		}
	}
	slices.SortFunc(out, func(a, b usage.Limit) int { return strings.Compare(a.Key(), b.Key()) })
	return out, r.err
}

// splitLimitKey splits a limit's key into the scope's or template's name, under
// which it is kept, and its window. An id may hold ":", a window does not.
func splitLimitKey(key string) (name, kind string, ok bool) {
	cut := strings.LastIndex(key, ":")
	if cut < 0 || !slices.Contains(usage.WindowKinds(), usage.WindowKind(key[cut+1:])) {
		return "", "", false
	}
	return key[:cut], key[cut+1:], true
}

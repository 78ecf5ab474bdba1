package redis

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/tierwise/tierwise/usage"
)

// SetLimits implements usage.Limiter.
func (s *Store) SetLimits(ctx context.Context, tenant string, put []usage.Limit, remove []string) error {
	args := []any{encode(tenant), 0}
	for _, key := range remove {
		if name, kind, approval, ok := splitLimitKey(key); ok { // no other key is ever there
			args = append(args, name, kind, approval)
		}
	}
	args[1] = len(args[2:]) / 3
	for _, l := range put {
		if err := l.Check(); err != nil {
			return fmt.Errorf("redis: limits: %w", err)
		}
		text := limitText(l)
		if l.IsExtra() {
			text = extraText(l)
		}
		args = append(args, string(l.Scope)+":"+l.ID, string(l.Window), l.Approval, text)
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
	now := s.now()
	for name, text := range all {
		for _, l := range limitsFrom(&r, name, text) {
			if !l.Ended(now) {
				out = append(out, l)
			}
		}
	}
	slices.SortFunc(out, func(a, b usage.Limit) int { return strings.Compare(a.Key(), b.Key()) })
	return out, r.err
}

// limitsFrom reads what is kept under the name of a scope or template: a slot
// for the limit of each window, and perhaps one for the extras of each.
func limitsFrom(r *reply, name, text string) (out []usage.Limit) {
	scope, id, _ := strings.Cut(name, ":")
	kinds := usage.WindowKinds()
	for i, slot := range strings.Split(text, ";") {
		if slot == "" || i >= 2*len(kinds) {
			continue
		}
		of := usage.Limit{Scope: usage.ScopeKind(scope), ID: id, Window: kinds[i%len(kinds)]}
		if i < len(kinds) {
			l := limitFrom(r, slot)
			l.Scope, l.ID, l.Window = of.Scope, of.ID, of.Window
			out = append(out, l)
			continue
		}
		for _, extra := range strings.Split(slot, ",") {
			out = append(out, extraFrom(r, of, extra))
		}
	}
	return out
}

// splitLimitKey splits a limit's key into the scope's or template's name, under
// which it is kept, its window, and the approval of an extra. An id may hold
// ":", window and approval do not.
func splitLimitKey(key string) (name, kind, approval string, ok bool) {
	cut := strings.LastIndex(key, ":")
	if cut < 0 {
		return "", "", "", false
	}
	kind, approval, _ = strings.Cut(key[cut+1:], "+")
	return key[:cut], kind, approval, slices.Contains(usage.WindowKinds(), usage.WindowKind(kind))
}

// limitText and limitFrom write and read a limit as it is kept beside the
// counters: "<amount>|<extra>|<until>|<then>".
func limitText(l usage.Limit) string {
	return fmt.Sprintf("%d|%d|%s|%s", l.Amount, l.Extra, micros(l.ExtraUntil), l.Then)
}

func limitFrom(r *reply, text string) usage.Limit {
	p := strings.SplitN(text, "|", 4)
	if len(p) != 4 {
		r.wrong(text, "a limit")
		return usage.Limit{}
	}
	return usage.Limit{Amount: r.nano(p[0]), Extra: r.nano(p[1]), ExtraUntil: r.instant(p[2]), Then: usage.AtLimit(p[3])}
}

// extraText and extraFrom write and read an extra as it is kept behind the
// limits of its scope: "<approval>|<extra>|<until>|<reason>".
func extraText(l usage.Limit) string {
	return fmt.Sprintf("%s|%d|%s|%s", l.Approval, l.Extra, micros(l.ExtraUntil), url.QueryEscape(l.Reason))
}

func extraFrom(r *reply, of usage.Limit, text string) usage.Limit {
	p := strings.Split(text, "|")
	if len(p) != 4 {
		r.wrong(text, "an extra")
		return of
	}
	reason, err := url.QueryUnescape(p[3])
	if err != nil {
		r.wrong(text, "an extra")
	}
	of.Approval, of.Extra, of.ExtraUntil, of.Reason = p[0], r.nano(p[1]), r.instant(p[2]), reason
	return of
}

package memory

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/usage"
)

// SetLimits implements usage.Limiter.
func (s *Store) SetLimits(_ context.Context, tenant string, put []usage.Limit, remove []string) error {
	for _, l := range put {
		if err := l.Check(); err != nil {
			return fmt.Errorf("memory: limits: %w", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now, b := s.clk.Now(), &s.at(tenant).books
	for _, k := range remove {
		delete(b.limits, k)
	}
	for _, l := range put {
		b.limits[l.Key()] = l
	}
	maps.DeleteFunc(b.limits, func(_ string, l usage.Limit) bool { return l.Ended(now) })
	b.applies = usage.NewLimitSet(slices.Collect(maps.Values(b.limits)))
	return nil
}

// Limits implements usage.Limiter.
func (s *Store) Limits(_ context.Context, tenant string) ([]usage.Limit, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clk.Now()
	out := slices.DeleteFunc(slices.Collect(maps.Values(s.at(tenant).books.limits)), func(l usage.Limit) bool { return l.Ended(now) })
	slices.SortFunc(out, func(a, b usage.Limit) int { return cmp.Compare(a.Key(), b.Key()) })
	return out, nil
}

// Levels implements usage.Reader.
func (s *Store) Levels(_ context.Context, tenant string, scopes []usage.Scope, windows []usage.Window) ([]usage.Level, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, b := s.clk.Now(), &s.at(tenant).books
	out := make([]usage.Level, 0, len(scopes)*len(windows))
	for _, sc := range scopes {
		for _, w := range windows {
			out = append(out, b.level(sc, w, w.At(now), now))
		}
	}
	return out, nil
}

// Rollup implements usage.Reader.
func (s *Store) Rollup(_ context.Context, tenant string, k usage.WindowKind, id string, dims ...usage.Dim) (map[usage.Key]usage.Cell, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[usage.Key]usage.Cell{}
	for key, cell := range s.at(tenant).books.sums[window{k, id}] {
		if slices.Contains(dims, key.Dim) {
			out[key] = cell
		}
	}
	return out, nil
}

// Row implements usage.RowReader.
func (s *Store) Row(_ context.Context, tenant string, k usage.WindowKind, ids []string, key usage.Key) ([]usage.Cell, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]usage.Cell, len(ids))
	for i, id := range ids {
		out[i] = s.at(tenant).books.sums[window{k, id}][key]
	}
	return out, nil
}

// Entries implements usage.Reader. The cursor is the number of rows read.
func (s *Store) Entries(_ context.Context, tenant, month, cursor string, max int) ([]usage.Entry, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from := 0
	if cursor != "" {
		n, err := strconv.Atoi(cursor)
		if err != nil || n < 0 {
			return nil, "", fmt.Errorf("memory: entries: cursor %q is not ours", cursor)
		}
		from = n
	}
	rows := s.at(tenant).books.rows[month]
	from = min(from, len(rows))
	end := min(from+max, len(rows))
	next := ""
	if end < len(rows) {
		next = strconv.Itoa(end)
	}
	return slices.Clone(rows[from:end]), next, nil
}

// Months implements usage.Reader.
func (s *Store) Months(_ context.Context, tenant string) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.at(tenant).books.rows)), nil
}

// OpenHolds implements usage.Reader. Holds come in the order of their ids.
func (s *Store) OpenHolds(_ context.Context, tenant string) ([]usage.OpenHold, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	holds := s.at(tenant).books.holds
	var out []usage.OpenHold
	for _, id := range slices.Sorted(maps.Keys(holds)) {
		h := holds[id]
		if !h.closed {
			out = append(out, usage.OpenHold{
				Hold: id, Since: h.since, Expires: h.expires, Held: h.open(), Scopes: slices.Clone(h.scopes), Windows: h.booked,
			})
		}
	}
	return out, nil
}

// Rebuild implements usage.Keeper.
func (s *Store) Rebuild(_ context.Context, tenant string, k usage.WindowKind, id string, rows map[usage.Key]usage.Cell, settled map[string]money.Nano) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, w := &s.at(tenant).books, window{k, id}
	b.sums[w] = maps.Clone(rows)
	old := b.counters[w]
	b.counters[w] = make(map[string]*counter, len(settled))
	for scope, sum := range settled {
		b.counters[w][scope] = &counter{settled: sum}
	}
	for scope, c := range old {
		if c.held == 0 {
			continue
		}
		if b.counters[w][scope] == nil {
			b.counters[w][scope] = &counter{}
		}
		b.counters[w][scope].held = c.held
	}
	return nil
}

// Drop implements usage.Keeper. The ids stay known, so that a late repetition
// is not booked a second time.
func (s *Store) Drop(_ context.Context, tenant, month, last string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows := s.at(tenant).books.rows
	n := len(rows[month])
	if last != "" {
		n = 1 + slices.IndexFunc(rows[month], func(e usage.Entry) bool { return e.ID == last })
	}
	if n == len(rows[month]) {
		delete(rows, month)
		return nil
	}
	rows[month] = slices.Clone(rows[month][n:])
	return nil
}

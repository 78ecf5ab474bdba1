package redis

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/usage"
)

// Levels implements usage.Reader.
func (s *Store) Levels(ctx context.Context, tenant string, scopes []usage.Scope, windows []usage.Window) ([]usage.Level, error) {
	v, err := s.run(ctx, partition(tenant), levelsScript, encode(tenant), scopesText(scopes), windowsText(windows))
	if err != nil {
		return nil, err
	}
	var r reply
	out := standing{scopes, windows}.levels(&r, r.row(v, 1)[0])
	return out, r.err
}

// Entries implements usage.Reader. The cursor is the place of the last row.
func (s *Store) Entries(ctx context.Context, tenant, month, cursor string, most int) ([]usage.Entry, string, error) {
	from := "-"
	if cursor != "" {
		from = "(" + cursor
	}
	rows, err := s.client.XRangeN(ctx, entriesKey(tenant, month), from, "+", int64(max(most, 0))+1).Result()
	if err := s.failed("entries", err); err != nil {
		return nil, "", err
	}
	next := ""
	if len(rows) > most {
		rows = rows[:max(most, 0)]
		next = cursor
		if len(rows) > 0 {
			next = rows[len(rows)-1].ID
		}
	}
	var r reply
	out := make([]usage.Entry, 0, len(rows))
	for _, row := range rows {
		v := row.Values
		out = append(out, entryFrom(&r, tenant, []any{v["i"], v["b"], v["t"], v["w"]}))
	}
	return out, next, r.err
}

// Months implements usage.Reader.
func (s *Store) Months(ctx context.Context, tenant string) ([]string, error) {
	months, err := s.client.SMembers(ctx, monthsKey(tenant)).Result()
	slices.Sort(months)
	return months, s.failed("months", err)
}

// OpenHolds implements usage.Reader. Holds come in the order of their ids.
func (s *Store) OpenHolds(ctx context.Context, tenant string) ([]usage.OpenHold, error) {
	v, err := s.run(ctx, partition(tenant), openHoldsScript, encode(tenant))
	if err != nil {
		return nil, err
	}
	var r reply
	var out []usage.OpenHold
	for _, one := range r.list(v) {
		p := r.row(one, 5)
		h := usage.OpenHold{
			Hold: r.text(p[0]), Since: r.instant(p[1]), Expires: r.instant(p[2]),
			Scopes: scopesFrom(&r, r.text(p[3])), Windows: bookedFrom(&r, p[4]),
		}
		for _, amount := range p[5:] {
			h.Held += r.nano(amount)
		}
		out = append(out, h)
	}
	slices.SortFunc(out, func(a, b usage.OpenHold) int { return strings.Compare(a.Hold, b.Hold) })
	return out, r.err
}

// Tenants implements usage.Reader. The workspaces come sorted.
func (s *Store) Tenants(ctx context.Context) ([]string, error) {
	answers, err := s.runBatch(ctx, tenantsScript, everywhere())
	if err != nil {
		return nil, err
	}
	var r reply
	out := []string{}
	for _, a := range answers {
		for _, t := range r.list(a) {
			out = append(out, decode(r.text(t)))
		}
	}
	slices.Sort(out)
	return out, r.err
}

// Rebuild implements usage.Keeper.
func (s *Store) Rebuild(ctx context.Context, tenant string, k usage.WindowKind, id string, rows map[usage.Key]usage.Cell, settled map[string]money.Nano) error {
	args := []any{encode(tenant), windowName(string(k), id), len(rows)}
	for key, cell := range rows {
		args = append(args, rowName(key), packCell(cell))
	}
	for scope, sum := range settled {
		args = append(args, scope, digits(sum))
	}
	_, err := s.run(ctx, partition(tenant), rebuildScript, args...)
	return err
}

// dropped is how long ids of dropped rows stay known.
const dropped = 90 * 24 * 60 * 60 * 1000 // milliseconds

// Drop implements usage.Keeper. Once the month is empty the ids stay known for 90 days, so that a late
// repetition is not booked a second time; its answer then has the repeated
// entry, because the row is gone.
func (s *Store) Drop(ctx context.Context, tenant, month, last string) error {
	if month == "" {
		return fmt.Errorf("redis: drop: no month")
	}
	_, err := s.run(ctx, partition(tenant), dropScript, encode(tenant), month, last, dropped)
	return err
}

package sqlite

import (
	"strings"
	"testing"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/usage"
)

// No question of /ai-spend looks at rows it does not answer with: every table
// is searched by its key, so that the cost does not grow with the books.
func TestReportsSearchByKey(t *testing.T) {
	s := openAt(t, clock.System{})
	ctx := t.Context()
	windows := usage.Calendar{}.Windows(s.clock.Now())
	scopes := []usage.Scope{usage.WholeWorkspace(), {Kind: usage.User, ID: "p", Templates: []string{usage.AnyID}}}
	for _, ask := range []func() error{
		func() error {
			_, err := s.Rollup(ctx, "T", usage.Month, "2026-11", usage.ByTotal, usage.ByActor)
			return err
		},
		func() error {
			_, err := s.Row(ctx, "T", usage.Day, []string{"2026-11-01", "2026-11-02"}, usage.Key{})
			return err
		},
		func() error { _, err := s.Levels(ctx, "T", scopes, windows); return err },
		func() error { _, _, err := s.Entries(ctx, "T", "2026-11", "", 10); return err },
		func() error { _, err := s.Months(ctx, "T"); return err },
		func() error { _, err := s.OpenHolds(ctx, "T"); return err },
	} {
		if err := ask(); err != nil {
			t.Fatal(err)
		}
	}
	asked := 0
	s.queries.Range(func(query, _ any) bool {
		asked++
		rows, err := s.readers.Query(`EXPLAIN QUERY PLAN `+query.(string), make([]any, strings.Count(query.(string), "?"))...)
		steps, err := collect(rows, err, func(row scanner, step *string) error {
			var id, parent, unused int
			return row.Scan(&id, &parent, &unused, step)
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range steps {
			whole := strings.HasPrefix(step, "SCAN ") && !strings.Contains(step, " VIRTUAL TABLE") && !strings.Contains(step, "holds_open")
			if whole || strings.Contains(step, "TEMP B-TREE") && !strings.Contains(query.(string), "holds") {
				t.Errorf("%s\nin %s", step, query)
			}
		}
		return true
	})
	if asked < 6 {
		t.Errorf("%d queries were looked at", asked)
	}
}

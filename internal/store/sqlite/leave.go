package sqlite

import "context"

// purged are the tables with rows of a workspace; rows below them go with them.
var purged = []string{"jobs", "seen", "past_posts", "outbox", "holds", "entries", "counters", "limits", "rollups", "records", "marks", "rates"}

// Purge removes everything of a workspace for good, in one step: entries, sums,
// budgets, records, jobs and the marks by which repetitions are known. The
// write-ahead log is emptied with it, unless somebody is reading at that moment;
// then it is emptied soon after.
func (s *Store) Purge(ctx context.Context, tenant string) error {
	_, err := submit(ctx, s, "purge", func(t *tx) (struct{}, error) {
		clear(t.w.counters) // it writes past them
		clear(t.w.limits)
		clear(t.w.holds)
		t.removed = true
		for _, table := range purged {
			if _, err := t.exec(`DELETE FROM `+table+` WHERE tenant = ?`, tenant); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	}, true)
	return err
}

package sqlite_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/store/sqlite"
)

// TestRemovedContentIsInNoFile: what Wipe and Purge remove is neither in the
// file nor in the log beside it, while the store is open, once nobody reads.
func TestRemovedContentIsInNoFile(t *testing.T) {
	for name, remove := range map[string]func(*sqlite.Store) error{
		"wipe":  func(s *sqlite.Store) error { return s.Wipe(context.Background(), tenant, true, record.Draft) },
		"purge": func(s *sqlite.Store) error { return s.Purge(context.Background(), tenant) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s, err := sqlite.Open(t.Context(), filepath.Join(dir, "tierwise.db"), sqlite.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			secret := bytes.Repeat([]byte("sentinel "), 300) // more than a page
			if err := s.Write(t.Context(), tenant, record.Put(record.Draft, "d", secret, time.Hour)); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Enqueue(t.Context(), job.Job{ID: "j", Tenant: tenant, Event: secret}); err != nil {
				t.Fatal(err)
			}
			if !inFiles(t, dir, "sentinel") {
				t.Fatal("the sentinel cannot be found before it is removed")
			}
			if err := remove(s); err != nil {
				t.Fatal(err)
			}
			if inFiles(t, dir, "sentinel") {
				t.Error("removed content is still in a file")
			}
		})
	}
}

// inFiles reports whether any file of a directory holds a text.
func inFiles(t *testing.T, dir, text string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("files %q, %v; want the store and its log", files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte(text)) {
			return true
		}
	}
	return false
}

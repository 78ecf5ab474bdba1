package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/store/sqlite"
)

func TestReaderBesideARunningWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tierwise.db")
	w, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	r, err := sqlite.OpenReadOnly(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	fill(t, w, 10)
	if got := len(all(t, r)); got != 10 {
		t.Errorf("the reader sees %d entries of 10", got)
	}
	if _, err := r.Enqueue(t.Context(), job.Job{ID: "j", Tenant: tenant}); !errors.Is(err, sqlite.ErrReadOnly) {
		t.Errorf("enqueue on a reader: %v", err)
	}
	if _, err := r.Claim(t.Context(), "w", 1, time.Minute, time.Hour); !errors.Is(err, sqlite.ErrReadOnly) {
		t.Errorf("claim on a reader: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	fill(t, w, 20) // the writer goes on after a reader has left
	if got := len(all(t, w)); got != 20 {
		t.Errorf("%d entries of 20", got)
	}
}

func TestReadOnlyChangesNoByte(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tierwise.db")
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	fill(t, s, 10)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := sqlite.OpenReadOnly(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := len(all(t, r)); got != 10 {
		t.Errorf("%d entries of 10", got)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(path)
	if err != nil || string(after) != string(before) {
		t.Errorf("reading changed the file (%v)", err)
	}
}

// A store that was closed cleanly can be read where nothing can be written, as
// on a backup that is mounted read-only.
func TestReadOnlyInADirectoryThatCannotBeWritten(t *testing.T) {
	if asNobody(t) {
		return
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "tierwise.db")
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	fill(t, s, 10)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
	r, err := sqlite.OpenReadOnly(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	if got := len(all(t, r)); got != 10 {
		t.Errorf("%d entries of 10", got)
	}
}

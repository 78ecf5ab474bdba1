package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/store/sqlite"
)

// wantFault demands a fault of a kind whose words name what is needed.
func wantFault(t *testing.T, err error, kind fault.Kind, words ...string) {
	t.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) {
		t.Fatalf("error %v, want a fault", err)
	}
	if f.Kind != kind {
		t.Errorf("kind %s, want %s: %v", f.Kind, kind, err)
	}
	for _, w := range words {
		if !strings.Contains(f.Say, w) || w[0] == '/' && !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not name %q (error: %v)", f.Say, w, err)
		}
	}
}

func TestSecondWriterIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tierwise.db")
	first, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = sqlite.Open(t.Context(), path, sqlite.Options{})
	wantFault(t, err, fault.Misconfigured, path+".lock", "another tierwise is running", "REDIS_URL")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatalf("after the first was closed: %v", err)
	}
	_ = again.Close()
}

func TestFilesAreForTheOwnerOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "data")
	s, err := sqlite.Open(t.Context(), filepath.Join(dir, "tierwise.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if err := s.Write(t.Context(), tenant, record.Put(record.Setting, "workspace", []byte("x"), 0)); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("directory %v, %v", info.Mode(), err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 4 { // file, -wal, -shm, lock
		t.Errorf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s is %v, %v", f.Name(), info.Mode(), err)
		}
	}
}

func TestPlacesThatCannotBeUsed(t *testing.T) {
	t.Run("a directory where the file should be", func(t *testing.T) {
		dir := t.TempDir()
		_, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
		wantFault(t, err, fault.Misconfigured, dir, "is a directory")
		_, err = sqlite.OpenReadOnly(t.Context(), dir, sqlite.Options{})
		wantFault(t, err, fault.Misconfigured, dir, "is a directory")
	})
	t.Run("a file where the directory should be", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "data")
		put(t, file, nil)
		_, err := sqlite.Open(t.Context(), filepath.Join(file, "tierwise.db"), sqlite.Options{})
		wantFault(t, err, fault.Misconfigured, file, "TIERWISE_DATA_DIR")
	})
	t.Run("nothing to read", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "tierwise.db")
		_, err := sqlite.OpenReadOnly(t.Context(), path, sqlite.Options{})
		wantFault(t, err, fault.Misconfigured, path, "no store")
		if _, err := os.Stat(path); err == nil {
			t.Error("reading made a file")
		}
	})
	t.Run("a path with signs that mean something in a URL", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "a b?c#d%41&mode=ro", "tier wise.db")
		s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	})
}

func TestADirectoryThatCannotBeWritten(t *testing.T) {
	if asNobody(t) {
		return
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	_, err := sqlite.Open(t.Context(), filepath.Join(dir, "tierwise.db"), sqlite.Options{})
	wantFault(t, err, fault.Misconfigured, dir, "writable")
}

func put(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDamagedFileIsSaid(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tierwise.db")
	put(t, path, []byte(strings.Repeat("this is no database. ", 500)))
	_, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	wantFault(t, err, fault.Misconfigured, path, "damaged", "backup")
	_, err = sqlite.OpenReadOnly(t.Context(), path, sqlite.Options{})
	wantFault(t, err, fault.Misconfigured, path, "damaged")
}

func TestDamageInsideIsFoundByCheck(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tierwise.db")
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	fill(t, s, 400)
	if err := s.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(b) - 3*4096; i < len(b)-2*4096; i++ {
		b[i] = 0xa5
	}
	put(t, path, b)
	s, err = sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		wantFault(t, err, fault.Misconfigured, path, "damaged")
		return
	}
	defer func() { _ = s.Close() }()
	wantFault(t, s.Check(t.Context()), fault.Misconfigured, path, "damaged")
}

func TestNewerSchemaIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tierwise.db")
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
	shell(t, path, `INSERT INTO schema_version VALUES (99, 0)`)
	_, err = sqlite.Open(t.Context(), path, sqlite.Options{})
	wantFault(t, err, fault.Misconfigured, "schema 99", "newer")
	_, err = sqlite.OpenReadOnly(t.Context(), path, sqlite.Options{})
	wantFault(t, err, fault.Misconfigured, "schema 99", "newer")
}

func TestOlderSchemaIsBroughtUpToDateByTheWriterOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tierwise.db")
	shell(t, path, `CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied INTEGER NOT NULL)`)
	_, err := sqlite.OpenReadOnly(t.Context(), path, sqlite.Options{})
	wantFault(t, err, fault.Misconfigured, "schema 0", "migrate")
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
	r, err := sqlite.OpenReadOnly(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
}

// shell changes the file as somebody with the sqlite3 program would.
func shell(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(context.Background(), statement); err != nil {
		t.Fatal(err)
	}
}

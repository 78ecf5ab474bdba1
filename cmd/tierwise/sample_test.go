package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// made is the data directory that a first start of the demo leaves. Writing the
// sample quarter is most of a first start, so that it is done once and copied;
// TestFullDisk and TestOneWriterManyReaders begin without it.
var made struct {
	once sync.Once
	dir  string
	err  error
}

// furnished is a new data directory with the sample quarter in it.
func furnished(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := furnish(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// furnish copies what a first start leaves to a data directory that is not there
// yet.
func furnish(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, "demo")); err == nil {
		return nil
	}
	made.once.Do(func() {
		if made.dir, made.err = os.MkdirTemp("", "tierwise-sample"); made.err != nil {
			return
		}
		if out, err := process(context.Background(), made.dir, "chat").CombinedOutput(); err != nil {
			made.err = fmt.Errorf("first start: %w: %s", err, out)
		}
	})
	if made.err != nil {
		return made.err
	}
	if err := os.CopyFS(dir, os.DirFS(made.dir)); err != nil {
		return err
	}
	// CopyFS adds to a file's mode what the umask lets through; a key that others
	// can read is refused.
	return os.Chmod(filepath.Join(dir, "demo", "secret.key"), 0o600)
}

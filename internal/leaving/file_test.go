package leaving_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/leaving"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/store/sqlite"
)

// TestNothingIsLeftInTheFile greps the files of the embedded store.
func TestNothingIsLeftInTheFile(t *testing.T) {
	clk, dir := clock.NewManual(begin), t.TempDir()
	s, err := sqlite.Open(ctx, filepath.Join(dir, "store.db"), sqlite.Options{Clock: clk})
	if err != nil {
		t.Fatal(err)
	}
	h := furnish(t, s, clk)
	for i := range 300 { // enough to fill pages that are freed whole, and some that are not
		body := []byte(strings.Repeat(sentinel, 1+i%90))
		if err := h.Write(ctx, tenant, record.Put(record.Card, fmt.Sprint("card", i), body, 0)); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range leaving.Rows() { // what rests holds no content, but the fixture's does
		if row.Stays {
			if err := h.Write(ctx, tenant, record.Remove(row.Kind, "some/thing")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := h.leaver().Purge(ctx, other); err != nil {
		t.Fatal(err)
	}
	if n := found(t, dir); n == 0 {
		t.Fatal("the sentinel was never in the file: the test proves nothing")
	}
	if err := h.leaver().Leave(ctx, tenant, operator); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if n := found(t, dir); n > 0 {
		t.Errorf("the sentinel is %d times in the files of the store after the workspace was removed", n)
	}
}

// found counts the sentinel in all files of a directory.
func found(t *testing.T, dir string) (n int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		n += bytes.Count(b, []byte(sentinel))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

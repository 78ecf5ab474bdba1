package leaving_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/internal/leaving"
	"github.com/tierwise/tierwise/internal/record"
)

// declared finds constants like: Draft Kind = "draft".
var declared = regexp.MustCompile(`(?m)^\s*(?:const\s+)?\w+\s+(?:record\.)?Kind\s*=\s*"([a-z]+)"`)

// TestEveryKindOfRecordHasAFate reads the sources, so that whoever adds a kind
// must say what becomes of it.
func TestEveryKindOfRecordHasAFate(t *testing.T) {
	known, found := leaving.Kinds(), 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if filepath.Base(filepath.Dir(path)) != "record" && !strings.Contains(string(text), "record.Kind") {
			return nil // another sort of Kind
		}
		for _, m := range declared.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[0], "record.Kind") || filepath.Base(filepath.Dir(path)) == "record" {
				found++
				if !slices.Contains(known, record.Kind(m[1])) {
					t.Errorf("%s declares the kind %q, and leaving.Rows does not say what becomes of it", path, m[1])
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < len(known) {
		t.Errorf("found %d kinds in the sources, leaving knows %d", found, len(known))
	}
	for _, r := range leaving.Rows() {
		if r.Why == "" {
			t.Errorf("%s has no reason", r.Kind)
		}
	}
}

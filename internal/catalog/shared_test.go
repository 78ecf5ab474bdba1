package catalog_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/money"
)

// sharedFile finds a file of the specifications beside the repository.
func sharedFile(t *testing.T, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the package")
		}
		dir = up
	}
	p := filepath.Join(dir, "..", "shared", "spec", name)
	if _, err := os.Stat(p); err != nil {
		t.Skipf("specification %s is not here", name)
	}
	return p
}

func load(t testing.TB, overlays ...catalog.Overlay) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Load(overlays...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func model(t testing.TB, c *catalog.Catalog, id string) catalog.Model {
	t.Helper()
	m, ok := c.Model(id)
	if !ok {
		t.Fatalf("no model %s", id)
	}
	return m
}

func at(t testing.TB, text string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func pico(t testing.TB, text string) money.Pico {
	t.Helper()
	v, err := money.ParsePerMillion(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

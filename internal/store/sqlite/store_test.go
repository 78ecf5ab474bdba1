package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/store/sqlite"
	"github.com/tierwise/tierwise/internal/store/storetest"
)

// TestStore proves that the embedded store keeps the word all stores give.
func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Harness {
		clk := clock.NewManual(time.Date(2026, 11, 29, 21, 40, 17, 0, time.UTC))
		s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "tierwise.db"), sqlite.Options{Clock: clk})
		if err != nil {
			t.Fatal(err)
		}
		return storetest.Harness{Store: s, Advance: clk.Advance, Now: clk.Now, Close: func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}}
	})
}

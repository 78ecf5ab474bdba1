package app

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/seal"
	"github.com/tierwise/tierwise/internal/store/memory"
)

// TestWhatAdaptersRemember: values come back sealed and by their beginning, live
// as long as they were given, and one that cannot be opened hides no other.
func TestWhatAdaptersRemember(t *testing.T) {
	keys, err := seal.ParseKeys(strings.Repeat("0123456789abcdef", 4))
	if err != nil {
		t.Fatal(err)
	}
	s, err := seal.New(keys)
	if err != nil {
		t.Fatal(err)
	}
	now := clock.NewManual(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	store := closing{memory.New(now)}
	m := recollection{store, s}
	for key, ttl := range map[string]time.Duration{"server/1/a": 0, "server/1/b": time.Hour, "server/2/c": 0} {
		if err := m.Remember(t.Context(), "discord/x", key, []byte("since "+key), ttl); err != nil {
			t.Fatal(err)
		}
	}
	found := func() []string {
		t.Helper()
		all, err := m.Recalls(t.Context(), "discord/x", "server/1/")
		if err != nil {
			t.Fatal(err)
		}
		for key, v := range all {
			if string(v) != "since "+key {
				t.Errorf("%s is %q", key, v)
			}
		}
		return slices.Sorted(maps.Keys(all))
	}
	if got := found(); !slices.Equal(got, []string{"server/1/a", "server/1/b"}) {
		t.Errorf("found %q", got)
	}
	now.Advance(48 * time.Hour)
	if err := store.Write(t.Context(), "discord/x", record.Put(record.Memory, "server/1/odd", []byte("never sealed"), 0)); err != nil {
		t.Fatal(err)
	}
	if got := found(); !slices.Equal(got, []string{"server/1/a"}) {
		t.Errorf("after two days found %q", got)
	}
	for range 2 {
		if err := m.Forget(t.Context(), "discord/x", "server/1/a"); err != nil {
			t.Fatal(err)
		}
	}
	if got := found(); len(got) != 0 {
		t.Errorf("what was forgotten is %q", got)
	}
	if r, err := store.Get(t.Context(), "discord/x", record.Memory, "server/2/c"); err != nil || strings.Contains(string(r.Body), "since") {
		t.Errorf("stored as %q, %v", r.Body, err)
	}
}

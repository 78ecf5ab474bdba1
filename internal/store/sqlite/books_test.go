package sqlite_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/store/sqlite"
	"github.com/tierwise/tierwise/usage"
)

type window struct {
	kind usage.WindowKind
	id   string
}

var dims = []usage.Dim{
	usage.ByTotal, usage.ByChannel, usage.ByActor, usage.ByTeam, usage.ByWorkflow, usage.ByIntent, usage.ByTier, usage.ByModel,
	usage.ByProvider, usage.BySource, usage.ByPurpose, usage.ByIntentTier, usage.ByChannelTier,
}

// books demands that every rollup and every settled counter equals the sum of
// the entries, and that what is held equals the open holds.
func books(t *testing.T, s *sqlite.Store) {
	t.Helper()
	ctx := context.Background()
	want, settled := map[window]map[usage.Key]usage.Cell{}, map[window]map[string]money.Nano{}
	scopes := map[string]usage.Scope{}
	for _, e := range all(t, s) {
		for _, k := range usage.WindowKinds() {
			w := window{k, e.Windows.Of(k)}
			if want[w] == nil {
				want[w], settled[w] = map[usage.Key]usage.Cell{}, map[string]money.Nano{}
			}
			for _, key := range e.Keys() {
				want[w][key] = want[w][key].Add(usage.CellOf(e))
			}
			for _, sc := range e.Scopes() {
				scopes[sc.Key()] = sc
				settled[w][sc.Key()] += e.Cost
			}
		}
	}
	held := heldNow(t, s)
	for w, rows := range want {
		got, err := s.Rollup(ctx, tenant, w.kind, w.id, dims...)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(rows, got); d != "" {
			t.Errorf("rollups of %s are not the sum of its entries (-entries +rollups):\n%s", w.id, d)
		}
		for key, sc := range scopes {
			ls, err := s.Levels(ctx, tenant, []usage.Scope{sc}, []usage.Window{{Kind: w.kind, Next: w.id}})
			if err != nil {
				t.Fatal(err)
			}
			if ls[0].Settled != settled[w][key] || ls[0].Held != held[w][key] {
				t.Errorf("%s in %s: settled %s held %s, entries say %s, open holds %s", key, w.id, ls[0].Settled, ls[0].Held, settled[w][key], held[w][key])
			}
		}
	}
}

func heldNow(t *testing.T, s *sqlite.Store) map[window]map[string]money.Nano {
	t.Helper()
	open, err := s.OpenHolds(context.Background(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	held := map[window]map[string]money.Nano{}
	for _, h := range open {
		for _, k := range usage.WindowKinds() {
			w := window{k, h.Windows.Of(k)}
			if held[w] == nil {
				held[w] = map[string]money.Nano{}
			}
			for _, sc := range h.Scopes {
				held[w][sc.Key()] += h.Held
			}
		}
	}
	return held
}

package sqlite_test

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tierwise/tierwise/internal/store/sqlite"
	"github.com/tierwise/tierwise/usage"
)

// TestNoOverspend lets many callers hold at once under one limit. Exactly as
// many are admitted as fit, in every round.
func TestNoOverspend(t *testing.T) {
	const rounds, callers, fit = 10, 256, 50
	s := openStore(t, sqlite.Options{})
	admitted := 0
	for round := range rounds {
		person := usage.Scope{Kind: usage.User, ID: "p" + strconv.Itoa(round), Templates: []string{usage.AnyID}}
		err := s.SetLimits(t.Context(), tenant, []usage.Limit{{
			Scope: usage.User, ID: usage.AnyID, Window: usage.Day, Amount: fit*900 + 899, Then: usage.Refuse,
		}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var granted atomic.Int64
		var wg sync.WaitGroup
		for n := range callers {
			wg.Go(func() {
				r := request(strconv.Itoa(round)+"."+strconv.Itoa(n), n)
				r.Scopes = []usage.Scope{usage.WholeWorkspace(), person}
				held, err := s.Hold(context.Background(), r)
				if err != nil {
					t.Error(err)
				}
				if held.Granted {
					granted.Add(1)
				}
			})
		}
		wg.Wait()
		if granted.Load() != fit {
			t.Errorf("round %d: %d holds admitted where %d fit", round, granted.Load(), fit)
		}
		admitted += int(granted.Load())
	}
	t.Logf("%d rounds of %d callers: %d admitted, %d fit", rounds, callers, admitted, rounds*fit)
}

package redis_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/store/redis"
	"github.com/tierwise/tierwise/internal/store/redis/redistest"
	"github.com/tierwise/tierwise/usage"
)

// TestNoOverspend lets 512 goroutines of two stores run at one cap at once: what
// is held never passes it and comes within one estimate of it.
// TIERWISE_OVERSPEND_ROUNDS raises the number of rounds.
func TestNoOverspend(t *testing.T) {
	rounds := fromEnv("TIERWISE_OVERSPEND_ROUNDS", 5)
	const callers, limit, largest = 512, money.Nano(50_000_000), money.Nano(1_000_000)
	server := redistest.Start(t, redistest.Off)
	stores := []*redis.Store{open(t, server, redis.Options{PoolSize: 16}), open(t, server, redis.Options{PoolSize: 16})}
	ctx := context.Background()
	windows := usage.Calendar{}.Windows(time.Now())
	var admitted, most int
	var least money.Nano = limit
	for round := range rounds {
		tenant := "W" + strconv.Itoa(round)
		err := stores[0].SetLimits(ctx, tenant, []usage.Limit{{Scope: usage.User, ID: usage.AnyID, Window: usage.Month, Amount: limit, Then: usage.Refuse}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		granted := make([]money.Nano, callers)
		var wg sync.WaitGroup
		for c := range callers {
			wg.Go(func() {
				amount := largest - money.Nano(c%7)*100_000
				held, err := stores[c%2].Hold(ctx, usage.HoldRequest{
					Tenant: tenant, Hold: "h" + strconv.Itoa(c), Scopes: turnScopes(7), Windows: windows,
					Steps: []usage.StepHold{{N: 1, Amount: amount}}, TTL: time.Minute,
				})
				if err != nil {
					t.Error(err)
				}
				if held.Granted {
					granted[c] = amount
				}
			})
		}
		wg.Wait()
		var sum money.Nano
		n := 0
		for _, g := range granted {
			sum += g
			if g > 0 {
				n++
			}
		}
		levels, err := stores[1].Levels(ctx, tenant, turnScopes(7)[3:4], windows[2:])
		if err != nil {
			t.Fatal(err)
		}
		if sum > limit || sum <= limit-largest || levels[0].Held != sum {
			t.Errorf("round %d: granted %d of %d, the store holds %d", round, sum, limit, levels[0].Held)
		}
		admitted, most, least = admitted+n, max(most, n), min(least, sum)
	}
	t.Logf("%d rounds of %d callers on one cap: %d holds admitted, at most %d a round; overspend 0, least use of the cap %d of %d", rounds, callers, admitted, most, least, limit)
}

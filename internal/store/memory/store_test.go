package memory_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/store/memory"
	"github.com/tierwise/tierwise/internal/store/storetest"
)

func open(*testing.T) storetest.Harness {
	clk := clock.NewManual(time.Date(2026, 11, 29, 21, 40, 17, 0, time.UTC))
	return storetest.Harness{Store: memory.New(clk), Advance: clk.Advance, Now: clk.Now}
}

func TestStore(t *testing.T) { storetest.Run(t, open) }

// ahead is a clock that runs, some way ahead of the machine's.
type ahead struct{ by atomic.Int64 }

func (a *ahead) Now() time.Time { return time.Now().UTC().Add(time.Duration(a.by.Load())) }

// TestStoreOnRunningClock proves that the suite does not need a clock that
// stands still, which a database server does not have.
func TestStoreOnRunningClock(t *testing.T) {
	storetest.Run(t, func(*testing.T) storetest.Harness {
		clk := &ahead{}
		return storetest.Harness{Store: memory.New(clk), Advance: func(d time.Duration) { clk.by.Add(int64(d)) }, Now: clk.Now}
	})
}

func TestSimulatedTime(t *testing.T) {
	storetest.RunSimulated(t, func() storetest.Store { return memory.New(clock.System{}) })
}

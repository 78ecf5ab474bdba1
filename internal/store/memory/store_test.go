package memory_test

import (
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

func TestSimulatedTime(t *testing.T) {
	storetest.RunSimulated(t, func() storetest.Store { return memory.New(clock.System{}) })
}

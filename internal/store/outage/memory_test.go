package outage_test

import (
	"context"
	"log/slog"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/store/outage"
)

// taker is a store that takes every job and keeps none.
type taker struct{ outage.Store }

func (taker) Enqueue(context.Context, job.Job) (bool, error) { return true, nil }

// TestWhatIsRememberedIsBounded: what became too old is forgotten without a
// trace. A trace of each would grow in both halves of the run.
func TestWhatIsRememberedIsBounded(t *testing.T) {
	c := clock.NewManual(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	front := outage.New(outage.Parts{Store: taker{}, Says: says, Name: "a", Clock: c, Log: slog.New(slog.DiscardHandler)})
	n := 0
	accept := func(many int) uint64 {
		for range many {
			n++
			j := job.Job{ID: "job" + strconv.Itoa(n), Tenant: tenant, Marks: []string{strconv.Itoa(n)}, Event: []byte("sealed")}
			if _, err := front.Enqueue(t.Context(), j); err != nil {
				t.Fatal(err)
			}
			c.Advance(time.Second)
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := accept(5000)
	half := accept(50_000)
	after := accept(50_000)
	if grown := min(int64(half)-int64(before), int64(after)-int64(half)); grown > 1<<20 {
		t.Errorf("50,000 jobs leave %d KiB behind", grown>>10)
	}
	runtime.KeepAlive(front)
}

package gate_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/config"
	. "github.com/tierwise/tierwise/internal/gate/gatetest"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/turn"
)

// BenchmarkTurn is our own work for one mention in a thread, with an instant
// provider, the memory store and the local platform. to-call is from delivery to
// the provider call, for which the bar is 300 µs; ns/op counts everything up to
// the stored end of the turn.
func BenchmarkTurn(b *testing.B) {
	h := Build(b, func(p *config.Policy) {
		p.Throttle.PerMinute = 0
		p.Limits = config.Limits{Answer: p.Limits.Answer, AtLimit: p.Limits.AtLimit}
	})
	e := chat.Event{ID: "e", Kind: chat.Mention, Place: In(General, Thread), Actor: chat.Actor{ID: Anna, Name: "anna"}, Text: "who rolls back?",
		Channel: chat.Channel{Place: In(General), Name: "general", Kind: chat.PublicChannel, Shared: chat.NotShared}, Message: chat.Ref{Channel: General, Thread: Thread, ID: "m1"},
		ReplyTo: chat.ReplyTo{Place: In(General, Thread), Message: "m1"}}
	var begun time.Time
	var before time.Duration
	h.Provider.OnCall = func() { before += time.Since(begun) }
	keep := func(context.Context, chat.Ref) error { return nil }
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		t := job.Ticket{Job: job.Job{ID: "bench" + strconv.Itoa(n), Tenant: e.Place.Tenant()}, Delivery: 1}
		begun = time.Now()
		r, err := h.Gate.Handle(b.Context(), &turn.Delivery{Ticket: t, Event: e, Keep: keep, Placeholder: chat.Ref{Channel: General, Thread: Thread, ID: "ph"}})
		if err != nil || len(r.Replies) != 1 || r.Last == nil {
			b.Fatalf("%+v %v", r, err)
		}
		if _, err := h.Guard.Settle(b.Context(), *r.Last); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(before.Nanoseconds())/float64(n), "ns/to-call")
}

package gate_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/config"
	. "github.com/tierwise/tierwise/internal/gate/gatetest"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/turn"
)

// BenchmarkTurn is our own work for one mention in a thread, from delivery to
// the result, with an instant provider, the memory store and the local
// platform. What the house allows itself is 300 µs of CPU up to the provider
// call (DESIGN figures); this counts everything after it as well.
func BenchmarkTurn(b *testing.B) {
	h := Build(b, func(p *config.Policy) {
		p.Throttle.PerMinute = 0
		p.Limits = config.Limits{Answer: p.Limits.Answer, AtLimit: p.Limits.AtLimit}
	})
	e := chat.Event{ID: "e", Kind: chat.Mention, Place: In(General, Thread), Actor: chat.Actor{ID: Anna, Name: "anna"}, Text: "who rolls back?",
		Channel: chat.Channel{Place: In(General), Name: "general", Kind: chat.PublicChannel, Shared: chat.NotShared}, Message: chat.Ref{Channel: General, Thread: Thread, ID: "m1"},
		ReplyTo: chat.ReplyTo{Place: In(General, Thread), Message: "m1"}}
	if _, err := json.Marshal(e); err != nil {
		b.Fatal(err)
	}
	keep := func(context.Context, chat.Ref) error { return nil }
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		t := job.Ticket{Job: job.Job{ID: "bench" + string(rune('a'+n%26)) + itoa(n), Tenant: e.Place.Tenant()}, Delivery: 1}
		r, err := h.Gate.Handle(b.Context(), turn.Delivery{Ticket: t, Event: e, Keep: keep, Placeholder: chat.Ref{Channel: General, Thread: Thread, ID: "ph"}})
		if err != nil || len(r.Replies) != 1 || r.Last == nil {
			b.Fatalf("%+v %v", r, err)
		}
		if _, err := h.Guard.Settle(b.Context(), *r.Last); err != nil {
			b.Fatal(err)
		}
	}
}

func itoa(n int) string {
	s, _ := json.Marshal(n)
	return string(s)
}

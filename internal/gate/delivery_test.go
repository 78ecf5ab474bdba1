package gate_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	. "github.com/tierwise/tierwise/internal/gate/gatetest"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/localchat"
	"github.com/tierwise/tierwise/internal/turn"
	"github.com/tierwise/tierwise/usage"
)

// delivery claims the one job that waits, as a worker does, with the given
// lease, and returns it as the gate is handed it.
func delivery(h *House, e chat.Event, lease time.Duration) *turn.Delivery {
	h.T.Helper()
	claim, err := h.Store.Claim(h.T.Context(), "test", 1, lease, 0)
	tickets := claim.Given
	if err != nil || len(tickets) != 1 {
		h.T.Fatalf("%d tickets, %v", len(tickets), err)
	}
	return &turn.Delivery{Ticket: tickets[0], Event: e, Keep: func(context.Context, chat.Ref) error { return nil }}
}

// heard is Anna's question as the platform delivers it.
func heard(h *House) chat.Event {
	h.T.Helper()
	var e chat.Event
	desk := localchat.NewDesk(h.World, keeping{h.Door, &e}, nil)
	if _, err := desk.Say(h.T.Context(), Anna, In(General, Thread), "@tierwise what is the plan?"); err != nil {
		h.T.Fatal(err)
	}
	return e
}

type keeping struct {
	chat.Door
	e *chat.Event
}

func (k keeping) Accept(ctx context.Context, e chat.Event) error {
	*k.e = e
	return k.Door.Accept(ctx, e)
}

func TestALostTicketSaysNothingAndBooksWhatWasUsed(t *testing.T) {
	in(t, func(t *testing.T) {
		h := Build(t)
		h.Provider.Script(Eco, Turn{Text: "They roll back today and that is all", Each: time.Second})
		d := delivery(h, heard(h), time.Minute)
		ctx, lose := context.WithCancelCause(t.Context())
		time.AfterFunc(3500*time.Millisecond, func() { lose(job.ErrLost) })
		r, err := h.Gate.Handle(ctx, d)
		if err == nil || len(r.Replies) != 0 {
			t.Errorf("says %+v, %v", r.Replies, err)
		}
		rows := h.Entries()
		if len(rows) != 1 || rows[0].Status != usage.Cancelled || rows[0].Source != usage.Estimated || rows[0].Cost == 0 {
			t.Errorf("rows %+v", rows)
		}
	})
}

func TestAStopBeforeTheCallIsSaidAndFree(t *testing.T) {
	in(t, func(t *testing.T) {
		h := Build(t)
		d := delivery(h, heard(h), time.Minute)
		ctx, stop := context.WithCancelCause(t.Context())
		stop(turn.ErrStop)
		r, err := h.Gate.Handle(ctx, d)
		if err != nil || len(r.Replies) != 1 {
			t.Fatalf("%+v, %v", r, err)
		}
		if r.Last != nil && r.Last.Entry != nil && r.Last.Entry.Status == usage.OK {
			t.Errorf("booked %+v", r.Last.Entry)
		}
	})
}

func TestASecondDeliveryFindsThePlaceholderAndAnswersOnce(t *testing.T) {
	in(t, func(t *testing.T) {
		h := Build(t)
		h.Provider.Script(Eco, Turn{Text: "They roll back today and that is all", Each: time.Second}, Turn{Text: "They roll back."})
		e := heard(h)
		d := delivery(h, e, 5*time.Second)
		ctx, lose := context.WithCancelCause(t.Context())
		time.AfterFunc(2500*time.Millisecond, func() { lose(job.ErrLost) })
		if _, err := h.Gate.Handle(ctx, d); err == nil {
			t.Fatal("a lost delivery ended well")
		}
		if n := len(h.Posts(In(General, Thread), Ben)); n != 1 {
			t.Fatalf("%d posts after the first delivery", n)
		}
		time.Sleep(10 * time.Second)
		d = delivery(h, e, time.Minute)
		r, err := h.Gate.Handle(t.Context(), d)
		if err != nil || d.Ticket.Delivery != 2 || len(r.Replies) != 1 {
			t.Fatalf("delivery %d: %+v, %v", d.Ticket.Delivery, r, err)
		}
		if p := r.Replies[0].Post; p.Ref != h.Posts(In(General, Thread), Ben)[0].Ref || p.Text != "They roll back." {
			t.Errorf("post %+v", p)
		}
		if n := len(h.Posts(In(General, Thread), Ben)); n != 1 {
			t.Errorf("%d posts after the second delivery", n)
		}
	})
}

func TestALostResultOfThePlaceholderIsLookedUp(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.World.Strike(localchat.LostResult(localchat.OpPut))
		h.Say(Anna, In(General, Thread), "@tierwise what is the plan?")
		if posts := h.Posts(In(General, Thread), Ben); len(posts) != 1 || posts[0].Post.Stage != chat.Final {
			t.Errorf("posts %+v", posts)
		}
	})
}

func TestAJobThatFailsTooOftenIsGivenUpWithASentence(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.World.Strike(localchat.Lapse{Op: localchat.OpHistory, Err: errors.New("platform down")})
		h.Say(Anna, In(General, Thread), "@tierwise summarize this")
		wants(t, h.Last(In(General, Thread), Ben), "could not finish it", "reference: r-")
		if len(h.Entries()) != 0 || len(h.Held()) != 0 {
			t.Errorf("rows %+v held %+v", h.Entries(), h.Held())
		}
	})
}

func TestAStoreErrorWhileReadingLimitsDoesNotSeedThem(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Ask(Ada, In(General), "ai-config", "budget workspace day none")
		h.Ask(Ada, In(General), "ai-spend", "budget")
		for _, l := range limits(h) {
			if l.Scope == usage.Workspace && l.Window == usage.Day {
				t.Errorf("a limit that was removed came back: %+v", l)
			}
		}
	})
}

func limits(h *House) []usage.Limit {
	h.T.Helper()
	l, err := (Books{Store: h.Store, Guard: h.Guard}).Limits(h.T.Context(), In("").Tenant())
	if err != nil {
		h.T.Fatal(err)
	}
	return l
}

package gate_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	. "github.com/tierwise/tierwise/internal/gate/gatetest"
	"github.com/tierwise/tierwise/internal/localchat"
	"github.com/tierwise/tierwise/internal/turn"
)

// asks lets somebody ask without waiting for the answer.
func asks(h *House, who string, at chat.Place, text string) localchat.Message {
	h.T.Helper()
	m, err := h.Desk.Say(context.Background(), who, at, text)
	if err != nil {
		h.T.Fatal(err)
	}
	synctest.Wait()
	time.Sleep(time.Second)
	return m
}

// waits lists what somebody is told to wait for, and fails the test when
// anybody else sees it.
func waits(h *House, who string, at chat.Place) (all []string) {
	h.T.Helper()
	for _, m := range h.Posts(at, who) {
		if !strings.Contains(m.Post.Text, "I am still answering") {
			continue
		}
		if m.To != who || !m.Post.Private {
			h.T.Errorf("%q is not for %s alone", m.Post.Text, who)
		}
		all = append(all, m.Post.Text)
	}
	return all
}

// busy is a house whose first question holds its thread until free is called.
func busy(t *testing.T) (h *House, free func()) {
	h = New(t)
	hold := make(chan struct{})
	h.Provider.Script(Eco, Turn{Text: "The first answer.", Hold: hold}, Turn{Text: "A later answer."})
	asks(h, Anna, In(General, Thread), "@tierwise what is the plan?")
	return h, func() { close(hold); h.Idle() }
}

func TestASecondQuestionInABusyThreadSaysWhatItWaitsFor(t *testing.T) {
	in(t, func(t *testing.T) {
		h, free := busy(t)
		at := In(General, Thread)
		asks(h, Ben, at, "@tierwise and who does it?")
		asks(h, Anna, at, "@tierwise and when?")
		asks(h, Olga, at, "@tierwise why?")
		free()
		for who, want := range map[string]string{
			Ben:  "I am still answering the question of anna in this thread. Yours comes after it.",
			Anna: "I am still answering your earlier question in this thread. Yours comes after it and one more.",
			Olga: "I am still answering the question of anna in this thread. Yours comes after it and 2 more.",
			Fin:  "",
		} {
			if got := strings.Join(waits(h, who, at), "|"); got != want {
				t.Errorf("%s is told %q, want %q", who, got, want)
			}
		}
		var order []string
		for _, m := range h.Posts(at, Fin) {
			order = append(order, m.Post.Text)
		}
		if len(order) != 4 || !strings.Contains(order[0], "first") {
			t.Errorf("the thread reads %q", order)
		}
	})
}

func TestNobodyIsToldWhoDoesNotWait(t *testing.T) {
	in(t, func(t *testing.T) {
		h, free := busy(t)
		at := In(General, Thread)
		if _, err := h.Desk.Command(t.Context(), Ben, In(General), "ai-spend", ""); err != nil {
			t.Fatal(err)
		}
		asks(h, Ben, In(General), "@tierwise and elsewhere?")
		free()
		h.Say(Olga, at, "@tierwise thanks, and now?")
		for _, who := range []string{Anna, Ben, Olga} {
			if got := append(waits(h, who, at), waits(h, who, In(General))...); len(got) > 0 {
				t.Errorf("%s is told %q", who, got)
			}
		}
	})
}

// TestWhoIsRefusedIsNotToldToWait: their turn brings the refusal, and "yours
// comes after it" would not be true.
func TestWhoIsRefusedIsNotToldToWait(t *testing.T) {
	in(t, func(t *testing.T) {
		h, free := busy(t)
		at := In(General, Thread)
		h.Set(General, "deny.people", h.ID(Ben))
		asks(h, Ben, at, "@tierwise and who does it?")
		asks(h, Gus, at, "@tierwise may I?")
		free()
		for _, who := range []string{Ben, Gus} {
			if got := waits(h, who, at); len(got) > 0 {
				t.Errorf("%s is told %q", who, got)
			}
			if m := h.Last(at, who); m.To != who {
				t.Errorf("%s is not refused: %q", who, m.Post.Text)
			}
		}
	})
}

// TestNothingThatStaysIsSaidOfWaiting on a platform that has no private word in
// a channel.
func TestNothingThatStaysIsSaidOfWaiting(t *testing.T) {
	in(t, func(t *testing.T) {
		h, free := busy(t)
		h.Less = func(c *chat.Capabilities) { c.Ephemeral = false }
		at := In(General, Thread)
		asks(h, Ben, at, "@tierwise and who does it?")
		free()
		if got := waits(h, Ben, at); len(got) > 0 {
			t.Errorf("told %q", got)
		}
		if n := len(h.Posts(at, Ben)); n != 2 {
			t.Errorf("%d posts, want the two answers", n)
		}
	})
}

// TestOnlyWhatIsTrueIsToldOfWaiting: not when the first question has ended
// meanwhile, and not of a place that is no thread.
func TestOnlyWhatIsTrueIsToldOfWaiting(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		at := In(General, Thread)
		of := func(who string, at chat.Place) chat.Event {
			return chat.Event{Kind: chat.Mention, Place: at, Actor: chat.Actor{ID: who, Name: who[2:]}, Text: "and now?", ReplyTo: chat.ReplyTo{Place: at, To: who}}
		}
		still := true
		w := turn.Waiting{Job: "j2", Event: of(Ben, at), Behind: of(Anna, at), Ahead: 1, Still: func(context.Context) (bool, error) { return still, nil }}
		tell := func(when string) {
			t.Helper()
			if err := h.Gate.Tell(t.Context(), w); err != nil {
				t.Fatal(err)
			}
			if got := waits(h, Ben, In(General)); len(got) != 1 {
				t.Errorf("%s: told %q, want it the first time alone", when, got)
			}
		}
		tell("while it is answered")
		still = false
		tell("when it has ended")
		still, w.Behind = true, of(Anna, In(General, "another"))
		tell("when it is in another thread")
		w.Event, w.Behind = of(Ben, In(General)), of(Anna, In(General))
		tell("when it is in no thread")
	})
}

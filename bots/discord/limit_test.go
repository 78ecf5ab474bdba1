package discord

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/bots/discord/discordtest"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
)

// TestOneLimitedAnswerDelaysNoOther: interactions are limited each for itself,
// and a bucket that is used up by one says nothing of another.
func TestOneLimitedAnswerDelaysNoOther(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door, discordtest.Options{})
	for range 2 {
		w.f.As(w.maya).Command(w.market, "summarize", map[string]string{"what": "24h"})
	}
	w.settle()
	w.a.sleep = func(context.Context, time.Duration) error { return errors.New("must not wait") }
	answer := func(i int, job string) error {
		r, err := w.a.Opener().Open(t.Context(), door.Events()[i].ReplyTo)
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.Put(t.Context(), chat.Post{Job: job, Text: job})
		return err
	}
	w.f.LimitNext(discordtest.Limit{After: time.Minute})
	var limited *chat.RateLimited
	if err := answer(0, "first"); !errors.As(err, &limited) {
		t.Errorf("the limited answer gave %v", err)
	}
	if err := answer(1, "second"); err != nil {
		t.Errorf("the other one gave %v", err)
	}
	if got := w.texts(w.market, w.maya); !slices.Contains(got, "second") {
		t.Errorf("maya sees %q", got)
	}
}

// TestAWaitEndsWithItsContext: who gives up is not kept waiting for a slot.
func TestAWaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(clock.System{}, func(string) {})
		c := call{method: http.MethodPost, route: "/channels/{}/messages", args: []string{"1"}, patience: time.Minute}
		l.shut(c.bucket(), 30*time.Second)
		ctx, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer stop()
		began := time.Now()
		if err := l.wait(ctx, c, sleepFor); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 100*time.Millisecond {
			t.Errorf("it ended with %v after %s", err, time.Since(began))
		}
		if err := l.wait(t.Context(), c, sleepFor); err != nil || time.Since(began) != 30*time.Second {
			t.Errorf("with patience it ended with %v after %s", err, time.Since(began))
		}
	})
}

// TestManyRefusalsStopEverything: Discord bans an address that goes on asking
// for what it is refused, so we stop well before, for the rest of the window.
func TestManyRefusalsStopEverything(t *testing.T) {
	now := clock.NewManual(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	counted := newTally()
	l := newLimiter(now, counted.add)
	c := call{method: http.MethodGet, route: "/channels/{}", args: []string{"1"}}
	refused := func(status int, scope string) {
		l.note(c, &http.Response{StatusCode: status, Header: http.Header{"X-Ratelimit-Scope": {scope}}})
	}
	for i := range invalidMost {
		if l.delay(c) > 0 {
			t.Fatalf("stopped after %d refusals", i)
		}
		refused([]int{401, 403, 429}[i%3], "user")
		refused(429, "shared") // others' doing, which is not counted
		refused(404, "")
	}
	if d := l.delay(c); d != invalidWindow {
		t.Errorf("after %d refusals the delay is %s", invalidMost, d)
	}
	if d := l.delay(call{method: http.MethodPost, route: "/interactions/{}/{}/callback", token: true}); d != 0 {
		t.Errorf("an answer to an interaction is delayed by %s", d)
	}
	if n := counted.of("discord.invalid_request"); n != invalidMost {
		t.Errorf("counted %d", n)
	}
	now.Advance(invalidWindow)
	if d := l.delay(c); d > 0 {
		t.Errorf("after the window the delay is %s", d)
	}
}

// TestARefusedSessionIsNotBegunAtOnce: Discord asks for one to five seconds.
func TestARefusedSessionIsNotBegunAtOnce(t *testing.T) {
	s := lonely(t, nil)
	s.a.pace = usual()
	spread := map[time.Duration]bool{}
	for range 100 {
		d := s.pause(errInvalid, s.a.pace.back)
		spread[d] = true
		if d < time.Second || d > 5*time.Second {
			t.Errorf("a pause of %s", d)
		}
	}
	if len(spread) < 10 {
		t.Errorf("100 pauses are of only %d lengths", len(spread))
	}
}

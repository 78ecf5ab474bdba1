package localchat

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
)

var opened = time.Date(2026, 11, 24, 14, 0, 0, 0, time.UTC)

func open(t *testing.T, cfg Config) *World {
	t.Helper()
	if cfg.Clock == nil {
		cfg.Clock = clock.NewManual(opened)
	}
	w, err := Open(cfg, Demo)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

func at(channel, thread string) chat.Place {
	return chat.Place{Platform: chat.Console, Workspace: "kestrel", Channel: channel, Thread: thread}
}

func speaker(t *testing.T, w *World, to chat.ReplyTo) chat.Responder {
	t.Helper()
	r, err := w.Opener().Open(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func texts(messages []Message) []string {
	var all []string
	for _, m := range messages {
		if m.Post != nil {
			all = append(all, m.Post.Text)
		} else {
			all = append(all, m.Text)
		}
	}
	return all
}

func TestASlowPlatformEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, err := Open(Config{Clock: clock.NewManual(opened)}, Demo)
		if err != nil {
			t.Fatal(err)
		}
		r := speaker(t, w, chat.ReplyTo{Place: at("support", "")})
		w.Strike(Slow(OpPut, time.Minute))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := r.Put(ctx, chat.Post{Job: "slow", Text: "x"}); !errors.Is(err, chat.ErrUnknownResult) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("put gave %v", err)
		}
		began := time.Now()
		if _, err := r.Put(t.Context(), chat.Post{Job: "slow", Text: "x"}); err != nil || time.Since(began) != time.Minute {
			t.Errorf("put gave %v after %v", err, time.Since(began))
		}
		w.Heal()
		if _, err := r.Find(t.Context(), "slow"); err != nil {
			t.Errorf("find: %v", err)
		}
	})
}

func TestAFaultStrikesAsOftenAsItSays(t *testing.T) {
	w := open(t, Config{})
	r := speaker(t, w, chat.ReplyTo{Place: at("support", "")})
	w.Strike(Lapse{Op: OpPut, Times: 2, Err: chat.ErrNoAccess})
	var failed int
	for i := range 4 {
		if _, err := r.Put(t.Context(), chat.Post{Job: fmt.Sprint(i), Text: "x"}); errors.Is(err, chat.ErrNoAccess) {
			failed++
		}
		if _, err := r.Find(t.Context(), "none"); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("another call gave %v", err)
		}
	}
	if failed != 2 {
		t.Errorf("%d calls failed, want 2", failed)
	}
}

func TestManyAtOnce(t *testing.T) {
	w := open(t, Config{State: filepath.Join(t.TempDir(), "local.jsonl")})
	var seen, calls int
	stop := w.Watch(func(c Change) {
		if c.Kind == Posted {
			seen++ // under the World's lock, so no other care is needed
		}
		calls++
	})
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			r, err := w.Opener().OpenPlace(t.Context(), at("support", ""))
			if err != nil {
				t.Error(err)
				return
			}
			for i := range 20 {
				ref, err := r.Put(t.Context(), chat.Post{Job: fmt.Sprintf("%d-%d", n, i), Stage: chat.Live, Text: "a"})
				if err == nil {
					err = r.Append(t.Context(), ref, "b")
				}
				if err == nil {
					_, err = r.Put(t.Context(), chat.Post{Job: fmt.Sprintf("%d-%d", n, i), Ref: ref, Stage: chat.Final, Text: "ab"})
				}
				if err != nil {
					t.Error(err)
				}
				w.Read(at("support", ""), "u-maya")
			}
		})
	}
	wg.Wait()
	stop()
	if seen != 160 || calls != 480 {
		t.Errorf("watched %d posts and %d changes, want 160 and 480", seen, calls)
	}
	if _, err := NewDesk(w, door{}, nil).Say(t.Context(), "u-maya", at("support", ""), "x"); err != nil || calls != 480 {
		t.Errorf("after stop: %v, %d changes", err, calls)
	}
}

// door takes everything.
type door struct{}

func (door) Accept(context.Context, chat.Event) error                { return nil }
func (door) Ask(context.Context, chat.Question) (chat.Answer, error) { return chat.Answer{}, nil }

// TestAPrivateAddressWithoutAChannelIsTheDirectConversation, which the member
// sees and nobody else.
func TestAPrivateAddressWithoutAChannelIsTheDirectConversation(t *testing.T) {
	w := open(t, Config{})
	ws := w.Workspaces()[0]
	who, other := ws.Members[0].ID, ws.Members[1].ID
	at := chat.Place{Platform: w.Platform(), Workspace: ws.ID}
	r, err := w.Opener().Open(t.Context(), chat.ReplyTo{Place: at, Private: true, To: who})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Put(t.Context(), chat.Post{Job: "j", Stage: chat.Final, Text: "for you", Private: true}); err != nil {
		t.Fatal(err)
	}
	dm, err := w.Direct(ws.ID, who)
	if err != nil {
		t.Fatal(err)
	}
	if got := w.Read(dm, who); len(got) != 1 || got[0].Post.Text != "for you" {
		t.Errorf("the member reads %+v", got)
	}
	if got := w.Read(dm, other); len(got) != 0 {
		t.Errorf("somebody else reads %+v", got)
	}
	if _, err := w.Opener().Open(t.Context(), chat.ReplyTo{Place: at, Private: true, To: "u-nobody"}); !errors.Is(err, chat.ErrGone) {
		t.Errorf("nobody's conversation: %v", err)
	}
}

package intake_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/turn"
)

// errUnclear is what a platform's client reports when the line was cut.
var errUnclear = fmt.Errorf("post: %w", chat.ErrUnknownResult)

func TestPublicPostAppearsExactlyOnce(t *testing.T) {
	limited := &chat.RateLimited{After: 40 * time.Second}
	cases := map[string]struct {
		put  func(n int) fate
		find func(n int) error
	}{
		"made, then the line was cut": {put: first(fate{err: errUnclear})},
		"cut before it was made":      {put: first(fate{swallow: true, err: errUnclear})},
		"made, and no answer came":    {put: first(fate{hang: true})},
		"refused for a while":         {put: first(fate{swallow: true, err: errSome})},
		"told to wait":                {put: first(fate{swallow: true, err: limited})},
		"adapter panics after making": {put: first(fate{panics: true})},
		"made, then the look-up is told to wait": {
			put: first(fate{err: errUnclear}), find: func(n int) error { return map[int]error{1: limited}[n] },
		},
		"made, then the look-up fails twice": {
			put: first(fate{err: errUnclear}), find: func(n int) error { return map[int]error{1: errSome, 2: errSome}[n] },
		},
		"not made, not found, told to wait": {put: func(n int) fate {
			return map[int]fate{1: {swallow: true, err: errUnclear}, 2: {swallow: true, err: limited}}[n]
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.platform.onPut = func(n int, _ chat.Post) fate { return c.put(n) }
				if c.find != nil {
					w.platform.onFind = c.find
				}
				w.outgoing("j1", reply(mention("1", "7", ""), "hello"))
				defer w.post("p1")()
				defer w.post("p2")()
				time.Sleep(10 * time.Minute)
				w.says("hello")
				w.idle()
				if n := w.undelivered(); n != 0 {
					t.Errorf("%d kept as undelivered", n)
				}
			})
		})
	}
}

func first(f fate) func(int) fate {
	return func(n int) fate {
		if n == 1 {
			return f
		}
		return fate{}
	}
}

func TestPrivatePostIsSentAtMostOnceAndElseKept(t *testing.T) {
	cases := map[string]struct {
		fate       fate
		said, kept int
	}{
		"made, then the line was cut": {fate{err: errUnclear}, 1, 1},
		"cut before it was made":      {fate{swallow: true, err: errUnclear}, 0, 1},
		"told nothing":                {fate{hang: true}, 1, 1},
		"refused for a while":         {fate{swallow: true, err: errSome}, 1, 0},
		"told to wait":                {fate{swallow: true, err: &chat.RateLimited{After: time.Minute}}, 1, 0},
		"address gone":                {fate{swallow: true, err: chat.ErrGone}, 0, 1},
		"not possible here":           {fate{swallow: true, err: chat.ErrUnsupported}, 0, 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.platform.onPut = func(n int, _ chat.Post) fate {
					if c.said == 0 {
						return c.fate // it stays so
					}
					return first(c.fate)(n)
				}
				w.keepErr = errSome // the store is away for the drafts, too
				w.outgoing("j1", reply(whisper("1", ""), "psst"))
				defer w.post("p1")()
				time.Sleep(3 * time.Minute)
				w.mu.Lock()
				w.keepErr = nil
				w.mu.Unlock()
				time.Sleep(10 * time.Minute)
				if said, kept := len(w.platform.said()), w.undelivered(); said != c.said || kept != c.kept {
					t.Errorf("said %d times and kept %d times, want %d and %d", said, kept, c.said, c.kept)
				}
				w.idle()
			})
		})
	}
}

func TestRateLimitIsWaitedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.platform.onPut = func(n int, _ chat.Post) fate {
			return first(fate{swallow: true, err: &chat.RateLimited{After: 90 * time.Second}})(n)
		}
		w.outgoing("j1", reply(mention("1", "7", ""), "hello"))
		defer w.post("p1")()
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		w.platform.mu.Lock()
		defer w.platform.mu.Unlock()
		if p := w.platform.puts; len(p) != 2 || p[1].Sub(p[0]) < 90*time.Second {
			t.Errorf("puts at %v", p)
		}
	})
}

func TestPostThatNeverWorksIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.platform.onPut = func(int, chat.Post) fate { return fate{swallow: true, err: errSome} }
		w.outgoing("j1", reply(mention("1", "7", ""), "hello"))
		other := reply(mention("2", "8", ""), "elsewhere")
		other.To.Place.Platform = chat.Discord // connected on another replica, perhaps
		w.outgoing("j2", other)
		defer w.post("p1")()
		time.Sleep(20 * time.Minute)
		if n := w.undelivered(); n != 0 {
			t.Errorf("%d kept too early", n)
		}
		time.Sleep(3 * time.Hour)
		if n := w.undelivered(); n != 2 {
			t.Errorf("%d kept, want 2", n)
		}
		w.idle()
	})
}

func TestPostsOfAThreadAppearInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.platform.onPut = func(_ int, p chat.Post) fate {
			if p.Text == "one" && len(w.platform.puts) < 4 {
				return fate{swallow: true, err: errSome}
			}
			return fate{}
		}
		e := mention("1", "7", "")
		w.outgoing("j1", reply(e, "one"))
		w.outgoing("j2", reply(e, "two"), reply(e, "three"))
		w.outgoing("j3", reply(mention("2", "8", ""), "elsewhere"))
		defer w.post("p1")()
		defer w.post("p2")()
		time.Sleep(10 * time.Minute)
		w.says("elsewhere", "one", "two", "three")
	})
}

// TestConfirmationWaitsForThePostItSpeaksOf: "Posted." is said when the post is
// there, and not while the platform still refuses it.
func TestConfirmationWaitsForThePostItSpeaksOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.platform.onPut = func(_ int, p chat.Post) fate {
			if p.Text == "the draft" && len(w.platform.puts) < 3 {
				return fate{swallow: true, err: errSome}
			}
			return fate{}
		}
		w.accept(mention("1", "7", ""))
		defer w.work("w1", func(context.Context, *turn.Delivery) (turn.Result, error) {
			return drafted(), nil
		})()
		defer w.post("p1")()
		defer w.post("p2")()
		time.Sleep(10 * time.Minute)
		w.says("the draft", "Posted.")
		w.idle()
	})
}

// TestConfirmationOfAPostThatWasGivenUpSaysSo: the channel is gone by the time
// the draft is posted.
func TestConfirmationOfAPostThatWasGivenUpSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.platform.onPut = func(_ int, p chat.Post) fate {
			if p.Text == "the draft" {
				return fate{swallow: true, err: chat.ErrGone}
			}
			return fate{}
		}
		w.accept(mention("1", "7", ""))
		defer w.work("w1", func(context.Context, *turn.Delivery) (turn.Result, error) { return drafted(), nil })()
		defer w.post("p1")()
		time.Sleep(10 * time.Minute)
		w.says("It could not be posted.")
		w.idle()
	})
}

// drafted is a post for everybody and what its asker is told of it.
func drafted() turn.Result {
	public, told := reply(mention("1", "7", ""), "the draft"), reply(whisper("1", "7"), "Posted.")
	public.Post.Job, told.After, told.Otherwise = "draft/1", "draft/1", "It could not be posted."
	return turn.Result{Replies: []turn.Reply{public, told}}
}

func TestShutdownWaitsForThePostUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.platform.onPut = func(n int, _ chat.Post) fate { return first(fate{hang: true})(n) }
		w.outgoing("j1", reply(mention("1", "7", ""), "hello"))
		stop := w.post("p1")
		synctest.Wait() // it hangs inside Put, the message is made
		begun := time.Now()
		stop()
		if took := time.Since(begun); took == 0 || took >= w.pace.Lease {
			t.Errorf("shut down in %v", took)
		}
		defer w.post("p2")()
		time.Sleep(time.Minute)
		w.says("hello")
		w.idle()
	})
}

func TestPosterKilledAfterSendingLeavesNoSecondPost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.outgoing("j1", reply(mention("1", "7", ""), "hello"))
		w.outgoing("j2", reply(whisper("2", ""), "psst"))
		killed, err := w.store.Posts(t.Context(), "killed", 8, w.pace.Lease, 0)
		if err != nil || len(killed) != 2 {
			t.Fatalf("%d posts, %v", len(killed), err)
		}
		r := responder{w.platform} // what the killed one did before it died
		if _, err := r.Put(t.Context(), chat.Post{Job: "j1/1", Text: "hello"}); err != nil {
			t.Fatal(err)
		}
		defer w.post("p2")()
		time.Sleep(time.Minute)
		w.says("hello")
		if n := w.undelivered(); n != 1 {
			t.Errorf("%d private posts kept, want 1", n)
		}
		w.idle()
	})
}

func TestAnswerReplacesItsPlaceholderAlsoAfterATakeOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.work("w1", func(ctx context.Context, d *turn.Delivery) (turn.Result, error) {
			if d.Placeholder.IsZero() {
				ref, err := responder{w.platform}.Put(ctx, chat.Post{Job: d.PostID(1), Stage: chat.Placeholder, Text: "reading …"})
				if err != nil {
					return turn.Result{}, err
				}
				if err := d.Keep(ctx, ref); err != nil {
					return turn.Result{}, err
				}
				return turn.Result{}, errSome // and dies here
			}
			return turn.Say(d.Event.ReplyTo, chat.Post{Ref: d.Placeholder, Stage: chat.Final, Text: "done"}), nil
		})()
		defer w.post("p1")()
		w.accept(mention("1", "7", "hello"))
		time.Sleep(time.Minute)
		synctest.Wait()
		w.says("reading …")
		if len(w.platform.messages) != 1 {
			t.Errorf("%d messages", len(w.platform.messages))
		}
		for _, p := range w.platform.messages {
			if p.Text != "done" {
				t.Errorf("the message says %q", p.Text)
			}
		}
	})
}

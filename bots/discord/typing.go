package discord

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// typing shows "is typing" where an answer is on its way. Discord's own sign
// lasts ten seconds; it is renewed a few times and ends when something is said
// there, whoever of the replicas says it, at the latest after typingMost.
type typing struct {
	a     *Adapter
	every time.Duration
	most  int

	mu   sync.Mutex
	runs map[string]*sign
	over bool // nothing is shown any more
	wg   sync.WaitGroup
}

// sign is one question's sign.
type sign struct{ end context.CancelFunc }

// typingMost is how often the sign is shown for one question.
const typingMost = 5

func newTyping(a *Adapter) *typing {
	return &typing{a: a, every: 8 * time.Second, most: typingMost, runs: map[string]*sign{}}
}

// start shows the sign in a channel until stop, or until ctx ends.
func (t *typing) start(ctx context.Context, channelID string) {
	ctx, cancel := context.WithCancel(ctx)
	s := &sign{end: cancel}
	t.stop(channelID)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		cancel()
		return
	}
	t.runs[channelID] = s
	t.wg.Go(func() {
		defer t.done(channelID, s)
		for range t.most {
			if err := t.a.rest.do(ctx, call{method: http.MethodPost, route: "/channels/{}/typing", args: []string{channelID}}, nil); err != nil {
				return
			}
			if sleepFor(ctx, t.every) != nil {
				return
			}
		}
	})
}

func (t *typing) done(channelID string, s *sign) {
	s.end()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.runs[channelID] == s {
		delete(t.runs, channelID)
	}
}

// stop ends the sign in a channel.
func (t *typing) stop(channelID string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.runs[channelID]; s != nil {
		s.end()
		delete(t.runs, channelID)
	}
}

// stopAll ends every sign and waits for it; no other begins after it.
func (t *typing) stopAll() {
	t.mu.Lock()
	t.over = true
	for _, s := range t.runs {
		s.end()
	}
	t.mu.Unlock()
	t.wg.Wait()
}

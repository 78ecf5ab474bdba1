package discord

import (
	"context"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// echoes are our own posts by their nonce, as the gateway gives them back. The
// history does not tell a nonce, so after a lost answer the echo is what says
// that the post is there.
type echoes struct {
	known *cache[chat.Ref]

	mu      sync.Mutex
	missing map[string]chan struct{} // lost results, closed when their echo comes
}

// echoPatience is how long a lost result is waited for; the gateway is seldom
// a second behind.
const echoPatience = 2 * time.Second

// lostMost bounds the lost results that are waited for.
const lostMost = 1000

func newEchoes(known *cache[chat.Ref]) *echoes {
	return &echoes{known: known, missing: map[string]chan struct{}{}}
}

// heard notes a post.
func (e *echoes) heard(nonce string, ref chat.Ref) {
	e.known.put(nonce, ref)
	e.mu.Lock()
	defer e.mu.Unlock()
	if c := e.missing[nonce]; c != nil {
		close(c)
		delete(e.missing, nonce)
	}
}

// lost notes that the result of a post is not known.
func (e *echoes) lost(nonce string) {
	if _, ok := e.known.get(nonce); ok {
		return // the echo was faster
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.missing[nonce] == nil && len(e.missing) < lostMost {
		e.missing[nonce] = make(chan struct{})
	}
}

// find is a post by its nonce. One whose result was lost is waited for.
func (e *echoes) find(ctx context.Context, nonce string) (chat.Ref, bool) {
	e.mu.Lock()
	missing := e.missing[nonce]
	e.mu.Unlock()
	if missing != nil {
		t := time.NewTimer(echoPatience)
		defer t.Stop()
		select {
		case <-missing:
		case <-ctx.Done():
		case <-t.C:
			e.mu.Lock()
			delete(e.missing, nonce)
			e.mu.Unlock()
		}
	}
	return e.known.get(nonce)
}

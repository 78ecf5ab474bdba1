package main

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"
)

// growing is the output of a running process.
type growing struct {
	mu    sync.Mutex
	buf   bytes.Buffer
	grown chan struct{} // has a value when there is more than before
}

func (g *growing) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case g.grown <- struct{}{}:
	default:
	}
	return g.buf.Write(p)
}

// until waits for a text.
func (g *growing) until(t *testing.T, text string) {
	t.Helper()
	late := time.After(patience)
	for {
		g.mu.Lock()
		got := g.buf.String()
		g.mu.Unlock()
		if strings.Contains(got, text) {
			return
		}
		select {
		case <-g.grown:
		case <-late:
			t.Fatalf("no %q in:\n%s", text, got)
		}
	}
}

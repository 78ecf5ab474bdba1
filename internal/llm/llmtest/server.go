// Package llmtest is a provider for tests: a server on loopback that speaks the
// OpenAI chat wire from a script, including every way it is known to fail. It
// promises to send exactly the bytes it is told, frame by frame, and records
// what it was asked. It thinks nothing, counts nothing and checks no key.
package llmtest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// Reply answers one request.
type Reply func(w http.ResponseWriter, r *http.Request)

// Asked is one request as it arrived.
type Asked struct {
	Path   string
	Header http.Header
	Body   map[string]any
	Raw    []byte
}

// Server answers requests with its replies in order; the last one repeats.
type Server struct {
	URL string // the base URL of a client

	mu      sync.Mutex
	replies []Reply
	asked   []Asked
	gone    chan struct{} // one value per request whose client left early
}

// New starts a server that stops with the test.
func New(t testing.TB, replies ...Reply) *Server {
	t.Helper()
	s := &Server{replies: replies, gone: make(chan struct{}, 64)}
	h := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(func() {
		h.CloseClientConnections()
		h.Close()
	})
	s.URL = h.URL + "/v1"
	return s
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	a := Asked{Path: r.URL.Path, Header: r.Header.Clone()}
	a.Raw, _ = io.ReadAll(r.Body)
	_ = json.Unmarshal(a.Raw, &a.Body)
	s.mu.Lock()
	s.asked = append(s.asked, a)
	reply := s.replies[0]
	if len(s.replies) > 1 {
		s.replies = s.replies[1:]
	}
	s.mu.Unlock()
	reply(w, r)
	if r.Context().Err() != nil {
		select {
		case s.gone <- struct{}{}:
		default:
		}
	}
}

// Asked is every request so far.
func (s *Server) Asked() []Asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Asked(nil), s.asked...)
}

// Gone yields once for each request whose client left before the reply ended.
func (s *Server) Gone() <-chan struct{} { return s.gone }

package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/tierwise/tierwise/internal/chat"
)

// wireCall is one call on a board, as it goes over a socket.
type wireCall struct {
	Event string
	At    chat.Place
	Post  chat.Post
	Job   string
	Ref   chat.Ref
}

// outside is what survives a killed bot, in the test's own process: the
// platform, and the provider's record of the calls it answered. Now and then it
// does what it was asked and then cuts the connection.
type outside struct {
	*platform
	calls atomic.Int64 // calls the provider began to answer
	cuts  atomic.Int64
}

// serve answers on a unix socket in dir and returns its path.
func (o *outside) serve(t *testing.T, dir string) string {
	t.Helper()
	socket := filepath.Join(dir, "outside")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	handle := func(path string, f func(ctx context.Context, c wireCall) (chat.Ref, error)) {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) { o.answer(w, r, f) })
	}
	handle("/put", func(ctx context.Context, c wireCall) (chat.Ref, error) { return o.Put(ctx, c.Event, c.At, c.Post) })
	handle("/find", func(ctx context.Context, c wireCall) (chat.Ref, error) { return o.Find(ctx, c.At, c.Job) })
	handle("/remove", func(ctx context.Context, c wireCall) (chat.Ref, error) { return chat.Ref{}, o.Remove(ctx, c.Ref) })
	mux.HandleFunc("POST /call", func(http.ResponseWriter, *http.Request) { o.calls.Add(1) })
	server := &http.Server{Handler: mux}
	go func() { _ = server.Serve(l) }() // ends with Close
	t.Cleanup(func() { _ = server.Close() })
	return socket
}

// cutShare is one in how many puts whose answer is lost.
const cutShare = 40

func (o *outside) answer(w http.ResponseWriter, r *http.Request, f func(context.Context, wireCall) (chat.Ref, error)) {
	var c wireCall
	if err := json.NewDecoder(r.Body).Decode(&c); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	ref, err := f(r.Context(), c)
	if r.URL.Path == "/put" && rand.IntN(cutShare) == 0 {
		o.cuts.Add(1)
		panic(http.ErrAbortHandler) // closes the connection without an answer
	}
	switch {
	case errors.Is(err, chat.ErrNotFound):
		w.WriteHeader(http.StatusNotFound)
	case err != nil:
		w.WriteHeader(http.StatusGone)
	default:
		_ = json.NewEncoder(w).Encode(ref) // a reader that is gone has been killed
	}
}

// wire is a board on the other side of a socket.
type wire struct{ *http.Client }

func dial(socket string) wire {
	return wire{&http.Client{Transport: &http.Transport{
		MaxIdleConnsPerHost: 32,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", socket)
		},
	}}}
}

// post sends a body and reads the answer; a code other than 200 is an error.
func (w wire) post(ctx context.Context, path string, body, answer any) (code int, err error) {
	b, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://outside"+path, bytes.NewReader(b))
	if err != nil {
		return 0, err
	}
	resp, err := w.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	if resp.StatusCode != http.StatusOK {
		return resp.StatusCode, fmt.Errorf("%s: %s", path, resp.Status)
	}
	if answer != nil {
		err = json.Unmarshal(got, answer)
	}
	return resp.StatusCode, err
}

func (w wire) call(ctx context.Context, path string, c wireCall) (ref chat.Ref, err error) {
	code, err := w.post(ctx, path, c, &ref)
	switch {
	case err == nil:
		return ref, nil
	case code == http.StatusNotFound:
		return ref, chat.ErrNotFound
	case code == http.StatusGone:
		return ref, chat.ErrGone
	}
	return ref, fmt.Errorf("%w: %w", chat.ErrUnknownResult, err)
}

func (w wire) Put(ctx context.Context, event string, at chat.Place, p chat.Post) (chat.Ref, error) {
	return w.call(ctx, "/put", wireCall{Event: event, At: at, Post: p})
}

func (w wire) Find(ctx context.Context, at chat.Place, job string) (chat.Ref, error) {
	return w.call(ctx, "/find", wireCall{At: at, Job: job})
}

func (w wire) Remove(ctx context.Context, ref chat.Ref) error {
	_, err := w.call(ctx, "/remove", wireCall{Ref: ref})
	return err
}

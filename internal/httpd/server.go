// Package httpd serves HTTP with the time limits a server in the open needs,
// and ends when its context does. It gives the health answers every operator
// expects: alive (the process runs) and ready (it can do its work, with the
// reason when not). It knows no routes of the platforms and no metrics; those
// are handed to it.
package httpd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// graceful is how long open requests may take to end after shutdown begins.
const graceful = 5 * time.Second

// Serve answers on addr until ctx ends. listening, when not nil, is told the
// address that is really used (":0" picks a free port).
func Serve(ctx context.Context, addr string, h http.Handler, listening func(net.Addr)) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("httpd: %w", err)
	}
	if listening != nil {
		listening(l.Addr())
	}
	s := &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10,
	}
	stop := context.AfterFunc(ctx, func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), graceful)
		defer cancel()
		if s.Shutdown(end) != nil {
			_ = s.Close() // what is still open after the grace is cut
		}
	})
	defer stop()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("httpd: %w", err)
	}
	return nil
}

// Health answers GET /healthz and GET /readyz. ready returns nil when the
// process can do its work; its error's text is shown, so it holds no secret.
func Health(ready func(ctx context.Context) error) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if err := ready(ctx); err != nil {
			say(w, http.StatusServiceUnavailable, "not ready: "+err.Error())
			return
		}
		say(w, http.StatusOK, "ready")
	})
	return mux
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // the client may be gone
}

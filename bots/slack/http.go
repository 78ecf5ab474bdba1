package slack

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"runtime/debug"
	"time"
)

// ackTime bounds the work before an acknowledgement; Slack waits 3 s.
// https://docs.slack.dev/apis/events-api, read 2026-11-23.
const ackTime = 2800 * time.Millisecond

// Handler serves the requests Slack makes and the installation. The paths are
// those of the manifest.
func (a *Adapter) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /slack/events", a.signed(a.serveEvents))
	mux.HandleFunc("POST /slack/commands", a.signed(a.serveCommand))
	mux.HandleFunc("POST /slack/interactions", a.signed(a.serveInteraction))
	mux.HandleFunc("GET /slack/install", a.serveInstall)
	mux.HandleFunc("GET /slack/oauth/callback", a.serveCallback)
	return mux
}

// answer is what goes back to Slack for one request: nothing but an
// acknowledgement, or a body. An error means that nothing was accepted.
type answer struct {
	body any
	err  error
}

// signed lets only Slack in and hands on the raw body.
func (a *Adapter) signed(next func(ctx context.Context, body []byte) answer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			a.count("slack.too_large")
			http.Error(w, "too large", http.StatusRequestEntityTooLarge)
			return
		}
		signature, err := verify(a.cfg.SigningSecret, a.clock, r.Header, body)
		if err != nil {
			a.count("slack.bad_signature")
			http.Error(w, "bad signature", http.StatusUnauthorized)
			return
		}
		if _, again := a.nonces.get(signature); again {
			a.count("slack.replayed")
			w.WriteHeader(http.StatusOK) // accepted before, with this very signature
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), ackTime)
		defer cancel()
		out := a.guarded(ctx, func(ctx context.Context) answer { return next(ctx, body) })
		if out.err == nil {
			a.nonces.put(signature, struct{}{})
		}
		a.reply(w, out)
	}
}

// guarded does the work of one delivery; a panic of ours becomes a counted
// acknowledgement, because the same payload would only break us again.
func (a *Adapter) guarded(ctx context.Context, do func(context.Context) answer) (out answer) {
	defer func() {
		if p := recover(); p != nil {
			a.count("slack.panic")
			a.log.Error("a delivery broke the adapter", "stack", string(debug.Stack())) // p may hold content; the stack does not
			out = answer{}
		}
	}()
	return do(ctx)
}

// reply acknowledges, or asks Slack to come again.
func (a *Adapter) reply(w http.ResponseWriter, out answer) {
	if out.err != nil {
		a.count("slack.not_accepted")
		a.log.Error("a delivery was not accepted; Slack will deliver it again", "err", out.err)
		http.Error(w, "not accepted", http.StatusServiceUnavailable)
		return
	}
	if out.body == nil {
		w.WriteHeader(http.StatusOK)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if err := json.NewEncoder(w).Encode(out.body); err != nil {
		a.log.Warn("an acknowledgement was not written", "err", err)
	}
}

func (a *Adapter) serveEvents(ctx context.Context, body []byte) answer {
	var hello struct {
		Type      string `json:"type"`
		Challenge string `json:"challenge"`
	}
	if json.Unmarshal(body, &hello) == nil && hello.Type == "url_verification" {
		return answer{body: map[string]string{"challenge": hello.Challenge}}
	}
	return answer{err: a.event(ctx, body)}
}

func (a *Adapter) serveCommand(ctx context.Context, body []byte) answer {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return a.odd("a command that is no form")
	}
	if form.Get("ssl_check") == "1" {
		return answer{}
	}
	return a.command(ctx, commandFromForm(form))
}

func (a *Adapter) serveInteraction(ctx context.Context, body []byte) answer {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return a.odd("an interaction that is no form")
	}
	if form.Get("ssl_check") == "1" {
		return answer{}
	}
	return a.interaction(ctx, []byte(form.Get("payload")))
}

// odd acknowledges what we cannot read and counts it.
func (a *Adapter) odd(what string) answer {
	a.count("slack.odd")
	a.log.Warn("an odd delivery was acknowledged and forgotten", "what", what)
	return answer{}
}

// errNotDurable marks what could not be accepted.
var errNotDurable = errors.New("slack: not accepted")

package slack

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"math/rand/v2"
	"sync"
	"time"

	slackgo "github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

const (
	// backoffFirst and backoffMost bound the wait before a new connection.
	backoffFirst = time.Second
	backoffMost  = 30 * time.Second
	// maxAckBody is the largest acknowledgement Slack takes over a socket.
	maxAckBody = 20_000
)

// Run serves Socket Mode until ctx ends, over several connections, so that one
// being refreshed loses nothing. Without an app token it only waits.
func (a *Adapter) Run(ctx context.Context) error {
	if !a.cfg.AppToken.IsSet() {
		<-ctx.Done()
		return ctx.Err()
	}
	var all sync.WaitGroup
	for range a.cfg.Connections {
		all.Go(func() { a.supervise(ctx) })
	}
	all.Wait()
	return ctx.Err()
}

// supervise keeps one connection up.
func (a *Adapter) supervise(ctx context.Context) {
	wait := backoffFirst
	for ctx.Err() == nil {
		began := a.clock.Now()
		err := a.connect(ctx)
		if ctx.Err() != nil {
			return
		}
		a.count("slack.socket_lost")
		a.log.Warn("a Socket Mode connection ended; a new one follows", "err", socketError(err))
		if a.clock.Now().Sub(began) > time.Minute {
			wait = backoffFirst
		}
		if sleepFor(ctx, wait+rand.N(wait)) != nil {
			return
		}
		wait = min(2*wait, backoffMost)
	}
}

// socketError is an error without the address, which holds a ticket.
func socketError(err error) string {
	var refused slackgo.SlackErrorResponse
	if errors.As(err, &refused) {
		return refused.Err
	}
	if err == nil {
		return "closed"
	}
	return "connection failed"
}

// connect runs one connection to its end and waits for what it took.
func (a *Adapter) connect(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	silent := log.New(io.Discard, "", 0)
	client := slackgo.New("", slackgo.OptionAppLevelToken(a.cfg.AppToken.Reveal()), slackgo.OptionAPIURL(a.api.base),
		slackgo.OptionHTTPClient(a.api.http), slackgo.OptionLog(silent))
	socket := socketmode.New(client, socketmode.OptionLog(silent))
	var busy sync.WaitGroup
	defer busy.Wait()
	ended := make(chan error, 1)
	go func() { ended <- socket.RunContext(ctx) }()
	l := &line{ear: a.cfg.Ear}
	defer l.end()
	for {
		select {
		case err := <-ended:
			return err
		case e := <-socket.Events:
			l.see(e.Type)
			if req, ok := requestOf(e); ok {
				busy.Go(func() { a.enveloped(ctx, socket, req) })
			}
		}
	}
}

// requestOf is the envelope of an event. What the library could not read is
// read here from the raw message: it has to be acknowledged all the same.
func requestOf(e socketmode.Event) (socketmode.Request, bool) {
	if bad, ok := e.Data.(*socketmode.ErrorBadMessage); ok {
		var req socketmode.Request
		if !loose(bad.Message, &req) {
			return req, false
		}
		return req, req.EnvelopeID != ""
	}
	if e.Request == nil || e.Request.EnvelopeID == "" {
		return socketmode.Request{}, false
	}
	return *e.Request, true
}

// enveloped takes one envelope and acknowledges it once it is accepted.
func (a *Adapter) enveloped(ctx context.Context, socket *socketmode.Client, req socketmode.Request) {
	// What was taken is finished also when the connection ends meanwhile.
	work, cancel := context.WithTimeout(context.WithoutCancel(ctx), ackTime)
	defer cancel()
	out := a.guarded(work, func(ctx context.Context) answer { return a.payload(ctx, req) })
	if out.err != nil {
		a.count("slack.not_accepted")
		a.log.Error("an envelope was not accepted; Slack will deliver it again", "err", out.err)
		return
	}
	body := out.body
	if raw, err := json.Marshal(body); err != nil || len(raw) >= maxAckBody || !req.AcceptsResponsePayload {
		body = nil
	}
	if err := socket.AckCtx(work, req.EnvelopeID, body); err != nil {
		a.count("slack.not_acked")
		a.log.Warn("an envelope was accepted but not acknowledged; its copy will be recognised")
	}
}

// payload hands an envelope's inside to where HTTP requests go, too.
func (a *Adapter) payload(ctx context.Context, req socketmode.Request) answer {
	switch req.Type {
	case socketmode.RequestTypeEventsAPI:
		return answer{err: a.event(ctx, req.Payload)}
	case socketmode.RequestTypeSlashCommands:
		var c command
		if !loose(req.Payload, &c) {
			return a.odd("a command that cannot be read")
		}
		return a.command(ctx, c)
	case socketmode.RequestTypeInteractive:
		return a.interaction(ctx, req.Payload)
	}
	return a.odd("an envelope of an unknown type")
}

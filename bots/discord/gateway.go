package discord

import (
	"context"
	"encoding/json"
	"errors"
	mathrand "math/rand/v2"
	"runtime"
	"sync"
	"time"
)

// wire is a connection to the gateway. Receive is called by one goroutine and
// fails for good once the connection ended; everything else by another one.
type wire interface {
	receive() (frame, error)
	send(o outbound) error
	part(code int)
	cut()
}

// Ends of a conversation that are not the connection's own.
var (
	errAsked   = errors.New("discord: asked to connect again")
	errInvalid = errors.New("discord: the session was refused")
	errZombie  = errors.New("discord: a heartbeat was not answered")
	errNoWord  = errors.New("discord: no word from Discord")
)

// Close codes of ours. With the first the session ends, too; after any other it
// can be resumed.
const (
	closeFarewell = 1000
	closeResuming = 4000
)

// talk is one connection from its first word to its end. All of it, the
// session's state included, belongs to the goroutine that converses; a second
// one only receives.
type talk struct {
	s     *shard
	w     wire
	beat  *time.Timer
	every time.Duration // 0 before the hello
	owed  bool          // a heartbeat was sent and not answered
	asked time.Time     // when a heartbeat that was asked for was last sent
}

// converse speaks over a connection until it ends or ctx does, and returns why
// it ended; it leaves no goroutine behind. When ctx ends the session ends in
// good order; in every other case it is left to be resumed.
func (s *shard) converse(ctx context.Context, w wire) error {
	t := &talk{s: s, w: w, beat: time.NewTimer(s.a.pace.open)}
	t.beat.Stop()
	frames, done, lost := make(chan frame), make(chan struct{}), make(chan error, 1)
	var reader sync.WaitGroup
	reader.Go(func() { receiveAll(w, frames, done, lost) })
	err := t.run(ctx, frames, lost)
	t.beat.Stop()
	close(done)
	t.leave(ctx, lost)
	reader.Wait()
	return err
}

// receiveAll hands on what comes until the connection ends, and then why it
// did. After done it reads on without handing on, for the sake of an end in
// good order.
func receiveAll(w wire, frames chan<- frame, done <-chan struct{}, lost chan<- error) {
	defer close(lost)
	for {
		f, err := w.receive()
		if err != nil {
			lost <- err
			return
		}
		select {
		case frames <- f:
		case <-done:
		}
	}
}

// leave ends the connection. In good order the other side's end is waited for,
// as long as that does not take too long.
func (t *talk) leave(ctx context.Context, lost <-chan error) {
	defer t.w.cut()
	if ctx.Err() == nil {
		t.w.part(closeResuming)
		return
	}
	t.w.part(closeFarewell)
	t.s.session = session{}
	patience := time.NewTimer(t.s.a.pace.part)
	defer patience.Stop()
	select {
	case <-lost:
	case <-patience.C:
	}
}

func (t *talk) run(ctx context.Context, frames <-chan frame, lost <-chan error) error {
	patience := time.NewTimer(t.s.a.pace.open)
	defer patience.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case end := <-lost:
			return end
		case f := <-frames:
			err = t.hear(ctx, f)
		case <-t.beat.C:
			err = t.heartbeat()
		case <-patience.C:
			if !t.s.ready.Load() {
				err = errNoWord
			}
		}
		if err != nil {
			return err
		}
	}
}

// hear takes one frame; an error ends the conversation.
func (t *talk) hear(ctx context.Context, f frame) error {
	t.s.heard.Store(time.Now().UnixNano())
	switch f.op {
	case opHello:
		return t.greet(f)
	case opDispatch:
		t.s.event(ctx, f)
	case opHeartbeat:
		return t.answer()
	case opHeard:
		t.owed = false
	case opReconnect:
		return errAsked
	case opInvalid:
		var resumable bool
		if json.Unmarshal(f.data, &resumable) != nil || !resumable {
			t.s.session = session{}
		}
		return errInvalid
	default:
		t.s.a.count("discord.unreadable_frame")
	}
	return nil
}

// greet answers the hello, once: it starts the heartbeat and begins or resumes
// the session. The first beat comes at a random part of the interval, so that
// many clients do not beat in step.
func (t *talk) greet(f frame) error {
	if t.every != 0 {
		return nil
	}
	t.every = f.interval()
	t.beat.Reset(mathrand.N(t.every) + 1)
	a, token := t.s.a, t.s.a.cfg.Token.Reveal()
	if in := t.s.session; in.id != "" {
		return t.w.send(outbound{opResume, resume{Token: token, Session: in.id, Seq: in.seq}})
	}
	intents := contentIntents
	if a.cfg.WithoutContent || a.hidden.Load() {
		intents = leastIntents
	}
	return t.w.send(outbound{opIdentify, identify{Token: token, Intents: int(intents), Shard: [2]int{t.s.id, t.s.total},
		Properties: map[string]string{"os": runtime.GOOS, "browser": "tierwise", "device": "tierwise"}}})
}

// heartbeat is the regular one. The one before must have been answered: else
// the connection is dead, though nobody said so.
func (t *talk) heartbeat() error {
	if t.owed {
		return errZombie
	}
	t.beat.Reset(t.every)
	t.owed = true
	return t.sendBeat()
}

// askedBeat is how often a heartbeat that is asked for is sent at most: we may
// say 120 things a minute, and are cut off when we say more.
const askedBeat = time.Second

func (t *talk) answer() error {
	if time.Since(t.asked) < askedBeat {
		return nil
	}
	t.asked = time.Now()
	return t.sendBeat()
}

func (t *talk) sendBeat() error {
	if t.s.session.seq == 0 {
		return t.w.send(outbound{opHeartbeat, nil})
	}
	return t.w.send(outbound{opHeartbeat, t.s.session.seq})
}

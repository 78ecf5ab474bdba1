package openai

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/llm"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/internal/token"
)

// receive reads the body of a 2xx and yields its chunks. What the body is, is
// told by its first byte: servers lie about the content type.
func (a *call) receive(yield func(llm.Chunk, error) bool) {
	a.s.in.Reset(a)
	var err error
	var going bool
	switch first, perr := firstByte(a.s.in); {
	case perr != nil:
		err = perr
	case first == '<':
		r := &refusal{status: a.resp.StatusCode, html: true, said: "an HTML page"}
		err = classify(r, a.resp.Header, time.Now())
	case first == '{', first == '[':
		going, err = a.whole(yield)
	default:
		going, err = a.stream(yield)
	}
	if err == nil && !going {
		return // the caller broke out
	}
	if err != nil && !(a.finish != "" && broken(err) && a.ctx.Err() == nil) {
		yield(llm.Chunk{}, a.failed(err))
		return
	}
	if err = a.empty(); err != nil {
		yield(llm.Chunk{}, a.failed(err))
		return
	}
	yield(llm.Chunk{Done: a.done()}, nil)
}

// broken reports an error of the connection alone: after a finish reason the
// answer is whole nevertheless, only its usage may be missing.
func broken(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errBroken)
}

// stream reads events until the end. going is false when the caller broke out.
func (a *call) stream(yield func(llm.Chunk, error) bool) (going bool, err error) {
	a.s.rd.reset(a.s.in, a.c.limits.Line, a.c.limits.Bytes)
	for {
		ev, err := a.s.rd.next()
		if err != nil {
			return false, netRead(err)
		}
		if !a.begun {
			a.begin()
		}
		if string(ev.data) == done {
			a.ended = true
			return true, nil
		}
		if len(ev.data) == 0 {
			continue
		}
		text, err := a.feed(ev)
		if err != nil {
			return false, err
		}
		if text != "" && !yield(llm.Chunk{Text: text}, nil) {
			return false, nil
		}
	}
}

// whole reads an answer that came in one piece although a stream was asked for.
func (a *call) whole(yield func(llm.Chunk, error) bool) (going bool, err error) {
	a.stall.Stop() // it comes in one piece: the total limit bounds it
	body, err := io.ReadAll(io.LimitReader(a.s.in, a.c.limits.Bytes+1))
	switch {
	case err != nil:
		return false, netRead(err)
	case int64(len(body)) > a.c.limits.Bytes:
		return false, llm.ErrTooLarge
	}
	if body[0] == '[' { // Google wraps errors in a list
		return false, classify(readRefusal(0, body, a.hidden()), a.resp.Header, time.Now())
	}
	text, err := a.feed(event{data: body})
	if err != nil {
		return false, err
	}
	a.ended = true
	return text == "" || yield(llm.Chunk{Text: text}, nil), nil
}

// feed takes in one JSON text and returns the new visible text, which shares
// memory with everything received.
func (a *call) feed(ev event) (string, error) {
	p := &a.s.p
	ok := p.parse(ev.data)
	if ev.isErr || ok && p.fault != nil {
		return "", classify(readRefusal(0, ev.data, a.hidden()), a.resp.Header, time.Now())
	}
	if !ok {
		return "", fmt.Errorf("%w: it is not the JSON of a chat answer", llm.ErrBadAnswer)
	}
	note(&a.id, p.id)
	note(&a.served, p.model)
	note(&a.tier, p.tier)
	if p.usage != nil { // cumulative where a server sends it often
		a.s.usage = append(a.s.usage[:0], p.usage...)
	}
	if len(p.finish) > 0 {
		a.finish = finish(p.finish)
	}
	a.thought.Write(p.thought)
	if len(p.text) == 0 {
		return "", nil
	}
	if a.text.Len() == 0 {
		a.first = time.Since(a.start)
		a.text.Grow(1 << 10)
	}
	from := a.text.Len()
	a.text.Write(p.text)
	return a.text.String()[from:], nil
}

// note keeps an identifier, allocating only when it changed.
func note(have *string, got []byte) {
	if len(got) > 0 && *have != string(got) {
		*have = string(got)
	}
}

func finish(reason []byte) llm.Finish {
	switch string(reason) {
	case "stop", "end_turn", "stop_sequence", "eos", "STOP":
		return llm.Stopped
	case "length", "max_tokens", "model_length", "MAX_TOKENS":
		return llm.Length
	case "content_filter", "safety", "SAFETY", "refusal":
		return llm.Filtered
	}
	return llm.Other
}

// empty is the error of a stream that came to its end and held nothing: no
// text, no reason, no usage.
func (a *call) empty() error {
	if a.finish == "" && a.text.Len() == 0 && a.thought.Len() == 0 && len(a.s.usage) == 0 {
		return fmt.Errorf("%w: it was empty", llm.ErrBadAnswer)
	}
	return nil
}

// done closes a call that was answered.
func (a *call) done() *llm.Done {
	d := &llm.Done{
		Finish: a.finish, Served: a.served, ID: a.id,
		First: a.first, Total: time.Since(a.start),
	}
	if a.tier != "default" && a.tier != "standard" && a.tier != "auto" {
		d.Service = a.tier
	}
	if d.Finish == "" {
		d.Finish = llm.Other
	}
	if u, ok := a.usage(); ok {
		d.Counted, d.Tokens, d.Fields, d.Cost = true, u.Tokens, u.Fields, (*int64)(u.Reported)
	} else {
		d.Tokens = a.estimate()
	}
	return d
}

// usage reads the provider's last usage body.
func (a *call) usage() (catalog.Usage, bool) {
	if len(a.s.usage) == 0 {
		return catalog.Usage{}, false
	}
	u, err := a.c.extract(a.c.profile, slices.Concat([]byte(`{"usage":`), a.s.usage, []byte{'}'}))
	if err == nil {
		return u, true
	}
	if !errors.Is(err, catalog.ErrNoUsage) {
		a.c.log.Warn("usage body could not be read", "provider", a.c.id, "profile", a.c.profile, "error", err)
	}
	return catalog.Usage{}, false
}

// estimate counts here what the provider did not.
func (a *call) estimate() token.Count {
	family := a.r.Model.Family
	n := token.Count{Input: a.c.count(family, a.r.Step.Prompt)}
	if a.text.Len() > 0 {
		n.Output = a.c.count(family, []step.Turn{{Role: "assistant", Text: a.text.String()}})
	}
	if a.thought.Len() > 0 {
		n.Reasoning = a.c.count(family, []step.Turn{{Role: "assistant", Text: a.thought.String()}})
	}
	return n
}

// failed is the error of a call that got a 2xx and did not end well. A refusal
// before anything was received cost nothing and stands for itself; everything
// else is a cut-off with what is known of its cost.
func (a *call) failed(err error) error {
	if a.ctx.Err() != nil {
		return a.cut(context.Cause(a.ctx))
	}
	var r *refusal
	if errors.As(err, &r) && a.text.Len() == 0 && a.thought.Len() == 0 && len(a.s.usage) == 0 {
		return fmt.Errorf("openai: %s: %w", a.c.id, err)
	}
	return a.cut(err)
}

func (a *call) cut(err error) error {
	cut := &llm.CutOff{Sent: a.sent.Load(), Chars: utf8.RuneCountInString(a.text.String()), Err: err}
	if u, ok := a.usage(); ok {
		cut.Tokens = u.Tokens
	} else if cut.Sent {
		cut.Tokens = a.estimate()
	}
	return cut
}

// errBroken marks a connection that broke while an answer was read.
var errBroken = errors.New("the connection broke")

// netRead gives an error of reading a body its kind.
func netRead(err error) error {
	switch {
	case errors.Is(err, llm.ErrTooLarge):
		return err
	case errors.Is(err, io.EOF):
		return fmt.Errorf("%w: the answer ended early: %w", llm.ErrUnavailable, io.ErrUnexpectedEOF)
	}
	return fmt.Errorf("%w: %w: %w", llm.ErrUnavailable, errBroken, netCause(err))
}

// firstByte skips white space and a byte order mark, and returns the byte that
// comes next without consuming it.
func firstByte(in io.ByteScanner) (byte, error) {
	for {
		b, err := in.ReadByte()
		if err != nil {
			return 0, netRead(err)
		}
		if !strings.ContainsRune(" \t\r\n", rune(b)) && b != 0xef && b != 0xbb && b != 0xbf {
			return b, in.UnreadByte()
		}
	}
}

package openai

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	goopenai "github.com/sashabaranov/go-openai"

	"github.com/tierwise/tierwise/internal/llm"
)

// call is one call under way.
type call struct {
	c       *Client
	r       llm.Request
	ctx     context.Context
	cancel  context.CancelCauseFunc
	start   time.Time
	total   *time.Timer
	stall   *time.Timer // while the next bytes are waited for
	begun   bool        // the first event has come
	body    []byte      // of the request
	sse     bool        // a stream was asked for
	resp    *http.Response
	sent    atomic.Bool // the request's body was read by the transport
	ended   bool        // the stream came to its own end
	s       *scratch
	text    strings.Builder // everything visible; chunks are slices of it
	thought strings.Builder
	first   time.Duration
	finish  llm.Finish
	id      string
	served  string
	tier    string
}

// scratch is what a call borrows: memory, and the library's client, whose way
// out leads to the call that has borrowed it.
type scratch struct {
	in    *bufio.Reader
	rd    reader
	p     piece
	usage []byte // the last usage body seen
	lib   *goopenai.Client
	call  *call
}

func newScratch(api goopenai.ClientConfig) *scratch {
	s := &scratch{in: bufio.NewReaderSize(nil, 16<<10)}
	api.HTTPClient = s
	s.lib = goopenai.NewClientWithConfig(api)
	return s
}

// Do implements go-openai's HTTPDoer.
func (s *scratch) Do(req *http.Request) (*http.Response, error) { return nil, s.call.do(req) }

// begin starts the clocks of a call.
func (c *Client) begin(ctx context.Context, r llm.Request) *call {
	a := &call{c: c, r: r, start: time.Now(), s: c.scratch.Get().(*scratch)}
	a.s.usage, a.s.call = a.s.usage[:0], a
	a.ctx, a.cancel = context.WithCancelCause(ctx)
	a.total = time.AfterFunc(c.limits.Total, func() { a.cancel(slow("the whole answer", c.limits.Total)) })
	first := c.limits.First
	if !streams(r.Model) { // its first byte is its last
		first = c.limits.Total
	}
	a.stall = time.AfterFunc(first, func() { a.cancel(slow("a first token", first)) })
	return a
}

// begin notes that the answer has begun: from here on another limit holds
// between its parts.
func (a *call) begin() {
	a.begun = true
	a.stall.Stop()
	idle := a.c.limits.Idle
	a.stall = time.AfterFunc(idle, func() { a.cancel(slow("more of the answer", idle)) })
	a.stall.Stop()
}

// Read reads the body. After the first event the clock runs only while bytes are
// waited for, never while the caller works on what it got; until then it runs
// through, so that keep-alives do not pass for an answer.
func (a *call) Read(p []byte) (int, error) {
	if a.begun {
		a.stall.Reset(a.c.limits.Idle)
		defer a.stall.Stop()
	}
	return a.resp.Body.Read(p)
}

// slow is the cause of a cancellation by one of our own limits.
func slow(what string, d time.Duration) error {
	return fmt.Errorf("%w: %s did not come within %s: %w", llm.ErrUnavailable, what, d, context.DeadlineExceeded)
}

// send sends the request, and again when the refusal teaches how this server
// wants it. A nil error means a 2xx whose body is not read yet.
func (a *call) send() error {
	q := a.c.quirk(a.r.Model.Wire)
	for n := 0; ; n++ {
		req := a.c.build(a.r, q)
		raw, err := encode(req, a.r.Step.Prompt)
		if err != nil {
			return err
		}
		a.body, a.sse = raw, req.Stream
		// The library gets what it needs for address, key and headers. The body
		// is put in, and the answer taken out, on the way: see do.
		_, err = a.s.lib.CreateChatCompletionStream(a.ctx, goopenai.ChatCompletionRequest{Model: req.Model})
		if errors.Is(err, errTaken) {
			return nil
		}
		if n == maxQuirks || !q.learn(err, req) {
			return err
		}
		a.c.remember(a.r.Model.Wire, q)
		a.sent.Store(false)
	}
}

// errTaken tells the library that there is nothing for it to read: the answer
// is read here.
var errTaken = errors.New("openai: the answer was taken")

// do is the way out of the library: it sends the encoded body and keeps the
// response. A refusal becomes its typed error, which the library passes on.
func (a *call) do(req *http.Request) error {
	body := a.body
	req.ContentLength = int64(len(body))
	req.GetBody = func() (io.ReadCloser, error) { // for a redirect or a connection that was gone
		return &noting{bytes: *bytes.NewReader(body), read: &a.sent}, nil
	}
	req.Body, _ = req.GetBody()
	if !a.sse {
		req.Header.Set("Accept", "application/json")
	}
	resp, err := a.c.http.Do(req)
	if err != nil {
		return err
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		defer resp.Body.Close()
		return a.c.refused(resp, a.hidden())
	}
	a.resp = resp
	return errTaken
}

// maxRefusal bounds the body of a refusal that is read.
const maxRefusal = 64 << 10

// refused reads a reply that is no answer.
func (c *Client) refused(resp *http.Response, h hidden) error {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	r := readRefusal(resp.StatusCode, body, h)
	r.html = r.html || isHTML(resp.Header, body)
	return classify(r, resp.Header, time.Now())
}

func (a *call) hidden() hidden {
	return hidden{key: string(a.c.key), prompt: a.r.Step.Prompt, answer: a.text.String()}
}

// noting is a request's body that notes when it is read: from then on the
// provider may have it.
type noting struct {
	bytes bytes.Reader
	read  *atomic.Bool
}

// Read implements io.Reader.
func (n *noting) Read(p []byte) (int, error) {
	n.read.Store(true)
	return n.bytes.Read(p)
}

// Close implements io.Closer.
func (*noting) Close() error { return nil }

// drain bounds what is read after the end so that the connection can be used
// again, and for how long.
const (
	drainBytes = 4 << 10
	drainTime  = 20 * time.Millisecond
)

// close ends the call upstream, whatever state it is in.
func (a *call) close() {
	a.stall.Stop()
	a.total.Stop()
	if a.resp != nil {
		if a.ended && a.ctx.Err() == nil {
			a.total.Reset(drainTime) // its function cancels
			_, _ = io.CopyN(io.Discard, a.s.in, drainBytes)
			a.total.Stop()
		}
		_ = a.resp.Body.Close()
	}
	a.cancel(nil)
	a.s.in.Reset(nil)
	a.s.call = nil
	a.c.scratch.Put(a.s)
}

// unsent is the error of a call that got no 2xx.
func (a *call) unsent(err error) error {
	var (
		limited *llm.RateLimited
		long    *llm.ContextTooLong
		r       *refusal
	)
	switch {
	case errors.As(err, &limited), errors.As(err, &long), errors.As(err, &r):
		return fmt.Errorf("openai: %s: %w", a.c.id, err)
	case a.ctx.Err() != nil:
		return a.cut(context.Cause(a.ctx))
	case errors.Is(err, errRedirect), errors.Is(err, errAddress):
		return fmt.Errorf("openai: %s: %w: %w", a.c.id, llm.ErrUnavailable, netCause(err))
	case a.sent.Load():
		return a.cut(fmt.Errorf("%w: %w", llm.ErrUnavailable, netCause(err)))
	case isNet(err):
		return fmt.Errorf("openai: %s: %w: %w", a.c.id, llm.ErrUnavailable, netCause(err))
	}
	return fmt.Errorf("openai: %s: %w: it could not be formed: %w", a.c.id, llm.ErrBadRequest, err)
}

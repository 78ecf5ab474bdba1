package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
)

// rest makes REST calls. It keeps no state per interaction: their tokens are
// neither a key of a bucket nor a name of anything that outlives the call.
type rest struct {
	base  string
	token config.Secret
	http  *http.Client
	limit *limiter
	sleep func(ctx context.Context, d time.Duration) error
}

func newRest(api string, token config.Secret, t http.RoundTripper, c clock.Clock, count func(string)) *rest {
	return &rest{base: host(api) + "/api/v10", token: token, limit: newLimiter(c, count),
		http: &http.Client{Transport: t, Timeout: 30 * time.Second}}
}

// call is one request. Route is a path with {} where args go in.
type call struct {
	method string
	route  string
	args   []string
	query  url.Values
	body   any
	files  []chat.File
	// patience is the longest wait for a free slot; interaction callbacks have
	// none, because their deadline is too near.
	patience time.Duration
	// token marks a call that is authorised by an interaction's token in its
	// path; such calls share no bucket and no global gate.
	token bool
	// nonced marks a new message with an enforced nonce: it is tried once more
	// after a server error, while a lost answer is reported, so that the post
	// is looked for first.
	nonced bool
	// again marks a POST that has the same effect however often it is made.
	again bool
}

// op is the call without anything that identifies a person or a place.
func (c call) op() string { return c.method + " " + c.route }

func (c call) path() string {
	p := c.route
	for _, a := range c.args {
		p = strings.Replace(p, "{}", url.PathEscape(a), 1)
	}
	if len(c.query) > 0 {
		p += "?" + c.query.Encode()
	}
	return p
}

// bucket is what the platform counts together: the route with its first id.
func (c call) bucket() string {
	if len(c.args) == 0 {
		return c.op()
	}
	return c.op() + " " + c.args[0]
}

func (c call) writes() bool { return c.method != http.MethodGet }

// maxAnswer bounds an answer of the API.
const maxAnswer = 16 << 20

// do makes the call and decodes the answer into out, which may be nil. A lost
// answer of a write is chat.ErrUnknownResult.
func (r *rest) do(ctx context.Context, c call, out any) error {
	for try := 0; ; try++ {
		body, err := r.once(ctx, c)
		if err != nil && try == 0 && c.worth(err) && ctx.Err() == nil && r.sleep(ctx, 300*time.Millisecond) == nil {
			continue
		}
		if err != nil || out == nil || len(body) == 0 {
			return err
		}
		if err := json.Unmarshal(body, out); err != nil {
			return c.lost(errors.New("the answer has another shape"))
		}
		return nil
	}
}

// worth reports whether a failed call is worth a second try, and harmless.
func (c call) worth(err error) bool {
	failed := statusOf(err) >= 500
	if c.nonced {
		return failed
	}
	var n noAnswer
	return (c.again || c.method != http.MethodPost) && (failed || errors.As(err, &n))
}

// noAnswer is a call whose answer did not come.
type noAnswer struct{ error }

// Unwrap returns what went wrong with the connection.
func (n noAnswer) Unwrap() error { return n.error }

func (r *rest) once(ctx context.Context, c call) ([]byte, error) {
	if err := r.limit.wait(ctx, c, r.sleep); err != nil {
		return nil, err
	}
	req, err := r.request(ctx, c)
	if err != nil {
		return nil, err
	}
	resp, err := r.http.Do(req)
	if err != nil {
		return nil, c.failed(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	r.limit.note(c, resp)
	switch {
	case resp.StatusCode == http.StatusTooManyRequests:
		return nil, limited(c, r.limit.hold(c, resp.Header, body))
	case err != nil:
		return nil, c.failed(err)
	case resp.StatusCode >= 500:
		return nil, c.lost(&refusal{op: c.op(), status: resp.StatusCode})
	case resp.StatusCode >= 300:
		return nil, refuse(c, resp.StatusCode, body)
	}
	return body, nil
}

func (r *rest) request(ctx context.Context, c call) (*http.Request, error) {
	body, kind, err := c.encode()
	if err != nil {
		return nil, fmt.Errorf("discord: %s: %w", c.op(), err)
	}
	req, err := http.NewRequestWithContext(ctx, c.method, r.base+c.path(), bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("discord: %s: the address cannot be formed", c.op())
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if !c.token {
		req.Header.Set("Authorization", "Bot "+r.token.Reveal())
	}
	// Discord asks for this form; others are refused by its front.
	// https://discord.com/developers/docs/reference#user-agent, read 2026-11-23.
	req.Header.Set("User-Agent", "DiscordBot (https://github.com/tierwise/tierwise, 1)")
	return req, nil
}

// encode gives the body and its type: JSON, or a form with files.
func (c call) encode() ([]byte, string, error) {
	if c.body == nil {
		return nil, "", nil
	}
	payload, err := json.Marshal(c.body)
	if err != nil || len(c.files) == 0 {
		return payload, "application/json", err
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="payload_json"`}, "Content-Type": {"application/json"}})
	if err == nil {
		_, err = part.Write(payload)
	}
	for i, f := range c.files {
		if err != nil {
			return nil, "", err
		}
		if part, err = w.CreateFormFile(fmt.Sprintf("files[%d]", i), f.Name); err == nil {
			_, err = part.Write(f.Data)
		}
	}
	if err == nil {
		err = w.Close()
	}
	return b.Bytes(), w.FormDataContentType(), err
}

// failed is a call without an answer. When no connection was made, nothing can
// have happened.
func (c call) failed(err error) error {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return fmt.Errorf("discord: %s: %w", c.op(), unreachable(op))
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // the URL can hold a token
	}
	return c.lost(noAnswer{err})
}

// lost is a call whose effect is not known, where it could have one.
func (c call) lost(err error) error {
	if c.writes() {
		return fmt.Errorf("discord: %s: %w: %w", c.op(), chat.ErrUnknownResult, err)
	}
	return fmt.Errorf("discord: %s: %w", c.op(), unreachable(err))
}

package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// api calls Web API methods. It is our own because three things must hold for
// every call: the limiter is asked first, an answer that is lost or cannot be
// read after a write is "result unknown" rather than an error, and one odd
// field in an answer never hides the rest.
type api struct {
	base  string // ends in a slash
	http  *http.Client
	limit *limiter
}

// call is one call of a method.
type call struct {
	method   method
	team     string
	token    string
	channel  string // for the limiter
	args     url.Values
	patience time.Duration // longest wait for a free slot
	scopes   *string       // takes the scopes the answer says the token has
}

// reply is what every answer has.
type reply struct {
	OK       bool   `json:"ok"`
	Error    string `json:"error"`
	Needed   string `json:"needed"`
	Metadata struct {
		Cursor string `json:"next_cursor"`
	} `json:"response_metadata"`
}

// maxAnswer bounds an answer of the Web API.
const maxAnswer = 32 << 20

// do makes the call and decodes the answer into out, which may be nil. It
// returns the answer's cursor.
func (a *api) do(ctx context.Context, c call, out any) (cursor string, err error) {
	if err := a.limit.wait(ctx, c); err != nil {
		return "", fmt.Errorf("slack: %s: %w", c.method, err)
	}
	body, err := a.send(ctx, c)
	if err != nil {
		return "", err
	}
	var r reply
	if err := json.Unmarshal(body, &r); err != nil {
		return "", c.lost(errors.New("the answer cannot be read"))
	}
	if !r.OK {
		return "", a.refused(c, r)
	}
	if out != nil {
		if err := json.Unmarshal(body, out); err != nil {
			return "", c.lost(errors.New("the answer has another shape"))
		}
	}
	return r.Metadata.Cursor, nil
}

// send posts the form and returns the body of a 200.
func (a *api) send(ctx context.Context, c call) ([]byte, error) {
	form := c.args.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.base+string(c.method), strings.NewReader(form))
	if err != nil {
		return nil, fmt.Errorf("slack: %s: %w", c.method, err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := a.http.Do(req)
	if err != nil {
		return nil, c.failed(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if c.scopes != nil {
		*c.scopes = resp.Header.Get("X-OAuth-Scopes")
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	switch {
	case resp.StatusCode == http.StatusTooManyRequests:
		return nil, a.limited(c, retryAfter(resp.Header))
	case err != nil:
		return nil, c.failed(err)
	case resp.StatusCode >= 500:
		return nil, c.lost(fmt.Errorf("status %d", resp.StatusCode))
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("slack: %s: status %d", c.method, resp.StatusCode)
	}
	return bytes.TrimSpace(body), nil
}

// refused turns an ok:false into an error. Slack sometimes says "ratelimited"
// with a 200, without a time.
func (a *api) refused(c call, r reply) error {
	switch r.Error {
	case "ratelimited", "rate_limited":
		return a.limited(c, defaultRetry)
	}
	return refuse(c.method, r.Error, r.Needed)
}

func (a *api) limited(c call, after time.Duration) error {
	a.limit.hold(c, after)
	return fmt.Errorf("slack: %s: %w", c.method, &chat.RateLimited{After: after})
}

// defaultRetry is the wait where the platform gives none.
const defaultRetry = 5 * time.Second

// retryAfter reads the header; at least a second.
func retryAfter(h http.Header) time.Duration {
	n, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || n < 0 || n > 3600 {
		return defaultRetry
	}
	return max(time.Duration(n)*time.Second, time.Second)
}

// failed is a call without an answer. When no connection was made, nothing can
// have happened.
func (c call) failed(err error) error {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return fmt.Errorf("slack: %s: %w", c.method, unreachable(op))
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // the URL is not for logs
	}
	return c.lost(err)
}

// lost is a call whose effect is not known, where it could have one.
func (c call) lost(err error) error {
	if c.method.writes() {
		return fmt.Errorf("slack: %s: %w: %w", c.method, chat.ErrUnknownResult, err)
	}
	return fmt.Errorf("slack: %s: %w", c.method, unreachable(err))
}

package discord

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"
)

// dial connects and notes every byte that comes, which is what tells a live
// connection from a dead one.
func (s *shard) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	c = &heardConn{Conn: c, heard: &s.heard}
	s.heard.Store(time.Now().UnixNano())
	s.mu.Lock()
	s.conn = c
	s.mu.Unlock()
	return c, nil
}

type heardConn struct {
	net.Conn
	heard *atomic.Int64
}

func (c *heardConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.heard.Store(time.Now().UnixNano())
	}
	return n, err
}

// redirect sends the library's own requests to the address we were given.
type redirect struct {
	to   string
	next http.RoundTripper
}

// RoundTrip replaces scheme and host.
func (r redirect) RoundTrip(req *http.Request) (*http.Response, error) {
	to, err := url.Parse(r.to)
	if err != nil {
		return nil, errors.New("discord: the API's address cannot be read")
	}
	req = req.Clone(req.Context())
	req.URL.Scheme, req.URL.Host, req.Host = to.Scheme, to.Host, to.Host
	if r.next == nil {
		return http.DefaultTransport.RoundTrip(req)
	}
	return r.next.RoundTrip(req)
}

package discord

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

// socket is a websocket connection to the gateway, in frames. One goroutine
// receives, another one sends.
type socket struct {
	conn    *websocket.Conn
	patient time.Duration // for a word from Discord
	brief   time.Duration // for a word of ours to be taken
}

func openSocket(ctx context.Context, address string, p pace) (*socket, error) {
	d := websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: p.open}
	ctx, cancel := context.WithTimeout(ctx, p.open)
	defer cancel()
	conn, resp, err := d.DialContext(ctx, address, nil)
	if resp != nil {
		_ = resp.Body.Close() // it holds no more than the beginning of a refusal
	}
	if err != nil {
		return nil, fmt.Errorf("discord: connect: %w", err)
	}
	return &socket{conn: conn, patient: p.silence, brief: p.open}, nil
}

// receive waits for the next frame. What is too large, or no text, is read to
// its end without being kept.
func (s *socket) receive() (frame, error) {
	_ = s.conn.SetReadDeadline(time.Now().Add(s.patient)) // a closed connection says so below
	kind, r, err := s.conn.NextReader()
	if err != nil {
		return frame{}, fmt.Errorf("discord: receive: %w", err)
	}
	raw, err := io.ReadAll(io.LimitReader(r, maxFrame+1))
	if err == nil && len(raw) > maxFrame {
		raw = nil
		_, err = io.Copy(io.Discard, r)
	}
	if err != nil {
		return frame{}, fmt.Errorf("discord: receive: %w", err)
	}
	if kind != websocket.TextMessage {
		raw = nil
	}
	return readFrame(raw), nil
}

func (s *socket) send(o outbound) error {
	_ = s.conn.SetWriteDeadline(time.Now().Add(s.brief)) // a closed connection says so below
	if err := s.conn.WriteJSON(o); err != nil {
		return fmt.Errorf("discord: send: %w", err)
	}
	return nil
}

// part says why we go. It does not end the connection, and does not wait for
// one that takes nothing any more.
func (s *socket) part(code int) {
	_ = s.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(time.Second)) // nothing depends on it
}

// cut ends the connection, and with it a receive that waits.
func (s *socket) cut() { _ = s.conn.Close() }

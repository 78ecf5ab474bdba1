package slacktest

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
)

// The frame kinds of RFC 6455 the fake uses.
const (
	opContinue = 0x0
	opText     = 0x1
	opClose    = 0x8
	opPing     = 0x9
	opPong     = 0xA
)

// maxFrame bounds what one message of a client may hold.
const maxFrame = 1 << 20

// websocket is the server's end of one connection, as much of RFC 6455 as Socket
// Mode needs: text messages, ping, pong and close.
type websocket struct {
	conn net.Conn
	in   *bufio.Reader
	mu   sync.Mutex // guards writes
}

// upgrade turns a request into a websocket.
func upgrade(w http.ResponseWriter, r *http.Request) (*websocket, error) {
	key := r.Header.Get("Sec-WebSocket-Key")
	if key == "" || !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		http.Error(w, "this is a websocket", http.StatusUpgradeRequired)
		return nil, errors.New("slacktest: no websocket upgrade")
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, err
	}
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	_, err = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "+
		base64.StdEncoding.EncodeToString(sum[:])+"\r\n\r\n")
	if err != nil {
		conn.Close()
		return nil, err
	}
	return &websocket{conn: conn, in: buffered.Reader}, nil
}

// write sends one whole message.
func (s *websocket) write(op byte, data []byte) error {
	header := []byte{0x80 | op}
	switch n := len(data); {
	case n < 126:
		header = append(header, byte(n))
	case n < 1<<16:
		header = binary.BigEndian.AppendUint16(append(header, 126), uint16(n))
	default:
		header = binary.BigEndian.AppendUint64(append(header, 127), uint64(n))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.conn.Write(append(header, data...))
	return err
}

// read is the next text message; pings are answered on the way.
func (s *websocket) read() ([]byte, error) {
	var message []byte
	for {
		final, op, data, err := s.frame()
		if err != nil {
			return nil, err
		}
		switch op {
		case opPing:
			if err := s.write(opPong, data); err != nil {
				return nil, err
			}
		case opPong:
		case opClose:
			s.write(opClose, data)
			return nil, io.EOF
		case opText, opContinue:
			if message = append(message, data...); len(message) > maxFrame {
				return nil, errors.New("slacktest: message too large")
			}
			if final {
				return message, nil
			}
		default:
			return nil, errors.New("slacktest: unexpected frame")
		}
	}
}

// frame reads one frame and takes the mask off.
func (s *websocket) frame() (final bool, op byte, data []byte, err error) {
	var head [2]byte
	if _, err = io.ReadFull(s.in, head[:]); err != nil {
		return
	}
	final, op = head[0]&0x80 != 0, head[0]&0x0F
	length := uint64(head[1] & 0x7F)
	switch length {
	case 126:
		var n uint16
		err = binary.Read(s.in, binary.BigEndian, &n)
		length = uint64(n)
	case 127:
		err = binary.Read(s.in, binary.BigEndian, &length)
	}
	if err != nil {
		return
	}
	if head[1]&0x80 == 0 || length > maxFrame {
		err = errors.New("slacktest: frame without a mask, or too large")
		return
	}
	var mask [4]byte
	if _, err = io.ReadFull(s.in, mask[:]); err != nil {
		return
	}
	data = make([]byte, length)
	if _, err = io.ReadFull(s.in, data); err != nil {
		return
	}
	for i := range data {
		data[i] ^= mask[i%4]
	}
	return
}

// close says goodbye; the client closes.
func (s *websocket) close() { s.write(opClose, []byte{0x03, 0xE8}) }

// drop cuts the line.
func (s *websocket) drop() { s.conn.Close() }

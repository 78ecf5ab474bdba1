package slacktest

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"
)

// pingEvery is how often the fake pings a Socket Mode connection.
const pingEvery = 5 * time.Second

// sockets are the open Socket Mode connections.
type sockets struct {
	mu      sync.Mutex
	open    []*socket
	tickets map[string]bool
	turn    int
	arrived chan struct{} // closed and renewed when a connection opens
}

// socket is one Socket Mode connection.
type socket struct {
	conn *websocket
	mu   sync.Mutex
	acks map[string]chan json.RawMessage
	done chan struct{}
}

// pick chooses a connection in turn; nil when none is open.
func (s *sockets) pick() *socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.open) == 0 {
		return nil
	}
	s.turn++
	return s.open[s.turn%len(s.open)]
}

// connectionsOpen hands out an address with a ticket that works once.
func (c *call) connectionsOpen() (object, *Error) {
	ticket := c.state.next("ticket")
	c.sockets.mu.Lock()
	defer c.sockets.mu.Unlock()
	if c.sockets.tickets == nil {
		c.sockets.tickets = map[string]bool{}
	}
	c.sockets.tickets[ticket] = true
	return object{"url": "ws" + strings.TrimPrefix(c.server.URL, "http") + "/socket?ticket=" + ticket + "&app_id=" + AppID}, nil
}

// serveSocket is one connection from hello to its end.
func (f *Fake) serveSocket(w http.ResponseWriter, r *http.Request) {
	f.sockets.mu.Lock()
	ticket := r.URL.Query().Get("ticket")
	valid := f.sockets.tickets[ticket]
	delete(f.sockets.tickets, ticket)
	f.sockets.mu.Unlock()
	if !valid {
		http.Error(w, "invalid ticket", http.StatusForbidden)
		return
	}
	conn, err := upgrade(w, r)
	if err != nil {
		return
	}
	s := &socket{conn: conn, acks: map[string]chan json.RawMessage{}, done: make(chan struct{})}
	defer f.forget(s)
	f.sockets.mu.Lock()
	f.sockets.open = append(f.sockets.open, s)
	n := len(f.sockets.open)
	f.sockets.mu.Unlock()
	if s.write(object{"type": "hello", "num_connections": n, "connection_info": object{"app_id": AppID},
		"debug_info": object{"host": "applink-1", "approximate_connection_time": 18060}}) != nil {
		return
	}
	f.announce()
	go s.pings()
	s.reads(f)
}

// announce wakes who waits for connections.
func (f *Fake) announce() {
	f.sockets.mu.Lock()
	defer f.sockets.mu.Unlock()
	if f.sockets.arrived != nil {
		close(f.sockets.arrived)
		f.sockets.arrived = nil
	}
}

// WaitSockets waits until n Socket Mode connections are open, for at most
// AckWait of real time; false when they are not.
func (f *Fake) WaitSockets(n int) bool {
	timer := time.NewTimer(f.cfg.AckWait)
	defer timer.Stop()
	for {
		f.sockets.mu.Lock()
		if len(f.sockets.open) >= n {
			f.sockets.mu.Unlock()
			return true
		}
		if f.sockets.arrived == nil {
			f.sockets.arrived = make(chan struct{})
		}
		arrived := f.sockets.arrived
		f.sockets.mu.Unlock()
		select {
		case <-arrived:
		case <-timer.C:
			return false
		}
	}
}

// Sockets is the number of open Socket Mode connections.
func (f *Fake) Sockets() int {
	f.sockets.mu.Lock()
	defer f.sockets.mu.Unlock()
	return len(f.sockets.open)
}

// Disconnect announces the end of every connection, as Slack does when it
// refreshes its servers: reason "warning" leaves it open for a while,
// "refresh_requested" and "link_disabled" close it.
func (f *Fake) Disconnect(reason string) {
	f.sockets.mu.Lock()
	open := append([]*socket(nil), f.sockets.open...)
	f.sockets.mu.Unlock()
	for _, s := range open {
		s.write(object{"type": "disconnect", "reason": reason, "debug_info": object{"host": "applink-1"}})
		if reason != "warning" {
			f.leave(s)
			s.conn.close()
		}
	}
}

// DropSockets cuts every connection without a word.
func (f *Fake) DropSockets() {
	f.sockets.mu.Lock()
	open := f.sockets.open
	f.sockets.open = nil
	f.sockets.mu.Unlock()
	for _, s := range open {
		s.conn.drop()
	}
}

// leave takes a connection out of the choice.
func (f *Fake) leave(s *socket) {
	f.sockets.mu.Lock()
	defer f.sockets.mu.Unlock()
	for i, other := range f.sockets.open {
		if other == s {
			f.sockets.open = append(f.sockets.open[:i:i], f.sockets.open[i+1:]...)
			return
		}
	}
}

// forget ends a connection for good.
func (f *Fake) forget(s *socket) {
	f.leave(s)
	close(s.done)
	s.conn.drop()
}

func (s *socket) write(v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.conn.write(opText, raw)
}

// pings keeps the connection alive: clients give up on a silent one.
func (s *socket) pings() {
	ticker := time.NewTicker(pingEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if s.conn.write(opPing, []byte("Ping from applink-1")) != nil {
				return
			}
		case <-s.done:
			return
		}
	}
}

// reads takes acknowledgements until the connection ends.
func (s *socket) reads(f *Fake) {
	for {
		raw, err := s.conn.read()
		if err != nil {
			return
		}
		var ack struct {
			ID      string          `json:"envelope_id"`
			Payload json.RawMessage `json:"payload"`
		}
		s.mu.Lock()
		err = json.Unmarshal(raw, &ack)
		waiting := s.acks[ack.ID]
		delete(s.acks, ack.ID)
		s.mu.Unlock()
		if err != nil || waiting == nil {
			f.mu.Lock()
			f.violate("socket", "an acknowledgement of no envelope")
			f.mu.Unlock()
			continue
		}
		waiting <- ack.Payload
	}
}

// sendSocket sends an envelope and waits for its acknowledgement.
func (f *Fake) sendSocket(s *socket, p *parcel, d *Delivery) {
	f.mu.Lock()
	envelope := f.state.next("env-")
	f.mu.Unlock()
	ack := make(chan json.RawMessage, 1)
	s.mu.Lock()
	s.acks[envelope] = ack
	s.mu.Unlock()
	frame := object{"envelope_id": envelope, "type": p.socket, "payload": p.payload, "accepts_response_payload": p.socket != "events_api"}
	if p.event {
		frame["retry_attempt"], frame["retry_reason"] = p.attempt, p.reason
	}
	if d.ID == "" {
		d.ID = envelope
	}
	if s.write(frame) != nil {
		return
	}
	timer := time.NewTimer(f.cfg.AckWait)
	defer timer.Stop()
	select {
	case d.Body = <-ack:
		d.Acked = true
		if len(d.Body) >= 20<<10 {
			f.mu.Lock()
			f.violate("socket", "an acknowledgement of %d bytes: Slack drops 20 KB and more", len(d.Body))
			f.mu.Unlock()
		}
	case <-s.done:
	case <-timer.C:
	}
}

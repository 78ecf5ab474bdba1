package discord

import (
	"encoding/json"
	"errors"
	"net/url"
	"time"
)

// frame is one word of the gateway, taken apart as far as it can be read. Its
// data stays raw: what it holds is judged by whoever wants it.
type frame struct {
	op   int
	kind string // of a dispatch, such as "MESSAGE_CREATE"
	seq  int64  // 0 where there is none
	data json.RawMessage
}

// Operations of the gateway. The last is none of Discord's: it stands for what
// could not be read, so that one odd frame ends nothing.
// https://discord.com/developers/docs/topics/opcodes-and-status-codes, read 2026-11-23.
const (
	opDispatch   = 0
	opHeartbeat  = 1
	opIdentify   = 2
	opResume     = 6
	opReconnect  = 7
	opInvalid    = 9
	opHello      = 10
	opHeard      = 11
	opUnreadable = -1
)

// maxFrame bounds a frame that is read. The largest there is describes a
// server with all its channels and threads, at most a few megabytes; a larger
// one is passed over, since cutting the connection would only bring it back.
const maxFrame = 8 << 20

// readFrame takes a frame apart. Each field is read by itself, so that one of
// another type loses nothing but itself; a frame without an operation is
// unreadable.
func readFrame(raw []byte) frame {
	var f struct {
		Op   json.RawMessage `json:"op"`
		Kind json.RawMessage `json:"t"`
		Seq  json.RawMessage `json:"s"`
		Data json.RawMessage `json:"d"`
	}
	out := frame{op: opUnreadable}
	if json.Unmarshal(raw, &f) != nil {
		return out
	}
	var op *int
	if json.Unmarshal(f.Op, &op) != nil || op == nil || *op < 0 {
		return out
	}
	out.op, out.data = *op, f.Data
	_ = json.Unmarshal(f.Kind, &out.kind) // what is no name names nothing
	if json.Unmarshal(f.Seq, &out.seq) != nil || out.seq < 0 {
		out.seq = 0
	}
	return out
}

// Bounds of the heartbeat's interval; outside of them Discord's usual one
// holds.
const (
	usualBeat = 41250 * time.Millisecond
	mostBeat  = 5 * time.Minute
)

// interval is the heartbeat's interval in a hello.
func (f frame) interval() time.Duration {
	var d struct {
		Millis float64 `json:"heartbeat_interval"`
	}
	if json.Unmarshal(f.data, &d) != nil || d.Millis < 1 || d.Millis > float64(mostBeat.Milliseconds()) {
		return usualBeat
	}
	return time.Duration(d.Millis * float64(time.Millisecond))
}

// outbound is what we say to the gateway.
type outbound struct {
	Op   int `json:"op"`
	Data any `json:"d"`
}

type identify struct {
	Token      string            `json:"token"`
	Properties map[string]string `json:"properties"`
	Intents    int               `json:"intents"`
	Shard      [2]int            `json:"shard"`
}

type resume struct {
	Token   string `json:"token"`
	Session string `json:"session_id"`
	Seq     int64  `json:"seq"`
}

// socketURL is the address to connect to: an address of the gateway with the
// version and encoding we speak. Only an encrypted one is taken, because the
// token goes there; plain is for an API that is plain itself.
func socketURL(raw string, plain bool) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "wss" && !(plain && u.Scheme == "ws") {
		return "", errors.New("discord: the gateway's address is none to connect to")
	}
	if u.Path == "" {
		u.Path = "/"
	}
	u.RawQuery = url.Values{"v": {"10"}, "encoding": {"json"}}.Encode()
	u.Fragment = ""
	return u.String(), nil
}

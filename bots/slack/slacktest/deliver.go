package slacktest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Endpoints are the addresses of the app, as its manifest names them.
type Endpoints struct{ Events, Commands, Interactions string }

// Connect lets the app be reached by HTTP at base + /slack/events,
// /slack/commands and /slack/interactions. While a Socket Mode connection is
// open, everything goes there instead.
func (f *Fake) Connect(base string) {
	base = strings.TrimSuffix(base, "/")
	f.ConnectTo(Endpoints{base + "/slack/events", base + "/slack/commands", base + "/slack/interactions"})
}

// ConnectTo lets the app be reached by HTTP at other addresses.
func (f *Fake) ConnectTo(e Endpoints) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.endpoints = e
}

// Ref names a message.
type Ref struct{ Channel, TS, Thread string } // Thread is "" for a root

// Root is the ts of the thread the message is in or would begin.
func (r Ref) Root() string {
	if r.Thread != "" {
		return r.Thread
	}
	return r.TS
}

// Delivery is what became of something the app was told.
type Delivery struct {
	ID      string        // event_id; envelope_id or trigger_id for the rest
	Acked   bool          // a 2xx within the time, or the envelope's ack
	Status  int           // HTTP status; 0 over Socket Mode or without an answer
	Body    []byte        // the answer, or the payload of the ack
	Took    time.Duration // from sending to the answer, on the fake's clock
	Message Ref           // the message it is about, where there is one
	Also    []Delivery    // further deliveries of the same: pairs, copies, retries
	parcel  *parcel
}

// parcel is one thing on its way to the app.
type parcel struct {
	socket  string // envelope type
	address string // HTTP address
	kind    string // HTTP content type
	body    []byte // HTTP body
	payload object // Socket Mode payload
	id      string
	attempt int
	reason  string
	event   bool // events are retried, the rest is not
}

// retry is a delivery that failed and is tried again when it is due.
type retry struct {
	parcel *parcel
	due    time.Time
}

// retryAfterFailure are Slack's waits before the first, second and third retry.
var retryAfterFailure = []time.Duration{0, time.Minute, 5 * time.Minute}

// send hands a parcel to the app and waits for the answer. f.mu is not held.
func (f *Fake) send(p *parcel) Delivery {
	began := f.now()
	d := Delivery{ID: p.id, parcel: p}
	noRetry := false
	if s := f.sockets.pick(); s != nil {
		f.sendSocket(s, p, &d)
	} else if p.address != "" {
		noRetry = f.sendHTTP(p, &d)
	}
	d.Took = f.now().Sub(began)
	if d.Acked || !p.event || noRetry || p.attempt >= len(retryAfterFailure) {
		return d
	}
	again := *p
	again.attempt++
	again.reason = "http_error"
	if d.Status == 0 {
		again.reason = "http_timeout"
	}
	f.mu.Lock()
	wait := retryAfterFailure[p.attempt]
	now := f.behaviour.Retry && wait == 0
	if !now {
		f.retries = append(f.retries, &retry{parcel: &again, due: f.now().Add(wait)})
	}
	f.mu.Unlock()
	if now {
		d.Also = append(d.Also, f.send(&again))
	}
	return d
}

// sendHTTP posts a signed parcel; true when the app wants no retry.
func (f *Fake) sendHTTP(p *parcel, d *Delivery) (noRetry bool) {
	ctx, cancel := context.WithTimeout(context.Background(), f.cfg.AckWait)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.address, bytes.NewReader(p.body))
	if err != nil {
		return false
	}
	stamp := strconv.FormatInt(f.now().Unix(), 10)
	req.Header.Set("Content-Type", p.kind)
	req.Header.Set("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)")
	req.Header.Set("X-Slack-Request-Timestamp", stamp)
	req.Header.Set("X-Slack-Signature", Sign(f.cfg.SigningSecret, stamp, p.body))
	if p.attempt > 0 {
		req.Header.Set("X-Slack-Retry-Num", strconv.Itoa(p.attempt))
		req.Header.Set("X-Slack-Retry-Reason", p.reason)
	}
	resp, err := f.client.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	d.Body, err = io.ReadAll(resp.Body)
	d.Status = resp.StatusCode
	d.Acked = err == nil && resp.StatusCode/100 == 2
	return resp.Header.Get("X-Slack-No-Retry") == "1"
}

// Retries redelivers everything that was not acknowledged and is due by the
// clock: at once, after a minute, after five more.
func (f *Fake) Retries() []Delivery {
	f.mu.Lock()
	now := f.now()
	var due []*parcel
	f.retries = slices.DeleteFunc(f.retries, func(r *retry) bool {
		if r.due.After(now) {
			return false
		}
		due = append(due, r.parcel)
		return true
	})
	f.mu.Unlock()
	var out []Delivery
	for _, p := range due {
		out = append(out, f.send(p))
	}
	return out
}

// Again delivers the same once more, byte for byte, as a retry.
func (f *Fake) Again(d Delivery) Delivery {
	if d.parcel == nil {
		f.misuse("Again: the delivery never left")
	}
	p := *d.parcel
	p.attempt, p.reason = max(p.attempt, 0)+1, "http_timeout"
	again := f.send(&p)
	again.Message = d.Message
	return again
}

// Raw posts any body to the events endpoint with a right signature, for odd
// payloads.
func (f *Fake) Raw(body []byte) Delivery {
	f.mu.Lock()
	address := f.endpoints.Events
	f.mu.Unlock()
	var payload object
	if json.Unmarshal(body, &payload) != nil {
		payload = object{"raw": string(body)}
	}
	return f.send(&parcel{socket: "events_api", address: address, kind: "application/json", body: body, payload: payload})
}

// Verify is Slack's check of a new events address: the challenge must come back.
func (f *Fake) Verify() bool {
	body, _ := json.Marshal(object{"token": "", "challenge": "c-3eZbrtzVgZ", "type": "url_verification"})
	d := f.Raw(body)
	return d.Acked && bytes.Contains(d.Body, []byte("c-3eZbrtzVgZ"))
}

// SSLCheck is Slack's occasional probe of the commands address.
func (f *Fake) SSLCheck() Delivery {
	f.mu.Lock()
	address := f.endpoints.Commands
	f.mu.Unlock()
	return f.send(&parcel{address: address, kind: "application/x-www-form-urlencoded", body: []byte(url.Values{"ssl_check": {"1"}, "token": {""}}.Encode())})
}

// misuse ends a story that asks for what cannot be.
func (f *Fake) misuse(format string, args ...any) {
	if f.tb != nil {
		f.tb.Helper()
		f.tb.Fatalf("slacktest: "+format, args...)
	}
	panic("slacktest: " + format)
}

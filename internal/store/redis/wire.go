package redis

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/token"
	"github.com/tierwise/tierwise/usage"
)

// wireScope and wireWindow are scopes and windows as scripts read them.
type wireScope struct {
	Kind      usage.ScopeKind `json:"k"`
	ID        string          `json:"i"`
	Templates []string        `json:"t,omitempty"`
}

type wireWindow struct {
	Kind     usage.WindowKind `json:"k"`
	ID       string           `json:"i"`
	Next     string           `json:"n"`
	Boundary string           `json:"b"` // microseconds
}

// body is an entry at rest. It has the fields of usage.Entry under short names,
// so that a field added there does not compile here; what the row's place
// tells is left out.
type body struct {
	ID       string    `json:"-"`
	Tenant   string    `json:"-"`
	At       time.Time `json:"-"`
	Job      string    `json:"j,omitempty"`
	Purpose  string    `json:"p,omitempty"`
	Corrects string    `json:"cr,omitempty"`

	Channel  string `json:"ch,omitempty"`
	Thread   string `json:"th,omitempty"`
	Actor    string `json:"ac,omitempty"`
	Team     string `json:"te,omitempty"`
	Workflow string `json:"wf,omitempty"`
	Intent   string `json:"in,omitempty"`

	Tier     string   `json:"ti,omitempty"`
	Provider string   `json:"pr,omitempty"`
	Model    string   `json:"m,omitempty"`
	Served   string   `json:"sv,omitempty"`
	Region   string   `json:"rg,omitempty"`
	Class    string   `json:"cl,omitempty"`
	Reasons  []string `json:"re,omitempty"`

	Tokens   token.Count  `json:"tk,omitzero"`
	Price    string       `json:"pc,omitempty"`
	Cost     money.Nano   `json:"c,omitempty"`
	Reported *money.Nano  `json:"rp,omitempty"`
	Source   usage.Source `json:"so,omitempty"`
	Estimate money.Nano   `json:"es,omitempty"`
	Status   usage.Status `json:"st,omitempty"`
	Latency  int64        `json:"la,omitempty"`
	First    int64        `json:"fi,omitempty"`

	Windows usage.Booked `json:"-"`
	Sample  bool         `json:"sa,omitempty"`
}

// toWire writes an entry as scripts book it, and its body, which travels beside
// it unread; or it refuses an amount that no store can compare exactly.
func toWire(e usage.Entry) (entry, rest []byte, err error) {
	if e.Cost > money.Max || e.Cost < -money.Max || e.Estimate > money.Max || e.Estimate < -money.Max {
		return nil, nil, money.ErrRange
	}
	if rest, err = json.Marshal(body(e)); err != nil {
		return nil, nil, err
	}
	unsure := ""
	if e.Status == usage.Uncertain {
		unsure = "1"
	}
	entry = packList(make([]byte, 0, 700), 5)
	for _, part := range []string{e.ID, digits(e.Cost), unsure} {
		entry = packText(entry, part)
	}
	scopes := e.Scopes()
	entry = packList(entry, len(scopes))
	for _, s := range scopes {
		entry = packText(entry, "+"+s.Key())
	}
	return packText(entry, packSums(e)), rest, nil
}

// entryFrom reads a row as scripts give it: id, body, instant, window ids.
func entryFrom(r *reply, tenant string, v any) usage.Entry {
	p := r.row(v, 4)
	var b body
	if err := json.Unmarshal([]byte(r.text(p[1])), &b); err != nil {
		r.wrong(v, "an entry")
	}
	e := usage.Entry(b)
	e.ID, e.Tenant, e.At, e.Windows = r.text(p[0]), tenant, bookingFrom(r, r.text(p[2])), bookedFrom(r, p[3])
	return e
}

// bookedAt and bookingFrom write and read the instant of a row: microseconds,
// which is what scripts write, and for a row that came from another store the
// nanoseconds below them after a point.
func bookedAt(t time.Time) string {
	if below := t.UnixNano() % 1000; below != 0 {
		return fmt.Sprintf("%s.%03d", micros(t), below)
	}
	return micros(t)
}

func bookingFrom(r *reply, text string) time.Time {
	whole, below, _ := strings.Cut(text, ".")
	t := r.instant(whole)
	if below == "" {
		return t
	}
	return t.Add(time.Duration(r.int(below)))
}

// rowName is a rollup row inside a window; keyFrom is its inverse.
func rowName(k usage.Key) string { return string(k.Dim) + unit + k.Value }

func keyFrom(name string) usage.Key {
	dim, value, _ := strings.Cut(name, unit)
	return usage.Key{Dim: usage.Dim(dim), Value: value}
}

func digits(n money.Nano) string { return strconv.FormatInt(int64(n), 10) }

func bookedFrom(r *reply, v any) usage.Booked {
	parts := strings.Split(r.text(v), "|")
	if len(parts) != 3 {
		r.wrong(v, "three window ids")
		return usage.Booked{}
	}
	return usage.Booked{Day: parts[0], Week: parts[1], Month: parts[2]}
}

func bookedText(b usage.Booked) string { return b.Day + "|" + b.Week + "|" + b.Month }

func scopesText(scopes []usage.Scope) string {
	out := make([]wireScope, len(scopes))
	for i, s := range scopes {
		out[i] = wireScope(s)
	}
	b, _ := json.Marshal(out) // strings always marshal
	return string(b)
}

func scopesFrom(r *reply, text string) []usage.Scope {
	var in []wireScope
	if err := json.Unmarshal([]byte(text), &in); err != nil {
		r.wrong(text, "scopes")
	}
	out := make([]usage.Scope, len(in))
	for i, s := range in {
		out[i] = usage.Scope(s)
	}
	return out
}

func windowsText(windows []usage.Window) string {
	out := make([]wireWindow, len(windows))
	for i, w := range windows {
		out[i] = wireWindow{w.Kind, w.ID, w.Next, micros(w.Boundary)}
	}
	b, _ := json.Marshal(out) // strings always marshal
	return string(b)
}

func windowsFrom(r *reply, text string) []usage.Window {
	var in []wireWindow
	if err := json.Unmarshal([]byte(text), &in); err != nil {
		r.wrong(text, "windows")
	}
	out := make([]usage.Window, len(in))
	for i, w := range in {
		out[i] = usage.Window{Kind: w.Kind, ID: w.ID, Next: w.Next, Boundary: r.instant(w.Boundary)}
	}
	return out
}

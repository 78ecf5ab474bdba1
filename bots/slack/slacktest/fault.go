package slacktest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fault is one bad day of the platform. Make one with the functions below and
// hand it to Fail.
type Fault struct {
	refused  *Error
	status   int
	after429 time.Duration
	raw      string // body instead of an answer
	kind     string // content type of raw
	wait     func(r *http.Request)
	cut      string // "before", "after"
}

type pendingFault struct {
	Fault
	left int // < 0: for ever
}

// RateLimited answers 429 with Retry-After in whole seconds.
func RateLimited(after time.Duration) Fault {
	return Fault{status: http.StatusTooManyRequests, after429: after, refused: refuse("ratelimited")}
}

// SoftRateLimited answers 200 with ok:false and "ratelimited", without a time.
func SoftRateLimited() Fault { return Fault{refused: refuse("ratelimited")} }

// Code refuses with an error code of the method.
func Code(code string) Fault { return Fault{refused: refuse(code)} }

// MissingScope refuses with the scope that is needed and those provided.
func MissingScope(needed string, provided ...string) Fault {
	return Fault{refused: &Error{Code: "missing_scope", Needed: needed, Provided: strings.Join(provided, ",")}}
}

// HTTPStatus answers with a bare HTTP status, such as 503.
func HTTPStatus(code int) Fault {
	return Fault{status: code, raw: http.StatusText(code), kind: "text/plain"}
}

// BadJSON answers 200 with half an answer.
func BadJSON() Fault { return Fault{raw: `{"ok":true,"ts":"17`, kind: "application/json"} }

// HTML answers 200 with a page, as a proxy or a login wall does.
func HTML() Fault {
	return Fault{raw: "<!DOCTYPE html><html><body>Sign in to continue</body></html>", kind: "text/html"}
}

// CutBefore drops the connection without doing anything.
func CutBefore() Fault { return Fault{cut: "before"} }

// CutAfter does what was asked and drops the connection without an answer.
func CutAfter() Fault { return Fault{cut: "after"} }

// Slow answers after d of real time, unless the app gives up first.
func Slow(d time.Duration) Fault {
	return Fault{wait: func(r *http.Request) {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
		}
	}}
}

// Held answers when release is closed, unless the app gives up first.
func Held(release <-chan struct{}) Fault {
	return Fault{wait: func(r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}}
}

// Posting stands for all calls that put a new message before people: new posts,
// private posts, streams, shared files and response_urls.
const Posting = "new post"

// posting are the calls Posting stands for.
var posting = []string{"chat.postMessage", "chat.postEphemeral", "chat.startStream", "files.completeUploadExternal", "response_url"}

// Fail lets the next count calls of a method meet a fault; count < 0 means all
// until Heal. A method may be Posting, or "*" for any; the
// faults of the method itself come first, each list in order.
func (f *Fake) Fail(method string, count int, fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults[method] = append(f.faults[method], &pendingFault{Fault: fault, left: count})
}

// Heal ends all faults.
func (f *Fake) Heal() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.faults)
}

// takeFault uses up one fault of a method.
func (f *Fake) takeFault(method string) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	keys := []string{method, "*"}
	if slices.Contains(posting, method) {
		keys = []string{method, Posting, "*"}
	}
	for _, key := range keys {
		if queue := f.faults[key]; len(queue) > 0 {
			first := queue[0]
			if first.left > 0 {
				first.left--
			}
			if first.left == 0 {
				f.faults[key] = queue[1:]
			}
			return &first.Fault
		}
	}
	return nil
}

// before plays the part of a fault that comes before the method; true when the
// call is over. The call is checked even so: a fault hides no wrong request.
func (x *Fault) before(w http.ResponseWriter, r *http.Request, f *Fake, c *call) bool {
	if x.wait != nil {
		x.wait(r)
		return false
	}
	if x.cut == "after" {
		return false
	}
	f.mu.Lock()
	c.check()
	f.mu.Unlock()
	refused := x.refused
	if refused == nil {
		refused = refuse("fault")
	}
	f.record(c, r.Header, refused)
	switch {
	case x.cut == "before":
		hangUp(w)
	case x.raw != "":
		w.Header().Set("Content-Type", x.kind)
		if x.status != 0 {
			w.WriteHeader(x.status)
		}
		w.Write([]byte(x.raw))
	case x.status == http.StatusTooManyRequests:
		tooMany(w, x.after429)
	default:
		f.reply(w, c, nil, x.refused)
	}
	return true
}

// after plays the part that comes after the method did its work.
func (x *Fault) after(w http.ResponseWriter) bool {
	if x.cut == "after" {
		hangUp(w)
		return true
	}
	return false
}

// hangUp closes the connection without an answer.
func hangUp(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		conn.Close()
	}
}

// tooMany is Slack's 429.
func tooMany(w http.ResponseWriter, after time.Duration) {
	seconds := int((after + time.Second - 1) / time.Second)
	w.Header().Set("Retry-After", strconv.Itoa(max(seconds, 1)))
	writeJSON(w, http.StatusTooManyRequests, object{"ok": false, "error": "ratelimited"})
}

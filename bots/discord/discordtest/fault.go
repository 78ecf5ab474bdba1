package discordtest

import (
	"fmt"
	"net/http"
	"time"
)

// faults are what goes wrong next.
type faults struct {
	cut       bool
	limits    []Limit
	errors    []int // statuses of the next writes
	reads     int   // status of every read; 0 is none
	slow      time.Duration
	together  *barrier
	gone      bool
	callback  int // error code of the next callback
	strange   bool
	noHello   bool
	held      *held
	first7    int // so many times
	first9    bool
	noResume  bool
	resumeAt  string
	closeWith int // close code of the next identify
}

// Limit is a 429 to come.
type Limit struct {
	After time.Duration
	// Kind is "bucket", "global", or "cloudflare", whose answer is a page.
	Kind string
}

// LimitNext makes the next new message hit a rate limit.
func (f *Fake) LimitNext(l Limit) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults.limits = append(f.faults.limits, l)
}

// CutAfterCommit lets the next new message take effect and cuts the connection
// before the answer.
func (f *Fake) CutAfterCommit() { f.set(func(s *faults) { s.cut = true }) }

// FailNext makes the next writes answer with these statuses.
func (f *Fake) FailNext(statuses ...int) { f.set(func(s *faults) { s.errors = statuses }) }

// FailReads makes every read answer with a status.
func (f *Fake) FailReads(status int) { f.set(func(s *faults) { s.reads = status }) }

// Slow delays every answer.
func (f *Fake) Slow(d time.Duration) { f.set(func(s *faults) { s.slow = d }) }

// HoldUntil lets no answer out until a number of requests wait for one.
func (f *Fake) HoldUntil(requests int) {
	f.set(func(s *faults) { s.together = &barrier{missing: requests, open: make(chan struct{})} })
}

// barrier opens when enough have come.
type barrier struct {
	missing int
	open    chan struct{}
}

// come counts one more and returns what to wait for. Fake.mu is held.
func (b *barrier) come() <-chan struct{} {
	if b.missing--; b.missing == 0 {
		close(b.open)
	}
	return b.open
}

// Vanish makes every channel, message and token unknown.
func (f *Fake) Vanish() { f.set(func(s *faults) { s.gone = true }) }

// FailCallback refuses the next first answer to an interaction with a code,
// such as 10062.
func (f *Fake) FailCallback(code int) { f.set(func(s *faults) { s.callback = code }) }

// StrangeComponents adds components and fields nobody knows to every message.
func (f *Fake) StrangeComponents() { f.set(func(s *faults) { s.strange = true }) }

// NoHello accepts the next gateway connection and says nothing.
func (f *Fake) NoHello() { f.set(func(s *faults) { s.noHello = true }) }

// held keeps gateway connections waiting for their first word.
type held struct {
	come chan struct{}
	open chan struct{}
}

// HoldHello lets new gateway connections wait for their first word until
// release; come is told of each that waits.
func (f *Fake) HoldHello() (come <-chan struct{}, release func()) {
	h := &held{come: make(chan struct{}, 100), open: make(chan struct{})}
	f.set(func(s *faults) { s.held = h })
	return h.come, func() {
		f.set(func(s *faults) { s.held = nil })
		close(h.open)
	}
}

// ReconnectFirst answers the next identify or resume with Op 7.
func (f *Fake) ReconnectFirst() { f.ReconnectStorm(1) }

// ReconnectStorm answers the next n identifies or resumes with Op 7.
func (f *Fake) ReconnectStorm(n int) { f.set(func(s *faults) { s.first7 = n }) }

// RefuseResume refuses the next resume with Op 9.
func (f *Fake) RefuseResume() { f.set(func(s *faults) { s.noResume = true }) }

// ResumeAt names another address for resuming to sessions to come.
func (f *Fake) ResumeAt(url string) { f.set(func(s *faults) { s.resumeAt = url }) }

// InvalidFirst answers the next identify or resume with Op 9.
func (f *Fake) InvalidFirst() { f.set(func(s *faults) { s.first9 = true }) }

// CloseNext closes the next identify with a code.
func (f *Fake) CloseNext(code int) { f.set(func(s *faults) { s.closeWith = code }) }

func (f *Fake) set(change func(*faults)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.faults)
}

// taken takes a fault that strikes once.
func taken(b *bool) bool {
	was := *b
	*b = false
	return was
}

// limit writes a 429 in one of its shapes.
func limit(w http.ResponseWriter, l Limit) {
	secs := l.After.Seconds()
	w.Header().Set("Retry-After", fmt.Sprintf("%.0f", secs))
	switch l.Kind {
	case "cloudflare":
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = fmt.Fprint(w, "<!DOCTYPE html><title>Access denied</title>error code: 1015")
		return
	case "global":
		w.Header().Set("X-RateLimit-Global", "true")
		w.Header().Set("X-RateLimit-Scope", "global")
	default:
		w.Header().Set("X-RateLimit-Scope", "user")
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Reset-After", fmt.Sprintf("%.3f", secs))
	}
	write(w, http.StatusTooManyRequests, obj{"message": "You are being rate limited.", "code": 0, "retry_after": secs, "global": l.Kind == "global"})
}

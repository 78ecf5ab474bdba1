package slack

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// A thread we work in shows so, with Slack's own Stop button. A stream sets and
// ends that by itself. Where a post is an ordinary message it is done here: with
// the status of the agent's session, which stands for an hour, or with the older
// status of the thread, which stands for two minutes and is set again while the
// post changes. Nothing sets it again on its own, so what a lost replica left
// ends by itself, and a late refresh cannot bring it back after the answer.
// https://docs.slack.dev/reference/methods/agents.sessions.setStatus, read 2026-11-24.
const (
	sessionBusy = "processing"
	sessionIdle = "active"
	busyText    = "is working on it"
	// signFresh is how long a sign is left alone.
	signFresh = 90 * time.Second
	// clearTime bounds taking a sign away after the work is over.
	clearTime = 5 * time.Second
)

// signs are the signs this replica set beside threads.
type signs struct {
	mu  sync.Mutex
	set map[string]*lamp
}

// lamp is one of them. Its lock is held over a call, so that taking it away
// waits for a refresh under way and comes last.
type lamp struct {
	mu    sync.Mutex
	job   string
	made  time.Time
	at    time.Time // it was set
	older bool      // by the older method
	gone  bool
}

func newSigns() *signs { return &signs{set: map[string]*lamp{}} }

func signKey(at chat.Place) string { return at.Workspace + "/" + at.Channel + "/" + at.Thread }

// of is the sign of a thread, made when there is none.
func (s *signs) of(at chat.Place, job string, now time.Time) *lamp {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := signKey(at)
	if s.set[key] == nil {
		maps.DeleteFunc(s.set, func(_ string, old *lamp) bool { return now.Sub(old.made) > forgotten })
		s.set[key] = &lamp{made: now}
	}
	s.set[key].job = job
	return s.set[key]
}

func (s *signs) take(at chat.Place) *lamp {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.set[signKey(at)]
	delete(s.set, signKey(at))
	return one
}

// job is what is worked on in a thread; "" when nothing is known.
func (s *signs) job(at chat.Place) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one := s.set[signKey(at)]; one != nil {
		return one.job
	}
	return ""
}

// working shows beside a thread that its post is being worked on. It is best
// effort: the post itself says so, too.
func (r *responder) working(ctx context.Context, job string) {
	at := r.to.Place
	if r.to.Private || at.Thread == "" || r.to.To == "" {
		return
	}
	now := r.a.clock.Now()
	s := r.a.signs.of(at, job, now)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone || !s.at.IsZero() && now.Sub(s.at) < signFresh {
		return
	}
	s.at = now
	s.older = !r.a.session(ctx, at, sessionBusy)
	if s.older {
		r.a.threadStatus(ctx, at, busyText)
	}
}

// idle takes the sign of a thread away.
func (a *Adapter) idle(ctx context.Context, at chat.Place) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), clearTime)
	defer cancel()
	older := false
	if s := a.signs.take(at); s != nil {
		s.mu.Lock()
		s.gone, older = true, s.older
		s.mu.Unlock()
	}
	if older {
		a.threadStatus(ctx, at, "")
		return
	}
	a.session(ctx, at, sessionIdle)
}

// session sets the status of an agent's session. It is false where the
// workspace has none, which is remembered for a while.
func (a *Adapter) session(ctx context.Context, at chat.Place, status string) bool {
	if _, none := a.noSession.get(at.Workspace); none {
		return false
	}
	args := url.Values{"channel_id": {at.Channel}, "thread_ts": {at.Thread}, "status": {status}}
	_, err := a.call(ctx, at.Workspace, call{method: sessionStatus, channel: at.Channel, args: args}, nil)
	if err == nil {
		return true
	}
	a.count("slack.status_not_set")
	if slices.Contains([]string{"not_authorized", "feature_disabled", "not_agent_app", "unknown_method", "missing_scope"}, code(err)) {
		a.noSession.put(at.Workspace, struct{}{})
		return false
	}
	return true // a passing fault; the older way would not fare better
}

// threadStatus is the older way; "" takes it away.
func (a *Adapter) threadStatus(ctx context.Context, at chat.Place, status string) {
	args := url.Values{"channel_id": {at.Channel}, "thread_ts": {at.Thread}, "status": {status}}
	if _, err := a.call(ctx, at.Workspace, call{method: threadStatusSet, channel: at.Channel, args: args}, nil); err != nil {
		a.count("slack.status_not_set")
	}
}

// over takes the sign away when a post is final, whether it could be put or not.
// Whoever set it, possibly on a replica that is no more, it is taken away at the
// first final text of a message.
func (r *responder) over(ctx context.Context, ref chat.Ref) {
	at := r.to.Place
	if at.Thread == "" {
		return
	}
	first := !ref.IsZero() && r.a.settled.first(r.key(ref), struct{}{})
	if first || r.a.signs.job(at) != "" {
		r.a.idle(ctx, at)
	}
}

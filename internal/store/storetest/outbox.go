package storetest

import (
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/job"
)

func outboxTests() []scenario {
	return []scenario{
		{"posts of a lane go one after the other", lanesOfPosts},
		{"a post whose sender died may have been seen", unknownPost},
		{"a post put off certainly or not", postponed},
		{"a worthless post ticket changes nothing", worthlessPost},
	}
}

// posts takes up to max posts without waiting.
func (k kit) posts(max int) []job.PostTicket {
	k.Helper()
	ps, err := k.s.Posts(k.ctx, "sender", max, lease, 0)
	k.must(err)
	return ps
}

// sends demands that Posts gives exactly these posts, in this order.
func (k kit) sends(ids ...string) []job.PostTicket {
	k.Helper()
	ps := k.posts(10)
	got := make([]string, len(ps))
	for i, p := range ps {
		got[i] = p.Post.ID
	}
	same(k, "posts", list(got), list(ids))
	return ps
}

func post(id, lane string) job.Outgoing {
	return job.Outgoing{ID: id, Tenant: lab, Lane: lane, Private: lane == "", Body: []byte("body " + id)}
}

func lanesOfPosts(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.done(k.one("j1"), post("p1", "a"), post("p2", "a"), post("p3", ""))
	k.done(k.one("j2"), post("p4", "a"), post("p5", ""), post("p6", "b"))
	ps := k.sends("p1", "p3", "p5", "p6")
	same(k, "body", string(ps[0].Post.Body), "body p1")
	same(k, "private", ps[0].Post.Private, false)
	same(k, "private", ps[1].Post.Private, true)
	same(k, "try", ps[0].Try, 1)
	same(k, "sent", ps[0].Sent, false)
	near(k, "until", ps[0].Until, h.Now().Add(lease))
	k.sends()
	k.must(k.s.Confirm(k.ctx, ps[0]))
	k.must(k.s.Confirm(k.ctx, ps[0]))
	ps = k.sends("p2")
	k.must(k.s.Postpone(k.ctx, ps[0], time.Minute, true))
	k.sends() // the head waits, so the lane does
	h.Advance(time.Minute)
	k.must(k.s.Confirm(k.ctx, k.sends("p2")[0]))
	k.sends("p4")
}

func unknownPost(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.done(k.one("j1"), post("p1", "a"))
	k.sends("p1")
	h.Advance(lease)
	second := k.sends("p1")[0]
	same(k, "try", second.Try, 2)
	same(k, "sent", second.Sent, true)
	k.must(k.s.Confirm(k.ctx, second))
	h.Advance(lease)
	k.sends()
}

func postponed(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.done(k.one("j1"), post("p1", "a"))
	for i, known := range []bool{false, true, false} {
		k.must(k.s.Postpone(k.ctx, k.sends("p1")[0], time.Minute, known))
		k.sends()
		h.Advance(time.Minute)
		p := k.sends("p1")[0]
		same(k, "sent", p.Sent, !known)
		same(k, "try", p.Try, 2*i+2)
		k.must(k.s.Postpone(k.ctx, p, 0, true))
	}
	same(k, "sent after a try that did nothing", k.sends("p1")[0].Sent, false)
}

func worthlessPost(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.done(k.one("j1"), post("p1", "a"))
	stale := k.sends("p1")[0]
	h.Advance(lease)
	current := k.sends("p1")[0]
	k.must(k.s.Confirm(k.ctx, stale))
	k.must(k.s.Postpone(k.ctx, stale, 0, true))
	k.sends() // the current sender has it still
	h.Advance(lease)
	k.must(k.s.Confirm(k.ctx, current)) // late, but not given again
	k.sends()
	k.must(k.s.Postpone(k.ctx, current, 0, true))
	k.sends()
}

package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/record"
)

func pastTests() []scenario {
	return []scenario{
		{"an accepted event that was lost is there again, once", acceptedAgain},
		{"what is known to have ended is not made again", endedStays},
		{"a job that had ended ends, wherever the store has it", endsAgain},
		{"who tells first does not matter", tellers},
		{"a running job goes on with its delivery", goesOn},
		{"a delivery that was given is not given again", numbersStay},
		{"a second delivery of the event is the same job", sameEvent},
		{"of two deliveries of an event the one that was begun goes on", begunFirst},
		{"a post that is known is not added as new when its job ends", knownPost},
		{"a post goes on with its sender", goesOnSending},
		{"what had an unknown result is looked up", unknownStays},
		{"a post that is not the head of its lane keeps its sender", sendingBehind},
	}
}

// past is what who accepted a job remembers of it.
func past(id string, lanes ...job.Lane) job.Past {
	return job.Past{Ticket: job.Ticket{Job: job.Job{
		ID: id, Tenant: lab, Marks: []string{"id:" + id, "msg:" + id}, Lanes: lanes, Event: []byte("event " + id),
	}}}
}

// ended is what who ended it remembers.
func ended(p job.Past, delivery int, posts ...job.Outgoing) job.Past {
	p.Ticket.Delivery, p.Ticket.Job.Event = delivery, nil
	p.Ended, p.Posts = true, posts
	return p
}

// sent is what who sent one of its posts remembers; it knows nothing else.
func sent(id, post string) job.Past {
	return job.Past{Ticket: job.Ticket{Job: job.Job{ID: id, Tenant: lab}}, Tries: []job.PastTry{{Post: post, Try: 1, Sent: true}}}
}

// tell tells the store and demands that it lacked some of it, or not.
func (k kit) tell(p job.Past, lacked bool) {
	k.Helper()
	lost, err := k.s.Restore(k.ctx, p)
	k.must(err)
	same(k, "lost of "+p.Ticket.Job.ID, lost, lacked)
}

// copied demands that a further delivery of a job's event is a copy.
func (k kit) copied(id string) {
	k.Helper()
	first, err := k.s.Enqueue(k.ctx, job.Job{ID: id + "-again", Tenant: lab, Marks: []string{"id:" + id}})
	k.must(err)
	same(k, "a further delivery of "+id+" is new", first, false)
}

// counts demands what is to do.
func (k kit) counts(want job.Backlog) {
	k.Helper()
	got, err := k.s.Backlog(k.ctx)
	k.must(err)
	got.Oldest = time.Time{}
	same(k, "backlog", got, want)
}

func acceptedAgain(t *testing.T, h Harness) {
	k := newKit(t, h)
	thread := job.Lane{Key: "thread", Cap: 1}
	for _, id := range []string{"j1", "j2"} {
		k.tell(past(id, thread), true)
		k.tell(past(id, thread), false)
		k.copied(id)
	}
	got := k.gives(10, "j1")[0]
	same(k, "event", string(got.Job.Event), "event j1")
	same(k, "delivery", got.Delivery, 1)
	k.tell(past("j1", thread), false)
	k.done(got)
	k.tell(past("j1", thread), false)
	k.done(k.gives(10, "j2")[0])
	k.counts(job.Backlog{})
}

func endedStays(t *testing.T, h Harness) {
	k := newKit(t, h)
	p := past("j1")
	first, err := k.s.Enqueue(k.ctx, p.Ticket.Job)
	k.must(err)
	same(k, "new", first, true)
	k.done(k.gives(1, "j1")[0], post("j1/1", "a"))
	k.tell(p, false)
	k.tell(ended(p, 1, post("j1/1", "a")), false)
	k.must(k.s.Confirm(k.ctx, k.sends("j1/1")[0]))
	k.tell(ended(p, 1, post("j1/1", "a")), false)
	k.tell(sent("j1", "j1/1"), false)
	k.counts(job.Backlog{})
}

// endsAgain has one job in each state, all in one thread or with money held.
func endsAgain(t *testing.T, h Harness) {
	k := newKit(t, h)
	thread := job.Lane{Key: "thread", Cap: 1}
	for _, id := range []string{"running", "waiting", "lapsed", "first", "parked", "next", "ready"} {
		p := past(id)
		if id == "first" || id == "parked" || id == "next" {
			p = past(id, thread)
		}
		_, err := k.s.Enqueue(k.ctx, p.Ticket.Job)
		k.must(err)
	}
	ts := k.gives(4, "running", "waiting", "lapsed", "first")
	k.gives(1, "ready")
	k.counts(job.Backlog{Running: 5, Parked: 2})
	k.granted("running.1", 30, 20)
	k.must(k.dispatch("running.1", 1, 30))
	k.settle("running.1", 1, 12)
	k.must(k.s.Return(k.ctx, ts[1], time.Hour, "x"))
	for _, id := range []string{"waiting", "lapsed", "first", "parked", "ready"} {
		p := past(id)
		if id == "first" || id == "parked" {
			p = past(id, thread)
		}
		k.tell(ended(p, 1), true)
	}
	p := ended(past("running"), 1, post("running/1", "a"), post("running/2", ""))
	p.Writes = []record.Write{record.Put(record.Draft, "d", []byte("b"), time.Hour), {Kind: record.Thread, ID: "t", Body: []byte("new"), Expect: 7}}
	k.tell(p, true)
	k.tell(p, false)
	k.stands(12, 0)
	_, err := k.s.Get(k.ctx, lab, record.Draft, "d")
	k.must(err)
	_, err = k.s.Get(k.ctx, lab, record.Thread, "t")
	k.is(err, record.ErrNotFound, "a write that expects another version")
	_, err = k.s.Beat(k.ctx, ts[0], lease, nil)
	k.is(err, job.ErrLost, "the ticket of a job that had ended")
	for _, s := range k.sends("running/1", "running/2") {
		same(k, "sent", s.Sent, true)
	}
	k.gives(10, "next") // the thread is free
}

// tellers are three processes: one accepted, one ended the job with two posts,
// one sent the first of them. They tell in every order, each twice, to a store
// that knows nothing, or only a beginning.
func tellers(t *testing.T, h Harness) {
	k := newKit(t, h)
	orders := [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}
	for had := range 4 {
		for n, order := range orders {
			id := fmt.Sprintf("j%d-%d", had, n)
			p := past(id)
			posts := []job.Outgoing{post(id+"/1", id), post(id+"/2", id)}
			what := []job.Past{p, ended(p, 1, posts...), sent(id, id+"/1")}
			if had > 0 {
				_, err := k.s.Enqueue(k.ctx, p.Ticket.Job)
				k.must(err)
			}
			if had > 1 {
				ticket := k.gives(1, id)[0]
				if had > 2 {
					k.done(ticket, posts...)
					k.sends(id + "/1")
				}
			}
			for _, i := range order {
				_, err := k.s.Restore(k.ctx, what[i])
				k.must(err)
				k.tell(what[i], false)
			}
			for _, i := range order {
				k.tell(what[i], false)
			}
			k.copied(id)
			k.counts(job.Backlog{Outbox: 1})
			left := k.sends(id + "/2")[0]
			same(k, "sent", left.Sent, had < 3)
			k.must(k.s.Confirm(k.ctx, left))
		}
	}
	k.counts(job.Backlog{})
}

func goesOn(t *testing.T, h Harness) {
	k := newKit(t, h)
	thread := job.Lane{Key: "thread", Cap: 1}
	for _, had := range []bool{false, true} {
		id := fmt.Sprint("j", had)
		p := past(id, thread)
		p.Ticket.Delivery, p.Ticket.Worker, p.Ticket.Note, p.Lease = 2, "worker", []byte("placeholder"), lease
		if had {
			_, err := k.s.Enqueue(k.ctx, p.Ticket.Job)
			k.must(err)
		}
		k.accept(id+"-behind", thread)
		k.tell(p, true)
		k.tell(p, false)
		k.tell(past(id, thread), false)
		k.gives(10)
		_, err := k.s.Beat(k.ctx, p.Ticket, lease, nil)
		k.must(err)
		h.Advance(lease)
		third := k.gives(1, id)[0]
		same(k, "delivery", third.Delivery, 3)
		same(k, "note", string(third.Note), "placeholder")
		k.done(third)
		k.done(k.gives(10, id+"-behind")[0])
	}
}

func numbersStay(t *testing.T, h Harness) {
	k := newKit(t, h)
	p := past("j1")
	_, err := k.s.Enqueue(k.ctx, p.Ticket.Job)
	k.must(err)
	p.Ticket.Delivery = 3 // it was given back since
	k.tell(p, true)
	k.tell(p, false)
	fourth := k.gives(1, "j1")[0]
	same(k, "delivery", fourth.Delivery, 4)
	k.tell(p, false)
	// Somebody was given it before he that runs it told so, and gave it back.
	k.must(k.s.Return(k.ctx, fourth, 0, "x"))
	p.Ticket.Delivery, p.Ticket.Worker, p.Lease = 4, "other", lease
	k.tell(p, true)
	k.gives(10)
	k.done(p.Ticket)
	k.counts(job.Backlog{})
}

func sameEvent(t *testing.T, h Harness) {
	k := newKit(t, h)
	for n, running := range []bool{true, false} {
		id := fmt.Sprint("j", n)
		p := past(id)
		again := p.Ticket.Job
		again.ID += "-again"
		_, err := k.s.Enqueue(k.ctx, again)
		k.must(err)
		k.tell(p, false) // accepted: it is, under another name
		if running {
			p.Ticket.Delivery, p.Lease = 1, lease
			k.tell(p, true)
			k.gives(10)
			k.done(p.Ticket)
		} else {
			other := k.gives(1, again.ID)[0]
			k.tell(ended(p, 1, post(id+"/1", "a")), true)
			_, err := k.s.Beat(k.ctx, other, lease, nil)
			k.is(err, job.ErrLost, "the second delivery")
			k.must(k.s.Confirm(k.ctx, k.sends(id + "/1")[0]))
		}
		k.tell(p, false)
		k.counts(job.Backlog{})
	}
}

func begunFirst(t *testing.T, h Harness) {
	k := newKit(t, h)
	begin := func(id string, laterBegan bool) (first job.Past, later job.Ticket) {
		first = past(id)
		again := first.Ticket.Job
		again.ID += "-again"
		_, err := k.s.Enqueue(k.ctx, again)
		k.must(err)
		if laterBegan {
			later = k.gives(1, again.ID)[0]
		}
		// It was given back while the store was away, and is shown already.
		first.Ticket.Delivery, first.Ticket.Note = 1, []byte("where it is shown")
		return first, later
	}
	first, _ := begin("j1", false)
	k.tell(past("j1"), false) // who accepted it, and does not know that it was begun
	k.tell(first, true)
	got := k.gives(10, "j1")[0]
	same(k, "delivery", got.Delivery, 2)
	same(k, "note", string(got.Note), "where it is shown")
	k.tell(first, false)
	k.done(got)
	k.counts(job.Backlog{})
	// One that was only given counts as not begun; what shows something goes on.
	first, later := begin("j2", true)
	_, err := k.s.Beat(k.ctx, later, lease, []byte("shown elsewhere"))
	k.must(err)
	k.tell(first, false)
	k.gives(10)
	k.done(later)
	k.tell(first, false)
	k.counts(job.Backlog{})
}

// sending is what who has a post remembers.
func sending(id, post string, try int, d time.Duration) job.Past {
	return job.Past{Ticket: job.Ticket{Job: job.Job{ID: id, Tenant: lab}}, Tries: []job.PastTry{{Post: post, Try: try, Lease: d}}}
}

// knownPost: the end of a job was done but not confirmed, its post was sent, and
// the store lost both. The end is then offered again.
func knownPost(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.tell(sent("j1", "j1/1"), false)
	k.done(k.one("j1"), post("j1/1", "a"), post("j1/2", "a"))
	only := k.sends("j1/2")[0]
	same(k, "it may have been sent", only.Sent, false)
	k.must(k.s.Confirm(k.ctx, only))
	k.tell(sending("j2", "j2/1", 1, 0), false)
	k.done(k.one("j2"), post("j2/1", "a"))
	tried := k.sends("j2/1")[0]
	same(k, "it may have been sent", tried.Sent, true)
	k.must(k.s.Confirm(k.ctx, tried))
	k.counts(job.Backlog{})
}

func goesOnSending(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.done(k.one("j1"), post("j1/1", "a"))
	k.tell(sending("j1", "j1/1", 2, lease), true)
	k.tell(sending("j1", "j1/1", 2, lease), false)
	k.tell(sending("j2", "j2/1", 1, lease), false) // not there yet
	k.tell(ended(past("j2"), 1, post("j2/1", "b")), true)
	k.sends()
	k.must(k.s.Confirm(k.ctx, job.PostTicket{Post: post("j1/1", "a"), Try: 2}))
	k.must(k.s.Confirm(k.ctx, job.PostTicket{Post: post("j2/1", "b"), Try: 1}))
	k.counts(job.Backlog{})
	k.tell(sending("j3", "j3/1", 4, lease), false)
	k.tell(ended(past("j3"), 1, post("j3/1", "b")), true)
	h.Advance(lease)
	late := k.sends("j3/1")[0]
	same(k, "try", late.Try, 5)
	same(k, "sent", late.Sent, true)
}

func unknownStays(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.done(k.one("j1"), post("j1/1", "a"))
	k.tell(sending("j1", "j1/1", 1, 0), true)
	k.tell(sending("j1", "j1/1", 1, 0), false)
	got := k.sends("j1/1")[0]
	same(k, "sent", got.Sent, true)
	same(k, "try", got.Try, 2)
	k.tell(sending("j1", "j1/1", 1, 0), false) // it is with a sender
	k.tell(sent("j1", "j1/1"), true)
	k.tell(sending("j1", "j1/1", 1, lease), false)
	k.tell(ended(past("j1"), 1, post("j1/1", "a")), false)
	k.counts(job.Backlog{})
}

func sendingBehind(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.done(k.one("j1"), post("j1/1", "a"), post("j1/2", "a"), post("j1/3", "a"))
	k.tell(sending("j1", "j1/2", 1, lease), true) // the first was sent, which another will tell
	k.tell(sent("j1", "j1/1"), true)
	k.sends()
	k.must(k.s.Confirm(k.ctx, job.PostTicket{Post: post("j1/2", "a"), Try: 1}))
	k.sends("j1/3")
}

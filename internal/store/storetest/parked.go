package storetest

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/job"
)

func parkedTests() []scenario {
	return []scenario{
		{"who waits in a thread is told once, with what it waits for", toldOnce},
		{"who has the place is named, also where it waits elsewhere", toldOfWhoWaits},
		{"a job that parks again at another lane is not told again", notToldAgain},
		{"a lane of several places tells nothing", wideLanes},
		{"a job that was asked to stop is not told", stoppedUntold},
		{"a wiped workspace leaves nobody to wait for", wipedUntold},
		{"the same thread of two workspaces is two", ownThreads},
		{"a claim that has something to tell does not wait", toldAtOnce},
		{"a job is pending until it is finished", pending},
	}
}

// tells demands what a claim tells: "<job> behind <job>, <n> ahead" for each.
func (k kit) tells(c job.Claimed, want ...string) {
	k.Helper()
	got := make([]string, len(c.Parked))
	for i, p := range c.Parked {
		got[i] = p.Job.ID + " behind " + p.Behind.ID + ", " + strconv.Itoa(p.Ahead) + " ahead;"
	}
	for i := range want {
		want[i] += " ahead;"
	}
	same(k, "told", list(got), list(want))
}

// runs demands that one job is given, and what is told beside.
func (k kit) runs(id string, told ...string) job.Ticket {
	k.Helper()
	c := k.claimed(10)
	if len(c.Given) != 1 || c.Given[0].Job.ID != id {
		k.Fatalf("given %d jobs, want %s alone", len(c.Given), id)
	}
	k.tells(c, told...)
	return c.Given[0]
}

func toldOnce(t *testing.T, h Harness) {
	k := newKit(t, h)
	for _, id := range []string{"j1", "j2", "j3"} {
		k.accept(id, thread("a"), channel("c"))
	}
	k.accept("j4", thread("a"))
	c := k.claimed(1)
	same(k, "given", c.Given[0].Job.ID, "j1")
	c.Parked = append(c.Parked, k.claimed(10).Parked...)
	k.tells(c, "j2 behind j1, 1", "j3 behind j1, 2", "j4 behind j1, 3")
	for _, j := range []job.Job{c.Parked[0].Job, c.Parked[0].Behind} {
		same(k, "event", string(j.Event), "event "+j.ID)
		same(k, "workspace", j.Tenant, lab)
		same(k, "lanes", len(j.Lanes), 2)
		near(k, "accepted", j.At, h.Now())
	}
	k.tells(k.claimed(10))
	k.must(k.s.Return(k.ctx, c.Given[0], time.Minute, "x"))
	k.tells(k.claimed(10))
	h.Advance(time.Minute)
	k.runs("j1")
	h.Advance(lease) // its worker dies
	again := k.runs("j1")
	k.accept("j5", thread("a"))
	k.tells(k.claimed(10), "j5 behind j1, 4")
	k.done(again)
	k.done(k.runs("j2"))
	k.done(k.runs("j3"))
	k.accept("j6", thread("a"))
	k.runs("j4", "j6 behind j4, 2")
}

func toldOfWhoWaits(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.accept("x", person("ann"))
	k.accept("first", thread("a"), person("ann"))
	k.accept("second", thread("a"), person("bob"))
	x := k.runs("x", "first behind x, 1", "second behind first, 1")
	k.done(x)
	k.runs("first")
}

func notToldAgain(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.accept("a", thread("a"))
	k.accept("x", thread("x"), person("ann"))
	k.accept("both", thread("a"), person("ann"))
	c := k.claimed(10)
	k.tells(c, "both behind a, 1")
	k.done(c.Given[0])
	c.Given = append(c.Given, k.claimed(10).Given...)
	same(k, "given", len(c.Given), 2)
	k.accept("next", thread("a"))
	k.tells(k.claimed(10), "next behind both, 1")
	k.done(c.Given[1])
	k.runs("both")
}

func wideLanes(t *testing.T, h Harness) {
	k := newKit(t, h)
	for _, id := range []string{"j1", "j2", "j3", "j4"} {
		k.accept(id, thread(id), channel("c"))
	}
	c := k.claimed(10)
	same(k, "given", len(c.Given), 2)
	k.tells(c)
}

func stoppedUntold(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.accept("j1", thread("a"))
	k.accept("j2", thread("a"))
	k.accept("j3", thread("a"))
	k.must(k.s.Stop(k.ctx, lab, "j2"))
	k.runs("j1", "j3 behind j1, 2")
}

func wipedUntold(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.accept("j1", thread("a"))
	k.accept("j2", thread("a"))
	k.runs("j1", "j2 behind j1, 1")
	k.must(k.s.Wipe(k.ctx, lab, true))
	k.accept("j3", thread("a"))
	k.accept("j4", thread("a"))
	k.runs("j3", "j4 behind j3, 1")
}

func ownThreads(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.accept("j1", thread("a"))
	k.runs("j1")
	o := k
	o.tenant = "other"
	o.accept("j1", thread("a"))
	o.accept("j2", thread("a"))
	k.runs("j1", "j2 behind j1, 1")
}

func toldAtOnce(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.accept("j1", thread("a"))
	k.runs("j1")
	k.accept("j2", thread("a"))
	ctx, cancel := context.WithTimeout(k.ctx, time.Minute)
	defer cancel()
	c, err := k.s.Claim(ctx, "worker", 10, lease, time.Hour)
	k.must(err)
	k.tells(c, "j2 behind j1, 1")
}

func pending(t *testing.T, h Harness) {
	k := newKit(t, h)
	is := func(when, tenant, id string, want bool) {
		t.Helper()
		got, err := k.s.Pending(k.ctx, tenant, id)
		k.must(err)
		same(k, "pending "+when, got, want)
	}
	is("before it came", lab, "j1", false)
	k.accept("j1", thread("a"))
	is("when it is ready", lab, "j1", true)
	is("in another workspace", "other", "j1", false)
	ticket := k.runs("j1")
	is("when it runs", lab, "j1", true)
	k.accept("j2", thread("a"))
	k.claim(10)
	is("when it is parked", lab, "j2", true)
	k.must(k.s.Return(k.ctx, ticket, time.Minute, "x"))
	is("when it waits", lab, "j1", true)
	h.Advance(time.Minute)
	k.done(k.runs("j1"))
	is("at its end", lab, "j1", false)
}

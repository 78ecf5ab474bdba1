package storetest

import (
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/job"
)

func laneTests() []scenario {
	return []scenario{
		{"a thread runs one at a time, in order", threadOrder},
		{"a job given back keeps its place", keepsPlace},
		{"a full lane does not keep others out", fairness},
		{"a freed place goes to the next, wherever the first parks again", wakesNext},
		{"a job parked for its person is not overtaken in its thread", notOvertaken},
		{"lanes belong to a workspace", ownLanes},
	}
}

func thread(key string) job.Lane  { return job.Lane{Key: "thread:" + key, Cap: 1} }
func channel(key string) job.Lane { return job.Lane{Key: "channel:" + key, Cap: 2} }
func person(key string) job.Lane  { return job.Lane{Key: "person:" + key, Cap: 1} }

func threadOrder(t *testing.T, h Harness) {
	k := newKit(t, h)
	for _, id := range []string{"j1", "j2", "j3"} {
		k.accept(id, thread("a"))
	}
	k.accept("j4", thread("b"))
	ts := k.gives(10, "j1", "j4")
	k.gives(10)
	k.done(ts[0])
	ts = k.gives(10, "j2")
	k.done(ts[0])
	k.gives(10, "j3")
}

func keepsPlace(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.accept("j1", thread("a"))
	k.accept("j2", thread("a"))
	first := k.gives(10, "j1")[0]
	k.must(k.s.Return(k.ctx, first, 5*time.Minute, "x"))
	k.gives(10)
	h.Advance(5 * time.Minute)
	k.gives(10, "j1")
	h.Advance(lease) // its worker dies: still nobody overtakes
	k.done(k.gives(10, "j1")[0])
	k.gives(10, "j2")
}

func fairness(t *testing.T, h Harness) {
	k := newKit(t, h)
	for _, id := range []string{"a1", "a2", "a3", "a4"} {
		k.accept(id, thread(id), channel("busy"))
	}
	k.accept("b1", thread("b1"), channel("quiet"))
	ts := k.gives(10, "a1", "a2", "b1")
	k.done(ts[1])
	k.gives(10, "a3")
	k.done(ts[0])
	k.gives(10, "a4")
}

func wakesNext(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.accept("x1", channel("c"), person("ann"))
	k.accept("x2", channel("c"))
	k.accept("y1", channel("c"), person("ann")) // parks at the channel, later at its person
	k.accept("y2", channel("c"))
	ts := k.gives(10, "x1", "x2")
	k.done(ts[1])
	ts = append(ts, k.gives(10, "y2")...)
	k.gives(10)
	k.done(ts[0])
	k.gives(10, "y1")
}

func notOvertaken(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.accept("x", person("ann"))
	k.accept("first", thread("a"), channel("c"), person("ann"))
	k.accept("second", thread("a"), channel("c"), person("bob"))
	k.accept("c1", channel("c"))
	k.accept("c2", channel("c"))
	ts := k.gives(10, "x", "c1", "c2") // first keeps its thread but no place in the channel
	k.done(ts[0])
	k.gives(10) // the channel is full now
	k.done(ts[1])
	ts = k.gives(10, "first")
	k.done(ts[0])
	k.gives(10, "second")
}

func ownLanes(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.accept("j1", thread("a"))
	k.gives(10, "j1")
	o := k
	o.tenant = "other"
	o.accept("j1", thread("a"))
	same(k, "job of another workspace", len(k.claim(10)), 1)
}

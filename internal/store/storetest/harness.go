package storetest

import (
	"testing"
	"time"
)

// Harness is one fresh, empty store and its clock. The clock may be a manual
// one that stands still between calls of Advance, or a real one that Advance
// shifts by an offset which the store adds to its own clock; the suite uses
// whole minutes for leases, lifetimes and jumps, so that the few milliseconds a
// real clock runs on meanwhile decide nothing.
type Harness struct {
	Store   Store
	Advance func(d time.Duration) // moves the store's clock forward
	Now     func() time.Time      // the store's clock
	Close   func()                // optional; called when the store is no longer needed
}

// Open returns a Harness over a store that holds nothing.
type Open func(t *testing.T) Harness

// start opens a store for one named test.
func (open Open) start(t *testing.T) Harness {
	t.Helper()
	h := open(t)
	if h.Close != nil {
		t.Cleanup(h.Close)
	}
	return h
}

// Run runs the whole suite. The rules it proves, beyond what the interfaces
// say, are the same for every store.
//
// Scope of names. Job ids, marks, lanes, hold ids, entry ids, rates and records
// belong to a workspace; leases do not.
//
// Expiry. Whatever lives until an instant is gone at that instant, not after
// it: a lease, a mark, a record, a limit's extra and a hold's lifetime end when
// the clock is equal to their end.
//
// Enqueue. A mark counts for 25 hours. A job with any mark that still counts,
// or with the id of a job that is not finished, is a copy: nothing is written,
// not even its other marks. Job.At is filled by the store.
//
// Claim. Runnable are new jobs, jobs given back whose time has come, and jobs
// whose lease has run out; within a workspace they are given in the order they
// were accepted, whichever of the three they are. A new job takes one place in
// each of its lanes, or parks at the first lane, in their order, that is full.
// A parked job gives up the places it had got so far, except those in lanes of
// cap 1: these it keeps, so that a job parked for its person is not overtaken
// by a later one of its thread (whose lane therefore comes first). Nothing stays parked without cause: when Claim
// gives fewer than it was asked for, every job that could run, but was not
// given, has a full lane. (A store that wakes one parked job per freed place
// must therefore wake the next when the woken one parks elsewhere.) A job given
// back, or whose lease ran out, keeps its lanes. Cause is that of the Return
// directly before, empty after a lease ran out; Note is the last one stored.
//
// Parked. A job that parks in a lane of cap 1 is reported with the job that has
// the place and how many come before it there, the first time it does so and
// never again, also by another process; one that was asked to stop, or that
// parks in a wider lane, is not.
//
// Tickets. A ticket is worthless (job.ErrLost from Beat, Return and Finish)
// once its job was given back, given again or finished. A lease that merely ran
// out can still be extended, returned or finished until the job is given again.
// A wish to stop stays with the job until it is finished.
//
// Closing a hold, by a new delivery, Return, Finish or Sweep, is always the
// same: steps not sent are released; steps sent and not settled are booked from
// their provisional entry, as it is but for At and Windows, in the windows of
// the hold, in the order of their numbers, unless a row with that id is booked
// already. A closed hold is remembered at least until its TTL has passed: Hold
// with its id answers as before and reserves nothing, Dispatch is ErrNoHold.
//
// Hold. For each scope, then for each window in the order asked, the limit is
// the one with the scope's id, else that of the first template that has one,
// and over it lie its own extra and all extras of that scope and window, cut so
// that the whole is at most money.Max. A hold is refused when settled + held +
// its sum would be above a hard limit with its extras; a sum of zero is always granted. A refused hold leaves no
// trace and the same id may be tried again.
//
// Settle. The key is Entry.ID. An entry not seen before is booked in the
// windows of the open hold, else of Fallback by the store's clock, else in the
// UTC windows of that clock; its step, if open, is released. An entry whose
// booked row is Uncertain, and which is not itself Uncertain, is booked as
// "<id>.c1": the new entry with Status Corrected, Corrects set, Cost and Tokens
// the differences to the uncertain row, the windows of that row. Anything else
// is a repetition: Booked is false and Entry is the row booked last. With a
// worthless ticket the money is booked and job.ErrLost comes back beside the
// Settled value; with a record conflict nothing at all is applied. Levels use
// the scopes (with templates) of the hold while it is open, else those of the
// entry, and only limited ones are listed.
//
// Outbox. Postpone with known false marks the next try Sent, as an expired
// lease does; known true clears the mark.
//
// Records. Expect 0 matches a record that is missing, expired or deleted;
// deleting what is not there is no error unless Expect names a version.
//
// Restore. What is told completes what is there and takes nothing back. An event
// is known when any of its marks still counts; a known one whose job is not there
// has ended. A job of another id that the same event became since is ended when
// the one that is told ran or had ended. A delivery is raised, never lowered, and
// given back to the worker that has it unless another one runs that number now.
// Writes are done each by itself, where it finds the version it expects. Posts
// of a job that had ended come with Sent set; what was told of posts that are not
// there counts for 25 hours.
//
// Once. Mark does not prolong a mark that is there. Lease with ttl 0 frees only
// the holder's own lease and answers false. Take answers a repeated id as it
// did the first time, told included, while the window lasts.
func Run(t *testing.T, open Open) {
	for _, group := range []struct {
		name  string
		tests []scenario
	}{
		{"queue", queueTests()}, {"lanes", laneTests()}, {"parked", parkedTests()}, {"outbox", outboxTests()},
		{"hold", holdTests()}, {"settle", settleTests()}, {"close", closeTests()},
		{"books", bookTests()}, {"records", recordTests()}, {"once", onceTests()}, {"leaving", leaveTests()}, {"past", pastTests()},
	} {
		t.Run(group.name, func(t *testing.T) {
			for _, s := range group.tests {
				t.Run(s.name, func(t *testing.T) { s.run(t, open.start(t)) })
			}
		})
	}
	t.Run("machine", func(t *testing.T) { runMachine(t, open) })
}

// scenario is one named test.
type scenario struct {
	name string
	run  func(t *testing.T, h Harness)
}

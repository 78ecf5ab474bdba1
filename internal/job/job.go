// Package job is the durable form of work: a Job is an accepted event on its
// way to an answer, a Ticket is the right of one worker to run it for a while,
// an Outgoing is a post on its way to a platform. Bodies are sealed by the
// caller; what stays readable here is only what a store must know to keep
// order, fairness and once-only. The package has no behaviour of its own.
package job

import (
	"errors"
	"strconv"
	"time"

	"github.com/tierwise/tierwise/internal/record"
)

// Job is an accepted event. It exists from Accept until a Finish is stored.
type Job struct {
	ID     string   `json:"id"`     // unique and time-ordered
	Tenant string   `json:"tenant"` // chat.Place.Tenant
	Marks  []string `json:"marks"`  // chat.Event.Marks: any mark seen before makes it a copy
	// Lanes are the queues it must hold a place in while it runs: its thread
	// (cap 1, which keeps order), its channel, its person. A job whose lane is
	// full is parked there, in order, and takes no worker.
	Lanes []Lane    `json:"lanes,omitempty"`
	Event []byte    `json:"event"` // sealed chat.Event
	At    time.Time `json:"at"`    // when it was accepted, by the store's clock
}

// Lane is one queue with a number of places.
type Lane struct {
	Key string `json:"key"` // "thread:C1/171.2", "channel:C1", "person:p_ab12"
	Cap int    `json:"cap"`
}

// Ticket is the right to run a job until Until. A later ticket for the same
// job has a higher Delivery, and from then on the earlier one is worthless.
type Ticket struct {
	Job      Job       `json:"job"`
	Delivery int       `json:"delivery"` // 1 for the first run
	Worker   string    `json:"worker"`
	Until    time.Time `json:"until"`
	// Note is what an earlier delivery left with Beat (sealed), for instance
	// where its placeholder is.
	Note []byte `json:"note,omitempty"`
	// Cause is why the delivery before this one was given back; empty when its
	// worker died.
	Cause string `json:"cause,omitempty"`
}

// Hold is the id under which this delivery holds money: "<job>.<delivery>".
func (t Ticket) Hold() string { return t.Job.ID + "." + strconv.Itoa(t.Delivery) }

// Attempt is the id of one provider call: "<job>.<delivery>.<step>".
func (t Ticket) Attempt(step int) string { return t.Hold() + "." + strconv.Itoa(step) }

// Claimed is what one claim found out.
type Claimed struct {
	Given  []Ticket // to run
	Parked []Parked // to tell
}

// Parked is a job that a claim parked in a lane of one place, which is a
// thread: what its asker may be told while it waits. A job is reported once in
// its life and to one worker, whatever becomes of the report; one that was
// asked to stop is not, nor one that waits for a lane of several places.
type Parked struct {
	Job Job
	// Behind has the place: it runs, waits to run again, or is parked itself at
	// another of its lanes.
	Behind Job
	// Ahead is how many come before Job in the lane, Behind among them; at
	// least 1.
	Ahead int
}

// Beat is the answer to a heartbeat.
type Beat struct {
	// Stop is set when somebody asked this job to stop.
	Stop bool
}

// Outgoing is a post in the outbox.
type Outgoing struct {
	ID      string `json:"id"` // "<job>/<n>", the post's Job in chat
	Tenant  string `json:"tenant"`
	Lane    string `json:"lane,omitempty"` // posts of one lane are sent one after the other
	Private bool   `json:"private,omitempty"`
	Body    []byte `json:"body"` // sealed reply address and post
}

// PostTicket is the right to send one Outgoing until Until.
type PostTicket struct {
	Post  Outgoing  `json:"post"`
	Try   int       `json:"try"` // 1 for the first try
	Until time.Time `json:"until"`
	// Sent is set when an earlier try was begun and never confirmed, so that
	// its result is unknown.
	Sent bool `json:"sent,omitempty"`
}

// Finish closes a job: its posts go to the outbox, its records are written,
// its lanes are freed and the heads of their queues made ready, the rest of
// its hold is released, and the job is no more.
type Finish struct {
	Ticket Ticket         `json:"ticket"`
	Posts  []Outgoing     `json:"posts,omitempty"`
	Writes []record.Write `json:"writes,omitempty"`
}

// Backlog counts jobs by state, and the posts of the outbox.
type Backlog struct {
	Ready, Parked, Running, Waiting, Outbox int
	Oldest                                  time.Time // when the oldest of them was accepted
}

var (
	// ErrLost: the ticket is no longer valid; another delivery has begun or the
	// job is finished. Stop at once and book what was used.
	ErrLost = errors.New("job: ticket lost")
)

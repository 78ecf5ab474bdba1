// Package turn is what passes between the queue and the rooms that do the
// work: a Delivery comes in, a Result goes out. A Result holds everything that
// must happen together at the end, the booking of the last call, what is said
// and what is remembered, so that it can be stored in one step. The package
// holds shapes only; intake runs deliveries, the assistant and the admin room
// make results.
package turn

import (
	"context"
	"errors"
	"strconv"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/usage"
)

// Causes of a delivery's context, beside job.ErrLost.
var (
	// ErrStop: somebody stopped it. What it has to say is still said.
	ErrStop = errors.New("turn: stopped by a person")
	// ErrShutdown: the process shuts down and the grace time is over. What the
	// delivery used is booked, what it says is dropped, and the job runs again.
	ErrShutdown = errors.New("turn: the process shuts down")
)

// Delivery is one run of a job.
type Delivery struct {
	Ticket job.Ticket
	Event  chat.Event
	// Placeholder is where an earlier delivery already spoke; zero when it did
	// not or when that is not known.
	Placeholder chat.Ref
	// Keep stores where this delivery spoke, before more is said there. It
	// returns job.ErrLost when the ticket is worthless.
	Keep func(ctx context.Context, at chat.Ref) error
}

// PostID is the id of the delivery's n-th post, counted from 1.
func (d *Delivery) PostID(n int) string { return d.Ticket.Job.ID + "/" + strconv.Itoa(n) }

// Reply is a post with its address.
type Reply struct {
	To   chat.ReplyTo `json:"to"`
	At   *chat.Place  `json:"at,omitempty"` // speak at a place instead of answering
	Post chat.Post    `json:"post"`
	// After is the id of the post this one speaks of ("Posted."): it is said
	// behind it, and when that one could not be sent, Otherwise is said instead.
	After     string `json:"after,omitempty"`
	Otherwise string `json:"otherwise,omitempty"`
	// Sends is the kept draft or answer that the post sends out. It is put back
	// when the post is given up.
	Sends string `json:"sends,omitempty"`
}

// Result is how a delivery ended. The settlement of the last call, the replies
// and the records are stored in one step that also closes the job.
type Result struct {
	Last    *usage.Settlement // nil when nothing (more) is to be booked
	Replies []Reply
	Writes  []record.Write
}

// Say returns a Result that answers with one post.
func Say(to chat.ReplyTo, p chat.Post) Result {
	p.Private = to.Private
	return Result{Replies: []Reply{{To: to, Post: p}}}
}

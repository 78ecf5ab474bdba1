package job

import (
	"time"

	"github.com/tierwise/tierwise/internal/record"
)

// Past is what one process remembers of a job, told to a store that may have been
// put back to an earlier state. Every field says what certainly was, never what
// was not: several processes tell what each of them knows, in any order and more
// than once, and what one tells takes nothing back that another told.
type Past struct {
	// Ticket holds the job and the last delivery of it that this process was
	// given (0: none). Job.ID and Job.Tenant are always there. Without Job.Event
	// the job is not made anew; without Job.Marks it is not known for a copy.
	Ticket Ticket
	// Lease is how long this process has that delivery still, from now; 0: it
	// does not run it.
	Lease time.Duration
	// Ended: the store has taken the end of the job, with these posts, of which
	// those that were sent need not be named, and these writes.
	Ended  bool
	Posts  []Outgoing
	Writes []record.Write
	// Tries are the posts of the job that this process was given to send.
	Tries []PastTry
}

// PastTry is what one process remembers of a post.
type PastTry struct {
	Post string // Outgoing.ID
	Try  int    // the last that this process was given
	// Lease is how long this process has it still, from now; 0: it was given
	// back with an unknown result.
	Lease time.Duration
	// Sent: it is on the platform, or was kept for its reader.
	Sent bool
}

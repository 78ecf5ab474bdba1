package outage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tierwise/tierwise/internal/job"
)

// errUnsure is said of a ticket while it is not known whether the store has lost
// something.
var errUnsure = errors.New("outage: the store may have lost what it knew")

// Enqueue is the store's. What the store took and does not confirm is kept here
// besides, and counts as stored. While the store is put back it takes nothing: the
// spool does.
func (f *Front) Enqueue(ctx context.Context, j job.Job) (bool, error) {
	if f.closed() {
		return false, errUnsure
	}
	first, err := f.store.Enqueue(ctx, j)
	if first && (err == nil || f.says.Unconfirmed(err)) {
		f.memory.accepted(j, f.clock.Now())
	}
	if err == nil || !f.says.Unconfirmed(err) {
		return first, err
	}
	return first, f.spool.KeepDone(context.WithoutCancel(ctx), j)
}

// Claim is the store's. It gives no jobs while bookings wait here, one of which may
// have ended the very job that would be claimed, nor before a store that was put
// back has been told what was. Jobs that such a store gave are given back.
func (f *Front) Claim(ctx context.Context, worker string, most int, lease, wait time.Duration) (job.Claimed, error) {
	doubts, ready := f.await(ctx, wait)
	if !ready {
		return job.Claimed{}, nil
	}
	claimed, err := f.store.Claim(ctx, worker, most, lease, wait)
	if !f.unsure(doubts) {
		for _, t := range claimed.Given {
			f.memory.claimed(t, lease, f.clock.Now())
		}
		return claimed, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), try)
	defer cancel()
	for _, t := range claimed.Given {
		if err := f.store.Return(ctx, t, 0, t.Cause); err != nil && !errors.Is(err, job.ErrLost) {
			f.log.Warn("a job that a store gave which may have lost something waits for its lease to run out", "job", t.Job.ID, "err", err)
		}
	}
	return job.Claimed{}, err
}

// Beat is the store's. A store that may have lost something is not believed that
// the ticket is lost.
func (f *Front) Beat(ctx context.Context, t job.Ticket, lease time.Duration, note []byte) (job.Beat, error) {
	doubts, _ := f.doubt.now()
	b, err := f.store.Beat(ctx, t, lease, note)
	switch {
	case err == nil, note != nil && (f.says.Down(err) || f.unsure(doubts)):
		f.memory.beaten(t, note, f.clock.Now())
	case errors.Is(err, job.ErrLost) && !f.unsure(doubts):
		f.memory.left(t, f.clock.Now())
	}
	if errors.Is(err, job.ErrLost) && f.unsure(doubts) {
		return b, fmt.Errorf("outage: beat: %w", errUnsure)
	}
	return b, err
}

// Return is the store's.
func (f *Front) Return(ctx context.Context, t job.Ticket, after time.Duration, cause string) error {
	f.memory.left(t, f.clock.Now()) // whatever comes of it, this process does not run it any more
	return f.store.Return(ctx, t, after, cause)
}

// Posts is the store's, under the same conditions as Claim. Posts that are given
// back may have been sent.
func (f *Front) Posts(ctx context.Context, sender string, most int, lease, wait time.Duration) ([]job.PostTicket, error) {
	doubts, ready := f.await(ctx, wait)
	if !ready {
		return nil, nil
	}
	tickets, err := f.store.Posts(ctx, sender, most, lease, wait)
	if !f.unsure(doubts) {
		for _, t := range tickets {
			f.memory.given(t, lease, doubts, f.clock.Now())
		}
		return tickets, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), try)
	defer cancel()
	for _, t := range tickets {
		if err := f.store.Postpone(ctx, t, 0, false); err != nil {
			f.log.Warn("a post that a store gave which may have lost something waits for its lease to run out", "post", t.Post.ID, "err", err)
		}
	}
	return nil, err
}

// Confirm is the store's. What the store cannot be told now it is told when it is
// back. A store that was doubted since the post was given may not know the
// ticket, and is told of the post.
func (f *Front) Confirm(ctx context.Context, t job.PostTicket) error {
	err := f.store.Confirm(ctx, t)
	down := f.saw(err)
	if err != nil && !down {
		return err
	}
	past, given := f.memory.sent(t, f.clock.Now())
	if down {
		f.owes.Store(true)
		return nil
	}
	if !f.unsure(given) {
		return nil
	}
	if _, err = f.store.Restore(ctx, past); f.saw(err) {
		f.owes.Store(true)
		return nil
	}
	return err
}

// Postpone is the store's.
func (f *Front) Postpone(ctx context.Context, t job.PostTicket, after time.Duration, known bool) error {
	if known {
		f.memory.unsent(t, f.clock.Now())
	} else {
		doubts, _ := f.doubt.now()
		f.memory.given(t, 0, doubts, f.clock.Now())
	}
	return f.store.Postpone(ctx, t, after, known)
}

// Forget drops what is remembered of a workspace that leaves.
func (f *Front) Forget(tenant string) { f.memory.drop(tenant) }

// unsure reports whether what was asked of the store since it had been doubted so
// often may have been answered by one that had lost something.
func (f *Front) unsure(doubts int64) bool {
	now, raised := f.doubt.now()
	return raised || now != doubts || f.closed()
}

package outage

import (
	"context"
	"errors"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/usage"
)

// looked is what Tend knows of the store.
type looked struct {
	life  string // of the servers; "" before the first look
	noted int64  // what this process noted last
	told  int64  // up to which change the store was told what is remembered
	// to is the life that is being told, "" while none is.
	to string
}

// look asks the store how far this process had got. One that was started again or
// replaced, or that has less than was noted, is told all that is remembered; one
// that was away is told what it may not have heard.
func (f *Front) look(ctx context.Context, failing bool) error {
	doubts, _ := f.doubt.now()
	known := f.memory.last()
	had, life, err := f.tide(ctx)
	if err != nil {
		f.saw(err)
		return err
	}
	l := &f.looked
	back := l.life != "" && (life != l.life || had < l.noted)
	if back && l.to != life {
		l.to, l.told = life, 0
		f.close()
		f.log.Warn("the store was started again, replaced or put back; it is told what this process remembers", "noted", l.noted, "had", had)
	}
	if owed := f.owes.Swap(false); failing || back || owed {
		if err := f.tell(ctx); err != nil {
			f.owes.Store(owed)
			return err
		}
	}
	if back {
		if left, err := f.meet(ctx, life); err != nil || left {
			return err
		}
	}
	if err := f.note(ctx); err != nil {
		return err
	}
	// The same servers have been there all the time, or know all that was told.
	l.life, l.to, l.told = life, "", max(l.told, known)
	f.open(doubts, life)
	return nil
}

func (f *Front) tide(ctx context.Context) (int64, string, error) {
	ctx, cancel := context.WithTimeout(ctx, try)
	defer cancel()
	return f.store.Tide(ctx, f.name)
}

// meet reports whether others have still to tell what they remember.
func (f *Front) meet(ctx context.Context, life string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, try)
	defer cancel()
	left, err := f.store.Meet(ctx, life, f.name)
	f.saw(err)
	return left > 0, err
}

func (f *Front) note(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, try)
	defer cancel()
	err := f.store.Note(ctx, f.name, f.looked.noted+1, false)
	if err == nil {
		f.looked.noted++
	}
	f.saw(err)
	return err
}

// Leave notes that this process ends. A store that cannot be reached has others
// wait for it in vain, for a few seconds.
func (f *Front) Leave() {
	f.tending.Lock()
	defer f.tending.Unlock()
	if f.looked.noted == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), try)
	defer cancel()
	if err := f.store.Note(ctx, f.name, f.looked.noted, true); err != nil {
		f.log.Warn("the store could not be told that this process ends", "err", err)
	}
}

// close keeps jobs and posts from being given until open.
func (f *Front) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.healing = true
}

// open ends the doubts there had been when the store was looked at.
func (f *Front) open(doubts int64, life string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.doubt.settle(doubts, life)
	f.healing = false
	f.changed()
}

// tell tells the store what has changed since it was told last: what was booked,
// and then what became of jobs and posts.
func (f *Front) tell(ctx context.Context) error {
	booked, pasts, last := f.memory.since(f.looked.told, f.clock.Now())
	entries, jobs := 0, 0
	for _, s := range booked {
		again, err := f.bookAgain(ctx, s)
		if err != nil {
			return err
		}
		if again {
			entries++
		}
	}
	for _, p := range pasts {
		lost, err := f.restore(ctx, p)
		if err != nil {
			return err
		}
		if lost {
			jobs++
		}
	}
	f.looked.told = last
	if entries+jobs > 0 {
		f.log.Error("the store had lost what it had acknowledged, and has it again; look at its persistence", "bookings", entries, "jobs", jobs)
	}
	return nil
}

func (f *Front) bookAgain(ctx context.Context, s usage.Settlement) (bool, error) {
	trying, cancel := context.WithTimeout(ctx, try)
	defer cancel()
	out, err := f.store.Settle(trying, s)
	return out.Booked, f.tolerable(ctx, err)
}

func (f *Front) restore(ctx context.Context, p job.Past) (bool, error) {
	trying, cancel := context.WithTimeout(ctx, try)
	defer cancel()
	lost, err := f.store.Restore(trying, p)
	return lost, f.tolerable(ctx, err)
}

// tolerable keeps what stops the telling: that the store is not reached, or that
// the caller has gone. What the store refuses it will refuse again.
func (f *Front) tolerable(ctx context.Context, err error) error {
	if f.saw(err) || ctx.Err() != nil {
		return errors.Join(err, ctx.Err())
	}
	if err != nil && !f.says.Unconfirmed(err) {
		f.log.Error("the store refuses what is remembered", "err", err)
	}
	return nil
}

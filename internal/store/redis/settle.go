package redis

import (
	"context"
	"errors"
	"fmt"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/usage"
)

// sweepBatch is how many holds and records one script call of Sweep closes, so
// that it never keeps others waiting for long.
const sweepBatch = 100

// Settle implements usage.Ledger. It is one round trip, except that the
// correction of an uncertain entry takes a second one: the first finds the
// uncertain row, changes nothing and hands it out, the second books the
// difference under its own id. With Replicated, ErrNotReplicated can come
// beside a valid answer.
func (s *Store) Settle(ctx context.Context, st usage.Settlement) (usage.Settled, error) {
	if st.Entry == nil && st.Finish == nil {
		return usage.Settled{}, nil
	}
	if st.Tenant == "" && st.Finish != nil {
		st.Tenant = st.Finish.Ticket.Job.Tenant
	}
	if st.Finish != nil && st.Finish.Ticket.Job.Tenant != st.Tenant {
		return usage.Settled{}, errors.New("redis: settle: the entry and the job belong to two workspaces")
	}
	if len(st.Fallback) == 0 {
		st.Fallback = usage.Calendar{}.Windows(s.now())
	}
	settled, row, err := s.settle(ctx, st, usage.Booked{})
	if row == nil {
		return settled, err
	}
	e := corrected(*st.Entry, *row)
	st.Entry = &e
	settled, _, err = s.settle(ctx, st, row.Windows)
	return settled, err
}

// corrected is the entry that turns an uncertain row into what really was.
func corrected(e, row usage.Entry) usage.Entry {
	e.ID, e.Corrects, e.Status = row.ID+".c1", row.ID, usage.Corrected
	e.Cost, e.Tokens = e.Cost-row.Cost, e.Tokens.Sub(row.Tokens)
	return e
}

// settle runs the script once. It returns an uncertain row that must be
// corrected first, when there is one and nothing was done.
func (s *Store) settle(ctx context.Context, st usage.Settlement, in usage.Booked) (usage.Settled, *usage.Entry, error) {
	args, err := s.settleArgs(st, in)
	if err != nil {
		return usage.Settled{}, nil, fmt.Errorf("redis: settle: %w", err)
	}
	v, err := s.runDurably(ctx, partition(st.Tenant), settleScript, args...)
	if err != nil && !errors.Is(err, ErrNotReplicated) {
		return usage.Settled{}, nil, err
	}
	var r reply
	p := r.row(v, 6)
	verdict := r.text(p[0])
	out := usage.Settled{Booked: r.int(p[1]) == 1}
	if st.Entry != nil && verdict != "conflict" {
		out.Entry = *st.Entry // what is left to say when a dropped row is repeated
		if row := r.list(p[2]); len(row) > 0 {
			out.Entry = entryFrom(&r, st.Tenant, row)
		}
		out.Levels = s.levelsAfter(&r, st, p)
	}
	switch {
	case r.err != nil:
		return out, nil, r.err
	case verdict == "uncertain":
		return usage.Settled{}, &out.Entry, nil
	case verdict == "conflict":
		return usage.Settled{}, nil, fmt.Errorf("redis: settle: %w", record.ErrConflict)
	case verdict == "lost":
		return out, nil, errors.Join(fmt.Errorf("redis: settle: %w", job.ErrLost), err)
	}
	return out, nil, err
}

// levelsAfter reads the levels of the hold's scopes and windows, else of the
// entry's.
func (s *Store) levelsAfter(r *reply, st usage.Settlement, p []any) []usage.Level {
	of := standing{scopes: st.Entry.Scopes(), windows: st.Fallback}
	if sc := r.text(p[4]); sc != "" {
		of = standing{scopes: scopesFrom(r, sc), windows: windowsFrom(r, r.text(p[5]))}
	}
	return of.levels(r, p[3])
}

// moved reports an entry that was booked in another store before: no hold is
// named, and it says when and where it was booked. Both are kept.
func moved(st usage.Settlement) bool {
	w := st.Entry.Windows
	return st.Hold == "" && !st.Entry.At.IsZero() && w.Day != "" && w.Week != "" && w.Month != ""
}

// settleArgs writes a settlement as the script reads it. in are the windows to
// book in whatever the hold says; its zero value leaves that to the script.
func (s *Store) settleArgs(st usage.Settlement, in usage.Booked) ([]any, error) {
	args := []any{s.nonce(), encode(st.Tenant), flag(st.Entry != nil)}
	if st.Entry != nil {
		e, rest, err := toWire(*st.Entry)
		if err != nil {
			return nil, err
		}
		ids, at := "", ""
		switch {
		case in != (usage.Booked{}):
			ids = bookedText(in)
		case moved(st):
			ids, at = bookedText(st.Entry.Windows), bookedAt(st.Entry.At)
		}
		args = append(args, st.Hold, st.Step, e, rest, ids, at, scopesText(st.Entry.Scopes()), windowsText(st.Fallback))
	}
	args = append(args, flag(st.Finish != nil))
	if st.Finish == nil {
		return args, nil
	}
	args = append(args, st.Finish.Ticket.Job.ID, st.Finish.Ticket.Delivery)
	args = append(args, writesArgs(st.Finish.Writes)...)
	posts, err := postsArgs(st.Finish.Posts)
	return append(args, posts...), err
}

// Sweep implements usage.Ledger. It also forgets records that have ended, and
// sees to a server that was started again.
func (s *Store) Sweep(ctx context.Context) (usage.Swept, error) {
	var out usage.Swept
	if err := s.mend(ctx); err != nil {
		return out, err
	}
	for left := everyPartition(); len(left) > 0; {
		calls := make([]batched, len(left))
		for i, p := range left {
			calls[i] = batched{p, []any{s.nonce(), sweepBatch}}
		}
		answers, err := s.runBatch(ctx, sweepScript, calls)
		left = left[:0]
		var r reply
		for i, a := range answers {
			if a == nil {
				continue // its error is in err
			}
			p := r.row(a, 3)
			out.Released += int(r.int(p[0]))
			out.Uncertain += int(r.int(p[1]))
			if r.int(p[2]) == 1 {
				left = append(left, calls[i].p)
			}
		}
		if err = errors.Join(err, r.err); err != nil {
			return out, err
		}
	}
	return out, nil
}

func everyPartition() []int {
	out := make([]int, partitions)
	for p := range out {
		out[p] = p
	}
	return out
}

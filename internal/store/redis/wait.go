package redis

import (
	"context"
	"errors"
	"strconv"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// slice is the longest that one blocking read lasts. It bounds how late a
// cancelled caller's connection is free again, and how late a waiting process
// sees a lease or a delay end that another process began after it looked.
const slice = time.Second

// door is a thing that workers wait at.
type door struct {
	wake  func(p int) string
	times []func(p int) string // sorted sets by instant, whose head may be due
}

var (
	jobsDoor  = door{wakeKey, []func(int) string{runKey, dueKey}}
	postsDoor = door{postWakeKey, []func(int) string{postTimeKey}}
)

// gather runs a giving script in the partitions that have something to give
// until most things were given or nothing is left; when nothing was given and
// there is nothing to tell either, it waits. take adds what one partition
// answered and says how much it gave and whether it told something beside. The script's arguments are a nonce, extra, most and the lease.
func (s *Store) gather(ctx context.Context, d door, most int, wait time.Duration, take func(answer []any) (given int, told bool), script string, extra string, lease time.Duration) error {
	over := time.Now().Add(wait)
	for got, news := 0, false; most > 0; {
		open, next, err := s.look(ctx, d)
		if err != nil {
			return err
		}
		for len(open) > 0 && got < most {
			calls := s.shares(open, most-got, extra, lease)
			open = open[len(calls):]
			answers, err := s.runBatch(ctx, script, calls)
			var r reply
			for i, a := range answers {
				if a == nil {
					continue // its error is in err
				}
				p := r.row(a, 2)
				given, told := take(p)
				got, news = got+given, news || told
				if r.int(p[0]) == 1 {
					open = append(open, calls[i].p)
				}
			}
			if err = errors.Join(err, r.err); err != nil && got == 0 && !news {
				return err
			}
			if err != nil {
				return nil // what was given must be run; the error comes again
			}
		}
		left := time.Until(over)
		if got > 0 || news || left <= 0 {
			return nil
		}
		if err := s.wait(ctx, d, min(left, next, slice)); err != nil {
			return err
		}
	}
	return nil
}

// shares divides what is wanted among partitions, at least one for each. When
// there are more partitions than things wanted, the rest come later.
func (s *Store) shares(open []int, want int, extra string, lease time.Duration) []batched {
	n := min(len(open), want)
	calls := make([]batched, n)
	for i := range calls {
		share := want / n
		if i < want%n {
			share++
		}
		args := []any{s.nonce()}
		if extra != "" {
			args = append(args, extra)
		}
		calls[i] = batched{open[i], append(args, share, length(lease))}
	}
	return calls
}

// look returns the partitions that have something ready or due, beginning with
// another one each time, and how long it is until the next thing is due.
func (s *Store) look(ctx context.Context, d door) (open []int, next time.Duration, err error) {
	pipe := s.client.Pipeline()
	clock := pipe.Time(ctx)
	ready := make([]*goredis.IntCmd, partitions)
	heads := make([][]*goredis.ZSliceCmd, partitions)
	for p := range partitions {
		ready[p] = pipe.Exists(ctx, d.wake(p))
		for _, key := range d.times {
			heads[p] = append(heads[p], pipe.ZRangeWithScores(ctx, key(p), 0, 0))
		}
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, 0, s.failed("look", err)
	}
	now := s.nowAt(clock.Val())
	next = time.Hour
	first := int(s.turn.Add(1))
	for i := range partitions {
		p := (first + i) % partitions
		is := ready[p].Val() == 1
		for _, head := range heads[p] {
			if z := head.Val(); len(z) > 0 {
				in := time.Duration(int64(z[0].Score)-now) * time.Microsecond
				is = is || in <= 0
				next = min(next, max(in, time.Millisecond))
			}
		}
		if is {
			open = append(open, p)
		}
	}
	return open, next, nil
}

// nowAt is the clock that scripts see, in microseconds.
func (s *Store) nowAt(server time.Time) int64 {
	spec := s.clock()
	if spec[0] == '@' {
		still, _ := strconv.ParseInt(spec[1:], 10, 64)
		return still
	}
	return server.Add(s.opt.Offset()).UnixMicro()
}

// wait returns when something may be ready, after at most d, or at once when
// ctx is done. The read goes on in the background then; it consumes nothing.
func (s *Store) wait(ctx context.Context, at door, d time.Duration) error {
	groups := [][]string{nil}
	if s.split {
		groups = make([][]string, partitions)
	}
	for p := range partitions {
		g := p % len(groups)
		groups[g] = append(groups[g], at.wake(p))
	}
	woken := make(chan error, len(groups))
	for _, keys := range groups {
		s.waiters.Go(func() { woken <- s.waitFor(context.WithoutCancel(ctx), keys, d) })
	}
	for range groups {
		select {
		case err := <-woken:
			if !errors.Is(err, goredis.Nil) {
				return s.failed("wait", err)
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// waitFor blocks until one of the wake keys has an entry: nil, or goredis.Nil
// when the time is over.
func (s *Store) waitFor(ctx context.Context, keys []string, d time.Duration) error {
	streams := append([]string(nil), keys...)
	for range keys {
		streams = append(streams, "0-0")
	}
	return s.client.XRead(ctx, &goredis.XReadArgs{Streams: streams, Count: 1, Block: max(d, time.Millisecond)}).Err()
}

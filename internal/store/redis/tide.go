package redis

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// A server can come back with an older state: a log without its end, a restored
// backup, a replica that lagged when it was promoted. Each process therefore
// notes in each partition, as "<n> <instant>", how often it has noted something;
// less than it remembers shows what was lost, and since when.

const (
	// gather is how long a meeting lasts at least, for those of whom the older
	// state knows nothing, and most at most.
	gather = 2 * time.Second
	most   = 10 * time.Second
	// absent is how far behind the newest note somebody is who is not waited for.
	absent = 30 * time.Second
	// noteLife is how long a note is kept of somebody who is gone.
	noteLife = 26 * time.Hour
	// left follows a note of somebody who will not come back.
	left = " left"
)

// Tide returns what a process noted last, the least of all partitions (0:
// nothing), and which life of the servers this is: another one after each restart
// and each failover. It is two round trips.
func (s *Store) Tide(ctx context.Context, name string) (had int64, life string, err error) {
	// First, so that a server that is replaced meanwhile is seen next time.
	if life, err = s.life(ctx); err != nil {
		return 0, "", s.failed("tide", err)
	}
	pipe := s.client.Pipeline()
	notes := make([]*goredis.StringCmd, partitions)
	for p := range notes {
		notes[p] = pipe.HGet(ctx, tidesKey(p), name)
	}
	if _, err := pipe.Exec(ctx); err != nil && err != goredis.Nil {
		return 0, "", s.failed("tide", err)
	}
	for p, cmd := range notes {
		n, _ := noteFrom(cmd.Val())
		if p == 0 || n < had {
			had = n
		}
	}
	return had, life, nil
}

// noteFrom reads a note; none is 0.
func noteFrom(text string) (n, at int64) {
	number, rest, _ := strings.Cut(text, " ")
	instant, _, _ := strings.Cut(rest, " ")
	n, _ = strconv.ParseInt(number, 10, 64)
	at, _ = strconv.ParseInt(instant, 10, 64)
	return n, at
}

// life names the lives of all masters, each by its run and its replication
// history.
func (s *Store) life(ctx context.Context) (string, error) {
	var mu sync.Mutex
	var lives []string
	err := s.onMasters(ctx, func(ctx context.Context, node goredis.Cmdable) error {
		text, err := node.Info(ctx).Result()
		if err != nil {
			return err
		}
		i := parseInfo(text)
		mu.Lock()
		defer mu.Unlock()
		lives = append(lives, i["run_id"]+"/"+i["master_replid"])
		return nil
	})
	slices.Sort(lives)
	return strings.Join(lives, " "), err
}

// Note notes in each partition how far a process has got. gone says that it ends,
// so that nobody waits for it.
func (s *Store) Note(ctx context.Context, name string, n int64, gone bool) error {
	now, err := s.instant(ctx)
	if err != nil {
		return err
	}
	text := strconv.FormatInt(n, 10) + " " + strconv.FormatInt(now, 10)
	if gone {
		text += left
	}
	pipe := s.client.Pipeline()
	for p := range partitions {
		pipe.HSet(ctx, tidesKey(p), name, text)
	}
	if n == 1 { // somebody new: who is long gone is forgotten
		s.forget(ctx, pipe, now)
	}
	_, err = pipe.Exec(ctx)
	return s.failed("note", err)
}

// forget adds to a pipeline that old notes are removed. They are the same in all
// partitions, give or take those that were lost.
func (s *Store) forget(ctx context.Context, pipe goredis.Pipeliner, now int64) {
	notes, err := s.client.HGetAll(ctx, tidesKey(0)).Result()
	if err != nil {
		return // the next one does it
	}
	for name, text := range notes {
		if _, at := noteFrom(text); at < now-noteLife.Microseconds() {
			for p := range partitions {
				pipe.HDel(ctx, tidesKey(p), name)
			}
		}
	}
}

func (s *Store) instant(ctx context.Context) (int64, error) {
	t, err := s.client.Time(ctx).Result()
	if err != nil {
		return 0, s.failed("time", err)
	}
	return s.nowAt(t), nil
}

// Meet tells that processes have put back what they remember of a life, and
// returns how long others may still need, by the store's clock: until all who
// had been there shortly before have come and a moment has passed for those of
// whom nothing is known, and at most for a few seconds.
func (s *Store) Meet(ctx context.Context, life string, names ...string) (time.Duration, error) {
	now, err := s.instant(ctx)
	if err != nil {
		return 0, err
	}
	key := meetingKey(life)
	pipe := s.client.Pipeline()
	pipe.HSetNX(ctx, key, "at", now)
	for _, name := range names {
		pipe.HSet(ctx, key, "here:"+name, 1)
	}
	pipe.PExpire(ctx, key, time.Hour)
	come := pipe.HGetAll(ctx, key)
	known := pipe.HGetAll(ctx, tidesKey(0))
	if _, err := pipe.Exec(ctx); err != nil {
		return 0, s.failed("meet", err)
	}
	began, _ := strconv.ParseInt(come.Val()["at"], 10, 64)
	over := began + most.Microseconds()
	if all(known.Val(), come.Val()) {
		over = began + gather.Microseconds()
	}
	return max(0, time.Duration(over-now)*time.Microsecond), nil
}

// all reports whether everybody came who was there when the newest note was
// written.
func all(known, come map[string]string) bool {
	newest := int64(0)
	for _, text := range known {
		_, at := noteFrom(text)
		newest = max(newest, at)
	}
	for name, text := range known {
		_, at := noteFrom(text)
		if come["here:"+name] == "" && at >= newest-absent.Microseconds() && !strings.HasSuffix(text, left) {
			return false
		}
	}
	return true
}
